"""List the experiments of the current commit, lowest validation loss first.

    python exps.py                   the scores of the variant that they change; if several, of the best one of each
    python exps.py stacked_lstm      the scores of this variant

`dvc exp show --only-changed --sort-by metrics/train/stacked_lstm-1.json:validation_loss` shows the same, and all else.
"""

import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent / "stages"))

from sarcasm.stage import InputError, make_parser, run  # noqa: E402

import pandas as pd  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

SCORES = ["validation loss", "validation accuracy", "test accuracy"]


def main(variant: str | None) -> None:
    """Print the table, and the names of the experiments that have no result."""
    finished, without = read_experiments()
    base = parameters(next(iter(finished.values())))
    changed = {name: ", ".join(changes(base, parameters(found))) for name, found in finished.items()}
    variants = set(re.findall(r"variants\.(\w+)\.", " ".join(changed.values())))  # those added or removed have no dot
    chosen = variant or (variants.pop() if len(variants) == 1 else None)
    rows = [
        {"experiment": name, **scores, "changed parameters": changed[name]}
        for name, found in finished.items()
        if (scores := read_scores(found, chosen))
    ]
    if not rows:
        raise InputError(f"no experiment of this commit has {chosen}")
    print_table(sorted(rows, key=lambda row: row["validation loss"]))
    if len(finished) == 1 and not without:
        print("no experiments of this commit; `dvc exp list -A` lists those of all commits")
    for state, names in without.items():
        print(f"{state}: {', '.join(names)} (`dvc queue logs {names[0]}`)")


def read_experiments() -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Return the current commit and its experiments, as DVC shows them, and by state the names of the unfinished."""
    shown = subprocess.run([sys.executable, "-m", "dvc", "exp", "show", "--json"], capture_output=True, text=True)
    if shown.returncode:
        raise InputError(shown.stderr)
    base = json.loads(shown.stdout)[1]
    finished, without = {base["name"] or base["rev"][:7]: base}, defaultdict(list)
    for experiment in base["experiments"] or []:
        revision = experiment["revs"][0]
        name, state = experiment["name"] or revision["rev"][:7], (experiment["executor"] or {}).get("state", "success")
        if state == "success" and revision.get("data"):
            finished[name] = revision
        else:
            without["failed" if state == "success" else state].append(name)
    # one that failed and was then run again is there twice
    named = {state: [name for name in names if name not in finished] for state, names in without.items()}
    return finished, {state: names for state, names in named.items() if names}


def parameters(experiment: Any) -> Any:
    """Return params.yaml of an experiment."""
    return experiment["data"]["params"]["params.yaml"]["data"]


def read_scores(experiment: Any, variant: str | None) -> dict[str, Any] | None:
    """Return the scores of a variant, by default the best, means over its seeds; None if there is no such variant."""
    metrics = {path: metric["data"] for path, metric in experiment["data"]["metrics"].items()}
    runs = defaultdict(list)
    for path, metric in metrics.items():
        if path.startswith("metrics/train/"):
            runs[Path(path).stem.partition("-")[0]].append(metric)
    means = {name: pd.DataFrame(scores).mean(numeric_only=True) for name, scores in runs.items()}
    chosen = variant or min(means, key=lambda name: means[name]["validation_loss"])
    if chosen not in means:
        return None
    loss, accuracy = means[chosen][["validation_loss", "validation_accuracy"]]
    test = metrics[f"metrics/scores/{chosen}.json"].get("test_accuracy")  # none without a test split
    return {"variant": chosen, **dict(zip(SCORES, (loss, accuracy, test), strict=True))}


def print_table(rows: list[dict[str, Any]]) -> None:
    """Print a row for each experiment; a variant that all of them have stands above."""
    table, console = Table(box=None, pad_edge=False, title_justify="left"), Console(highlight=False)
    if len({row["variant"] for row in rows}) == 1:
        table.title = f"variant: {rows[0]['variant']}"
        rows = [{key: value for key, value in row.items() if key != "variant"} for row in rows]
    for heading in rows[0]:
        score = heading in SCORES
        table.add_column(
            heading.replace(" ", "\n"), justify="right" if score else "left", no_wrap=score, overflow="fold"
        )
    for row in rows:
        table.add_row(*(f"{value:.4f}" if isinstance(value, float) else value for value in row.values()))
    if not console.is_terminal:
        console.width = 200  # a pipe has no width
    console.print(table)


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
            yield f"{'' if key in base else '+'}{key}={' '.join(str(after).split()):.60}"


if __name__ == "__main__":
    parser = make_parser(__doc__)
    parser.add_argument("variant", nargs="?", metavar="VARIANT")
    run(main, parser)
