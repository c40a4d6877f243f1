"""Score every variant on the test split, or on the validation split if there is no test split.

    python stages/evaluate.py

in:   data/split/<split>.jsonl       the headlines and their labels
      models/<variant>.pt            the trained variants
      metrics/train/<variant>.json   their training and validation scores
      params.yaml                    split, variants, glove_variants, evaluate
out:  metrics/scores/<variant>.json  accuracy with its 95 % interval, loss, F1, ROC AUC and Brier score
      metrics/evaluation.csv         one row per variant: training, all scores, confusion matrix, split
      metrics/selected.json          the variant with the lowest validation loss, which predict.py uses
      data/predictions.csv           headline, label, and the probability from each variant
      plots/sentences.csv            the probability from each variant for the sentences of params.yaml
"""

from sarcasm.base.interrupt import exit_on_interrupt

if __name__ == "__main__":
    exit_on_interrupt()

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from sklearn import metrics
from tqdm import tqdm

from sarcasm.base.command import InputError, run
from sarcasm.base.files import read_json, write_csv, write_json
from sarcasm.base.outdated import delete_outdated
from sarcasm.base.params import read_params
from sarcasm.network.saved_model import load_model
from sarcasm.text.corpus import read_headlines

COUNTS = "true_negatives", "false_positives", "false_negatives", "true_positives"
DVC_METRICS = "accuracy", "accuracy_ci_low", "accuracy_ci_high", "loss", "f1", "roc_auc", "brier"


def main() -> None:
    """Run the stage."""
    params = read_params(Path("params.yaml"))
    settings = params.evaluate
    delete_outdated(params, Path())  # such as the models of another branch, which would count as dependencies
    torch.set_num_threads(1)  # sums in a fixed order
    split = "test" if params.split.test else "validation"
    predictions = pd.DataFrame(read_headlines(Path(f"data/split/{split}.jsonl"))).rename(columns={"text": "headline"})
    labels = predictions["label"].to_numpy()
    sentences = pd.DataFrame({"sentence": settings.sentences})
    rows = []
    for name in tqdm(params.all_variants, "evaluate", unit="variant", disable=None):
        model = load_model(Path(f"models/{name}.pt"))
        if model.variant != name:
            raise InputError(f"models/{name}.pt: the model of {model.variant}, expected the model of {name}")
        predictions[name] = model.probabilities(predictions["headline"].tolist())
        sentences[name] = model.probabilities(settings.sentences)
        scores = score(labels, predictions[name].to_numpy(), settings.resamples, settings.seed)
        training = read_json(Path(f"metrics/train/{name}.json"))
        rows.append({"variant": name, **training, "split": split, "headlines": len(labels), **scores})
    evaluation = pd.DataFrame(rows).astype({"overfit_epoch": "Int64"})
    selected = rows[evaluation["validation_loss"].idxmin()]

    for row in rows:
        write_json(Path(f"metrics/scores/{row['variant']}.json"), {key: row[key] for key in DVC_METRICS})
    write_csv(Path("metrics/evaluation.csv"), evaluation)
    write_json(Path("metrics/selected.json"), {key: selected[key] for key in ("variant", "validation_loss")})
    write_csv(Path("data/predictions.csv"), predictions)
    write_csv(Path("plots/sentences.csv"), sentences)
    print(f"{len(rows)} variants scored on the {len(labels)} headlines of the {split} split")


def score(labels: np.ndarray, probabilities: np.ndarray, resamples: int, seed: int) -> dict[str, float | None]:
    """Score probabilities, float (headlines,), against labels, 0 or 1 (headlines,); floats have 4 decimals.

    `loss` is the mean cross-entropy per headline, in nats. `roc_auc` is None if there is only one class. Precision,
    recall and F1 are 0 if no headline is predicted positive.
    """
    predicted = probabilities > 0.5
    low, high = accuracy_interval(labels == predicted, resamples, seed)
    matrix = metrics.confusion_matrix(labels, predicted, labels=[0, 1])  # rows: labels; columns: predicted labels
    scores = {
        "accuracy": metrics.accuracy_score(labels, predicted),
        "accuracy_ci_low": low,
        "accuracy_ci_high": high,
        "loss": metrics.log_loss(labels, probabilities.astype(np.float64), labels=[0, 1]),
        "f1": metrics.f1_score(labels, predicted, zero_division=0),
        "roc_auc": metrics.roc_auc_score(labels, probabilities) if len(np.unique(labels)) == 2 else None,
        "brier": metrics.brier_score_loss(labels, probabilities, labels=[0, 1]),
        "precision": metrics.precision_score(labels, predicted, zero_division=0),
        "recall": metrics.recall_score(labels, predicted, zero_division=0),
        **dict(zip(COUNTS, matrix.ravel().tolist(), strict=True)),
    }
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in scores.items()}


def accuracy_interval(correct: np.ndarray, resamples: int, seed: int) -> tuple[float, float]:
    """Return the 2.5 % and 97.5 % quantiles of the accuracy over bootstrap resamples of `correct`, bool (headlines,).

    The number of correct headlines in a resample has a binomial distribution.
    """
    counts = np.random.default_rng(seed).binomial(len(correct), correct.mean(), resamples)
    low, high = np.quantile(counts / len(correct), [0.025, 0.975])
    return float(low), float(high)


if __name__ == "__main__":
    run(main, __doc__)
