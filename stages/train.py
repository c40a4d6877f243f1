"""Train one variant of the headline classifier with one seed.

    python stages/train.py bi_lstm 1

in:   data/tokenized/<vocabulary>.npz             token ids, lengths and labels of each split
      data/tokenized/<vocabulary>.vocabulary.txt  the word of each id
      data/embeddings/glove.npy                   initial embedding of the variants in glove_variants
      data/embeddings/extra_vectors.npy           second embedding of those with extra_vectors
      params.yaml                                 train, vocabularies, variants.<name> or glove_variants.<name>,
                                                  corpus.classes
out:  models/<name>-<seed>.pt                     settings, vocabulary and weights
      models/<name>-<seed>.txt                    torchinfo's summary of the layers
      plots/history/<name>-<seed>.csv             loss and accuracy, one row per epoch
      metrics/train/<name>-<seed>.json            size, scores of the saved weights, overfitting onset

The state is saved to checkpoints/<name>-<seed>.pt after an epoch; a killed run resumes from it, with the same result.
With `train.processes` above 1 the stage starts as many processes (docs/cluster.md), of which the first one writes.
"""

from sarcasm.base.interrupt import exit_on_interrupt

if __name__ == "__main__":
    exit_on_interrupt()

import os
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torchinfo import ModelStatistics, summary
from tqdm import tqdm

from sarcasm.base.command import InputError, run
from sarcasm.base.files import write_csv, write_json, write_text
from sarcasm.base.params import GloveVariant, LearnedVariant, Params, read_params
from sarcasm.network.checkpoint import Checkpoint, fingerprint
from sarcasm.network.dataset import HeadlineDataset
from sarcasm.network.launch import run_processes
from sarcasm.network.model import HeadlineClassifier, count_parameters
from sarcasm.network.model_file import save_model
from sarcasm.network.processes import Processes
from sarcasm.network.saved_model import SavedModel
from sarcasm.network.trainer import Trainer, overfit_epoch
from sarcasm.text.encoded import read_ids, read_words

GLOVE, EXTRA = Path("data/embeddings/glove.npy"), Path("data/embeddings/extra_vectors.npy")


def main(name: str, seed: str) -> None:
    """Run the stage for the variant called `name`."""
    params = read_params(Path("params.yaml"))
    params.variant(name)
    if f"{name}-{seed}" not in params.runs[name]:
        raise InputError(f"unknown seed {seed!r}: train.seeds has {', '.join(map(str, params.train.seeds))}")
    cuda = params.train.device != "cpu" and torch.cuda.is_available()
    run_processes(params.train.processes, cuda, partial(train, params, name, seed))


def train(params: Params, name: str, seed: str, processes: Processes) -> None:
    """Train the variant called `name`; the first of the processes writes the outputs."""
    variant, recipe, run_name = params.variant(name), params.recipe(name), f"{name}-{seed}"
    text = getattr(params.vocabularies, params.vocabulary_of(name))
    device = set_up_torch(params.train.device, int(seed))

    # data
    ids_file = Path(f"data/tokenized/{params.vocabulary_of(name)}.npz")
    vocabulary_file = ids_file.with_suffix(".vocabulary.txt")
    vocabulary = read_words(vocabulary_file)
    training, validation = (
        HeadlineDataset(read_ids(ids_file, split), text.max_length).to(device) for split in ("train", "validation")
    )

    # network
    batch_size = min(recipe.batch_size, len(training))
    network, model = build_network(name, variant, vocabulary, batch_size * text.max_length)
    model.to(device)
    layers = summarize(model, batch_size, text.max_length)

    # fit
    trainer = Trainer(model, recipe, int(seed), processes)
    inputs = [ids_file, vocabulary_file, *([GLOVE, EXTRA] if isinstance(variant, GloveVariant) else [])]
    run_id = fingerprint(f"{variant!r} {recipe!r} {seed} {text!r} {device} {processes.count}", inputs)
    processes.check_equal(run_id)
    checkpoint = Checkpoint(Path(f"checkpoints/{run_name}.pt"), run_id)
    with nullcontext() if processes.rank else checkpoint:
        fit(run_name, trainer, training, validation, checkpoint)
        if processes.rank:
            return

        # save
        saved = SavedModel(
            variant=name,
            network=network,
            tokenizer=text.tokenizer,
            vocabulary=vocabulary,
            max_length=text.max_length,
            bucketed=trainer.bucketed,
            classes=params.corpus.classes,
            weights={key: weight.cpu() for key, weight in trainer.saved_weights.items()},
        )
        save_model(Path(f"models/{run_name}.pt"), saved)
        write_text(Path(f"models/{run_name}.txt"), f"{layers}\n")
        write_csv(Path(f"plots/history/{run_name}.csv"), pd.DataFrame(trainer.history))
        metrics = measure(trainer, layers)
        write_json(Path(f"metrics/train/{run_name}.json"), metrics)
        checkpoint.remove()
    print(f"{run_name}: validation loss {metrics['validation_loss']}, accuracy {metrics['validation_accuracy']}")


def set_up_torch(device: str, seed: int) -> torch.device:
    """Make torch deterministic; return the device of `train.device`. Raises InputError if there is none."""
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("params.yaml: train.device: cuda, but torch finds no CUDA device; use `auto` or `cpu`")
    # one thread: two variants at a time are faster than two threads, and sums keep their order
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    if device == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")  # its algorithms are deterministic
    torch.use_deterministic_algorithms(True)  # imports torch.compile's code, which takes 2 s
    torch.utils.deterministic.fill_uninitialized_memory = False  # no memory is read before it is written
    return torch.device("cuda")


def build_network(
    name: str, variant: LearnedVariant | GloveVariant, vocabulary: list[str], tokens: int
) -> tuple[dict[str, Any], HeadlineClassifier]:
    """Return the arguments of HeadlineClassifier and the model, its embeddings initialized from the word vectors.

    Raises InputError if training with `tokens` in a batch needs more memory than there is.
    """
    network = variant.network | {"vocabulary_size": len(vocabulary)}
    embeddings = {}
    if isinstance(variant, GloveVariant):
        embeddings["embedding"] = read_vectors(GLOVE, len(vocabulary))
        network["embedding_dimension"] = embeddings["embedding"].shape[1]
        if variant.extra_vectors:
            embeddings["extra_embedding"] = read_vectors(EXTRA, len(vocabulary))
            network["extra_dimension"] = embeddings["extra_embedding"].shape[1]
    check_memory(name, network, tokens)
    model = HeadlineClassifier(**network)
    for layer, vectors in embeddings.items():
        model.get_submodule(layer).weight.data.copy_(vectors)
    return network, model


def check_memory(name: str, network: dict[str, Any], tokens: int) -> None:
    """Raise InputError if training the variant with `tokens` in a batch needs more memory than the machine has."""
    parameters = count_parameters(network)
    # float32: weights, gradients and Adam's two moments, and for each token of a batch the output of one layer
    needed = 4 * (4 * parameters + tokens * max(network["embedding_dimension"], network["hidden_size"]))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed > memory:
        raise InputError(
            f"variant {name}: training {parameters:,} parameters with batches of {tokens:,} tokens needs more than "
            f"{needed / 1e9:,.1f} GB of memory, found {memory / 1e9:,.1f} GB; lower hidden_size, layers, "
            "embedding_dimension, batch_size or max_length"
        )


def read_vectors(path: Path, words: int) -> Tensor:
    """Read an embedding that glove_coverage.py initialized. Raises InputError if it does not have `words` rows."""
    vectors = torch.from_numpy(np.load(path))
    if len(vectors) != words:
        raise InputError(f"{path}: {len(vectors)} vectors, expected one for each of {words} words")
    return vectors


def summarize(model: HeadlineClassifier, batch_size: int, max_length: int) -> ModelStatistics:
    """Return torchinfo's parameters and multiply-adds for one padded batch, as in the book."""
    random_state = torch.get_rng_state()
    ids = torch.zeros(batch_size, max_length, dtype=torch.int32, device=next(model.parameters()).device)
    layers = summary(model, input_data=ids, verbose=0, device=ids.device)
    torch.set_rng_state(random_state)
    return layers


def fit(
    name: str, trainer: Trainer, training: HeadlineDataset, validation: HeadlineDataset, checkpoint: Checkpoint
) -> None:
    """Train from the checkpoint, if there is one, to the last epoch. Raises InputError, naming the variant."""
    first = trainer.processes.rank == 0
    if state := trainer.processes.from_first(checkpoint.load):
        trainer.load_state_dict(state)
    done, epochs = len(trainer.history), trainer.recipe.epochs
    bar = tqdm(range(done, epochs), name, epochs, initial=done, unit="epoch", disable=None if first else True)
    for _ in bar:
        try:
            epoch = trainer.run_epoch(training, validation)
        except InputError as error:
            raise InputError(f"variant {name}, {error}") from error
        if first:
            checkpoint.save(trainer.state_dict())
        bar.set_postfix(loss=f"{epoch.validation_loss:.4f}", accuracy=f"{epoch.validation_accuracy:.4f}")


def measure(trainer: Trainer, layers: ModelStatistics) -> dict[str, float | None]:
    """Return the metrics of a run: losses per headline in nats, accuracies from 0 to 1, both of the saved weights."""
    saved, last = trainer.saved_epoch, trainer.history[-1]
    return {
        "parameters": layers.total_params,
        "trainable_parameters": layers.trainable_params,
        "mult_adds": layers.total_mult_adds,
        "best_epoch": trainer.best_epoch.epoch,
        "train_loss": round(saved.train_loss, 4),
        "train_accuracy": round(saved.train_accuracy, 4),
        "validation_loss": round(saved.validation_loss, 4),
        "validation_accuracy": round(saved.validation_accuracy, 4),
        "final_generalization_gap": round(last.validation_loss - last.train_loss, 4),
        "overfit_epoch": overfit_epoch(trainer.history),
    }


if __name__ == "__main__":
    run(main, __doc__, "name", "seed")
