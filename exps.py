"""List the experiments of the current commit, lowest validation loss first, in 120 columns.

python exps.py                   of each, the variant with the lowest validation loss
python exps.py stacked_lstm      of each, this variant: for a sweep of its parameters
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent / "stages"))

from sarcasm.base.command import InputError, call, make_parser  # noqa: E402
from sarcasm.base.documents import NAMED  # noqa: E402

COLUMNS = 120


def main(variant: str | None) -> None:
    """Print the table."""
    shown = subprocess.run([sys.executable, "-m", "dvc", "exp", "show", "--json"], capture_output=True, text=True)
    if shown.returncode:
        raise InputError(shown.stderr)
    commit = json.loads(shown.stdout)[1]
    revisions = {commit["name"] or commit["rev"][:7]: commit["data"]}
    for experiment in commit["experiments"] or []:
        if experiment["revs"][0]["data"]:  # None while it is running, or if it failed
            revisions[experiment["name"] or experiment["revs"][0]["rev"][:7]] = experiment["revs"][0]["data"]
    rows = [summarize(name, data, commit["data"], variant) for name, data in revisions.items()]
    print(format_table(pd.DataFrame([row for row in rows if row])))


def summarize(name: str, data: Any, base: Any, variant: str | None) -> dict[str, Any] | None:
    """Return the scores of an experiment, of one variant; None if it does not have the variant."""
    metrics = {path: metric["data"] for path, metric in data["metrics"].items()}
    runs: dict[str, list[dict[str, float]]] = {}
    for path, metric in metrics.items():
        if path.startswith("metrics/train/"):
            runs.setdefault(Path(path).stem.partition("-")[0], []).append(metric)
    changed = ", ".join(changes(parameters(base), parameters(data)))
    variant = variant or min(runs, key=lambda name: mean(runs[name], "validation_loss"))
    if variant not in runs:
        return None
    return {
        "experiment": name,
        "variant": variant,
        "validation loss": mean(runs[variant], "validation_loss"),
        "validation accuracy": mean(runs[variant], "validation_accuracy"),
        "test accuracy": metrics[f"metrics/scores/{variant}.json"]["accuracy"],
        "changed parameters": re.sub(rf"\b\w*variants\.{variant}\.", "", changed),
    }


def mean(runs: list[dict[str, float]], metric: str) -> float:
    """Return the mean of a metric over the seeds of a variant."""
    return sum(run[metric] for run in runs) / len(runs)


def parameters(data: Any) -> dict[str, Any]:
    """Return the content of params.yaml at a revision."""
    content: dict[str, Any] = data["params"]["params.yaml"]["data"]
    return content


def changes(base: dict[str, Any], other: dict[str, Any], section: str = "") -> Iterator[str]:
    """Yield what differs: `key=value`, and `+name` or `-name` for variants and vocabularies."""
    for key in [*base, *(other.keys() - base.keys())]:
        before, after = base.get(key), other.get(key)
        if section in NAMED and (before is None or after is None):
            yield f"{'-' if after is None else '+'}{key}"
        elif isinstance(before, dict) and isinstance(after, dict):
            yield from (change if change[0] in "+-" else f"{key}.{change}" for change in changes(before, after, key))
        elif before != after:
            yield f"{key}={after}"


def format_table(table: pd.DataFrame) -> str:
    """Return the table in COLUMNS columns, lowest validation loss first."""
    if table.empty:
        raise InputError("no experiment of this commit has this variant")
    table = table.sort_values("validation loss", kind="stable")
    *others, last = table.columns
    text = table[others].to_string(index=False, float_format="{:.4f}".format, justify="left").splitlines()
    cells = [last, *table[last]]
    lines = (f"{line}  {cell}" for line, cell in zip(text, cells, strict=True))
    return "\n".join(line if len(line) <= COLUMNS else f"{line[: COLUMNS - 1]}…" for line in lines)


if __name__ == "__main__":
    parser = make_parser(__doc__)
    parser.add_argument("variant", nargs="?", metavar="VARIANT")
    call(main, parser)
