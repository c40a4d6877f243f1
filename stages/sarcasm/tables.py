"""Tables of results: as files, as Markdown, for `dvc plots`, and behind the charts of the report."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from sarcasm.params import Params

import numpy as np
import pandas as pd

BINS = 10  # of probability, of equal width
POINTS = 200  # of a curve over all thresholds
HEADER = """\
| variant | trained parameters | validation loss | validation accuracy | {split} accuracy (95 % interval) \
| difference from the baseline |
|---|--:|--:|--:|---|---|
"""


def read_table(file: Path | IO[str] | IO[bytes], texts: str) -> pd.DataFrame:
    """Read a CSV file; in the column `texts` any text stays as it is: `nan`, `00`, or with a carriage return in it."""
    return pd.read_csv(file, dtype={texts: str}, keep_default_na=False, na_values=[""], lineterminator="\n")


def read_evaluation(path: Path) -> pd.DataFrame:
    """Read metrics/evaluation.csv: one row per variant, indexed by its name."""
    return read_table(path, "variant").set_index("variant").astype({"best_epoch": "Int64", "overfit_epoch": "Int64"})


def read_histories(params: Params) -> dict[str, list[pd.DataFrame]]:
    """Read the history of each network and seed."""
    networks = {name: params.runs[name] for name in params.networks}
    return {name: [pd.read_csv(f"plots/history/{run}.csv") for run in runs] for name, runs in networks.items()}


def format_results(evaluation: pd.DataFrame) -> str:
    """Return the evaluation as a Markdown table with a caption."""
    split, headlines = evaluation[["split", "headlines"]].iloc[0]
    seeds = evaluation["seeds"].max()
    means = f"means over {seeds} seeds, with standard deviations (±)" if seeds > 1 else "one seed"
    caption = (
        f"{headlines:,} headlines in the {split} split; {means}. Loss is cross-entropy per headline, in nats. "
        f"Intervals are over headlines{' and seeds' if seeds > 1 else ''}.\n\n"
    )
    return caption + HEADER.format(split=split) + "".join(_row(str(name), row) for name, row in evaluation.iterrows())


def _row(name: str, row: pd.Series) -> str:
    cells = (
        name,
        f"{row['trainable_parameters']:,}",
        with_deviation(row, "validation_loss"),
        with_deviation(row, "validation_accuracy"),
        f"{with_deviation(row, 'accuracy')} ({row['accuracy_ci_low']:.3f} to {row['accuracy_ci_high']:.3f})",
        format_difference(row),
    )
    return "| " + " | ".join(cells) + " |\n"


def format_score(row: Mapping[str, Any] | pd.Series, key: str) -> str:
    """Format a score, a count or an epoch of a variant, which may be missing; the baseline has no epochs."""
    value = row[key]
    if not pd.isna(value):
        return f"{value:.3f}" if isinstance(value, float) else f"{value:,}"
    if key not in ("best_epoch", "overfit_epoch"):
        return "undefined"
    return "" if pd.isna(row["best_epoch"]) else "never"


def with_deviation(row: Mapping[str, Any] | pd.Series, key: str) -> str:
    """Format a mean over seeds, with its standard deviation if there are several."""
    deviation = row[f"{key}_sd"]
    return f"{row[key]:.3f}" if pd.isna(deviation) else f"{row[key]:.3f} ± {deviation:.3f}"


def format_difference(row: pd.Series, key: str = "difference") -> str:
    """Format a difference in accuracy with its interval, if it has one; bold if that does not contain 0."""
    difference, low, high = row[[key, f"{key}_low", f"{key}_high"]]
    if pd.isna(difference):
        return ""
    if pd.isna(low):
        return f"{difference:+.3f}"
    text = f"{difference:+.3f} ({low:+.3f} to {high:+.3f})"
    return f"**{text}**" if low * high > 0 else text


def mean_and_range(values: Sequence[float], decimals: int) -> str:
    """Format the mean and the range of a score over several seeds."""
    return f"{np.mean(values):.{decimals}f} ({min(values):.{decimals}f} to {max(values):.{decimals}f})"


def join_histories(histories: Mapping[str, Sequence[pd.DataFrame]]) -> pd.DataFrame:
    """Return the histories of all variants, means over their seeds, as one table, the variant in the first column."""
    # rounded as in the file, so that figures can be drawn again from it
    means = {name: pd.concat(seeds).groupby("epoch").mean().round(6).reset_index() for name, seeds in histories.items()}
    return pd.concat(means, names=["variant"]).reset_index("variant")


def confusion(evaluation: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Return the confusion matrices as one table: variant, label, predicted label, headlines."""
    negative, positive = classes
    cells = {
        "true_negatives": (negative, negative),
        "false_positives": (negative, positive),
        "false_negatives": (positive, negative),
        "true_positives": (positive, positive),
    }
    rows = [
        (name, label, predicted, row[count])
        for name, row in evaluation.iterrows()
        for count, (label, predicted) in cells.items()
    ]
    return pd.DataFrame(rows, columns=["variant", "label", "predicted_label", "headlines"])


def calibration(labels: pd.Series, probabilities: pd.Series, seeds: int = 1) -> pd.DataFrame:
    """Return mean probability, fraction of the positive class and number of headlines of each bin with headlines.

    Labels and probabilities of several seeds follow each other. `low` and `high` are the 95 % interval of the fraction
    over the headlines: Wilson's, which is defined for fractions of 0 and 1 too.
    """
    bin_of = (probabilities * BINS).astype(int).clip(upper=BINS - 1)
    table = pd.DataFrame({"probability": probabilities, "positive": labels, "headlines": 1})
    bins = table.groupby(bin_of).agg({"probability": "mean", "positive": "mean", "headlines": "sum"})
    fraction, weight = bins["positive"], 1.96**2 * seeds / bins["headlines"]
    centre = (fraction + weight / 2) / (1 + weight)
    half = np.sqrt(fraction * (1 - fraction) * weight + weight**2 / 4) / (1 + weight)
    return bins.assign(low=centre - half, high=centre + half)


def calibration_error(bins: pd.DataFrame) -> float:
    """Return the expected calibration error: mean distance of probability and fraction, weighted by headlines."""
    distances = (bins["probability"] - bins["positive"]).abs()
    return float((distances * bins["headlines"]).sum() / bins["headlines"].sum())


def operating_points(labels: pd.Series, probabilities: pd.Series) -> pd.DataFrame:
    """Return false positive rate, recall and precision of each threshold, the highest first, POINTS of them at most.

    Labels and probabilities of several seeds follow each other.
    """
    order = np.argsort(-probabilities.to_numpy(), kind="stable")
    true, predicted = labels.to_numpy()[order].cumsum(), np.arange(1, len(order) + 1)
    last = np.flatnonzero(np.diff(probabilities.to_numpy()[order], append=-1))  # of headlines with equal probabilities
    chosen = last[np.unique(np.linspace(0, len(last) - 1, POINTS).round().astype(int))]
    points = pd.DataFrame(
        {
            "false_positive_rate": (predicted - true) / max(len(order) - true[-1], 1),
            "recall": true / max(true[-1], 1),
            "precision": true / predicted,
        }
    )
    thinned: pd.DataFrame = points.iloc[chosen].reset_index(drop=True)
    return thinned


def only_correct(labels: pd.Series, means: pd.DataFrame) -> list[list[int]]:
    """Return for each two variants how many headlines the first classifies correctly and the second does not."""
    correct = ((means > 0.5).to_numpy() == (labels == 1).to_numpy()[:, None]).astype(int)
    only: list[list[int]] = (correct.T @ (1 - correct)).tolist()
    return only


def disagreements(predictions: pd.DataFrame, variants: list[str]) -> pd.DataFrame:
    """Return the predictions, largest standard deviation between the variants first."""
    deviation = predictions[variants].std(axis="columns", ddof=0)
    return predictions.loc[deviation.sort_values(ascending=False, kind="stable").index]
