"""The check of events against a copy of the suppression list."""

import pytest

from app.errors import Unavailable
from app.ingest import suppression

pytestmark = pytest.mark.anyio


class SlowCopy:
    """A copy that is too old once it is read."""

    is_current = False
    has_entries = False

    def __contains__(self, name):
        return False

    async def refresh(self):
        """Takes longer than a copy is recent enough."""


async def test_a_copy_that_is_too_old_after_its_refresh_stores_nothing():
    with pytest.raises(Unavailable, match="Retry"):
        await suppression.without_suppressed([], SlowCopy())
