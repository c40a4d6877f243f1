"""ctrl-C while a stage starts: torch takes seconds to import, and the import would end with a long traceback."""

import os
import signal
from types import FrameType


def exit_on_interrupt() -> None:
    """End the process on ctrl-C at once, silently, with exit code 130: nothing has been read or written yet."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # it is ignored in the background of a shell
        signal.signal(signal.SIGINT, _exit)


def raise_on_interrupt() -> None:
    """Raise KeyboardInterrupt on ctrl-C, as Python does: files are closed, and unfinished ones deleted."""
    if signal.getsignal(signal.SIGINT) is _exit:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _exit(number: int, frame: FrameType | None) -> None:
    os._exit(130)
