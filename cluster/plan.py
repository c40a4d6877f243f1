"""The experiments of a sweep: all combinations of the values of `-S`, checked and named before anything runs."""

import hashlib
import json
import re
from itertools import product
from pathlib import Path
from typing import Any

from sarcasm.params import check_params, merge
from sarcasm.stage import InputError

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from ruamel.yaml import YAML


def make_experiments(overrides: list[str], params: str, commit: str, stem: str = "") -> dict[str, list[str]]:
    """Return the changed parameters of each combination, `KEY=VALUE`, by name; the last of the overrides varies first.

    params: the content of params.yaml before the changes
    stem: start of each name
    Raises InputError for an unknown key or a bad value.
    """
    document = YAML(typ="safe", pure=True).load(params)
    experiments = {}
    for combination in product(*(list_values(override) for override in parse(overrides))):
        changes = list(combination)
        changed = document
        for override in parse(changes):
            changed = apply(override, changed)
        check_params(changed, Path(as_option(changes)))
        experiments[make_name(changes, changed, commit, stem)] = changes
    return experiments


def parse(overrides: list[str]) -> list[Override]:
    """Return the overrides as Hydra reads them, and DVC with it. Raises InputError, without Hydra's advice."""
    try:
        parsed: list[Override] = OverridesParser.create().parse_overrides(overrides)
        return parsed
    except HydraException as error:
        raise InputError(f"{as_option(overrides)}: {str(error.__cause__ or error).splitlines()[0]}") from error


def list_values(override: Override) -> list[str]:
    """Return `KEY=VALUE` for each value of an override. Raises InputError for a kind of override that has no values."""
    if override.is_interval_sweep() or override.is_delete():
        raise InputError(f"-S {override.input_line}: expected KEY=VALUE, a list of values, range() or choice()")
    values = override.sweep_string_iterator() if override.is_sweep_override() else [override.get_value_string()]
    return [f"{override.key_or_group}={value}" for value in values]


def apply(override: Override, document: Any) -> Any:
    """Return the document as `dvc exp run -S ++KEY=VALUE` changes params.yaml."""
    changes = override.value()
    for key in reversed(override.key_or_group.split(".")):
        changes = {key: changes}
    return merge(document, changes)


def make_name(changes: list[str], document: Any, commit: str, stem: str) -> str:
    """Name an experiment after its values, with a digest of commit and parameters, so that git accepts the name."""
    pairs = (change.partition("=") for change in changes)
    parts = [stem, *(f"{key.rpartition('.')[2]}-{value}" for key, _, value in pairs)]
    words = re.sub(r"[^\w.]+|\.{2,}", "-", "-".join(filter(None, parts)), flags=re.ASCII)
    digest = hashlib.sha256(json.dumps([commit, document], sort_keys=True).encode()).hexdigest()
    return f"{words.strip('-.')[:60]}-{digest[:7]}"


def as_option(overrides: list[str]) -> str:
    """Return the overrides as on the command line, for an error message."""
    return " ".join(f"-S {override}" for override in overrides) or "params.yaml"
