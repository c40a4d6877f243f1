"""Score every variant on the test split, or on the validation split if there is no test split.

    python stages/evaluate.py

in:   data/split/<split>.jsonl       the headlines and their labels
      models/<run>.pt                the trained runs: the baseline, and each variant with each seed
      metrics/train/<run>.json       their training and validation scores
      params.yaml                    split, train.seeds, variants, glove_variants, evaluate
out:  metrics/scores/<variant>.json  accuracy with its 95 % interval, loss, F1, ROC AUC and Brier score
      metrics/runs.csv               one row per run: training, all scores, confusion matrix
      metrics/evaluation.csv         one row per variant: means over its seeds, standard deviations, intervals
      metrics/differences.csv        the difference in accuracy of every two variants, with its 95 % interval
      metrics/selected.json          the variant with the lowest validation loss and its best run, for predict.py
      data/predictions.csv           headline, label, and the probability from each run
      plots/sentences.csv            the probability from each variant for the sentences of params.yaml
"""

from sarcasm.base.interrupt import exit_on_interrupt

if __name__ == "__main__":
    exit_on_interrupt()

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from sklearn import metrics
from tqdm import tqdm

from sarcasm.base.command import InputError, run
from sarcasm.base.files import read_json, write_csv, write_json
from sarcasm.base.outdated import delete_outdated
from sarcasm.base.params import BASELINE, read_params
from sarcasm.network.model_file import load
from sarcasm.text.corpus import read_formatted

COUNTS = "true_negatives", "false_positives", "false_negatives", "true_positives"
DVC_METRICS = "accuracy", "accuracy_ci_low", "accuracy_ci_high", "loss", "f1", "roc_auc", "brier"
DEVIATIONS = "validation_loss", "validation_accuracy", "accuracy"  # with a standard deviation over seeds
COUNTED = "parameters", "trainable_parameters", "mult_adds", "best_epoch", "overfit_epoch"


def main() -> None:
    """Run the stage."""
    params = read_params(Path("params.yaml"))
    settings = params.evaluate
    delete_outdated(params, Path())  # such as the models of another branch, which would count as dependencies
    torch.set_num_threads(1)  # sums in a fixed order
    split = "test" if params.split.test else "validation"
    headlines = pd.DataFrame(read_formatted(Path(f"data/split/{split}.jsonl"))).rename(columns={"text": "headline"})
    labels = headlines["label"].to_numpy()
    predictions, sentences, rows = {}, {}, []
    pairs = [(variant, name) for variant, names in params.runs.items() for name in names]
    for variant, name in tqdm(pairs, "evaluate", unit="run", disable=None):
        model = load(Path(f"models/{name}.pt"))
        if model.variant != variant:
            raise InputError(f"models/{name}.pt: the model of {model.variant}, expected the model of {variant}")
        predictions[name] = model(headlines["headline"])
        sentences[name] = model(settings.sentences)
        training = read_json(Path(f"metrics/train/{name}.json"))
        rows.append({"variant": variant, "run": name, **training, **score(labels, predictions[name])})
    types = {"roc_auc": float, **dict.fromkeys(COUNTED, "Int64")}
    runs = pd.DataFrame(rows, columns=list(rows[-1] | rows[0])).astype(types)

    of_variant = {name: np.stack([predictions[run] for run in names]) for name, names in params.runs.items()}
    correct = {name: (probabilities > 0.5) == labels for name, probabilities in of_variant.items()}
    differences = compare(correct, settings.resamples, settings.seed)
    evaluation = summarize(runs, differences)
    intervals = [interval(*resample([seeds], settings.resamples, settings.seed)) for seeds in correct.values()]
    evaluation[["accuracy_ci_low", "accuracy_ci_high"]] = intervals
    evaluation.insert(1, "split", split)
    evaluation.insert(2, "headlines", len(labels))
    evaluation["ensemble_accuracy"] = [
        ((seeds.mean(axis=0) > 0.5) == labels).mean() if len(seeds) > 1 else None for seeds in of_variant.values()
    ]
    best = runs.loc[runs["variant"] == evaluation["validation_loss"].idxmin()]
    selected = best.loc[best["validation_loss"].idxmin()]

    for name, row in evaluation.iterrows():
        scores = {key: None if pd.isna(row[key]) else round(row[key], 4) for key in DVC_METRICS}
        write_json(Path(f"metrics/scores/{name}.json"), scores)
    write_csv(Path("metrics/runs.csv"), runs)
    write_csv(Path("metrics/evaluation.csv"), evaluation.round(4).reset_index())
    write_csv(Path("metrics/differences.csv"), differences.round(4))
    write_json(Path("metrics/selected.json"), {key: selected[key] for key in ("variant", "run", "validation_loss")})
    write_csv(Path("data/predictions.csv"), headlines.join(pd.DataFrame(predictions)))
    means = {name: np.mean([sentences[run] for run in names], axis=0) for name, names in params.runs.items()}
    write_csv(Path("plots/sentences.csv"), pd.DataFrame({"sentence": settings.sentences} | means))
    print(f"{len(runs)} runs of {len(evaluation)} variants scored on the {len(labels)} headlines of the {split} split")


def score(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, float | None]:
    """Score probabilities, float (headlines,), against labels, 0 or 1 (headlines,); floats have 4 decimals.

    `loss` is the mean cross-entropy per headline, in nats. `roc_auc` is None if there is only one class. Precision,
    recall and F1 are 0 if no headline is predicted positive.
    """
    predicted = probabilities > 0.5
    matrix = metrics.confusion_matrix(labels, predicted, labels=[0, 1])  # rows: labels; columns: predicted labels
    scores = {
        "accuracy": metrics.accuracy_score(labels, predicted),
        "loss": metrics.log_loss(labels, probabilities.astype(np.float64), labels=[0, 1]),
        "f1": metrics.f1_score(labels, predicted, zero_division=0),
        "roc_auc": metrics.roc_auc_score(labels, probabilities) if len(np.unique(labels)) == 2 else None,
        "brier": metrics.brier_score_loss(labels, probabilities, labels=[0, 1]),
        "precision": metrics.precision_score(labels, predicted, zero_division=0),
        "recall": metrics.recall_score(labels, predicted, zero_division=0),
        **dict(zip(COUNTS, matrix.ravel().tolist(), strict=True)),
    }
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in scores.items()}


def resample(correct: Sequence[np.ndarray], resamples: int, seed: int) -> list[np.ndarray]:
    """Return the accuracy of each variant in bootstrap resamples, float64 (resamples,).

    The items of `correct` are bool (seeds, headlines). A resample draws the headlines, the same for all variants, so
    that their accuracies can be subtracted, and for each variant its seeds.
    """
    stacked = np.concatenate(correct)
    headlines = stacked.shape[1]
    # headlines that the same runs classify correctly are equal: one random number for all of them
    patterns, counts = np.unique(stacked, axis=1, return_counts=True)
    rng = np.random.default_rng(seed)
    of_runs = rng.multinomial(headlines, counts / headlines, resamples) @ patterns.T / headlines  # (resamples, runs)
    accuracies, first = [], 0
    for seeds in correct:
        drawn = first + rng.integers(len(seeds), size=(resamples, len(seeds)))
        accuracies.append(np.take_along_axis(of_runs, drawn, axis=1).mean(axis=1))
        first += len(seeds)
    return accuracies


def interval(values: np.ndarray) -> tuple[float, float]:
    """Return the 2.5 % and 97.5 % quantiles."""
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def compare(correct: Mapping[str, np.ndarray], resamples: int, seed: int) -> pd.DataFrame:
    """Return how much more accurate each variant is than each one before it, with the 95 % interval."""
    rows = []
    for other, variant in combinations(correct, 2):
        first, second = resample([correct[other], correct[variant]], resamples, seed)
        difference = correct[variant].mean() - correct[other].mean()
        rows.append((variant, other, difference, *interval(second - first)))
    return pd.DataFrame(rows, columns=["variant", "other", "difference", "low", "high"])


def summarize(runs: pd.DataFrame, differences: pd.DataFrame) -> pd.DataFrame:
    """Return one row per variant: means over its seeds, standard deviations, the difference from the baseline.

    An overfitting onset is missing if a seed has none.
    """
    groups = runs.drop(columns="run").groupby("variant", sort=False)
    table = groups.mean()
    for key in COUNTED:
        table[key] = groups[key].agg(lambda values: values.mean(skipna=False)).round().astype("Int64")
    table.insert(0, "seeds", groups.size())
    table[[f"{key}_sd" for key in DEVIATIONS]] = groups[list(DEVIATIONS)].std()
    baseline = differences[differences["other"] == BASELINE].set_index("variant")[["difference", "low", "high"]]
    table[["difference", "difference_low", "difference_high"]] = baseline.reindex(table.index)
    return table


if __name__ == "__main__":
    run(main, __doc__)
