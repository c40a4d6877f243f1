"""Atomic files: every output is written to a temporary file beside it and then renamed, so it is whole or absent."""

import errno
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # importing pandas takes half a second, and predict.py writes no table
    import pandas as pd

DIGEST_SIZE = hashlib.sha256().digest_size  # bytes
FULL = errno.ENOSPC, errno.EDQUOT, errno.EFBIG


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path to write to; rename it to `path` if the block succeeds, delete it otherwise.

    Temporary files of the same output that a killed process left behind are deleted. Git and DVC ignore `.*.tmp`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for leftover in path.parent.glob(f".{escape(path.name)}.*.tmp"):
        leftover.unlink(missing_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())  # otherwise a power cut could leave the new name without its content
        temporary.replace(path)
    except OSError as error:
        if error.errno in FULL:
            error.filename = str(path)  # a failed write does not name its file
        raise
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data`."""
    with atomic_write(path) as temporary:
        temporary.write_bytes(data)


def write_lines(path: Path, lines: Iterable[bytes]) -> None:
    """Write lines that end in a line feed, as they come. If `lines` raises an error, nothing is written."""
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        file.writelines(lines)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, line endings unchanged."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON. Raises ValueError for NaN and infinity, which JSON does not have."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_csv(path: Path, table: "pd.DataFrame") -> None:
    """Write the table without its index, floats with 6 decimals."""
    write_text(path, table.to_csv(index=False, float_format="%.6f", lineterminator="\n"))


def read_json(path: Path) -> Any:
    """Read one JSON document."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_checksummed(path: Path, data: bytes, key: str = "") -> None:
    """Write `data` followed by the SHA-256 digest of `key` and `data`."""
    write_bytes(path, data + _digest(data, key))


def read_checksummed(path: Path, key: str = "") -> bytes | None:
    """Read what `write_checksummed` wrote. Return None if the file is damaged or was written with another key."""
    content = path.read_bytes()
    data, digest = content[:-DIGEST_SIZE], content[-DIGEST_SIZE:]
    return data if digest == _digest(data, key) else None


def _digest(data: bytes, key: str) -> bytes:
    return hashlib.sha256(key.encode() + data).digest()
