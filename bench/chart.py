"""The charts of the stored results, as SVG."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
import msgspec

from bench.report import RESULTS

mpl.use("svg")
mpl.rcParams["svg.hashsalt"] = "waypath"  # the same data gives the same file

from matplotlib import pyplot as plt  # noqa: E402 - the backend comes first

OURS, OTHERS, GREY = "#1f6feb", "#8b949e", "#57606a"


def comparison(folder: Path) -> Path:
    """Events per second of each row, on a logarithmic scale."""
    content = _results("comparison")
    rows = content["rows"][::-1]
    figure, axes = plt.subplots(figsize=(8, 0.45 * len(rows) + 1.2), layout="constrained")
    bars = axes.barh(
        [row["name"] for row in rows],
        [row["events"] for row in rows],
        color=[OURS if row["name"].startswith("this") else OTHERS for row in rows],
    )
    labels = [f"{row['events']:,.0f}/s, p50 {row['p50']:,.0f} ms" for row in rows]
    axes.bar_label(bars, labels, padding=4, fontsize=8, color=GREY)
    axes.set_xscale("log")
    axes.set_xlim(right=max(row["events"] for row in rows) * 10)
    axes.set_xlabel("events per second (logarithmic)")
    return _save(figure, axes, folder / "comparison.svg", content)


def growth(folder: Path) -> Path:
    """Events per second and p99 of each row, by the number of Touchpoints."""
    content = _results("growth")
    stages = content["stages"]
    figure, (rate, tail) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    sizes = [stage["touchpoints"] for stage in stages]
    for position, row in enumerate(stages[0]["rows"]):
        rows = [stage["rows"][position] for stage in stages]
        rate.plot(sizes, [one["events"] for one in rows], marker="o", label=row["name"])
        tail.plot(sizes, [one["p99"] for one in rows], marker="o", label=row["name"])
    for axes, label in ((rate, "events per second"), (tail, "p99, ms")):
        axes.set_xscale("log")
        axes.set_ylim(bottom=0)
        axes.set_xlabel("Touchpoints")
        axes.set_ylabel(label)
        axes.spines[["top", "right"]].set_visible(False)
    rate.legend(frameon=False, fontsize=8)
    return _save(figure, tail, folder / "growth.svg", content)


def overload(folder: Path) -> Path:
    """Goodput by offered load, as ratios of the capacity, and the latency of the responses."""
    content = _results("overload")
    steps = content["steps"]
    figure, (rate, tail) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    offered = [step["offered"] / step["capacity"] for step in steps]
    rate.plot(offered, [min(1, load) for load in offered], color=OTHERS, ls="--", label="ideal")
    goodput = [step["goodput"] / step["capacity"] for step in steps]
    rate.plot(offered, goodput, color=OURS, marker="o", label="goodput")
    rate.set_ylabel("goodput / capacity")
    for name, color, label in (("p99", OURS, "200"), ("rejected_p99", OTHERS, "503")):
        tail.plot(offered, [step[name] for step in steps], color=color, marker="o", label=label)
    tail.set_ylabel("p99 of the responses, s")
    for axes in (rate, tail):
        axes.set_ylim(bottom=0)
        axes.set_xlabel("offered load / capacity")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=8)
    return _save(figure, tail, folder / "overload.svg", content)


CHARTS = {"comparison": comparison, "growth": growth, "overload": overload}


def draw(folder: Path) -> list[Path]:
    """Draws a chart of each stored result into `folder`. Returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    return [chart(folder) for name, chart in CHARTS.items() if (RESULTS / f"{name}.json").exists()]


def _results(name: str) -> dict[str, Any]:
    return msgspec.json.decode((RESULTS / f"{name}.json").read_bytes())


def _save(figure: Any, axes: Any, file: Path, content: dict[str, Any]) -> Path:
    axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(f"{content['machine']}, {content['date'][:10]}", fontsize=8, color=GREY)
    figure.savefig(file, metadata={"Date": None})
    plt.close(figure)
    return file
