"""The policy for the clocks of devices."""

from msgspec import Struct


class ClockPolicy(Struct, frozen=True):
    """The seconds by which a clock may be off, and whether times beyond them are corrected."""

    limit: int = 3600
    corrects: bool = False
