"""Headlines and their labels: read from JSON, JSON Lines or CSV, validated row by row, and split."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sarcasm.base.command import InputError

FORMATS = (".json", ".jsonl", ".csv")


class Headline(NamedTuple):
    """One headline; `label` is 1 for sarcastic and 0 for not."""

    text: str
    label: int


def read_headlines(path: Path, text: str = "headline", label: str = "is_sarcastic") -> Iterator[Headline]:
    """Yield the headlines of a `.json`, `.jsonl` or `.csv` file from its columns `text` and `label`.

    A `.json` file is one array of objects or, as the news headlines are published, one object a line. Raises
    InputError, naming file and line (in an array: record), for the first row without a text and a label of 0 or 1.
    """
    count = 0
    for where, row in _rows(path):
        yield _headline(row, text, label, f"{path}, {where}")
        count += 1
    if not count:
        raise InputError(f"{path}: no headlines, expected at least one")


def _rows(path: Path) -> Iterator[tuple[str, Any]]:
    if path.suffix not in FORMATS:
        raise InputError(f"{path}: expected a file that ends in {', '.join(FORMATS)}")
    if path.suffix == ".csv":
        return _csv_rows(path)
    with path.open("rb") as file:
        is_array = file.read(4).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")
    return _array_rows(path) if path.suffix == ".json" and is_array else _line_rows(path)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the number and the text of each line, without a byte order mark. Raises InputError if it is not UTF-8."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield number, line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                raise InputError(f"{path}, line {number}: not UTF-8 at byte {error.start + 1} of the line") from error


def _line_rows(path: Path) -> Iterator[tuple[str, Any]]:
    for number, line in _lines(path):
        if line.strip():
            yield f"line {number}", _json(line, f"{path}, line {number}")


def _array_rows(path: Path) -> Iterator[tuple[str, Any]]:
    document = _json("".join(line for _, line in _lines(path)), str(path))
    return ((f"record {number}", row) for number, row in enumerate(document, start=1))


def _csv_rows(path: Path) -> Iterator[tuple[str, Any]]:
    reader = csv.DictReader((line for _, line in _lines(path)), strict=True)
    try:
        columns = reader.fieldnames or []
        if len(set(columns)) < len(columns):
            raise csv.Error("duplicate column")
        for row in reader:
            if None in row:  # otherwise an unquoted comma would truncate the text
                raise csv.Error(f"more cells than the {len(columns)} columns of the first line")
            yield f"line {reader.line_num}", row
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


def _headline(row: Any, text: str, label: str, where: str) -> Headline:
    if not isinstance(row, Mapping):
        raise InputError(f"{where}: expected an object with {text!r} and {label!r}, found {row!r:.60}")
    for column in (text, label):
        if row.get(column) is None:
            raise InputError(f"{where}: no {column!r}, found {', '.join(map(repr, row)):.60}")
    headline, value = row[text], row[label]
    if not isinstance(headline, str) or not headline.strip():
        raise InputError(f"{where}: {text!r} must be a text, found {headline!r:.60}")
    if not headline.isascii() and any("\ud800" <= character <= "\udfff" for character in headline):
        raise InputError(f"{where}: {text!r} contains a lone surrogate (half a character): {headline!a:.60}")
    if value not in (0, 1, "0", "1") or isinstance(value, (bool, float)):
        raise InputError(f"{where}: {label!r} must be 0 or 1, found {value!r:.60}")
    return Headline(headline, int(value))


def format_lines(headlines: Iterable[Headline]) -> Iterator[str]:
    """Yield each headline as a line of JSON, with the default columns of `read_headlines`."""
    for text, label in headlines:
        yield json.dumps({"headline": text, "is_sarcastic": label}, ensure_ascii=False) + "\n"


def drop_duplicates(headlines: list[Headline]) -> list[Headline]:
    """Keep the first of the headlines with the same text."""
    first: dict[str, Headline] = {}
    for headline in headlines:
        first.setdefault(headline.text, headline)
    return list(first.values())


def split_headlines(
    headlines: list[Headline], sizes: Mapping[str, int | float], seed: int | None
) -> dict[str, list[Headline]]:
    """Split the headlines into consecutive parts, in their order or, with a seed, shuffled first.

    A size is a count, or a fraction of all, rounded down. Raises InputError if the corpus is too small.
    """
    order = np.arange(len(headlines)) if seed is None else np.random.default_rng(seed).permutation(len(headlines))
    splits, start = {}, 0
    for name, size in sizes.items():
        count = int(size * len(headlines) + 1e-9) if isinstance(size, float) else size
        if start + count > len(headlines):
            raise InputError(f"split.{name}: needs {start + count} headlines in all, the corpus has {len(headlines)}")
        if size and not count:
            raise InputError(f"split.{name}: {size:g} of {len(headlines)} headlines is none, expected at least one")
        splits[name] = [headlines[index] for index in order[start : start + count]]
        start += count
    return splits
