"""A checkpoint that is only ever picked up by the very run that put it down."""

import fcntl
import hashlib
import io
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

import torch

from sarcasm.errors import InputError
from sarcasm.files import read_sealed, write_sealed


def fingerprint(settings: str, data: Iterable[Path]) -> str:
    """Return a digest of all that decides a result: settings, the bytes of the data, our loaded code, torch."""
    here = Path(__file__).parent.parent
    modules = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    code = sorted(Path(file) for file in modules if file and here in Path(file).resolve().parents)
    digest = hashlib.sha256(f"{settings}\n{torch.__version__}\n".encode())
    for path in [*data, *code]:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


class Checkpoint:
    """The state of a run in a file, sealed with the fingerprint of that run.

    A context: in it no other process can enter the same checkpoint. A killed `dvc repro` can leave a training behind
    that still runs; beside it a second one, perhaps of other parameters, is refused with an InputError.
    """

    def __init__(self, path: Path, fingerprint: str) -> None:
        self.path, self.fingerprint = path, fingerprint

    def __enter__(self) -> Self:
        """Take the lock, which the system frees when the process ends, however it ends."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.lock = self.path.with_suffix(".lock").open("w")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.lock.close()
            raise InputError(f"{self.path}: another process is at this training; wait for it or end it") from None
        return self

    def __exit__(self, *_: object) -> None:
        """Free the lock."""
        self.lock.close()

    def load(self) -> dict[str, Any] | None:
        """Return the state that was saved, or None if there is none, it is another run's, or it is damaged."""
        data = read_sealed(self.path, self.fingerprint) if self.path.exists() else None
        return None if data is None else torch.load(io.BytesIO(data), weights_only=True)

    def save(self, state: dict[str, Any]) -> None:
        """Put the state in the place of the last one."""
        buffer = io.BytesIO()
        torch.save(state, buffer)
        write_sealed(self.path, buffer.getvalue(), self.fingerprint)

    def remove(self) -> None:
        """Delete the file: the run has ended."""
        self.path.unlink(missing_ok=True)
