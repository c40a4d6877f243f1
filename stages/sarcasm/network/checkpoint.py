"""A checkpoint that only the same run resumes: same settings, data, code and version of torch."""

import hashlib
import io
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

import torch
from filelock import FileLock, Timeout

from sarcasm.base.command import InputError
from sarcasm.base.files import read_checksummed, write_checksummed

SHARE = 0.05  # of the time of a training, at most, for saving


def fingerprint(settings: str, data: Iterable[Path]) -> str:
    """Return a digest of what determines a result: settings, bytes of the data, our loaded code, torch's version."""
    root = Path(__file__).parents[2]
    modules = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    code = sorted(Path(file) for file in modules if file and root in Path(file).resolve().parents)
    digest = hashlib.sha256(f"{settings}\n{torch.__version__}\n".encode())
    for path in [*data, *code]:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


class Checkpoint:
    """The state of a training run in a file, checksummed with the run's fingerprint.

    Use it as a context manager: inside, no other process can use the same checkpoint. A killed `dvc repro` can leave a
    training process running; a second one is then refused with an InputError.
    """

    def __init__(self, path: Path, fingerprint: str) -> None:
        self.path, self.fingerprint = path, fingerprint
        self.lock = FileLock(path.with_suffix(".lock"))
        self.due = 0.0  # when to save again, by time.monotonic()

    def __enter__(self) -> Self:
        """Acquire the lock, which the system releases when the process ends."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self.lock.acquire(blocking=False)
        except Timeout:
            raise InputError(f"{self.path}: another process runs this training; wait for it or stop it") from None
        return self

    def __exit__(self, *_: object) -> None:
        """Release the lock."""
        self.lock.release()

    def load(self) -> dict[str, Any] | None:
        """Return the saved state, or None if there is none, it belongs to another run, or it is damaged."""
        data = read_checksummed(self.path, self.fingerprint) if self.path.exists() else None
        return None if data is None else torch.load(io.BytesIO(data), weights_only=True)

    def save(self, state: dict[str, Any]) -> None:
        """Replace the saved state, unless saving would take more than SHARE of the time."""
        start = time.monotonic()
        if start < self.due:
            return
        buffer = io.BytesIO()
        torch.save(state, buffer)
        write_checksummed(self.path, buffer.getvalue(), self.fingerprint)
        end = time.monotonic()
        self.due = end + (end - start) * (1 / SHARE - 1)

    def remove(self) -> None:
        """Delete the file: the training is complete."""
        self.path.unlink(missing_ok=True)
