"""Training: an epoch, a step of a large embedding, and the seconds to a validation accuracy."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd
import torch
from benchmarks import chapter
from benchmarks.measure import Row, in_turns, timed
from studies.in_memory import make_datasets, make_network
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import train
import train_baseline
from sarcasm.base.files import read_json
from sarcasm.base.params import BASELINE, Params, read_params
from sarcasm.network.dataset import HeadlineDataset
from sarcasm.network.model import HeadlineClassifier
from sarcasm.network.trainer import Trainer, make_optimizers, train_epoch
from sarcasm.text.corpus import Headline
from sarcasm.text.encoded import read_ids, read_words

BATCH = 32  # headlines, as in the book
# sizes of embeddings and steps to time: all words of the book's corpus, all of GloVe 6B 300d
EMBEDDINGS = {(22_457, 50): 100, (400_000, 300): 5}
LEVELS = 0.75, 0.85, 0.88, 0.90  # validation accuracies
PATIENCE = 3  # epochs without a better accuracy that end a training
VARIANTS = "bi_lstm", "stacked_lstm_dropout", "glove_lstm_finetuned", "wide_bi_lstm"


def our_epoch(model: nn.Module, headlines: HeadlineDataset) -> Callable[[], object]:
    """Return a function that trains a bucketed epoch with our code."""
    optimizers, shuffle = make_optimizers(model, 0.001), torch.Generator().manual_seed(1)
    return lambda: train_epoch(model, optimizers, headlines.batches(BATCH, True, shuffle))


def loader(headlines: HeadlineDataset, shuffle: bool = True) -> DataLoader:
    """Return the chapter's DataLoader of padded headlines."""
    ((ids, labels, _),) = headlines.batches(len(headlines), bucketed=False)
    return DataLoader(TensorDataset(ids.long(), labels), BATCH, shuffle=shuffle)


def chapter_epoch(variant: str, headlines: HeadlineDataset) -> Callable[[], object]:
    """Return a function that trains an epoch with the chapter's loop."""
    model, batches = chapter.make_network(variant), loader(headlines)
    optimizer = torch.optim.Adam((x for x in model.parameters() if x.requires_grad), lr=0.001)
    return lambda: chapter.train_epoch(model, optimizer, batches)


def bare_epoch(model: HeadlineClassifier, headlines: HeadlineDataset) -> Callable[[], object]:
    """Return a function that runs only the LSTM, forward and backward, on batches of the same shapes."""
    lstm = model.recurrent
    assert lstm is not None
    shapes = [batch.ids.shape for batch in headlines.batches(BATCH, bucketed=True)]
    inputs = {shape: torch.randn(*shape, lstm.input_size, requires_grad=True) for shape in set(shapes)}

    def call() -> None:
        for shape in shapes:
            lstm(inputs[shape])[0].sum().backward()

    return call


def measure_epochs(headlines: Sequence[Headline], params: Params) -> list[Row]:
    """Time an epoch: the chapter's loop, ours, and the LSTM alone."""
    rows = []
    training, _ = make_datasets(headlines, params, "plain")
    for variant in ("bi_lstm", "stacked_lstm"):
        model = make_network(params, variant)
        calls = {
            "chapter": chapter_epoch(variant, training),
            "ours": our_epoch(model, training),
            "bare": bare_epoch(model, training),
        }
        taken, step = in_turns(calls, rounds=3, warm=False), f"an epoch of {variant}, bucketed"
        rows += [
            Row(step, taken["ours"], "the chapter's loop with DataLoader, padded", taken["chapter"]),
            Row(step, taken["ours"], "the LSTM alone, forward and backward", taken["bare"], faster=False, goal=2),
        ]
    return rows


def measure_embeddings(headlines: Sequence[Headline], params: Params) -> list[Row]:
    """Compare fine-tuning with sparse updates, of the rows of a batch, with dense updates of the whole embedding."""
    training, _ = make_datasets(headlines, params, "glove")
    network = params.variant("glove_lstm_finetuned").network
    rows = []
    for (words, dimension), steps in EMBEDDINGS.items():
        batches = list(islice(training.batches(BATCH, True, torch.Generator().manual_seed(1)), steps))
        models = {kind: make_finetuned(network, words, dimension, kind) for kind in ("sparse", "dense")}
        calls = {
            kind: partial(train_epoch, model, make_optimizers(model, 0.001), batches) for kind, model in models.items()
        }
        taken = in_turns(calls, rounds=3)
        each = {kind: [seconds / steps * 1e3 for seconds in taken[kind]] for kind in calls}
        step = f"a sparse step of fine-tuning, embedding of {words:,} x {dimension}"
        rows.append(Row(step, each["sparse"], "a dense step", each["dense"], unit="ms"))
    return rows


def make_finetuned(network: Mapping[str, Any], words: int, dimension: int, kind: str) -> HeadlineClassifier:
    """Return a network with sparse or dense updates of its embedding, whatever its size."""
    model = HeadlineClassifier(**network, vocabulary_size=words, embedding_dimension=dimension)
    model.embedding.sparse = kind == "sparse"
    return model


def measure_levels(book: Params, headlines: Sequence[Headline]) -> pd.DataFrame:
    """Train until each of LEVELS is reached, or the accuracy stays as it is; return seconds, NaN if it is not reached.

    Seconds are of complete epochs, with validation. The chapter's loop trains its bidirectional network on its own
    text. The others are those of the current folder, where the stages before the training have run.
    """
    params = read_params(Path("params.yaml"))
    table = {"the chapter's loop and text": seconds_to_levels(chapter_run(*make_datasets(headlines, book, "plain"), 1))}
    seconds = timed(train_baseline.main)
    accuracy = read_json(Path(f"metrics/train/{BASELINE}.json"))["validation_accuracy"]
    table[BASELINE] = [seconds if accuracy >= level else None for level in LEVELS]
    for name in VARIANTS:
        table[name] = seconds_to_levels(our_run(params, name, params.train.seeds[0]))
    return pd.DataFrame(table.values(), index=list(table), columns=LEVELS)


def seconds_to_levels(epochs: Iterable[float]) -> list[float | None]:
    """Return the seconds after which each of LEVELS is reached, None if it is not, of epochs that yield accuracies."""
    found: dict[float, float] = {}
    best, waited, start = 0.0, 0, perf_counter()
    for accuracy in epochs:
        taken = perf_counter() - start
        found = {level: taken for level in LEVELS if accuracy >= level} | found
        waited = 0 if accuracy > best else waited + 1
        best = max(best, accuracy)
        if len(found) == len(LEVELS) or waited == PATIENCE:
            break
    return [found.get(level) for level in LEVELS]


def our_run(params: Params, name: str, seed: int) -> Iterator[float]:
    """Yield the validation accuracy of each epoch of a variant, trained as stages/train.py does."""
    variant, recipe, vocabulary = params.variant(name), params.recipe(name), params.vocabulary_of(name)
    train.set_up_torch("cpu", seed)
    ids, length = Path(f"data/tokenized/{vocabulary}.npz"), getattr(params.vocabularies, vocabulary).max_length
    training, validation = (HeadlineDataset(read_ids(ids, split), length) for split in ("train", "validation"))
    words = read_words(ids.with_suffix(".vocabulary.txt"))
    trainer = Trainer(train.build_network(name, variant, words, recipe.batch_size * length)[1], recipe, seed)
    for _ in range(recipe.epochs):
        yield trainer.run_epoch(training, validation).validation_accuracy


def chapter_run(training: HeadlineDataset, validation: HeadlineDataset, seed: int) -> Iterator[float]:
    """Yield the validation accuracy of each epoch of the chapter's loop."""
    torch.manual_seed(seed)
    model, batches, held_out = chapter.make_network("bi_lstm"), loader(training), loader(validation, shuffle=False)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    while True:
        chapter.train_epoch(model, optimizer, batches)
        yield chapter.evaluate(model, held_out)[1]
