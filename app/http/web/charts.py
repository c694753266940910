"""Charts: stacked bars as SVG, with the names in a legend and the numbers in a table."""

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from app.activity.overview import Period

MAX_SERIES = 5  # names of their own; all others are one series
OTHER = "other"
HEIGHT, BAR = 100.0, 10.0  # of the view box, and the width of a bar with its gap
GAP = 2.0


class Segment(Struct, frozen=True):
    """A rectangle: the number of its series, and its place in the view box."""

    series: int
    x: float
    y: float
    width: float
    height: float


class Series(Struct, frozen=True):
    """An entry of the legend: the number of the series, its name, its events in all periods."""

    number: int
    name: str
    is_other: bool
    total: int


class Chart(Struct, frozen=True):
    """The stacked bars of periods. `highest` is the number of events of the highest bar."""

    width: float
    segments: list[Segment]
    series: list[Series]
    highest: int
    total: int


def stacked(periods: Sequence[Period]) -> Chart:
    """Returns the chart of the stored events of periods: the most frequent names, and the rest."""
    totals: Counter[str] = Counter()
    for period in periods:
        totals.update(period.events)
    names = [name for name, _ in totals.most_common(MAX_SERIES)]
    highest = max((period.stored for period in periods), default=0)
    segments: list[Segment] = []
    sums = [0] * (len(names) + 1)
    for number, period in enumerate(periods):
        counts = [period.events.get(name, 0) for name in names]
        counts.append(max(0, period.stored - sum(counts)))
        top = HEIGHT
        for series, count in enumerate(counts):
            sums[series] += count
            if count and highest:
                height = count / highest * HEIGHT
                top -= height
                place = number * BAR + GAP / 2, round(top, 2), BAR - GAP, round(height, 2)
                # The rest has the last number, however many names there are.
                shown = MAX_SERIES if series == len(names) else series
                segments.append(Segment(shown, *place))
    series = [Series(n, name, False, sums[n]) for n, name in enumerate(names)]
    if sums[-1]:
        series.append(Series(MAX_SERIES, OTHER, True, sums[-1]))
    return Chart(len(periods) * BAR, segments, series, highest, sum(sums))
