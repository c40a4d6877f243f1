"""Epochs compared with the chapter's loop and the LSTM alone, time to accuracy, large embeddings, growth."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import torch
from benchmarks import chapter
from benchmarks.measure import Row, in_turns, timed
from studies.in_memory import make_datasets, make_network
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from sarcasm.base.params import Params
from sarcasm.network.dataset import HeadlineDataset
from sarcasm.network.model import HeadlineClassifier
from sarcasm.network.trainer import Trainer, make_optimizers, train_epoch
from sarcasm.text.corpus import Headline
from sarcasm.text.encoded import Encoded

BATCH = 32  # headlines, as in the book
TARGET = 0.75  # validation accuracy
SEEDS = 1, 2, 3
REPEATS = 1, 3, 10, 30  # of the training headlines
FULL = 22_457, 50  # rows and columns of an embedding of all words of the book's corpus
# sizes of embeddings and steps to time: the book's, all words of its corpus, all of GloVe 6B 300d
EMBEDDINGS = {(8_000, 50): 200, FULL: 100, (400_000, 300): 5}
EPOCHS = 8  # to compare sparse with dense updates


def our_epoch(model: nn.Module, headlines: HeadlineDataset, bucketed: bool) -> Callable[[], object]:
    """Return a function that trains an epoch with our code."""
    optimizers, shuffle = make_optimizers(model, 0.001), torch.Generator().manual_seed(1)
    return lambda: train_epoch(model, optimizers, headlines.batches(BATCH, bucketed, shuffle))


def loader(headlines: HeadlineDataset, shuffle: bool = True) -> DataLoader:
    """Return the chapter's DataLoader of padded headlines."""
    ((ids, labels, _),) = headlines.batches(len(headlines), bucketed=False)
    return DataLoader(TensorDataset(ids.long(), labels), BATCH, shuffle=shuffle)


def chapter_epoch(variant: str, headlines: HeadlineDataset) -> Callable[[], object]:
    """Return a function that trains an epoch with the chapter's loop."""
    model, batches = chapter.make_network(variant), loader(headlines)
    optimizer = torch.optim.Adam((x for x in model.parameters() if x.requires_grad), lr=0.001)
    return lambda: chapter.train_epoch(model, optimizer, batches)


def bare_epoch(model: HeadlineClassifier, headlines: HeadlineDataset, bucketed: bool) -> Callable[[], object]:
    """Return a function that runs only the LSTM, forward and backward, on batches of the same shapes."""
    lstm, learned = model.recurrent, model.embedding.weight.requires_grad
    assert lstm is not None
    shapes = [batch.ids.shape for batch in headlines.batches(BATCH, bucketed)]
    inputs = {shape: torch.randn(*shape, lstm.input_size, requires_grad=learned) for shape in set(shapes)}

    def call() -> None:
        for shape in shapes:
            lstm(inputs[shape])[0].sum().backward()

    return call


def measure_epochs(headlines: Sequence[Headline], params: Params) -> list[Row]:
    """Time an epoch: the chapter's loop, ours padded and bucketed, and the LSTM alone."""
    rows = []
    for variant in ("bi_lstm", "stacked_lstm", "glove_lstm"):
        training, _ = make_datasets(headlines, params, params.vocabulary_of(variant))
        model = make_network(params, variant)
        calls = {
            "chapter": chapter_epoch(variant, training),
            "padded": our_epoch(model, training, bucketed=False),
            "bare padded": bare_epoch(model, training, bucketed=False),
            "bucketed": our_epoch(model, training, bucketed=True),
            "bare bucketed": bare_epoch(model, training, bucketed=True),
        }
        taken = in_turns(calls, rounds=3, warm=False)
        loop, bare = "the chapter's loop with DataLoader", "the LSTM alone, forward and backward"
        for batching, goal, limit in (("padded", 1.1, None), ("bucketed", 3.5, 2)):
            step = f"an epoch of {variant}, {batching}"
            rows.append(Row(step, taken[batching], loop, taken["chapter"], goal=goal))
            rows.append(Row(step, taken[batching], bare, taken[f"bare {batching}"], faster=False, goal=limit))
    return rows


def measure_time_to_accuracy(headlines: Sequence[Headline], params: Params) -> list[Row]:
    """Train the book's bidirectional network to a validation accuracy of TARGET, one seed per round.

    Seconds are of complete epochs, including validation.
    """
    book, full = (make_datasets(headlines, params, "plain", tokenizer) for tokenizer in ("stripped", "full"))
    taken: dict[str, list[float]] = {"chapter": [], "stripped": [], "full": []}
    for seed in SEEDS:
        taken["chapter"].append(seconds_to_target(chapter_run(*book, seed)))
        taken["stripped"].append(seconds_to_target(our_run(*book, params, seed)))
        taken["full"].append(seconds_to_target(our_run(*full, params, seed)))
    step, loop = f"training to a validation accuracy of {TARGET}", "the chapter's loop on its text"
    return [
        Row(f"{step}, the chapter's text", taken["stripped"], loop, taken["chapter"], goal=4),
        Row(f"{step}, all words", taken["full"], loop, taken["chapter"], goal=15),
    ]


def seconds_to_target(epoch: Callable[[], float]) -> float:
    """Train until the validation accuracy is TARGET; return the seconds."""

    def call() -> None:
        while epoch() < TARGET:
            pass

    return timed(call)


def our_run(training: HeadlineDataset, validation: HeadlineDataset, params: Params, seed: int) -> Callable[[], float]:
    """Return a function that trains a bucketed epoch and returns its validation accuracy."""
    torch.manual_seed(seed)
    recipe = params.recipe("bi_lstm")._replace(batching="bucketed")
    trainer = Trainer(make_network(params, "bi_lstm"), recipe, seed)
    return lambda: trainer.run_epoch(training, validation).validation_accuracy


def chapter_run(training: HeadlineDataset, validation: HeadlineDataset, seed: int) -> Callable[[], float]:
    """Return a function that trains an epoch of the chapter's loop and returns its validation accuracy."""
    torch.manual_seed(seed)
    model, batches, held_out = chapter.make_network("bi_lstm"), loader(training), loader(validation, shuffle=False)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)

    def call() -> float:
        chapter.train_epoch(model, optimizer, batches)
        return chapter.evaluate(model, held_out)[1]

    return call


def measure_growth(headlines: Sequence[Headline], params: Params) -> list[Row]:
    """Repeat the training headlines: microseconds per headline of a bucketed epoch, compared with the corpus itself."""
    training, _ = make_datasets(headlines, params, "plain")
    model = make_network(params, "bi_lstm")
    calls = {times: our_epoch(model, repeat(training, times), bucketed=True) for times in REPEATS}
    taken = in_turns(calls, rounds=1)
    each = {times: [seconds / times / len(training) * 1e6 for seconds in taken[times]] for times in REPEATS}
    return [
        Row(
            f"an epoch of bi_lstm on the corpus {times} times",
            *(each[times], "the corpus once", each[1], "µs per headline"),
            faster=False,
            goal=1.15,
        )
        for times in REPEATS[1:]
    ]


def repeat(headlines: HeadlineDataset, times: int) -> HeadlineDataset:
    """Return a dataset with each headline `times` times."""
    arrays = (x.numpy() for x in (headlines.ids, headlines.lengths, headlines.labels))
    return HeadlineDataset(Encoded(*(np.tile(array, times) for array in arrays)), headlines.max_length)


def measure_embeddings(headlines: Sequence[Headline], params: Params) -> list[Row]:
    """Compare fine-tuning with sparse updates, of the rows of a batch, with dense updates of the whole embedding.

    Milliseconds per step, and the validation accuracy after a few epochs, both from a random initialization.
    """
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

    glove = params.vocabularies.glove.model_copy(update={"size": FULL[0]})
    params = params.model_copy(update={"vocabularies": params.vocabularies.model_copy(update={"glove": glove})})
    splits = make_datasets(headlines, params, "glove")
    best: dict[str, list[float]] = {"sparse": [], "dense": []}
    recipe = params.recipe("glove_lstm_finetuned")._replace(batching="bucketed", learning_rate=0.001)
    for seed in SEEDS[:2]:
        for kind, found in best.items():
            torch.manual_seed(seed)
            trainer = Trainer(make_finetuned(network, *FULL, kind), recipe, seed)
            found.append(max(trainer.run_epoch(*splits).validation_accuracy for _ in range(EPOCHS)))
    step = f"best of {EPOCHS} epochs of sparse steps, embedding of {FULL[0]:,} x {FULL[1]}"
    return [*rows, Row(step, best["sparse"], "dense steps", best["dense"], "validation accuracy", faster=False)]


def make_finetuned(network: Mapping[str, Any], words: int, dimension: int, kind: str) -> HeadlineClassifier:
    """Return a network with sparse or dense updates of its embedding, whatever its size."""
    model = HeadlineClassifier(**network, vocabulary_size=words, embedding_dimension=dimension)
    model.embedding.sparse = kind == "sparse"
    return model
