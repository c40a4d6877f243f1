"""Classify headlines: arguments, or the lines of standard input.

    python stages/predict.py "granny starting to fear spiders in the garden might be real"
    python stages/predict.py --model bi_lstm-1 --json < headlines.txt > predictions.jsonl

in:   models/<model>.pt      settings, vocabulary and weights; the model of a variant with seed 1 is <variant>-1
      metrics/selected.json  the model with the lowest validation loss, if --model is not given
out:  standard output, one row for each line of the input, in order:
          in a terminal      a table; words that are not in the model's vocabulary follow the headline
          in a pipe or file  tab-separated: probability, predicted label, headline, unknown words[, importance]
          --json             JSON Lines with the same fields

--model is the name of a model of this script's project, in any working directory, or the path of a .pt file.
The probability is that of the positive class, the second of corpus.classes; above 0.5 it is the predicted label.
An empty line has neither.
--explain adds each word's leave-one-out importance in log-odds: the logit minus the logit without the word, where the
logit is log(probability / (1 - probability)). From a probability of 0.5, a change of 0.4 is one to 0.6 or 0.4.
--skip-invalid continues after a line that is not UTF-8 or is too long: it is named on stderr and has an empty row.
Predictions are written as lines arrive, so input of any length can be streamed.
"""

from sarcasm.base.interrupt import exit_on_interrupt

if __name__ == "__main__":
    exit_on_interrupt()

import argparse
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial

import torch

from sarcasm.base.command import InputError, call, make_parser
from sarcasm.network.model_file import Model, load
from sarcasm.results.predictions import LABEL_WIDTH, Prediction, decode, header, line_chunks, to_json, to_row, to_tsv


def main(model: str | None, json: bool, explain: bool, skip_invalid: bool, headlines: list[str]) -> None:
    """Classify the headlines, or the lines of standard input if there are none."""
    if sys.stdout is None:
        raise InputError("standard output is closed, expected a terminal, a pipe or a file")
    torch.set_num_threads(1)  # sums in a fixed order
    # oneDNN keeps 1,024 shapes of batches, 300 MB; few of them come again in the next chunk
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")
    saved = load(model)
    table = sys.stdout.isatty() and not json
    width = max(LABEL_WIDTH, *map(len, saved.classes))
    form = to_json if json else choose_form(table, width)
    if table:
        write(header(width))
    chunks = [list(map(os.fsencode, headlines))] if headlines else read_input()
    for chunk in decode(chunks, "argument" if headlines else "line", warn if skip_invalid else None):
        write("".join(map(form, classify(saved, chunk, explain))))


def choose_form(table: bool, width: int) -> Callable[[Prediction], str]:
    """Return how to show a prediction: in a terminal as a table row, in colour unless NO_COLOR is set."""
    return partial(to_row, width=width, colour=not os.environ.get("NO_COLOR")) if table else to_tsv


def read_input() -> Iterator[list[bytes]]:
    """Return the lines of standard input in chunks. Raises InputError if it is closed."""
    if sys.stdin is None:
        raise InputError("standard input is closed, expected headlines as arguments or as lines of standard input")
    if sys.stdin.isatty():
        print("One headline per line; Ctrl-D ends.", file=sys.stderr)
    return line_chunks(sys.stdin.fileno())


def warn(message: str) -> None:
    """Name a skipped line on stderr."""
    print(f"predict.py: warning: skipped {message}", file=sys.stderr)


def classify(model: Model, headlines: list[str], explain: bool) -> Iterable[Prediction]:
    """Yield the prediction for each headline, in order."""
    probabilities, unknown = model.classify(headlines)
    for headline, probability, words in zip(headlines, probabilities.tolist(), unknown, strict=True):
        importance = model.word_importance(headline) if explain else None
        if headline.strip():
            yield Prediction(headline, probability, model.classes[probability > 0.5], words, importance)
        else:
            yield Prediction(headline, None, None, words, importance)


def write(text: str) -> None:
    """Write to standard output, unbuffered and as UTF-8 in any locale."""
    sys.stdout.buffer.write(text.encode())
    sys.stdout.buffer.flush()


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = make_parser(__doc__)
    parser.add_argument("--model", help="name of a model in models/, or path of a .pt file")
    parser.add_argument("--json", action="store_true", help="JSON Lines")
    parser.add_argument("--explain", action="store_true", help="add the importance of each word, in log-odds")
    parser.add_argument("--skip-invalid", action="store_true", help="continue after a line that is not valid")
    parser.add_argument("headlines", nargs="*", metavar="HEADLINE")
    return parser


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # end without an error in `| head`
    call(main, parser())
