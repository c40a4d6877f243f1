"""The command line of a stage. What goes wrong outside our code ends it with one line on stderr and exit code 1."""

import argparse
import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from sarcasm.base.interrupt import raise_on_interrupt


class InputError(ValueError):
    """Data, parameters or a download are wrong, and the user can fix it.

    The message is one line: what was found, where, and what was expected.
    """


def run(main: Callable[..., None], description: str, *names: str) -> None:
    """Call `main` with one command-line argument for each of `names`; `--help` prints `description`."""
    parser = make_parser(description)
    for name in names:
        parser.add_argument(name)
    call(main, parser)


def make_parser(description: str) -> argparse.ArgumentParser:
    """Return a parser whose `--help` prints `description` unchanged."""
    return argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)


def call(main: Callable[..., None], parser: argparse.ArgumentParser) -> None:
    """Call `main` with the parsed command-line arguments.

    An `InputError` or an `OSError` (a full disk, a missing file) ends the process with one line on stderr and exit
    code 1, ctrl-C with exit code 130.
    """
    arguments = parser.parse_args()
    try:
        raise_on_interrupt()
        main(**vars(arguments))
        gc.freeze()  # otherwise Python, at exit, collects garbage in all of torch: 0.6 s of every training stage
    except (InputError, OSError) as error:
        sys.exit(f"{parser.prog}: {' '.join(str(error).split())}")
    except KeyboardInterrupt:
        sys.exit(130)


@contextmanager
def only_one(name: str, path: Path) -> Iterator[bool]:
    """Wait until no other process has the lock file `path`, and say so; yield whether there was one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock, waited = FileLock(path), False
    try:
        lock.acquire(blocking=False)
    except Timeout:
        print(f"{Path(sys.argv[0]).name}: another process runs {name}; waiting for it", file=sys.stderr, flush=True)
        lock.acquire()
        waited = True
    try:
        yield waited
    finally:
        lock.release()
