"""What every stage does: read its command line, report an error in one line, read files, write them whole or not."""

import argparse
import csv
import gc
import gzip
import json
import os
import re
import shutil
import sys
import textwrap
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from filelock import FileLock, Timeout

if TYPE_CHECKING:  # importing pandas takes half a second, and not every stage writes a table
    import pandas as pd


class InputError(ValueError):
    """Data, parameters or a download are wrong, and the user can fix it.

    The message is one line: what was found, where, and what was expected.
    """


def make_parser(description: str | None, *names: str) -> argparse.ArgumentParser:
    """Return a parser with one argument for each of `names`; `--help` prints `description`, as wide as the terminal."""
    text = fit(description or "", shutil.get_terminal_size().columns)
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in names:
        parser.add_argument(name)
    return parser


def fit(text: str, width: int) -> str:
    """Break paragraphs at `width`; in a table, such as that after `in:`, below its last column."""
    columns = re.compile(r"(?: *\S+ {2,}| {2,})*")
    paragraphs, before = [""], 0
    for line in text.splitlines():
        start = columns.match(line)[0]  # type: ignore[index]
        continues = line and paragraphs[-1] and not start.strip() and len(start) == before
        if continues and before not in (4, 6):  # the indents of commands and of files
            paragraphs[-1] += f" {line.strip()}"
        else:
            paragraphs.append(line)
        before = len(start)
    lines = []
    for paragraph in paragraphs[1:]:
        start = columns.match(paragraph)[0]  # type: ignore[index]
        indent = " " * (len(start) if len(start) < width - 25 else 8)
        wrapped = textwrap.wrap(
            paragraph, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        )
        lines += wrapped or [""]
    return "\n".join(lines)


def run(main: Callable[..., None], parser: argparse.ArgumentParser) -> None:
    """Call `main` with the arguments of the command line.

    An `InputError`, an `OSError` (a full disk, a missing file) or a `MemoryError` ends the process with one line on
    stderr and exit code 1, ctrl-C with exit code 130.
    """
    arguments = parser.parse_args()
    try:
        main(**vars(arguments))
        sys.stdout.flush()
    except BrokenPipeError:  # who reads the output has ended, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (InputError, OSError, MemoryError) as error:
        sys.exit(f"{parser.prog}: {one_line(str(error) or 'not enough memory')}")
    except KeyboardInterrupt:
        sys.exit(130)
    gc.freeze()  # at exit, Python would collect garbage in all of torch: 0.6 s of every training


def one_line(text: str) -> str:
    """Return a text as one line of at most 1,000 characters, without any that would control a terminal."""
    line = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in " ".join(text.split()))
    return line if len(line) <= 1000 else f"{line[:697]} ... {line[-298:]}"


@contextmanager
def open_file(path: Path, packed: bool = False) -> Iterator[IO[bytes] | gzip.GzipFile]:
    """Open a file; decompress it if it is `packed` with gzip.

    Raises InputError if there is none, if it is a folder, a pipe or a device, or if it is damaged.
    """
    if not path.is_file():  # reading a pipe waits, reading a device may never end
        raise InputError(f"{path}: {'not a file' if path.exists() else 'no such file'}")
    try:
        with path.open("rb") as file, gzip.GzipFile(fileobj=file) if packed else file as opened:
            yield opened
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{path}: not a gzip file, or damaged: {error}") from error


def read_lines(file: IO[bytes] | gzip.GzipFile, where: str, limit: int) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a file with their numbers from 1. Raises InputError if one has `limit` bytes or more."""
    for number, line in enumerate(iter(partial(file.readline, limit), b""), start=1):
        if len(line) == limit:
            raise InputError(f"{where}, line {number}: more than {limit:,} bytes without a line feed")
        yield number, line


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold a lock file; if another process holds it, say so and wait."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = FileLock(path)
    try:
        file.acquire(blocking=False)
    except Timeout:
        print(f"{Path(sys.argv[0]).name}: waiting for another process, which holds {path}", file=sys.stderr, flush=True)
        file.acquire()
    try:
        yield
    finally:
        file.release()


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path to write to; rename it to `path` if the block succeeds, delete it otherwise.

    Git and DVC ignore `.*.tmp`, which a killed process may leave.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        error.filename = error.filename or str(path)  # a failed write, as on a full disk, does not name its file
        raise
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data`."""
    with atomic_write(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, line endings unchanged."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON. Raises ValueError for NaN and infinity, which JSON does not have."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_csv(path: Path, table: "pd.DataFrame") -> None:
    """Write the table without its index, floats with 6 decimals."""
    settings: dict[str, Any] = {"index": False, "float_format": "%.6f", "lineterminator": "\n"}
    text = table.to_csv(**settings)
    if "\r" in text:  # which pandas leaves without quotation marks, so that other readers see a line end
        text = table.to_csv(**settings, quoting=csv.QUOTE_ALL)
    write_text(path, text)


def read_json(path: Path) -> Any:
    """Read one JSON document."""
    return json.loads(path.read_text(encoding="utf-8"))
