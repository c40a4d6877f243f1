"""Headlines and their labels: read from JSON, JSON Lines, CSV or TSV, checked row by row, and split."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from sarcasm.stage import InputError, atomic_write, open_file, read_lines

import numpy as np

FORMATS = (".json", ".jsonl", ".csv", ".tsv")
DELIMITERS = {".csv": ",;", ".tsv": "\t"}
LABELS = {"0": 0, "false": 0, "no": 0, "1": 1, "true": 1, "yes": 1}  # as `_canonical` writes them
MISSING = {"", "nan", "na", "null"}  # what pandas, R and SQL write for a label that is not known
WHOLE = re.compile(r"(-?[0-9]+)\.0*")
DOUBLED = re.compile(r'"[^"]*(?:""[^"]*)+"')  # a cell that has quotation marks, as csv and pandas write it
CR = "; if carriage returns end the lines, convert them with `tr '\\r' '\\n'`"
LINE = 1 << 27  # bytes of a line at most, as a .json may be all in one
SHOWN = 5  # bad rows in a message
csv.field_size_limit(2**31 - 1)  # characters of a cell; by default 131,072, where JSON has no limit


class Headline(NamedTuple):
    """One headline; `label` is 1 for the positive class and 0 for the other."""

    text: str
    label: int


def read_headlines(
    path: Path, text: str = "headline", label: str = "is_sarcastic", positive: Any = None
) -> list[Headline]:
    """Return the headlines of a `.json`, `.jsonl`, `.csv` or `.tsv` file, or one with `.gz` appended.

    text, label: the columns. positive: the label that counts as 1; None if the labels are 0 and 1, false and true, or
    no and yes. A `.json` file is one array of objects or, as the news headlines are published, one object a line.
    Raises InputError, naming the file and the lines (in an array: records) of rows without a text and a label, and,
    if `positive` is given, unless the labels are that one and one other.
    """
    found: dict[str, str] = {}  # each label, as it is first written
    texts, names, bad = [], [], []
    unit, rows = _rows(path, (text, label))
    for number, row in rows:
        try:
            headline, value = _text_and_label(row, text, label)
            name = _canonical(value)
            if name not in found:
                written = f"{value!r:.60}"
                if positive is None and name not in LABELS:
                    hint = "correct it or, if labels are others, set corpus.positive to the one that counts as 1"
                    raise InputError(f"{label!r} must be 0 or 1, found {written}; {hint}")
                if positive is not None and len(found) == 2:
                    raise InputError(f"more than two labels in {label!r}: {', '.join([*found.values(), written])}")
                found[name] = written
            texts.append(headline)
            names.append(name)
        except InputError as error:
            bad.append((number, f"{unit} {number}: {error}"))
    if bad:
        shown = [reason for _, reason in sorted(bad)[:SHOWN]]
        more = [f"{len(bad):,} bad rows in all"] if len(bad) > SHOWN else []
        raise InputError(f"{path}, {'; '.join(shown + more)}")
    if not texts:
        raise InputError(f"{path}: no headlines, expected at least one")
    if positive is not None and _canonical(positive) not in found:
        raise InputError(f"{path}: no label is {positive!r:.60} (corpus.positive), found {', '.join(found.values())}")
    labels_of = LABELS if positive is None else {name: int(name == _canonical(positive)) for name in found}
    return [Headline(text, labels_of[name]) for text, name in zip(texts, names, strict=True)]


def _canonical(label: str | int | float) -> str:
    """Return the same text for a label in any spelling: true and "True", 1, 1.0 and "1.0"."""
    name = str(label).strip().lower()
    whole = WHOLE.fullmatch(name)
    return whole[1] if whole else name


def _rows(path: Path, columns: tuple[str, str]) -> tuple[str, Iterator[tuple[int, Any]]]:
    """Return what is counted, lines or records, and the rows, or an InputError, with their numbers from 1."""
    suffix = Path(path.name.removesuffix(".gz")).suffix
    if suffix not in FORMATS:
        raise InputError(f"{path}: expected a file that ends in {', '.join(FORMATS)}, or one of these and .gz")
    if suffix in DELIMITERS:
        return "line", _table_rows(path, columns, DELIMITERS[suffix])
    is_array = suffix == ".json" and next(filter(str.strip, _texts(path)), "").lstrip().startswith("[")
    return ("record", _array_rows(path)) if is_array else ("line", _line_rows(path))


def _texts(path: Path) -> Iterator[str]:
    """Yield the lines, without a byte order mark. Raises InputError for a file that is not UTF-8."""
    with open_file(path, path.suffix == ".gz") as file:
        encoding = json.detect_encoding(file.peek(4)[:4]).upper()  # type: ignore[union-attr]
        if not encoding.startswith("UTF-8"):
            name = encoding.replace("-LE", "LE").replace("-BE", "BE")
            raise InputError(f"{path}: {name}, expected UTF-8; convert it with `iconv -f {name} -t UTF-8`")
        for number, line in read_lines(file, str(path), LINE):
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                hint = "if a spreadsheet wrote it, convert it with `iconv -f WINDOWS-1252 -t UTF-8`"
                place = error.start + 1
                raise InputError(f"{path}, line {number}: not UTF-8 at byte {place} of the line; {hint}") from error


def _line_rows(path: Path) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(_texts(path), start=1):
        if line.strip():
            try:
                yield number, _json(line)
            except InputError as error:
                yield number, error


def _array_rows(path: Path) -> Iterator[tuple[int, Any]]:
    text = "".join(_texts(path))
    try:
        return enumerate(_json(text), start=1)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _table_rows(path: Path, wanted: tuple[str, str], delimiters: str) -> Iterator[tuple[int, Any]]:
    """Yield the rows of a table, and at last an error for each that a quotation mark has joined with others."""
    delimiter = _delimiter(path, wanted, delimiters)
    literal = delimiter == "\t" and _has_literal_quotes(path)
    lines: list[str] = []  # of the row
    labels, joined = set(), {}

    def remember() -> Iterator[str]:
        for line in _texts(path):
            lines.append(line)
            yield line

    reader = csv.reader(
        remember(), strict=True, delimiter=delimiter, quoting=csv.QUOTE_NONE if literal else csv.QUOTE_MINIMAL
    )
    try:
        columns = next(reader)
        for column in wanted:
            if columns.count(column) > 1:
                raise csv.Error(f"two columns {column!r}")
        places = [columns.index(column) for column in wanted]
        named = max(number for number, column in enumerate(columns, start=1) if column)
        lines.clear()
        for cells in reader:
            start = reader.line_num - len(lines) + 1
            # otherwise a delimiter in a text without quotation marks would cut it
            if len(cells) > len(columns) or any(cells[named:]):
                yield start, InputError(f"more cells than the {named} columns of the first line")
            elif cells:
                row = {column: cells[place] for column, place in zip(wanted, places, strict=True) if place < len(cells)}
                labels.add(_canonical(row.get(wanted[1], "")))
                yield start, row
            if len(lines) > 1:
                inner = [line.strip().split(delimiter) for line in lines[1:]]
                joined[start] = {_canonical(row[places[1]].strip('"')) for row in inner if len(row) == len(columns)}
            lines.clear()
    except csv.Error as error:
        hint = CR if "\r" in lines[-1].rstrip() else ""
        raise InputError(f"{path}, line {reader.line_num - len(lines) + 1}: not CSV: {error}{hint}") from error
    expected = "expected the text in quotation marks, and those in it doubled"
    for start, inner_labels in joined.items():
        if inner_labels & labels:
            what = f"a quotation mark opens here, and the lines up to the next one are rows; {expected}"
            yield start, InputError(what)


def _delimiter(path: Path, columns: tuple[str, str], candidates: str) -> str:
    """Return the delimiter with which the header has both columns."""
    for delimiter in candidates:
        with suppress(csv.Error):
            if {*columns} <= {*next(csv.reader(_texts(path), delimiter=delimiter), [])}:
                return delimiter
    expected = f"{' and '.join(map(repr, columns))}, separated by {' or '.join(map(repr, candidates))}"
    header = next(_texts(path), "").rstrip()
    hint = CR if "\r" in header else ""
    raise InputError(f"{path}, line 1: expected the columns {expected}, found {header!r:.100}{hint}")


def _has_literal_quotes(path: Path) -> bool:
    """Return whether the quotation marks of a .tsv are part of its texts.

    They are if each line has the header's number of tabs, unless every cell with quotation marks is as csv and pandas
    write it: in quotation marks, with those in it doubled.
    """
    lines = (line.rstrip("\r\n") for line in _texts(path))
    header, literal = next(lines, ""), False
    for line in filter(None, lines):
        if line.count("\t") != header.count("\t"):
            return False
        literal |= '"' in line and any('"' in cell and not DOUBLED.fullmatch(cell) for cell in line.split("\t"))
    return literal and '"' not in header


def _json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON: {error}") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        raise ValueError("duplicate key")
    return row


def _text_and_label(row: Any, text: str, label: str) -> tuple[str, str | int | float]:
    if isinstance(row, InputError):
        raise row
    if not isinstance(row, dict):
        raise InputError(f"expected an object with {text!r} and {label!r}, found {row!r:.60}")
    for column in (text, label):
        if column not in row:
            raise InputError(f"no {column!r}, found {', '.join(map(repr, row)):.60}")
    headline, value = row[text], row[label]
    if headline is None or isinstance(headline, str) and not headline.strip():
        raise InputError(f"{text!r} is empty")
    if not isinstance(headline, str):
        raise InputError(f"{text!r} must be a text, found {headline!r:.60}")
    if not headline.isascii() and any("\ud800" <= character <= "\udfff" for character in headline):
        raise InputError(f"{text!r} contains a lone surrogate (half a character): {headline!a:.60}")
    if value is None or isinstance(value, (str, float)) and _canonical(value) in MISSING:
        raise InputError(f"{label!r} is empty, NaN, NA or NULL")
    # JSON's larger floats are not exact
    if not isinstance(value, (str, int, float)) or isinstance(value, float) and abs(value) >= 2**53:
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
