"""Compare each step of the pipeline with the chapter's code, other libraries and the limits of the machine.

    make bench

in:   configs/book.yaml           the chapter's settings
      version 1 of the headlines  downloaded as the pipeline does, from its address or from HEADLINES_MIRROR
out:  benchmarks/results.json     each comparison with the values of its rounds; versions and cores
      benchmarks/table.md         all comparisons
      benchmarks/summary.md       comparisons of speed with a goal, for the README
      benchmarks/figure.png       how many times faster than its baseline each step is
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

from sarcasm.base.command import run
from sarcasm.base.files import write_json, write_text
from sarcasm.base.params import read_params
from sarcasm.fetch.download import fetch
from sarcasm.fetch.sources import CORPORA
from sarcasm.results.figures import COLOURS, STYLE, save_figure
from sarcasm.text.corpus import read_headlines
from sarcasm.text.tokenizers import TOKENIZERS
from sarcasm.text.vocabulary import count_words, tokenize

OUT = Path("benchmarks")


def main() -> None:
    """Measure all rows, with one thread, and write the results."""
    torch.set_num_threads(1)  # as in the stages; the chapter's loop has one too
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
    """Yield each comparison when it is done."""
    params = read_params(Path("configs/book.yaml"), Path("params.yaml"))
    corpus = folder / "headlines.json"
    fetch(CORPORA[params.corpus.source], corpus)
    headlines = list(read_headlines(corpus))
    training = [headline.text for headline in headlines[: int(params.split.train)]]
    words, _ = count_words(tokenize(training, TOKENIZERS["glove"]), len(training))
    yield from reading.measure_text(headlines, params)
    yield from reading.measure_vectors(words, folder)
    yield from reading.measure_fetch(folder)
    yield from networks.measure_epochs(headlines, params)
    yield from networks.measure_time_to_accuracy(headlines, params)
    yield from networks.measure_embeddings(headlines, params)
    yield from pipeline.measure_pipeline(folder)
    yield from reading.measure_growth(headlines, params)
    yield from networks.measure_growth(headlines, params)


def describe_machine() -> dict[str, object]:
    """Return cores and versions."""
    libraries = ("torch", "numpy", "beautifulsoup4", "scikit-learn", "gensim", "isal", "dvc")
    versions = {name: version(name).split("+")[0] for name in libraries}
    return {"cores": os.cpu_count(), "python": platform.python_version(), **versions}


def rounded(row: Row) -> Row:
    """Return the row with its values rounded to 4 digits, so that the tables follow from results.json."""
    return replace(
        row, **{name: [float(f"{value:.4g}") for value in getattr(row, name)] for name in ("ours", "baseline_values")}
    )


def describe(row: Row) -> dict[str, object]:
    """Return the row with its ratio and whether it reaches the goal."""
    return asdict(row) | {"ratio": round(row.ratio, 3), "reached": row.reached}


def main_lines(rows: Sequence[Row]) -> list[Row]:
    """Return the rows for the README."""
    return [row for row in rows if row.faster and row.goal is not None]


def cells(row: Row) -> tuple[str, ...]:
    """Return step, our median, baseline, its median, ratio, goal, and whether it is reached."""
    word, bound = ("times faster", "at least") if row.faster else ("times as much", "at most")
    return (
        row.step,
        f"{show(median(row.ours))} {row.unit}",
        row.baseline,
        f"{show(median(row.baseline_values))} {row.unit}",
        f"{row.ratio:.2f} {word}",
        "" if row.goal is None else f"{bound} {row.goal:g}",
        {None: "", True: "yes", False: "**no**"}[row.reached],
    )


def show(value: float) -> str:
    """Format three significant digits, all digits before the decimal point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def format_table(rows: Sequence[Row]) -> str:
    """Return the comparisons as a Markdown table."""
    head = "| step | ours | baseline | baseline value | ratio | goal | reached |\n|---|--:|---|--:|--:|---|---|\n"
    return head + "".join(f"| {' | '.join(cells(row))} |\n" for row in rows)


@STYLE
def figure(rows: Sequence[Row]) -> Figure:
    """Draw how many times faster than its baseline each step is, and the goals."""
    drawing = Figure(figsize=(10, 0.8 + 0.34 * len(rows)))
    axes = drawing.subplots()
    places = range(len(rows), 0, -1)
    axes.barh(places, [row.ratio for row in rows], color=COLOURS[0], height=0.6)
    for place, row in zip(places, rows, strict=True):
        end = max(row.ratio, row.goal or 0, 1)
        axes.annotate(f"{row.ratio:.1f}", (end, place), (5, 0), textcoords="offset points", va="center")
        if row.goal is not None:
            axes.plot([row.goal, row.goal], [place - 0.4, place + 0.4], color=COLOURS[3], lw=3)
    ratios = sorted(row.ratio for row in rows)
    axes.set(xscale="log", xlabel="times faster than the baseline; red: the goal", xlim=(1, 2 * ratios[-1]))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_yticks(places, [f"{row.step}\nbaseline: {row.baseline}" for row in rows], fontsize=8)
    axes.set_title(f"How much faster is each step? {ratios[0]:.1f} to {ratios[-1]:.0f} times", x=0)
    return drawing


if __name__ == "__main__":
    run(main, __doc__)
