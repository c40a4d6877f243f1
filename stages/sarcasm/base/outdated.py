"""Outputs of variants and vocabularies that params.yaml no longer has; left alone, they would count as dependencies."""

import re
from collections.abc import Mapping
from pathlib import Path

from sarcasm.base.files import write_text
from sarcasm.base.params import Params

VARIANT_FILES = (
    *("checkpoints/*.*", "metrics/scores/*.json", "metrics/train/*.json", "models/*.*"),
    *("plots/curves/*.png", "plots/history/*.csv"),
)
VOCABULARY_FILES = "data/tokenized/*.*", "metrics/vocabulary/*.json", "plots/lengths/*.csv"


def delete_outdated(params: Params, folder: Path) -> int:
    """Delete the files of variants and vocabularies that are not in `params`; return their number."""
    outdated = [
        path
        for names, patterns in ((params.all_variants, VARIANT_FILES), (params.vocabularies, VOCABULARY_FILES))
        for pattern in patterns
        for path in folder.glob(pattern)
        if path.name.partition(".")[0] not in names and not path.name.startswith(".")
    ]
    for path in outdated:
        path.unlink()
    return len(outdated)


def prune_lock(params: Params, lock: Path) -> None:
    """Remove the stages of variants and vocabularies that are not in `params` from dvc.lock; DVC itself keeps them."""
    names: dict[str, Mapping[str, object]] = {
        "tokenize": params.vocabularies,
        "train": params.variants,
        "train-glove": params.glove_variants,
    }
    head, *stages = re.split(r"^(?=  \S)", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    kept = [head]
    for stage in stages:
        group, _, name = stage.strip().partition(":")[0].partition("@")
        if not name or name in names[group]:
            kept.append(stage)
    if len(kept) <= len(stages):
        write_text(lock, "".join(kept))
