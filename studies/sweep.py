"""Read the experiments of a sweep, write what a study makes of them."""

import io
from functools import reduce
from pathlib import Path
from typing import Any

from sarcasm.figures import save_figure
from sarcasm.stage import InputError, write_bytes, write_csv, write_text
from sarcasm.tables import read_table

import pandas as pd
from dvc.api import DVCFileSystem
from exps import changes, parameters, read_experiments
from matplotlib.figure import Figure


def find_experiments(*keys: str) -> dict[tuple[Any, ...], str]:
    """Return the revision of each finished experiment of the current commit that changes no parameter but `keys`.

    The values of `keys`, such as `train.batching`, are the key of the result. Prints the names of other experiments.
    Raises InputError if none remains.
    """
    finished, unfinished = read_experiments()
    base, *experiments = finished
    found, others = {}, [name for names in unfinished.values() for name in names]
    for name in experiments:
        params = parameters(finished[name])
        changed = {change.partition("=")[0] for change in changes(parameters(finished[base]), params)}
        if changed <= {*keys}:
            values = tuple(reduce(lambda section, part: section[part], key.split("."), params) for key in keys)
            found[values] = finished[name]["rev"]
        else:
            others.append(name)
    if others:
        print(f"unfinished, failed, or with other changes: {', '.join(others)}")
    if not found:
        raise InputError(f"no experiment changes only {', '.join(keys)}; --help shows how to run the sweep")
    return found


def read_csv(revision: str, path: str) -> pd.DataFrame:
    """Return a table of an experiment."""
    return read_table(io.BytesIO(DVCFileSystem(".", rev=revision).read_bytes(path)), "variant")


def write_study(out: Path, epochs: pd.DataFrame, table: str, drawing: Figure) -> None:
    """Write epochs, table and figure, and params.yaml and dvc.lock of the commit from which the sweep started."""
    write_csv(out / "epochs.csv", epochs)
    write_text(out / "table.md", table)
    save_figure(out / "figure.png", drawing)
    for name in ("params.yaml", "dvc.lock"):
        write_bytes(out / name, Path(name).read_bytes())
