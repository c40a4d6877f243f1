"""The results of all variants: the evaluation as a table in Markdown, and the tables behind the charts of DVC."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

HEADER = """\
| variant | parameters | accuracy (95 % interval) | loss | F1 | ROC AUC | Brier | epoch kept | losses part |
|---|--:|---|--:|--:|--:|--:|--:|--:|
"""


def read_evaluation(path: Path) -> pd.DataFrame:
    """Read metrics/evaluation.csv: a row a variant, indexed by its name."""
    return pd.read_csv(path, index_col="variant", dtype={"parted_at": "Int64"})


def format_results(evaluation: pd.DataFrame) -> str:
    """Put the evaluation into a Markdown table, under a line that says of what it is."""
    split, headlines = evaluation[["split", "headlines"]].iloc[0]
    caption = (
        f"{headlines:,} headlines of the {split} split; loss in nats a headline; the losses part at the epoch from "
        "which on validation is more than 0.05 above training.\n\n"
    )
    return caption + HEADER + "".join(_row(str(name), row) for name, row in evaluation.iterrows())


def _row(name: str, row: pd.Series) -> str:
    cells = (
        name,
        f"{row['parameters']:,}",
        f"{row['accuracy']:.3f} ({row['low']:.3f} to {row['high']:.3f})",
        *("undefined" if pd.isna(row[key]) else f"{row[key]:.3f}" for key in ("loss", "f1", "auc", "brier")),
        row["epoch_kept"],
        "never" if pd.isna(row["parted_at"]) else row["parted_at"],
    )
    return "| " + " | ".join(map(str, cells)) + " |\n"


def spread(values: Sequence[float], decimals: int) -> str:
    """Show mean and range of what several seeds gave."""
    return f"{np.mean(values):.{decimals}f} ({min(values):.{decimals}f} to {max(values):.{decimals}f})"


def join_histories(histories: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Put the histories of the variants under one another, the variant in front."""
    return pd.concat(histories, names=["variant"]).reset_index("variant")


def confusion(evaluation: pd.DataFrame) -> pd.DataFrame:
    """Give the counts of the evaluation a row each: variant, label, verdict, headlines."""
    serious, sarcastic = "not sarcastic", "sarcastic"
    cells = {
        "true_negatives": (serious, serious),
        "false_positives": (serious, sarcastic),
        "false_negatives": (sarcastic, serious),
        "true_positives": (sarcastic, sarcastic),
    }
    rows = [
        (name, label, verdict, row[count])
        for name, row in evaluation.iterrows()
        for count, (label, verdict) in cells.items()
    ]
    return pd.DataFrame(rows, columns=["variant", "label", "verdict", "headlines"])
