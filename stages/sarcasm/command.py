"""How a stage is started from the command line, and how it fails: one line and exit code 1."""

import argparse
import sys
from collections.abc import Callable

from sarcasm.errors import InputError


def run(main: Callable[..., None], description: str, *names: str) -> None:
    """Call `main` with one command-line argument for each of `names`.

    `--help` shows `description`. An `InputError`, or what the operating system refuses (a full disk, a missing
    file), ends the process with one line on stderr and exit code 1; an interrupt with exit code 130.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in names:
        parser.add_argument(name)
    arguments = parser.parse_args()
    try:
        main(**vars(arguments))
    except (InputError, OSError) as error:
        sys.exit(f"{parser.prog}: {' '.join(str(error).split())}")
    except KeyboardInterrupt:
        sys.exit(130)
