"""Train one variant of the headline classifier with one seed.

    python stages/train.py bi_lstm 1

in:   data/tokenized/<vocabulary>.npz             token ids and labels of each split; plain or pretrained
      data/tokenized/<vocabulary>.vocabulary.txt  the word of each id
      data/embeddings/pretrained.npy              initial embedding of the pretrained variants
      params.yaml                                 train, network, vocabularies, variants, pretrained_variants
out:  models/<name>-<seed>.pt                     settings, vocabulary and weights
      models/<name>-<seed>.txt                    torchinfo's summary of the layers
      plots/history/<name>-<seed>.csv             loss and accuracy, one row per epoch, written after each epoch
      metrics/train/<name>-<seed>.json            size, scores of the saved weights, overfitting onset

The state is saved to checkpoints/<name>-<seed>.pt after an epoch; a killed run resumes from it, with the same result.
Without a terminal for the progress bar, a line is printed for every tenth of the epochs.
"""

from pathlib import Path

from sarcasm.dataset import read_split
from sarcasm.model import HeadlineClassifier
from sarcasm.params import Params, PretrainedVariant, read_params
from sarcasm.saved_model import SavedNetwork, save_model
from sarcasm.stage import InputError, lock, make_parser, run, write_csv, write_json, write_text
from sarcasm.trainer import Checkpoint, Trainer, overfit_epoch
from sarcasm.vocabulary import read_words

import numpy as np
import pandas as pd
import torch
from torchinfo import ModelStatistics, summary
from tqdm import tqdm

VECTORS = Path("data/embeddings/pretrained.npy")


def main(name: str, seed: str) -> None:
    """Run the stage for the variant called `name`."""
    params = read_params(Path("params.yaml"))
    if f"{name}-{seed}" not in [run for variant in params.networks for run in params.runs[variant]]:
        variants, seeds = ", ".join(params.networks), ", ".join(map(str, params.train.seeds))
        raise InputError(f"no variant {name!r} with seed {seed!r}: params.yaml has {variants} with {seeds}")
    with lock(Path(f"checkpoints/{name}-{seed}.lock")):  # a killed `dvc repro` can leave a training running
        train(params, name, int(seed))


def train(params: Params, name: str, seed: int) -> None:
    """Train and write the outputs."""
    run_name, settings, variant = f"{name}-{seed}", params.train, params.networks[name]
    pretrained, bucketed = isinstance(variant, PretrainedVariant), settings.batching == "bucketed"
    vocabulary_name = "pretrained" if pretrained else "plain"
    vocabulary_settings = dict(params.vocabularies)[vocabulary_name]
    device = set_up_torch(settings.device, seed)

    # data
    ids = Path(f"data/tokenized/{vocabulary_name}.npz")
    vocabulary = read_words(ids.with_suffix(".vocabulary.txt"))
    training, validation = read_split(ids, "train"), read_split(ids, "validation")

    # model
    arguments = {"vocabulary_size": len(vocabulary), **variant.model_dump(exclude={"learning_rate"})}
    if pretrained:
        vectors = torch.from_numpy(np.load(VECTORS))
        arguments["embedding_dimension"] = vectors.shape[1]
    model = HeadlineClassifier(**arguments)
    if pretrained:
        model.embedding.weight.data.copy_(vectors)
    model.to(device)
    batch = training.ids[: settings.batch_size]  # padded, as in the book
    statistics = summary(model, input_data=batch, verbose=0, device=device)

    # train
    trainer = Trainer(model, variant.learning_rate, settings.batch_size, bucketed, settings.save_weights, seed)
    determining = f"{variant!r} {settings.model_dump(exclude={'seeds'})} {seed} {device}"
    files = [ids, VECTORS] if pretrained else [ids]
    checkpoint = Checkpoint(Path(f"checkpoints/{run_name}.pt"), determining, files)
    history = Path(f"plots/history/{run_name}.csv")
    if state := checkpoint.load():
        trainer.load_state_dict(state)
        write_csv(history, pd.DataFrame(trainer.history))
        print(f"{run_name}: resumes after epoch {len(trainer.history)}", flush=True)
    done = len(trainer.history)
    bar = tqdm(range(done, settings.epochs), run_name, settings.epochs, initial=done, unit="epoch", disable=None)
    for _ in bar:
        try:
            epoch = trainer.run_epoch(training, validation)
        except InputError as error:
            raise InputError(f"variant {name}, {error}") from error
        checkpoint.save(trainer.state_dict())
        write_csv(history, pd.DataFrame(trainer.history))
        scores = f"validation loss {epoch.validation_loss:.4f}, accuracy {epoch.validation_accuracy:.4f}"
        bar.set_postfix_str(scores)
        if bar.disable and epoch.epoch % max(settings.epochs // 10, 1) == 0:
            print(f"{run_name}: epoch {epoch.epoch} of {settings.epochs}, {scores}", flush=True)

    # save
    saved = SavedNetwork(
        variant=name,
        tokenizer=vocabulary_settings.tokenizer,
        vocabulary=vocabulary,
        weights={key: weight.cpu() for key, weight in trainer.saved_weights.items()},
        arguments=arguments,
        max_length=vocabulary_settings.max_length,
        bucketed=bucketed,
    )
    metrics = measure(trainer, statistics)
    save_model(Path(f"models/{run_name}.pt"), saved)
    write_text(Path(f"models/{run_name}.txt"), f"{statistics}\n")
    write_json(Path(f"metrics/train/{run_name}.json"), metrics)
    checkpoint.remove()
    print(f"{run_name}: validation loss {metrics['validation_loss']}, accuracy {metrics['validation_accuracy']}")


def set_up_torch(device: str, seed: int) -> torch.device:
    """Make torch deterministic; return the device of `train.device`. Raises InputError if there is none."""
    torch.set_num_threads(1)  # two variants at a time are faster than two threads, and sums keep their order
    torch.manual_seed(seed)
    available = torch.cuda.is_available()
    if device == "cuda" and not available:
        raise InputError("params.yaml: train.device: cuda, but torch finds no CUDA device; use `auto` or `cpu`")
    if device == "cpu" or not available:
        return torch.device("cpu")  # its algorithms are deterministic
    torch.use_deterministic_algorithms(True)
    return torch.device("cuda")


def measure(trainer: Trainer, statistics: ModelStatistics) -> dict[str, float | None]:
    """Return the metrics of a run: losses per headline in nats, accuracies from 0 to 1, both of the saved weights."""
    saved, last = trainer.saved_epoch, trainer.history[-1]
    return {
        "parameters": statistics.total_params,
        "trainable_parameters": statistics.trainable_params,
        "mult_adds": statistics.total_mult_adds,
        "best_epoch": trainer.best_epoch.epoch,
        "train_loss": round(saved.train_loss, 4),
        "train_accuracy": round(saved.train_accuracy, 4),
        "validation_loss": round(saved.validation_loss, 4),
        "validation_accuracy": round(saved.validation_accuracy, 4),
        "final_generalization_gap": round(last.validation_loss - last.train_loss, 4),
        "overfit_epoch": overfit_epoch(trainer.history),
    }


if __name__ == "__main__":
    run(main, make_parser(__doc__, "name", "seed"))
