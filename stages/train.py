"""Train one variant of the headline classifier.

    python stages/train.py bi_lstm

in:   data/tokenized/<vocabulary>.npz             ids, lengths and labels of each split
      data/tokenized/<vocabulary>.vocabulary.txt  the word of each id
      data/embeddings/glove.npy                   for the variants that start from GloVe
      params.yaml                                 train, vocabularies, variants.<name> or glove_variants.<name>
out:  models/<name>.pt                            settings, vocabulary and weights
      models/<name>.txt                           the network's layers, as torchinfo sees them
      plots/history/<name>.csv                    loss and accuracy, one row an epoch
      models/<name>.json                          its size, the epoch kept, losses there, where the curves part

After each epoch all is put down in checkpoints/<name>.pt; a run that was killed goes on from there to the same bytes.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torchinfo import ModelStatistics, summary
from tqdm import tqdm

from sarcasm.batching import Headlines
from sarcasm.checkpoint import Checkpoint, fingerprint
from sarcasm.command import run
from sarcasm.errors import InputError
from sarcasm.files import write_csv, write_json, write_text
from sarcasm.model import HeadlineClassifier
from sarcasm.params import GloveVariant, read_params
from sarcasm.saved import SavedModel, save_model
from sarcasm.tokenized import read_ids, read_words
from sarcasm.training import Run, parting_epoch

GLOVE = Path("data/embeddings/glove.npy")


def main(name: str) -> None:
    """Run the stage for the variant called `name`."""
    params = read_params(Path("params.yaml"))
    variant, settings = params.variant(name), params.train
    vocabulary_name = params.vocabulary_of(name)
    text = params.vocabularies[vocabulary_name]
    ids_path = Path(f"data/tokenized/{vocabulary_name}.npz")
    vocabulary_path = Path(f"data/tokenized/{vocabulary_name}.vocabulary.txt")
    vocabulary = read_words(vocabulary_path)
    vectors = read_embedding(len(vocabulary)) if isinstance(variant, GloveVariant) else None

    # one thread: on two cores two variants at a time beat two threads, and sums keep their order
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # nothing reads memory before it is written
    torch.manual_seed(settings.seed)
    device = choose_device(settings.device)
    network = variant.model_dump(exclude={"vocabulary", "learning_rate"}) | {"vocabulary_size": len(vocabulary)}
    if vectors is not None:
        network["embedding_dimension"] = vectors.shape[1]
    model = HeadlineClassifier(**network)
    if vectors is not None:
        model.embedding.weight.data.copy_(vectors)
    model.to(device)
    statistics = count(model, settings.batch_size, text.max_length)

    progress = Run(model, variant.learning_rate, settings)
    splits = [Headlines(*read_ids(ids_path, split), text.max_length).to(device) for split in ("train", "validation")]
    inputs = [ids_path, vocabulary_path, *([] if vectors is None else [GLOVE])]
    identity = fingerprint(f"{variant!r} {settings!r} {text!r} {device}", inputs)
    with Checkpoint(Path(f"checkpoints/{name}.pt"), identity) as checkpoint:
        fit(name, progress, *splits, checkpoint)
        saved = SavedModel(
            variant=name,
            network=network,
            tokenizer=text.tokenizer,
            vocabulary=vocabulary,
            max_length=text.max_length,
            bucketed=settings.batching == "bucketed",
            weights={key: value.cpu() for key, value in progress.kept_weights.items()},
        )
        save_model(Path(f"models/{name}.pt"), saved)
        write_text(Path(f"models/{name}.txt"), f"{statistics}\n")
        write_csv(Path(f"plots/history/{name}.csv"), pd.DataFrame(progress.history))
        figures = describe(progress, statistics)
        write_json(Path(f"models/{name}.json"), figures)
        checkpoint.remove()
    print(f"{name}: validation loss {figures['validation_loss']}, accuracy {figures['validation_accuracy']}")


def read_embedding(words: int) -> Tensor:
    """Read the matrix that `glove-coverage` made. Raises InputError if it is not of `words` words."""
    vectors = torch.from_numpy(np.load(GLOVE))
    if len(vectors) != words:
        raise InputError(f"{GLOVE}: {len(vectors)} vectors, expected one for each of {words} words")
    return vectors


def choose_device(name: str) -> torch.device:
    """Return the device of `train.device`; `auto` is CUDA where there is one. Raises InputError if there is none."""
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("params.yaml: train.device: cuda asked for, torch finds none; `auto` or `cpu` run here")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def count(model: HeadlineClassifier, batch_size: int, max_length: int) -> ModelStatistics:
    """Let torchinfo count parameters and multiply-adds of one padded batch, as the book does."""
    random_state = torch.get_rng_state()
    ids = torch.zeros(batch_size, max_length, dtype=torch.int32, device=next(model.parameters()).device)
    statistics = summary(model, input_data=ids, verbose=0, device=ids.device)
    torch.set_rng_state(random_state)
    return statistics


def fit(name: str, progress: Run, training: Headlines, validation: Headlines, checkpoint: Checkpoint) -> None:
    """Go on from the checkpoint to the last epoch, with a progress bar. Raises InputError, naming the variant."""
    if state := checkpoint.load():
        progress.restore(state)
    done, epochs = len(progress.history), progress.settings.epochs
    bar = tqdm(range(done, epochs), name, epochs, initial=done, unit="epoch", disable=None)
    for _ in bar:
        try:
            epoch = progress.epoch(training, validation)
        except InputError as error:
            raise InputError(f"variant {name}, {error}") from error
        checkpoint.save(progress.state())
        bar.set_postfix(loss=f"{epoch.validation_loss:.4f}", accuracy=f"{epoch.validation_accuracy:.4f}")


def describe(progress: Run, statistics: ModelStatistics) -> dict[str, float | None]:
    """Sum a run up: size, losses in nats a headline at the epoch kept, and where the curves part."""
    kept = progress.history[progress.kept_epoch - 1]
    last = progress.history[-1]
    return {
        "parameters": statistics.total_params,
        "trainable": statistics.trainable_params,
        "mult_adds": statistics.total_mult_adds,
        "epoch_kept": kept.epoch,
        "train_loss": round(kept.train_loss, 4),
        "train_accuracy": round(kept.train_accuracy, 4),
        "validation_loss": round(kept.validation_loss, 4),
        "validation_accuracy": round(kept.validation_accuracy, 4),
        "last_gap": round(last.validation_loss - last.train_loss, 4),
        "parted_at": parting_epoch(progress.history),
    }


if __name__ == "__main__":
    run(main, __doc__, "name")
