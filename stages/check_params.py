"""Check params.yaml, and delete the outputs of variants and vocabularies that it no longer has.

    python stages/check_params.py

in:   params.yaml     all of it
out:  data/params.ok  always the same bytes, so that this stage does not cause others to run again

All other stages depend on this one, directly or through others, as DVC puts the names of params.yaml into paths and
shell commands. Without the deletion, the model of a renamed variant would stay in models/, on which `evaluate` depends.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from sarcasm.base.command import run
from sarcasm.base.files import write_text
from sarcasm.base.params import Params, read_params

VARIANT_FILES = "models/*.*", "metrics/train/*.json", "plots/history/*.csv", "checkpoints/*.*"
VOCABULARY_FILES = "data/tokenized/*.*", "metrics/vocabulary/*.json", "plots/lengths/*.csv"
LOCK = Path("dvc.lock")


def main() -> None:
    """Run the stage."""
    params = read_params(Path("params.yaml"))
    outdated = list(find_outdated(params))
    for path in outdated:
        path.unlink()
    if LOCK.exists():
        write_text(LOCK, prune(LOCK.read_text(encoding="utf-8"), params))
    write_text(Path("data/params.ok"), "params.yaml is valid\n")
    print(f"{len(params.all_variants)} variants, {len(outdated)} outdated files deleted")


def find_outdated(params: Params) -> Iterator[Path]:
    """Yield the files of variants and vocabularies that are not in `params`."""
    for names, patterns in ((params.all_variants, VARIANT_FILES), (params.vocabularies, VOCABULARY_FILES)):
        for path in (path for pattern in patterns for path in Path().glob(pattern)):
            if path.name.partition(".")[0] not in names and not path.name.startswith("."):
                yield path


def prune(lock: str, params: Params) -> str:
    """Return the text of dvc.lock without the stages of variants and vocabularies that are not in `params`."""
    names = {"tokenize": params.vocabularies, "train": params.variants, "train-glove": params.glove_variants}
    head, *stages = re.split(r"^(?=  \S)", lock, flags=re.MULTILINE)
    return head + "".join(
        stage
        for stage in stages
        for group, _, name in [stage.strip().partition(":")[0].partition("@")]
        if not name or name in names[group]
    )


if __name__ == "__main__":
    run(main, __doc__)
