"""Train small networks in COUNT processes: `training.py COUNT FOLDER`. Each process writes what it ends with."""

import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, "stages")
import numpy as np
import torch

from sarcasm.base.params import Recipe
from sarcasm.network import model
from sarcasm.network.dataset import HeadlineDataset
from sarcasm.network.launch import run_processes
from sarcasm.network.model import HeadlineClassifier
from sarcasm.network.processes import Processes
from sarcasm.network.trainer import Trainer
from sarcasm.text.encoded import Encoded

DROPOUT = dict.fromkeys(["embedding", "inter_layer", "rnn_output", "linear"], 0.2)
NO_DROPOUT = dict.fromkeys(DROPOUT, 0)
RECIPE = Recipe(3, 8, "bucketed", "best", learning_rate=0.001, learning_rates={})
SCHEDULED = RECIPE._replace(learning_rates={"embedding": 0.01, "wide": 0.01}, warm_up=0.1, r_drop=0.5)
# layers, dropout, other settings of the network, recipe, largest embedding with dense gradients
NETWORKS = {
    "averaging": (0, NO_DROPOUT, {}, RECIPE, model.DENSE_LIMIT),
    "recurrent": (1, NO_DROPOUT, {}, RECIPE._replace(batching="padded"), model.DENSE_LIMIT),
    "stacked": (2, NO_DROPOUT, {}, RECIPE, model.DENSE_LIMIT),
    "wide": (1, NO_DROPOUT, {"extra_dimension": 3, "wide": {"buckets": 64, "dropout": 0}}, SCHEDULED, 0),
    "dropout": (2, DROPOUT, {}, RECIPE, model.DENSE_LIMIT),
}


def headlines(count: int, seed: int) -> HeadlineDataset:
    """Generate headlines of 1 to 6 words."""
    draw = np.random.default_rng(seed)
    lengths = draw.integers(1, 7, count)
    ids = draw.integers(1, 30, lengths.sum()).astype(np.int32)
    return HeadlineDataset(Encoded(ids, lengths, draw.integers(0, 2, count)), 6)


def train(name: str, processes: Processes, resumed: bool) -> dict:
    """Train for three epochs; resumed: the first one by another trainer. Return the weights and the history."""
    layers, dropout, settings, recipe, model.DENSE_LIMIT = NETWORKS[name]
    state = None
    for epochs in [1, 2] if resumed else [3]:
        torch.manual_seed(1)
        trainer = Trainer(HeadlineClassifier(30, 5, "lstm", layers, True, 6, dropout, **settings), recipe, 1, processes)
        if state:
            trainer.load_state_dict(state)
        for _ in range(epochs):
            trainer.run_epoch(headlines(90, 1), headlines(1100, 2))  # at least 6 batches to evaluate
        state = trainer.state_dict()
    return state["model"] | {"history": torch.tensor(trainer.history, dtype=torch.float64)}


def train_all(folder: str, processes: Processes) -> None:
    """Train each network twice, and write the results to the file of the process."""
    torch.set_num_threads(1)
    results = {name: [train(name, processes, resumed) for resumed in (False, True)] for name in NETWORKS}
    torch.save(results, Path(folder, f"{processes.rank}.pt"))


if __name__ == "__main__":
    run_processes(int(sys.argv[1]), False, partial(train_all, sys.argv[2]))
