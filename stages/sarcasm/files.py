"""Whole files or none: every output is written beside its place and then moved there."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # half a second that predict.py, which writes no table, does not wait
    import pandas as pd

SEAL = hashlib.sha256().digest_size  # bytes


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path to write; move it to `path` if the block succeeds, delete it if not.

    What a killed process left of the same file is deleted as well. (Git and DVC ignore `.*.tmp`.)
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".{escape(path.name)}.*.tmp"):
        left.unlink(missing_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())  # or a power cut could leave the new name with none of its bytes
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data`."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 with the line ends it has."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON with a last newline; refuse NaN, which JSON does not have."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_csv(path: Path, table: "pd.DataFrame") -> None:
    """Write the table without its index, numbers with a fraction to 6 decimals."""
    write_text(path, table.to_csv(index=False, float_format="%.6f", lineterminator="\n"))


def read_json(path: Path) -> Any:
    """Read one JSON document written by `write_json`."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_sealed(path: Path, data: bytes, key: str = "") -> None:
    """Write `data` and behind it a digest of `key` and `data`."""
    write_bytes(path, data + _seal(data, key))


def read_sealed(path: Path, key: str = "") -> bytes | None:
    """Read what `write_sealed` wrote; None if a bit is not as it was, or it was written under another key."""
    sealed = path.read_bytes()
    data, seal = sealed[:-SEAL], sealed[-SEAL:]
    return data if seal == _seal(data, key) else None


def _seal(data: bytes, key: str) -> bytes:
    return hashlib.sha256(key.encode() + data).digest()
