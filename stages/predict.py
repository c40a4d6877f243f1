"""Judge headlines: arguments, or the lines of standard input.

    python stages/predict.py "granny starting to fear spiders in the garden might be real"
    python stages/predict.py --model bi_lstm --json < headlines.txt > answers.jsonl

in:   models/<model>.pt            settings, vocabulary and weights: nothing else is needed
out:  standard output, a row for each line of the input, in its order:
          in a terminal            a table; the words that the model does not know stand behind the headline
          in a pipe or a file      tab-separated: probability, verdict, headline, unknown words[, weights]
          --json                   JSON Lines with the same fields

The probability is that of sarcasm, the verdict `sarcastic` above 0.5. An empty line is no headline and has neither.
--explain gives each word's weight: how much the probability falls when the word is left out.
Answers come as lines come; a million lines take no more memory than ten thousand.
"""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import torch

from sarcasm.answers import HEADER, Answer, to_json, to_row, to_tsv
from sarcasm.command import call, make_parser
from sarcasm.errors import InputError
from sarcasm.lines import decode, line_chunks
from sarcasm.saved import SavedModel, load_model

DEFAULT = "best"


def main(model: str, json: bool, explain: bool, headlines: list[str]) -> None:
    """Judge the headlines, or what comes on standard input if there are none."""
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")  # else kernels of 1,024 shapes add up to 400 MB
    torch.set_num_threads(1)  # sums keep their order
    saved = find_model(model)
    table = sys.stdout.isatty() and not json
    form = to_json if json else choose_form(table)
    if table:
        write(HEADER)
    for chunk in read_arguments(headlines) if headlines else read_input():
        write("".join(map(form, judge(saved, chunk, explain))))


def find_model(name: str) -> SavedModel:
    """Load the model called `name`. Raises InputError, listing the models there are."""
    path = Path(f"models/{name}.pt")
    if not path.is_file():
        there = ", ".join(sorted(path.stem for path in Path("models").glob("*.pt")))
        raise InputError(f"no model {name!r} in models/, which has {there or 'none; `dvc repro` trains them'}")
    return load_model(path)


def choose_form(table: bool) -> Callable[[Answer], str]:
    """Return how to show an answer: in a terminal as a table, coloured unless NO_COLOR is set."""
    return partial(to_row, colour=not os.environ.get("NO_COLOR")) if table else to_tsv


def read_arguments(headlines: list[str]) -> Iterator[list[str]]:
    """Give the arguments as one chunk, held to UTF-8 as lines are."""
    yield decode([os.fsencode(headline) for headline in headlines], 1, "argument")


def read_input() -> Iterator[list[str]]:
    """Give the lines of standard input, some at a time."""
    if sys.stdin.isatty():
        print("Headlines, one a line; Ctrl-D ends.", file=sys.stderr)
    count = 0
    for lines in line_chunks(sys.stdin.fileno()):
        yield decode(lines, count + 1)
        count += len(lines)


def judge(model: SavedModel, headlines: list[str], explain: bool) -> Iterable[Answer]:
    """Yield the answer to each headline, in order."""
    probabilities, unknown = model.judge(headlines)
    for headline, probability, words in zip(headlines, probabilities.tolist(), unknown, strict=True):
        weights = model.weights_of(headline) if explain else None
        yield Answer(headline, probability if headline.strip() else None, words, weights)


def write(text: str) -> None:
    """Write to standard output, at once and as UTF-8 whatever the locale says."""
    sys.stdout.buffer.write(text.encode())
    sys.stdout.buffer.flush()


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = make_parser(__doc__)
    parser.add_argument("--model", default=DEFAULT, help=f"a file of models/, less its .pt (default: {DEFAULT})")
    parser.add_argument("--json", action="store_true", help="JSON Lines")
    parser.add_argument("--explain", action="store_true", help="give each word's weight")
    parser.add_argument("headlines", nargs="*", metavar="HEADLINE")
    return parser


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` ends it quietly
    call(main, parser())
