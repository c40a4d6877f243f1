"""Outputs of variants and seeds that params.yaml no longer has; left alone, they would count as dependencies."""

import re
from pathlib import Path

from sarcasm.base.files import write_text
from sarcasm.base.params import Params

RUN_FILES = "checkpoints/*.*", "metrics/train/*.json", "models/*.*", "plots/history/*.csv"
VARIANT_FILES = "metrics/scores/*.json", "plots/curves/*.png"


def delete_outdated(params: Params, folder: Path) -> int:
    """Delete the files of variants and runs that are not in `params`; return their number."""
    runs = {name for names in params.runs.values() for name in names}
    outdated = [
        path
        for names, patterns in ((runs, RUN_FILES), (params.runs, VARIANT_FILES))
        for pattern in patterns
        for path in folder.glob(pattern)
        if path.name.partition(".")[0] not in names and not path.name.startswith(".")
    ]
    for path in outdated:
        path.unlink()
    return len(outdated)


def prune_lock(params: Params, lock: Path) -> None:
    """Remove the stages of variants and seeds that are not in `params` from dvc.lock; DVC itself keeps them."""
    groups = {"train": list(params.variants), "train-glove": list(params.glove_variants)}
    head, *stages = re.split(r"^(?=  \S)", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    names = {f"{group}@{run}" for group, variants in groups.items() for name in variants for run in params.runs[name]}
    kept = [stage for stage in stages if "@" not in (name := stage.strip().partition(":")[0]) or name in names]
    if len(kept) < len(stages):
        write_text(lock, "".join([head, *kept]))
