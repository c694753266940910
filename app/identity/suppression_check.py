"""The secrets that the suppression list in the graph needs, for the check of a deployment."""

from app.domain import suppression_secrets
from app.graph import statements
from app.graph.graph import Graph
from app.identity.suppression_secret_file import SuppressionSecretFile


async def needed_secrets(graph: Graph) -> list[str]:
    """The IDs of the secrets of all hashes in the graph. Raises Unavailable."""
    needed: list[str] = []
    after = ""
    statement = statements.load("read")["suppression_secret_after"]
    while rows := await graph.run_admin(statement, after=after):
        secret_id, _ = suppression_secrets.split(rows[0]["hash"])
        needed.append(secret_id)
        after = f"{secret_id};"  # sorts after every hash of this secret
    return needed


def missing_secrets(needed: list[str], secret_file: SuppressionSecretFile) -> list[str]:
    """Those that the file lacks."""
    secret_file.reload()
    known = {secret.id for secret in secret_file.secrets}
    return [secret_id for secret_id in needed if secret_id not in known]
