"""Seconds and memory of each step with up to ten million headlines, of the least work for it, and of other libraries.

    make bench-large

in:   version 1 of the headlines  of which long corpora are made, from the web or HEADLINES_MIRROR
out:  benchmarks/large.json       all rows
      benchmarks/large.md         the same as a table
      benchmarks/billion.md       each step with a billion headlines, extrapolated
"""

import os
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from benchmarks.measure import cost
from benchmarks.run import show

from sarcasm.base.command import run
from sarcasm.base.documents import read_document
from sarcasm.base.files import write_json, write_lines, write_text
from sarcasm.fetch.download import fetch
from sarcasm.fetch.sources import CORPORA
from sarcasm.text.corpus import Headline, format_line, read_formatted, read_headlines

ROOT, OUT = Path(__file__).resolve().parent.parent, Path("benchmarks")
SIZES = 100_000, 1_000_000, 10_000_000  # headlines
TRAINED = 1_000_000  # most headlines to train with, and those of the other libraries
CLASSIFIED = 200_000  # lines for predict.py
STEPS = {  # arguments of the stage, and the least work for it
    "download_corpus.py": "orjson over the lines",
    "split_corpus.py": "copying the bytes",
    "tokenize_corpus.py plain": "the tokenizer alone",
    "train.py bi_lstm 1": None,
}
PEERS = {
    "the chapter's loop": "the book's network and DataLoader, an epoch",
    "scikit-learn": "tf-idf of words and pairs, logistic regression: fit, predict",
    "fasttext": "fastText, supervised, words and pairs, 5 epochs: fit, predict",
}


def main() -> None:
    """Measure all rows and write the results."""
    rows = []
    with TemporaryDirectory() as temporary:
        for row in measure(Path(temporary)):
            print(format_row(row), end="", flush=True)
            rows.append(row)
    write_json(OUT / "large.json", rows)
    write_text(OUT / "large.md", format_table(rows))
    write_text(OUT / "billion.md", extrapolate(rows))


def measure(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield a row for each step and size."""
    source = folder / "source.json"
    fetch(CORPORA["news-headlines-v1"], source)
    headlines = list(read_headlines(source))
    for size in SIZES:
        write_lines(folder / "corpus.jsonl", map(format_line, recombine(headlines, size)))
        write_params(folder)
        for step, least in STEPS.items():
            script, *arguments = step.split()
            if script == "train.py" and size > TRAINED:
                continue
            ours = cost([sys.executable, str(ROOT / f"stages/{script}"), *arguments], folder)
            yield make_row(step, size, ours, least, peer(least, folder) if least else None)
        if size == TRAINED:
            yield classify(folder)
            for name, what in PEERS.items():
                yield make_row(f"{name}: {what}", size, peer(name, folder))


def recombine(headlines: Sequence[Headline], count: int) -> Iterator[Headline]:
    """Yield headlines of the first words of one and the last words of another, with the label of the first."""
    draw = random.Random(0)
    words = [headline.text.split() for headline in headlines]
    for _ in range(count):
        first, second = draw.randrange(len(words)), draw.randrange(len(words))
        start, end = words[first], words[second]
        text = " ".join(start[: (len(start) + 1) // 2] + end[len(end) // 2 :])
        yield Headline(text, headlines[first].label)


def write_params(folder: Path) -> None:
    """Write params.yaml with the corpus of the folder, 96 % of it for training, and one epoch."""
    document = read_document(ROOT / "params.yaml")
    document["corpus"]["source"] = str(folder / "corpus.jsonl")
    document["split"] |= {"train": 0.96, "validation": 0.02, "test": 0.02}
    document["train"]["epochs"] = 1
    write_text(folder / "params.yaml", yaml.safe_dump(document, sort_keys=False))


def classify(folder: Path) -> dict[str, Any]:
    """Measure predict.py on lines of a file."""
    lines = folder / "lines.txt"
    headlines = read_formatted(folder / "data/split/train.jsonl")
    write_lines(lines, (f"{next(headlines).text}\n".encode() for _ in range(CLASSIFIED)))
    command = [sys.executable, str(ROOT / "stages/predict.py"), "--model", str(folder / "models/bi_lstm-1.pt")]
    with lines.open() as file:
        ours = cost(command, folder, stdin=file)
    least = "the network's forward alone"
    return make_row("predict.py", CLASSIFIED, ours, least, peer(least, folder))


def peer(name: str, folder: Path) -> tuple[float, float]:
    """Measure a function of benchmarks/peers.py."""
    environment = os.environ | {"PYTHONPATH": "stages"}
    return cost([sys.executable, "-m", "benchmarks.peers", name, str(folder)], ROOT, env=environment)


def make_row(
    step: str,
    headlines: int,
    ours: tuple[float, float],
    least: str | None = None,
    bound: tuple[float, float] | None = None,
) -> dict[str, Any]:
    """Return a row; costs are seconds and MiB."""
    seconds, memory = (float(f"{x:.3g}") for x in ours)
    row = {"step": step, "headlines": headlines, "seconds": seconds, "memory": memory}
    return row | ({"least": least, "least_seconds": float(f"{bound[0]:.3g}")} if bound else {})


def format_row(row: dict[str, Any]) -> str:
    """Return a row of the table."""
    each = show(row["seconds"] / row["headlines"] * 1e6)
    bound = f"{show(row['least_seconds'])} ({row['least']})" if "least" in row else ""
    cells = row["step"], f"{row['headlines']:,}", show(row["seconds"]), each, show(row["memory"]), bound
    return f"| {' | '.join(cells)} |\n"


def format_table(rows: Sequence[dict[str, Any]]) -> str:
    """Return the rows as a Markdown table."""
    head = "| step | headlines | seconds | µs per headline | memory (MiB) | seconds of the least work |\n"
    return head + "|---|--:|--:|--:|--:|---|\n" + "".join(map(format_row, rows))


def extrapolate(rows: Sequence[dict[str, Any]]) -> str:
    """Return a Markdown table of what a billion headlines take if each step grows as between its last two sizes."""
    lines = [
        "| step | measured with | µs per headline | bytes per headline | a billion: hours | a billion: GB |\n",
        "|---|--:|--:|--:|--:|--:|\n",
    ]
    for step in STEPS:
        before, last = [row for row in rows if row["step"] == step][-2:]
        added = last["headlines"] - before["headlines"]
        seconds = (last["seconds"] - before["seconds"]) / added
        memory = max(0, last["memory"] - before["memory"]) * 2**20 / added
        cells = f"{last['headlines']:,}", show(seconds * 1e6), show(memory), show(seconds * 1e9 / 3600), show(memory)
        lines.append(f"| {step} | {' | '.join(cells)} |\n")
    return "".join(lines)


if __name__ == "__main__":
    run(main, __doc__)
