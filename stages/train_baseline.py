"""Train the baseline that every network is compared with: tf-idf of word n-grams and logistic regression.

    python stages/train_baseline.py

in:   data/split/<split>.jsonl   train, validation
      params.yaml                baseline, vocabularies.plain.tokenizer
out:  models/tfidf.pt            settings, n-grams and weights
      metrics/train/tfidf.json   number of weights, regularization, scores

Of the inverse regularizations in `baseline.c`, the one with the lowest validation loss is kept.
"""

from pathlib import Path

from sarcasm.baseline import SavedBaseline, split_ngrams
from sarcasm.corpus import read_written
from sarcasm.params import BASELINE, read_params
from sarcasm.saved_model import save_model
from sarcasm.stage import make_parser, run, write_json
from sarcasm.tokenizers import TOKENIZERS

import numpy as np
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from threadpoolctl import threadpool_limits
from tqdm import tqdm


def main() -> None:
    """Run the stage."""
    params = read_params(Path("params.yaml"))
    tokenizer, settings = params.vocabularies.plain.tokenizer, params.baseline
    texts, labels = {}, {}
    for split in ("train", "validation"):
        headlines = read_written(Path(f"data/split/{split}.jsonl"))
        texts[split] = [TOKENIZERS[tokenizer](headline.text) for headline in headlines]
        labels[split] = np.array([headline.label for headline in headlines])

    vectorizer = TfidfVectorizer(analyzer=lambda words: split_ngrams(words, settings.ngrams))
    x = {"train": vectorizer.fit_transform(texts["train"]), "validation": vectorizer.transform(texts["validation"])}
    best: dict[str, float] = {}
    for c in tqdm(settings.c, "tfidf", disable=None):
        with threadpool_limits(1):  # with two threads and a training beside it, 9 s instead of 0.5
            regression = LogisticRegression(C=c, max_iter=1000).fit(x["train"], labels["train"])
        scores = measure(regression, x, labels)
        if not best or scores["validation_loss"] < best["validation_loss"]:
            best, kept = scores | {"c": c}, regression

    weights = {"idf": vectorizer.idf_, "coefficients": kept.coef_[0], "intercept": kept.intercept_}
    # the last of 16 digits depend on the processor
    weights = {name: weight.round(4) for name, weight in weights.items()}
    model = SavedBaseline(
        variant=BASELINE,
        tokenizer=tokenizer,
        ngrams=settings.ngrams,
        vocabulary=vectorizer.get_feature_names_out().tolist(),
        weights={name: torch.from_numpy(weight) for name, weight in weights.items()},
    )
    save_model(Path(f"models/{BASELINE}.pt"), model)
    size = len(model.vocabulary) + 1
    write_json(Path(f"metrics/train/{BASELINE}.json"), {"parameters": size, "trainable_parameters": size, **best})
    print(f"{BASELINE}: validation loss {best['validation_loss']}, accuracy {best['validation_accuracy']}")


def measure(regression: LogisticRegression, x: dict[str, object], labels: dict[str, np.ndarray]) -> dict[str, float]:
    """Return the mean cross-entropy per headline, in nats, and the accuracy of each split."""
    scores = {}
    for split, features in x.items():
        probabilities = regression.predict_proba(features)[:, 1]
        scores[f"{split}_loss"] = round(log_loss(labels[split], probabilities, labels=[0, 1]), 4)
        scores[f"{split}_accuracy"] = round(accuracy_score(labels[split], probabilities > 0.5), 4)
    return scores


if __name__ == "__main__":
    run(main, make_parser(__doc__))
