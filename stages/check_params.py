"""Check params.yaml, and delete the outputs of variants and seeds that it no longer has.

    python stages/check_params.py

in:   params.yaml     all of it
      dvc.lock        from which the stages of such variants and seeds are removed
out:  data/params.ok  always the same bytes, so that this stage does not cause others to run again

All other stages depend on this one, directly or through others, as DVC puts the names of params.yaml into paths and
shell commands. Run it by hand after `dvc exp apply` of an experiment with other variants.
"""

from sarcasm.base.interrupt import exit_on_interrupt

if __name__ == "__main__":
    exit_on_interrupt()

from pathlib import Path

from sarcasm.base.command import run
from sarcasm.base.files import write_text
from sarcasm.base.outdated import delete_outdated, prune_lock
from sarcasm.base.params import read_params

LOCK = Path("dvc.lock")


def main() -> None:
    """Run the stage."""
    params = read_params(Path("params.yaml"))
    deleted = delete_outdated(params, Path())
    if LOCK.exists():
        prune_lock(params, LOCK)
    write_text(Path("data/params.ok"), "params.yaml is valid\n")
    print(f"{len(params.runs)} variants; {deleted} outdated files deleted")


if __name__ == "__main__":
    run(main, __doc__)
