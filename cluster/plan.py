"""The experiments of a sweep: all combinations of the values of `-S`, checked and named before anything runs."""

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dvc.exceptions import DvcException
from dvc.utils.cli_parse import to_path_overrides
from dvc.utils.hydra import apply_overrides, get_hydra_sweeps, to_hydra_overrides
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

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
    """Return an experiment for each combination of the values, in DVC's order. Raises InputError for a bad value."""
    with _one_line(overrides):
        combinations = get_hydra_sweeps({"params.yaml": _of_params(overrides)})
    experiments = [make_experiment(base, combination["params.yaml"]) for combination in combinations]
    return list({experiment.name: experiment for experiment in experiments}.values())


def make_experiment(base: Base, overrides: list[str]) -> Experiment:
    """Check an experiment and name it after its values, with a digest of commit and parameters.

    Raises InputError for an unknown key or a bad value.
    """
    with TemporaryDirectory() as folder, _one_line(overrides):
        path = Path(folder, "params.yaml")
        path.write_text(base.params, encoding="utf-8")
        apply_overrides(path, overrides)
        document: Any = read_document(path)
    check_params(document, Path(_option(overrides)))
    pairs = (override.lstrip("+~").partition("=") for override in overrides)
    parts = [base.stem, *(f"{key.rpartition('.')[2]}-{value}" for key, _, value in pairs)]
    words = re.sub(r"[^\w.]+|\.{2,}", "-", "-".join(filter(None, parts)), flags=re.ASCII)
    digest = hashlib.sha256(json.dumps([base.commit, document], sort_keys=True).encode()).hexdigest()
    return Experiment(f"{words.strip('-.')[:60]}-{digest[:7]}", tuple(overrides))


def parse(overrides: list[str]) -> list[Override]:
    """Return the overrides as Hydra reads them. Raises InputError if it cannot."""
    with _one_line(overrides):
        parsed: list[Override] = to_hydra_overrides(_of_params(overrides))
    return parsed


def changed_variants(overrides: list[str]) -> set[str]:
    """Return the variants that have a changed parameter."""
    paths = [override.lstrip("+~").partition("=")[0].split(".") for override in overrides]
    return {path[1] for path in paths if path[0] in NAMED and len(path) > 1}


def _of_params(overrides: list[str]) -> list[str]:
    """Return the overrides without the name of their file, which must be params.yaml."""
    paths: dict[str, list[str]] = to_path_overrides(overrides)
    if others := paths.keys() - {"params.yaml"}:
        raise InputError(f"-S {min(others)}:...: expected a parameter of params.yaml")
    return paths.get("params.yaml", [])


def _option(overrides: list[str]) -> str:
    return " ".join(f"-S {override}" for override in overrides) or "params.yaml"


@contextmanager
def _one_line(overrides: list[str]) -> Iterator[None]:
    """Raise InputError for what DVC, Hydra or OmegaConf say about the overrides, without Hydra's advice."""
    try:
        yield
    except (DvcException, HydraException, OmegaConfBaseException) as error:
        reason = str(error.__cause__ or error).splitlines()[0]
        raise InputError(f"{_option(overrides)}: {reason}") from error
