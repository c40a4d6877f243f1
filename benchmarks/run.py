"""Measure each step of the pipeline against the chapter's own way, other libraries and what the machine allows.

    make bench

in:   configs/book.yaml           the chapter's settings
      version 1 of the headlines  fetched as the pipeline fetches it, from its address or from HEADLINES_MIRROR
out:  benchmarks/results.json     each comparison with the figures of its rounds; versions and cores
      benchmarks/table.md         all comparisons
      benchmarks/summary.md       those of speed that have a goal, for the README
      benchmarks/figure.png       how many times faster than its peer each step is
"""

import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import torch
from benchmarks import networks, pipeline, reading
from benchmarks.measure import Row
from matplotlib.figure import Figure

from sarcasm.command import run
from sarcasm.corpus import read_headlines
from sarcasm.download import fetch
from sarcasm.figures import COLOURS, STYLE, save_figure
from sarcasm.files import write_json, write_text
from sarcasm.params import read_params
from sarcasm.sources import CORPORA
from sarcasm.text import TOKENIZERS, collect, rank

OUT = Path("benchmarks")


def main() -> None:
    """Measure all, one thread at a time, and write what came out."""
    torch.set_num_threads(1)  # as the stages do; the chapter's loop has as many
    rows = []
    with TemporaryDirectory() as temporary:
        for row in map(rounded, measure(Path(temporary))):
            print(" | ".join(cells(row)), flush=True)
            rows.append(row)
    write_json(OUT / "results.json", {"machine": describe_machine(), "rows": [describe(row) for row in rows]})
    write_text(OUT / "table.md", format_table(rows))
    write_text(OUT / "summary.md", format_table(main_lines(rows)))
    save_figure(OUT / "figure.png", figure([row for row in rows if row.faster]))
    missed = sum(row.reached is False for row in rows)
    print(f"{sum(row.reached is True for row in rows)} goals reached, {missed} missed")


def measure(folder: Path) -> Iterator[Row]:
    """Yield each comparison as it is made."""
    params = read_params(Path("configs/book.yaml"))
    corpus = folder / "headlines.json"
    fetch(CORPORA[params.corpus.source], corpus)
    headlines = list(read_headlines(corpus))
    training = [headline.text for headline in headlines[: int(params.split.train)]]
    words, _ = rank(collect(training, TOKENIZERS["glove"]), len(training))
    yield from reading.measure_text(headlines, params)
    yield from reading.measure_vectors(words, folder)
    yield from reading.measure_fetch(folder)
    yield from networks.measure_epochs(headlines, params)
    yield from networks.measure_way_to_goal(headlines, params)
    yield from networks.measure_embeddings(headlines, params)
    yield from pipeline.measure_pipeline(folder)
    yield from reading.measure_growth(headlines, params)
    yield from networks.measure_growth(headlines, params)


def describe_machine() -> dict[str, object]:
    """Say what the figures are of."""
    libraries = ("torch", "numpy", "beautifulsoup4", "scikit-learn", "gensim", "isal", "dvc")
    versions = {name: version(name).split("+")[0] for name in libraries}
    return {"cores": os.cpu_count(), "python": platform.python_version(), **versions}


def rounded(row: Row) -> Row:
    """Return the row with its figures to 4 digits, so that all that is shown follows from what is written."""
    return replace(
        row, **{name: [float(f"{value:.4g}") for value in getattr(row, name)] for name in ("ours", "theirs")}
    )


def describe(row: Row) -> dict[str, object]:
    """Return the row with its ratio and whether that reaches the goal."""
    return asdict(row) | {"ratio": round(row.ratio, 3), "reached": row.reached}


def main_lines(rows: Sequence[Row]) -> list[Row]:
    """Choose what the README quotes."""
    return [row for row in rows if row.faster and row.goal is not None]


def cells(row: Row) -> tuple[str, ...]:
    """Show a row: step, our median, what it is held against and that one's median, ratio, goal, reached or not."""
    word, bound = ("times faster", "at least") if row.faster else ("times that", "at most")
    return (
        row.step,
        f"{show(median(row.ours))} {row.unit}",
        row.against,
        f"{show(median(row.theirs))} {row.unit}",
        f"{row.ratio:.2f} {word}",
        "" if row.goal is None else f"{bound} {row.goal:g}",
        {None: "", True: "yes", False: "**no**"}[row.reached],
    )


def show(value: float) -> str:
    """Show three digits, all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def format_table(rows: Sequence[Row]) -> str:
    """Put the comparisons into a Markdown table."""
    head = "| step | ours | held against | its figure | ratio | goal | reached |\n|---|--:|---|--:|--:|---|---|\n"
    return head + "".join(f"| {' | '.join(cells(row))} |\n" for row in rows)


@STYLE
def figure(rows: Sequence[Row]) -> Figure:
    """Draw how many times faster than its peer each step is, and the goals."""
    drawing = Figure(figsize=(10, 0.8 + 0.34 * len(rows)))
    axes = drawing.subplots()
    places = range(len(rows), 0, -1)
    axes.barh(places, [row.ratio for row in rows], color=COLOURS[0], height=0.6)
    for place, row in zip(places, rows, strict=True):
        end = max(row.ratio, row.goal or 0)
        axes.annotate(f"{row.ratio:.1f}", (end, place), (5, 0), textcoords="offset points", va="center")
        if row.goal is not None:
            axes.plot([row.goal, row.goal], [place - 0.4, place + 0.4], color=COLOURS[3], lw=3)
    ratios = sorted(row.ratio for row in rows)
    axes.set(
        xscale="log", xlabel="times faster than what it is held against; red: the goal", xlim=(0.5, 2 * ratios[-1])
    )
    axes.set_yticks(places, [f"{row.step}\nagainst {row.against}" for row in rows], fontsize=8)
    axes.axvline(1, color="#888888", lw=1)
    axes.set_title(f"Each step against its peer: {ratios[0]:.1f} to {ratios[-1]:.0f} times faster", x=0)
    return drawing


if __name__ == "__main__":
    run(main, __doc__)
