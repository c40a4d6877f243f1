"""What the report picks out of the predictions: the chosen variant, its reliability, its errors, the disputes."""

import pandas as pd

BINS = 10  # of probability, equally wide


def chosen_variant(evaluation: pd.DataFrame) -> str:
    """Return the variant with the lowest validation loss: the test scores have no say in the choice."""
    return str(evaluation["validation_loss"].idxmin())


def reliability(labels: pd.Series, probabilities: pd.Series) -> pd.DataFrame:
    """Return mean probability, share of sarcastic headlines and their number, of each bin that has any headline."""
    bin_of = (probabilities * BINS).astype(int).clip(upper=BINS - 1)
    table = pd.DataFrame({"probability": probabilities, "sarcastic": labels, "headlines": 1})
    return table.groupby(bin_of).agg({"probability": "mean", "sarcastic": "mean", "headlines": "sum"})


def calibration_error(bins: pd.DataFrame) -> float:
    """Return the mean distance between probability and share of sarcastic headlines, weighted by headlines."""
    distances = (bins["probability"] - bins["sarcastic"]).abs()
    return float((distances * bins["headlines"]).sum() / bins["headlines"].sum())


def most_wrong(predictions: pd.DataFrame, variant: str) -> pd.DataFrame:
    """Return headline, label and probability of what the variant calls wrong, the surest error first."""
    table = predictions[["headline", "label"]].assign(probability=predictions[variant])
    wrong = table[(table["probability"] > 0.5) != (table["label"] == 1)]
    return wrong.sort_values("probability", key=lambda p: -(p - 0.5).abs(), kind="stable")


def most_disputed(predictions: pd.DataFrame, variants: list[str]) -> pd.DataFrame:
    """Return the predictions, those first whose probabilities have the largest standard deviation."""
    spread = predictions[variants].std(axis="columns", ddof=0)
    return predictions.loc[spread.sort_values(ascending=False, kind="stable").index]
