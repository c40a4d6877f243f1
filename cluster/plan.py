"""The experiments of a sweep: all combinations of the values of `-S`, checked and named before anything runs."""

import hashlib
import json
import re
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException

from sarcasm.base.command import InputError
from sarcasm.base.documents import NAMED, read_document
from sarcasm.base.params import check_params


@dataclass(frozen=True)
class Base:
    """What all experiments of a sweep start from.

    params: the content of params.yaml
    stem: the name of the parameter file that it is from, "" for the commit's
    """

    commit: str
    params: str
    stem: str = ""


@dataclass(frozen=True)
class Experiment:
    """One experiment: what `dvc exp run --name NAME -S OVERRIDE -S ...` runs."""

    name: str
    overrides: tuple[str, ...]


def make_experiments(base: Base, overrides: list[str]) -> list[Experiment]:
    """Return an experiment for each combination of the values, the last one first to change.

    Raises InputError for a bad value.
    """
    choices = []
    for override in parse(overrides):
        if override.is_interval_sweep():
            raise InputError(f"-S {override.input_line}: an interval has no end of values; it is for --optuna")
        if override.is_sweep_override():
            key = override.get_key_element()
            choices.append([f"{key}={value}" for value in override.sweep_string_iterator()])
        else:
            choices.append([override.input_line])
    experiments = [make_experiment(base, list(combination)) for combination in product(*choices)]
    return list({experiment.name: experiment for experiment in experiments}.values())


def make_experiment(base: Base, overrides: list[str]) -> Experiment:
    """Check an experiment and name it after its values, with a digest of commit and parameters.

    Raises InputError for an unknown key or a bad value.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder, "params.yaml")
        path.write_text(base.params, encoding="utf-8")
        document = read_document(path)
    for override in parse(overrides):
        apply(override, document)
    check_params(document, Path(_option(overrides)))
    pairs = (override.lstrip("+~").partition("=") for override in overrides)
    parts = [base.stem, *(f"{key.rpartition('.')[2]}-{value}" for key, _, value in pairs)]
    words = re.sub(r"[^\w.]+|\.{2,}", "-", "-".join(filter(None, parts)), flags=re.ASCII)
    digest = hashlib.sha256(json.dumps([base.commit, document], sort_keys=True).encode()).hexdigest()
    return Experiment(f"{words.strip('-.')[:60]}-{digest[:7]}", tuple(overrides))


def parse(overrides: list[str]) -> list[Override]:
    """Return the overrides as Hydra reads them, and DVC with it. Raises InputError, without Hydra's advice."""
    try:
        parsed: list[Override] = OverridesParser.create().parse_overrides(overrides)
        return parsed
    except HydraException as error:
        raise InputError(f"{_option(overrides)}: {str(error.__cause__ or error).splitlines()[0]}") from error


def apply(override: Override, document: Any) -> None:
    """Change the document as `dvc exp run -S` changes params.yaml. Raises InputError for an unknown key."""
    *path, last = override.key_or_group.split(".")
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    if not isinstance(document, dict) or (last not in document and not override.is_add()):
        raise InputError(f"-S {override.input_line}: params.yaml has no {override.key_or_group}")
    if override.is_delete():
        del document[last]
    else:
        document[last] = override.value()


def changed_variants(overrides: list[str]) -> set[str]:
    """Return the variants that have a changed parameter."""
    paths = [override.lstrip("+~").partition("=")[0].split(".") for override in overrides]
    return {path[1] for path in paths if path[0] in NAMED and len(path) > 1}


def _option(overrides: list[str]) -> str:
    return " ".join(f"-S {override}" for override in overrides) or "params.yaml"
