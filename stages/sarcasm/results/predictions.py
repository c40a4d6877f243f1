"""What predict.py reads and writes: lines of a stream in; a table, tab-separated values or JSON Lines out."""

import json
import os
import select
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sarcasm.base.command import InputError

CHUNK = 1 << 21  # bytes, about 30,000 headlines: large batches of each length
PAUSE = 0.01  # seconds without input after which the lines so far are classified
LABEL_WIDTH = len("predicted label")
POSITIVE, NEGATIVE, FAINT, RESET = "\033[33m", "\033[36m", "\033[2m", "\033[0m"  # yellow, cyan: colour-blind safe
UNCOLOURED = 0.05  # log-odds: a word of less importance has no colour


class Prediction(NamedTuple):
    """One classified headline.

    probability: of the positive class; None for an empty line
    predicted_label: the name of a class; None for an empty line
    unknown: words that are not in the vocabulary
    importance: each word's leave-one-out importance, in log-odds; None if not asked for
    """

    headline: str
    probability: float | None
    predicted_label: str | None
    unknown: Sequence[str]
    importance: Sequence[tuple[str, float]] | None = None


def line_chunks(descriptor: int) -> Iterator[list[bytes]]:
    """Yield the lines of a file descriptor without their line feeds, a chunk whenever the input pauses or is large.

    Of a line longer than a chunk, at least one byte more than a chunk is yielded.
    """
    rest, cut = b"", False  # cut: `rest` continues a line that has been yielded
    while block := _read_block(descriptor):
        *lines, rest = (rest + block).split(b"\n")
        if cut and lines:
            del lines[0]
            cut = False
        if cut:
            rest = b""
        elif len(rest) > CHUNK:
            lines.append(rest)
            rest, cut = b"", True
        if lines:
            yield lines
    if rest:
        yield [rest]


def _read_block(descriptor: int) -> bytes:
    """Wait for input, then read until it pauses, ends or fills a chunk; empty at the end.

    A pipe gives at most 64 KiB at a time. Without waiting for more, 200,000 lines take 17 instead of 10 seconds.
    """
    block = piece = os.read(descriptor, CHUNK)
    while piece and len(block) < CHUNK and select.select([descriptor], [], [], PAUSE)[0]:
        piece = os.read(descriptor, CHUNK - len(block))
        block += piece
    return block


def decode(chunks: Iterable[list[bytes]], unit: str, skipped: Callable[[str], None] | None) -> Iterator[list[str]]:
    """Decode lines of UTF-8, a chunk at a time; a byte order mark in line 1 is dropped.

    A line that is not UTF-8 or longer than a chunk is described to `skipped`, and is empty. Without `skipped` it raises
    InputError, naming `unit` and number, after the lines before it have been yielded.
    """
    first = 1
    for lines in chunks:
        texts = []
        for number, line in enumerate(lines, start=first):
            try:
                texts.append(_decode(line, "utf-8-sig" if number == 1 else "utf-8"))
            except ValueError as error:
                message = f"{unit} {number}: {error}"
                if skipped is None:
                    yield texts
                    raise InputError(message) from error
                skipped(message)
                texts.append("")
        yield texts
        first += len(lines)


def _decode(line: bytes, encoding: str) -> str:
    if len(line) > CHUNK:
        raise ValueError(f"longer than {CHUNK:,} bytes")
    try:
        return line.decode(encoding).removesuffix("\r")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start + 1}") from error


def to_json(prediction: Prediction) -> str:
    """Return one line of JSON; `importance`, if asked for, is a list of pairs of word and importance."""
    fields: dict[str, Any] = {
        "headline": prediction.headline,
        "probability": None if prediction.probability is None else round(prediction.probability, 6),
        "predicted_label": prediction.predicted_label,
        "unknown": list(prediction.unknown),
    }
    if prediction.importance is not None:
        fields["importance"] = [[word, round(value, 6)] for word, value in prediction.importance]
    line = json.dumps(fields, ensure_ascii=False)
    return (line if line.isprintable() else json.dumps(fields)) + "\n"  # a control character is escaped


def to_tsv(prediction: Prediction) -> str:
    """Return tab-separated probability, label, headline, unknown words and, if asked for, `word:+0.123456`."""
    cells = [
        "" if prediction.probability is None else f"{prediction.probability:.6f}",
        prediction.predicted_label or "",
        _printable(prediction.headline),
        _printable(" ".join(prediction.unknown)),
    ]
    if prediction.importance is not None:
        cells.append(_printable(" ".join(f"{word}:{value:+.6f}" for word, value in prediction.importance)))
    return "\t".join(cells) + "\n"


def header(width: int) -> str:
    """Return the first line of the table; the column of the predicted label has `width` characters."""
    return f"probability  {'predicted label':{width}}  headline\n"


def to_row(prediction: Prediction, width: int, colour: bool) -> str:
    """Return a row under `header` and, if asked for, a second line with the importance of each word."""
    probability = "" if prediction.probability is None else f"{prediction.probability:.3f}"
    row = f"{probability:>11}  {prediction.predicted_label or '':{width}}  {_printable(prediction.headline)}"
    if prediction.unknown:
        row += _painted(f"  (unknown: {_printable(', '.join(prediction.unknown))})", FAINT if colour else "")
    if prediction.importance:
        row += f"\n{'':{15 + width}}" + "  ".join(_word(word, value, colour) for word, value in prediction.importance)
    return row + "\n"


def _word(word: str, importance: float, colour: bool) -> str:
    paint = "" if abs(importance) < UNCOLOURED else POSITIVE if importance > 0 else NEGATIVE
    return _painted(f"{_printable(word)} {importance:+.2f}", paint if colour else "")


def _painted(text: str, paint: str) -> str:
    return f"{paint}{text}{RESET}" if paint else text


def _printable(text: str) -> str:
    """Replace unprintable characters by blanks: a tab would shift columns, an escape sequence control the terminal."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
