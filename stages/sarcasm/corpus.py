"""Headlines and their labels: read from JSON, JSON Lines, CSV or TSV, checked row by row, and split."""

import csv
import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import Any, NamedTuple

from sarcasm.stage import InputError, atomic_write

import numpy as np

FORMATS = (".json", ".jsonl", ".csv", ".tsv")
DELIMITERS = {".csv": ",;", ".tsv": "\t"}
LABELS = {"0.0": 0, "false": 0, "no": 0, "1.0": 1, "true": 1, "yes": 1}  # as `_canonical` writes them
csv.field_size_limit(2**31 - 1)  # characters of a cell; by default 131,072, where JSON has no limit


class Headline(NamedTuple):
    """One headline; `label` is 1 for the positive class and 0 for the other."""

    text: str
    label: int


def read_headlines(
    path: Path, text: str = "headline", label: str = "is_sarcastic", positive: Any = None
) -> Iterator[Headline]:
    """Yield the headlines of a `.json`, `.jsonl`, `.csv` or `.tsv` file, or one with `.gz` appended.

    text, label: the columns. positive: the label that counts as 1; None if the labels are 0 and 1, false and true, or
    no and yes. A `.json` file is one array of objects or, as the news headlines are published, one object a line.
    Raises InputError, naming file and line (in an array: record), for the first row without a text and a label, and,
    if `positive` is given, unless the labels are that one and one other.
    """
    found: dict[str, str] = {}  # each label, as it is first written
    unit, rows = _rows(path, (text, label))
    number = 0
    for number, row in rows:
        try:
            headline, value = _text_and_label(row, text, label)
            name = _canonical(value)
            if positive is not None:
                found.setdefault(name, f"{value!r:.60}")
                if len(found) > 2:
                    raise InputError(f"more than two labels in {label!r}: {', '.join(found.values())}")
            elif name not in LABELS:
                hint = "set corpus.positive to the label that counts as 1"
                raise InputError(f"{label!r} must be 0 or 1, found {value!r:.60}; {hint}")
        except InputError as error:
            raise InputError(f"{path}, {unit} {number}: {error}") from None
        yield Headline(headline, LABELS[name] if positive is None else int(name == _canonical(positive)))
    if not number:
        raise InputError(f"{path}: no headlines, expected at least one")
    if positive is not None and _canonical(positive) not in found:
        raise InputError(f"{path}: no label is {positive!r:.60} (corpus.positive), found {', '.join(found.values())}")


def _canonical(label: str | int | float) -> str:
    """Return the same text for a label in any spelling: true and "True", 1 and "1.0"."""
    try:
        return str(float(str(label)))
    except ValueError:
        return str(label).lower()


def _rows(path: Path, columns: tuple[str, str]) -> tuple[str, Iterator[tuple[int, Any]]]:
    """Return what is counted, lines or records, and the rows with their numbers from 1."""
    suffix = Path(path.name.removesuffix(".gz")).suffix
    if suffix not in FORMATS:
        raise InputError(f"{path}: expected a file that ends in {', '.join(FORMATS)}, or one of these and .gz")
    if suffix in DELIMITERS:
        return "line", _table_rows(path, columns, DELIMITERS[suffix])
    is_array = suffix == ".json" and next(filter(str.strip, _texts(path)), "").lstrip().startswith("[")
    return ("record", _array_rows(path)) if is_array else ("line", _line_rows(path))


@contextmanager
def _open(path: Path) -> Iterator[gzip.GzipFile | BufferedReader]:
    """Open a file, decompressed if it ends in `.gz`. Raises InputError if it is damaged, UTF-16 or UTF-32."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            encoding = json.detect_encoding(file.peek(4)[:4]).upper()
            if not encoding.startswith("UTF-8"):
                name = encoding.replace("-LE", "LE").replace("-BE", "BE")
                raise InputError(f"{path}: {name}, expected UTF-8; convert it with `iconv -f {name} -t UTF-8`")
            yield file
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{path}: not a gzip file, or damaged: {error}") from error


def _texts(path: Path) -> Iterator[str]:
    """Yield the lines, without a byte order mark. Raises InputError for one that is not UTF-8."""
    with _open(path) as file:
        for number, line in enumerate(file, start=1):
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                place = error.start + 1
                raise InputError(f"{path}, line {number}: not UTF-8 at byte {place} of the line") from error


def _line_rows(path: Path) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(_texts(path), start=1):
        if line.strip():
            yield number, _json(line, f"{path}, line {number}")


def _array_rows(path: Path) -> Iterator[tuple[int, Any]]:
    return enumerate(_json("".join(_texts(path)), str(path)), start=1)


def _delimiter(path: Path, columns: tuple[str, str], candidates: str) -> str:
    """Return the delimiter with which the header has both columns."""
    for delimiter in candidates:
        with suppress(csv.Error):
            if {*columns} <= {*next(csv.reader(_texts(path), delimiter=delimiter), [])}:
                return delimiter
    expected = f"{' and '.join(map(repr, columns))}, separated by {' or '.join(map(repr, candidates))}"
    header = next(_texts(path), "").rstrip()
    raise InputError(f"{path}, line 1: expected the columns {expected}, found {header!r:.100}")


def _table_rows(path: Path, wanted: tuple[str, str], delimiters: str) -> Iterator[tuple[int, Any]]:
    reader = csv.DictReader(_texts(path), strict=True, delimiter=_delimiter(path, wanted, delimiters))
    try:
        columns = reader.fieldnames or []
        if len(set(columns)) < len(columns):
            raise csv.Error("duplicate column")
        for row in reader:
            if None in row:  # otherwise an unquoted delimiter would truncate the text
                raise csv.Error(f"more cells than the {len(columns)} columns of the first line")
            yield reader.line_num, row
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.reader.line_num}: not CSV: {error}") from error


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not JSON: {error}") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        raise ValueError("duplicate key")
    return row


def _text_and_label(row: Any, text: str, label: str) -> tuple[str, str | int | float]:
    if not isinstance(row, dict):
        raise InputError(f"expected an object with {text!r} and {label!r}, found {row!r:.60}")
    for column in (text, label):
        if row.get(column) is None:
            raise InputError(f"no {column!r}, found {', '.join(map(repr, row)):.60}")
    headline, value = row[text], row[label]
    if not isinstance(headline, str) or not headline.strip():
        raise InputError(f"{text!r} must be a text, found {headline!r:.60}")
    if not headline.isascii() and any("\ud800" <= character <= "\udfff" for character in headline):
        raise InputError(f"{text!r} contains a lone surrogate (half a character): {headline!a:.60}")
    if not isinstance(value, (str, int, float)) or value == "":
        raise InputError(f"{label!r} must be a text, a number or a boolean, found {value!r:.60}")
    return headline, value


def write_headlines(path: Path, headlines: Iterable[Headline]) -> None:
    """Write one JSON object a line, with the default columns of `read_headlines`; nothing if reading fails."""
    with atomic_write(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        for text, label in headlines:
            file.write(json.dumps({"headline": text, "is_sarcastic": label}, ensure_ascii=False) + "\n")


def read_written(path: Path) -> list[Headline]:
    """Read what `write_headlines` wrote, unchecked."""
    with path.open(encoding="utf-8", newline="\n") as file:
        return [Headline(row["headline"], row["is_sarcastic"]) for row in map(json.loads, file)]


def only_class(counts: Sequence[int], classes: Sequence[str]) -> str | None:
    """Describe the class of all headlines in a few words; None if there are both classes, or no headlines.

    counts: the headlines of label 0 and of label 1
    """
    if all(counts) or not any(counts):
        return None
    label = int(counts[1] > 0)
    return f"all {counts[label]} headlines are {classes[label]!r} (label {label})"


def split(
    headlines: Sequence[Headline], sizes: Mapping[str, int | float], seed: int | None
) -> dict[str, list[Headline]]:
    """Split the headlines, in order or, with a seed, shuffled.

    A size is a count, or a fraction of all, rounded down. Raises InputError if there are too few headlines.
    """
    count = len(headlines)
    order = range(count) if seed is None else np.random.default_rng(seed).permutation(count).tolist()
    splits, start = {}, 0
    for name, size in sizes.items():
        wanted = int(size * count + 1e-9) if isinstance(size, float) else size
        if start + wanted > count:
            raise InputError(f"split.{name}: needs {start + wanted} headlines in all, the corpus has {count}")
        if size and not wanted:
            raise InputError(f"split.{name}: {size:g} of {count} headlines is none, expected at least one")
        splits[name] = [headlines[position] for position in order[start : start + wanted]]
        start += wanted
    return splits
