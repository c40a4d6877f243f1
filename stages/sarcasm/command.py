"""How a stage is started from the command line, and how it fails: one line and exit code 1."""

import argparse
import gc
import sys
from collections.abc import Callable

from sarcasm.errors import InputError


def run(main: Callable[..., None], description: str, *names: str) -> None:
    """Call `main` with one command-line argument for each of `names`; `--help` shows `description`."""
    parser = make_parser(description)
    for name in names:
        parser.add_argument(name)
    call(main, parser)


def make_parser(description: str) -> argparse.ArgumentParser:
    """Return a parser whose `--help` shows `description` as it stands."""
    return argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)


def call(main: Callable[..., None], parser: argparse.ArgumentParser) -> None:
    """Call `main` with the command-line arguments that `parser` finds.

    An `InputError`, or what the operating system refuses (a full disk, a missing file), ends the process with one
    line on stderr and exit code 1; an interrupt with exit code 130.
    """
    arguments = parser.parse_args()
    try:
        main(**vars(arguments))
        gc.freeze()  # else Python, before it ends, looks for garbage in all of torch, for up to 0.7 s
    except (InputError, OSError) as error:
        sys.exit(f"{parser.prog}: {' '.join(str(error).split())}")
    except KeyboardInterrupt:
        sys.exit(130)
