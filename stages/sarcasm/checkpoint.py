"""A checkpoint that is only ever picked up by the very run that put it down."""

import hashlib
import io
import sys
from collections.abc import Iterable
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from sarcasm.files import replacing


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
    """The state of a run in a file, under the fingerprint of that run."""

    def __init__(self, path: Path, fingerprint: str) -> None:
        self.path, self.fingerprint = path, fingerprint

    def load(self) -> dict[str, Any] | None:
        """Return the state that was saved, or None if there is none, it is another run's, or it is damaged."""
        try:
            saved = torch.load(self.path, weights_only=True)
        except (FileNotFoundError, RuntimeError, UnpicklingError, EOFError):
            return None
        return saved["state"] if saved.get("fingerprint") == self.fingerprint else None

    def save(self, state: dict[str, Any]) -> None:
        """Put the state in the place of the last one."""
        buffer = io.BytesIO()
        torch.save({"fingerprint": self.fingerprint, "state": state}, buffer)
        with replacing(self.path) as temporary:
            temporary.write_bytes(buffer.getvalue())

    def remove(self) -> None:
        """Delete the file: the run has ended."""
        self.path.unlink(missing_ok=True)
