"""List the experiments of the current commit, lowest validation loss first.

    python exps.py                   of each, the variant with the lowest validation loss
    python exps.py stacked_lstm      of each, this variant: for a sweep of its parameters

`dvc exp show --only-changed --sort-by metrics/train/stacked_lstm-1.json:validation_loss` shows the same, and all else.
"""

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent / "stages"))

from sarcasm.stage import InputError, make_parser, run  # noqa: E402

import pandas as pd  # noqa: E402


def main(variant: str | None) -> None:
    """Print the table, and the names of the experiments that have no result."""
    shown = subprocess.run([sys.executable, "-m", "dvc", "exp", "show", "--json"], capture_output=True, text=True)
    if shown.returncode:
        raise InputError(shown.stderr)
    base = json.loads(shown.stdout)[1]
    rows, without = [summarize(base["name"] or base["rev"][:7], base["data"], base["data"], variant)], defaultdict(list)
    for experiment in base["experiments"] or []:
        revision = experiment["revs"][0]
        name, state = experiment["name"] or revision["rev"][:7], (experiment["executor"] or {}).get("state", "success")
        if state == "success" and revision.get("data"):
            rows.append(summarize(name, revision["data"], base["data"], variant))
        else:
            without["failed" if state == "success" else state].append(name)
    table = pd.DataFrame([row for row in rows if row])
    if table.empty:
        raise InputError("no experiment of this commit has this variant")
    table = table.sort_values("validation loss", kind="stable")
    texts = ["experiment", "variant", "changed parameters"]
    table[texts] = table[texts].apply(lambda column: column.str.ljust(column.str.len().max()))
    print(table.to_string(index=False, float_format="{:.4f}".format, justify="left"))
    for state, names in without.items():
        if named := [name for name in names if name not in set(table["experiment"].str.strip())]:
            print(f"{state}: {', '.join(named)} (`dvc queue logs {named[0]}`)")


def summarize(name: str, data: Any, base: Any, variant: str | None) -> dict[str, Any] | None:
    """Return the scores of an experiment, of one variant; None if it does not have the variant."""
    metrics = {path: metric["data"] for path, metric in data["metrics"].items()}
    runs = defaultdict(list)
    for path, metric in metrics.items():
        if path.startswith("metrics/train/"):
            runs[Path(path).stem.partition("-")[0]].append(metric)
    means = {name: pd.DataFrame(scores).mean(numeric_only=True) for name, scores in runs.items()}
    chosen = variant or min(means, key=lambda name: means[name]["validation_loss"])
    if chosen not in means:
        return None
    parameters, others = (x["params"]["params.yaml"]["data"] for x in (base, data))
    return {
        "experiment": name,
        "variant": chosen,
        "validation loss": means[chosen]["validation_loss"],
        "validation accuracy": means[chosen]["validation_accuracy"],
        "test accuracy": metrics[f"metrics/scores/{chosen}.json"].get("test_accuracy"),
        "changed parameters": ", ".join(changes(parameters, others)),
    }


def changes(base: dict[str, Any], other: dict[str, Any]) -> Iterator[str]:
    """Yield what differs, as `-S` of `dvc exp run` takes it: `key=value`, +key=value, ~key."""
    for key in [*base, *(other.keys() - base.keys())]:
        before, after = base.get(key), other.get(key)
        if isinstance(before, dict) and isinstance(after, dict):
            for change in changes(before, after):
                sign = change[0] if change[0] in "+~" else ""
                yield f"{sign}{key}.{change.removeprefix(sign)}"
        elif key not in other:
            yield f"~{key}"
        elif before != after:
            yield f"{'' if key in base else '+'}{key}={after}"


if __name__ == "__main__":
    parser = make_parser(__doc__)
    parser.add_argument("variant", nargs="?", metavar="VARIANT")
    run(main, parser)
