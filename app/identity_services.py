"""The use cases of data stewards."""

from app.identity.audit import AuditReader
from app.identity.comparison import ComparisonReader
from app.identity.conflicts import IdentityConflictReader
from app.identity.erasure import ErasureService
from app.identity.identifier_moves import IdentifierMoveService
from app.identity.merges import MergeService
from app.identity.reviews import ReviewService
from app.identity.splits import SplitService
from app.identity.suppression_history import SuppressionHistory
from app.identity.suppressions import SuppressionService
from app.services import Services


class IdentityServices:
    """The use cases of data stewards, on the services of a process."""

    def __init__(self, services: Services) -> None:
        graph = services.graph
        self.conflicts = IdentityConflictReader(graph)
        self.comparisons = ComparisonReader(graph)
        self.merges = MergeService(graph)
        self.splits = SplitService(graph, self.merges)
        self.moves = IdentifierMoveService(graph)
        self.reviews = ReviewService(graph)
        self.undos = {
            "merge": self.merges.undo,
            "split": self.splits.undo,
            "dismissal": self.reviews.undo_dismissal,
            "move": self.moves.undo,
            "detach": self.moves.undo,
        }
        self.audit = AuditReader(graph)
        self.suppression_history = SuppressionHistory(graph)
        self.suppressions = SuppressionService(
            graph, services.suppression_secrets, services.suppression_list
        )
        self.erasures = ErasureService(
            graph, self.splits, self.suppressions, services.metrics, forget=services.activity.erase
        )
