"""Classify headlines: arguments, or the lines of standard input.

    python stages/predict.py "granny starting to fear spiders in the garden might be real"
    python stages/predict.py --model bi_lstm-1 --json < headlines.txt > predictions.jsonl

in:   models/<model>.pt      settings, vocabulary and weights; the model of a variant with seed 1 is <variant>-1
      data/selected.pt       the model with the lowest validation loss, if --model is not given
      params.yaml            corpus.classes: the names of the labels
out:  standard output, one row for each headline: probability, predicted label, headline and the words that are not in
      the model's vocabulary; with --json JSON Lines

--model is the name of a model of this script's project, in any working directory, or the path of a .pt file.
The probability is that of the positive class, the second of corpus.classes; above 0.5 it is the predicted label.
--explain adds each word's leave-one-out importance in log-odds: the logit minus the logit without the word, where the
logit is log(probability / (1 - probability)). From a probability of 0.5, a change of 0.4 is one to 0.6 or 0.4.
"""

import json
import os
import shutil
import sys
from typing import Any

from sarcasm.params import read_params
from sarcasm.saved_model import PROJECT, SavedModel, load_model
from sarcasm.stage import InputError, make_parser, run

import torch

COLUMN = len("predicted label")
POSITIVE, NEGATIVE, FAINT, RESET = "\033[33m", "\033[36m", "\033[2m", "\033[0m"  # yellow, cyan: colour-blind safe
UNCOLOURED = 0.05  # log-odds: a word of less importance has no colour


def main(model: str | None, as_json: bool, explain: bool, headlines: list[str]) -> None:
    """Classify the headlines, or the lines of standard input if there are none."""
    torch.set_num_threads(1)  # sums in a fixed order
    saved = load_model(model)
    classes = read_params(PROJECT / "params.yaml").corpus.classes
    texts = headlines or read_lines()
    width = max(COLUMN, *map(len, classes))
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    # UTF-8 in any locale; a byte of an argument that is not UTF-8 becomes an escape, which JSON reads
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    if not as_json:
        said = f"classified by {saved.variant}: the probability that it is {classes[1]}"
        print(f"probability  {'predicted label':{width}}  headline, {said}")
    for prediction in classify(saved, texts, classes, explain):
        print(json.dumps(prediction, ensure_ascii=False) if as_json else to_row(prediction, width, colour))


def read_lines() -> list[str]:
    """Read the lines of standard input, without empty ones. Raises InputError, naming the line, if it is not UTF-8."""
    if sys.stdin.isatty():
        print("One headline per line; Ctrl-D ends.", file=sys.stderr)
    lines = []
    for number, line in enumerate(sys.stdin.buffer, start=1):
        try:
            lines.append(line.decode("utf-8-sig" if number == 1 else "utf-8").strip("\r\n"))
        except UnicodeDecodeError as error:
            raise InputError(f"line {number}: not UTF-8 at byte {error.start + 1}") from error
    return [line for line in lines if line.strip()]


def classify(model: SavedModel, headlines: list[str], classes: list[str], explain: bool) -> list[dict[str, Any]]:
    """Return the prediction for each headline."""
    predictions = [
        {
            "headline": headline,
            "probability": round(probability, 6),
            "predicted_label": classes[probability > 0.5],
            "unknown": model.unknown_words(headline),
        }
        for headline, probability in zip(headlines, model(headlines).tolist(), strict=True)
    ]
    if explain:
        for prediction in predictions:
            importance = model.word_importance(prediction["headline"])
            prediction["importance"] = [(word, round(value, 6)) for word, value in importance]
    return predictions


def to_row(prediction: dict[str, Any], width: int, colour: bool) -> str:
    """Return a row of the table and, if asked for, the importance of each word in lines that fit the terminal."""

    def paint(text: str, code: str) -> str:
        text = "".join(c if c.isprintable() else " " for c in text)  # an escape sequence would control the terminal
        return f"{code}{text}{RESET}" if colour and code else text

    label, headline = prediction["predicted_label"], paint(prediction["headline"], "")
    row = f"{prediction['probability']:>11.3f}  {label:{width}}  {headline}"
    if prediction["unknown"]:
        row += paint(f"  (unknown: {', '.join(prediction['unknown'])})", FAINT)
    indent = " " * (15 + width)
    place = columns = shutil.get_terminal_size().columns
    for word, value in prediction.get("importance", []):
        text = f"{word} {value:+.2f}"
        if place + 2 + len(text) > columns:
            row, place = f"{row}\n{indent[2:]}", len(indent) - 2
        row += "  " + paint(text, "" if abs(value) < UNCOLOURED else POSITIVE if value > 0 else NEGATIVE)
        place += 2 + len(text)
    return row


if __name__ == "__main__":
    parser = make_parser(__doc__)
    parser.add_argument("--model", help="name of a model in models/, or path of a .pt file")
    parser.add_argument("--json", action="store_true", dest="as_json", help="JSON Lines")
    parser.add_argument("--explain", action="store_true", help="add the importance of each word, in log-odds")
    parser.add_argument("headlines", nargs="*", metavar="HEADLINE")
    run(main, parser)
