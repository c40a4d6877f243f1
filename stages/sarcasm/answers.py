"""What a model says to one headline, as a row of a table, a line of tab-separated values or a line of JSON."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

Weights = Sequence[tuple[str, float]]

HEADER = "probability  verdict        headline\n"
SARCASTIC, SERIOUS, FAINT, RESET = "\033[33m", "\033[36m", "\033[2m", "\033[0m"  # yellow, cyan: colour-blind safe
SLIGHT = 0.01  # a weight below it has no colour


class Answer(NamedTuple):
    """One judged headline.

    probability: None for an empty line, which is no headline
    unknown: words that the model does not know
    weights: what each word adds to the probability; None if not asked for
    """

    headline: str
    probability: float | None
    unknown: Sequence[str]
    weights: Weights | None = None

    @property
    def verdict(self) -> str | None:
        """In words, or None for an empty line."""
        if self.probability is None:
            return None
        return "sarcastic" if self.probability > 0.5 else "not sarcastic"


def to_json(answer: Answer) -> str:
    """Give the answer as one line of JSON; `weights` is there if they were asked for, as pairs of word and weight."""
    fields: dict[str, Any] = {
        "headline": answer.headline,
        "probability": None if answer.probability is None else round(answer.probability, 6),
        "verdict": answer.verdict,
        "unknown": list(answer.unknown),
    }
    if answer.weights is not None:
        fields["weights"] = [[word, round(weight, 6)] for word, weight in answer.weights]
    return json.dumps(fields, ensure_ascii=False) + "\n"


def to_tsv(answer: Answer) -> str:
    """Give probability, verdict, headline, unknown words and, if asked for, weights as `word:+0.123456`, by tabs."""
    cells = [
        "" if answer.probability is None else f"{answer.probability:.6f}",
        answer.verdict or "",
        _printable(answer.headline),
        _printable(" ".join(answer.unknown)),
    ]
    if answer.weights is not None:
        cells.append(_printable(" ".join(f"{word}:{weight:+.6f}" for word, weight in answer.weights)))
    return "\t".join(cells) + "\n"


def to_row(answer: Answer, colour: bool) -> str:
    """Give the answer as a row under HEADER and, if asked for, a second line with the weights."""
    probability = "" if answer.probability is None else f"{answer.probability:.3f}"
    row = f"{probability:>11}  {answer.verdict or '':13}  {_printable(answer.headline)}"
    if answer.unknown:
        row += _painted(f"  (unknown: {_printable(', '.join(answer.unknown))})", FAINT if colour else "")
    if answer.weights:
        row += f"\n{'':28}" + "  ".join(_weighted(word, weight, colour) for word, weight in answer.weights)
    return row + "\n"


def _weighted(word: str, weight: float, colour: bool) -> str:
    paint = "" if abs(weight) < SLIGHT else SARCASTIC if weight > 0 else SERIOUS
    return _painted(f"{_printable(word)} {weight:+.3f}", paint if colour else "")


def _painted(text: str, paint: str) -> str:
    return f"{paint}{text}{RESET}" if paint else text


def _printable(text: str) -> str:
    """Put a blank for what cannot be printed: a tab would shift columns, an escape repaint the terminal."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
