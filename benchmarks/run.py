"""Compare each step of the pipeline with the chapter's code, other libraries and the limits of the machine.

    make bench

in:   configs/news-headlines-v1.yaml  or PARAMS (with absolute paths): corpus and vectors
      configs/book.yaml               the chapter's settings, for all else
out:  benchmarks/results.json         each comparison with the values of its rounds; versions and cores
      benchmarks/table.md             all comparisons
      benchmarks/levels.md            seconds of training to some validation accuracies
"""

import os
import platform
import sys
from collections.abc import Iterator, Sequence
from contextlib import chdir
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from statistics import median
from subprocess import CalledProcessError
from tempfile import TemporaryDirectory

import pandas as pd
import torch
import yaml
from benchmarks import networks, pipeline, reading
from benchmarks.measure import Row

from sarcasm.base.command import InputError, run
from sarcasm.base.documents import read_document
from sarcasm.base.files import write_json, write_text
from sarcasm.base.params import Params, check_params, read_params
from sarcasm.text.corpus import Headline, read_formatted
from sarcasm.text.tokenizers import TOKENIZERS
from sarcasm.text.vocabulary import count_words, tokenize

ROOT, OUT = Path(__file__).resolve().parent.parent, Path("benchmarks")
STAGES = (
    *("check_params", "download_corpus", "download_vectors glove", "download_vectors extra_vectors"),
    *("split_corpus", "tokenize_corpus plain", "tokenize_corpus glove", "glove_coverage"),
)


def main(params: str) -> None:
    """Measure all rows, with one thread, and write the results."""
    torch.set_num_threads(1)  # as in the stages; the chapter's loop has one too
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        prepare(Path(params), folder)
        book = read_params(Path("configs/book.yaml"), Path("params.yaml"))
        headlines = list(read_formatted(folder / "data/raw/headlines.jsonl"))
        rows = []
        for row in map(rounded, measure(headlines, book, folder)):
            print(" | ".join(cells(row)), flush=True)
            rows.append(row)
        with chdir(folder):
            levels = networks.measure_levels(book, headlines).round(1)
    print(format_levels(levels))
    results = {
        "machine": describe_machine(),
        "rows": [describe(row) for row in rows],
        "levels": describe_levels(levels),
    }
    write_json(OUT / "results.json", results)
    write_text(OUT / "table.md", format_table(rows))
    write_text(OUT / "levels.md", format_levels(levels))


def prepare(params: Path, folder: Path) -> None:
    """Run the stages before the training in a folder. Raises InputError if their data cannot be had."""
    document = read_document(params, Path("params.yaml"))
    check_params(document, params)
    (folder / "data").mkdir()
    (folder / "data/bundled").symlink_to(ROOT / "data/bundled")
    write_text(folder / "params.yaml", yaml.safe_dump(document, sort_keys=False))
    for stage in STAGES:
        script, *arguments = stage.split()
        try:
            pipeline.run(folder, sys.executable, str(ROOT / f"stages/{script}.py"), *arguments)
        except CalledProcessError as error:
            raise InputError(
                f"needs the headlines and vectors of {params}, from the web or HEADLINES_MIRROR: {error.stderr}"
            ) from None


def measure(headlines: Sequence[Headline], book: Params, folder: Path) -> Iterator[Row]:
    """Yield each comparison when it is done."""
    training = [headline.text for headline in headlines[: int(book.split.train)]]
    words, _ = count_words(tokenize(training, TOKENIZERS["glove"]), len(training))
    yield from reading.measure_text(headlines, book)
    yield from reading.measure_vectors(words, folder)
    yield from reading.measure_fetch(folder)
    yield from networks.measure_epochs(headlines, book)
    yield from networks.measure_embeddings(headlines, book)
    yield from pipeline.measure_pipeline(folder)


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


def describe_levels(levels: pd.DataFrame) -> dict[str, dict[str, float | None]]:
    """Return the seconds of each variant by level, None for a level that it does not reach."""
    return {
        name: {str(level): None if pd.isna(x) else x for level, x in row.items()} for name, row in levels.iterrows()
    }


def format_levels(levels: pd.DataFrame) -> str:
    """Return the seconds to each level as a Markdown table; empty: not reached."""
    head = f"| seconds on one core to a validation accuracy of | {' | '.join(f'{x:.2f}' for x in levels.columns)} |\n"
    rows = ({name: ["" if pd.isna(x) else show(x) for x in row] for name, row in levels.iterrows()}).items()
    return f"{head}|---{'|--:' * len(levels.columns)}|\n" + "".join(
        f"| {name} | {' | '.join(x)} |\n" for name, x in rows
    )


if __name__ == "__main__":
    run(main, __doc__, "params")
