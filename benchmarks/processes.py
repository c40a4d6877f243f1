"""Time a step of a training by one process and by two, and an all-reduce of its gradients.

    PYTHONPATH=stages python -m benchmarks.processes

in:   data/bundled/headlines.jsonl  five times, 19,000 headlines
      params.yaml                   vocabularies.plain, variants.bi_lstm
out:  benchmarks/processes.md       milliseconds of a step, for docs/cluster.md
"""

import json
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from statistics import median

import torch
from benchmarks.measure import timed
from studies.in_memory import make_datasets
from torch import distributed

from sarcasm.base.files import write_text
from sarcasm.base.params import read_params
from sarcasm.network.dataset import HeadlineDataset
from sarcasm.network.launch import run_processes
from sarcasm.network.model import HeadlineClassifier
from sarcasm.network.processes import Processes
from sarcasm.network.trainer import make_optimizers, train_epoch
from sarcasm.text.corpus import Headline

UNITS = 24, 128  # of bi_lstm: its own, and a larger network
BATCHES = 32, 512
STEPS, ROUNDS = 40, 3
HEAD = "| units of `bi_lstm` | batch size | one process | two processes | one all-reduce |\n|--:|--:|--:|--:|--:|\n"


def main(processes: Processes) -> None:
    """Measure a row for each network and batch size; the first process writes them."""
    torch.set_num_threads(1)
    params = read_params(Path("params.yaml"))
    lines = Path("data/bundled/headlines.jsonl").read_text(encoding="utf-8").splitlines()
    headlines = [Headline(row["headline"], row["is_sarcastic"]) for row in map(json.loads, lines)] * 5
    split = params.split.model_copy(update={"train": len(headlines) - 100, "validation": 100})
    training, _ = make_datasets(headlines, params.model_copy(update={"split": split}), "plain")
    rows = []
    for units in UNITS:
        network = params.variant("bi_lstm").network | {"hidden_size": units, "vocabulary_size": 2000}
        for size in BATCHES:
            row = measure(HeadlineClassifier(**network), training, size, processes)
            rows.append(f"| {' | '.join([str(units), str(size), *(f'{value:.3g}' for value in row)])} |\n")
    if processes.rank == 0:
        write_text(Path("benchmarks/processes.md"), HEAD + "".join(rows))


def measure(model: HeadlineClassifier, training: HeadlineDataset, size: int, processes: Processes) -> list[float]:
    """Return medians in ms of a step alone, of a step together and of an all-reduce."""
    optimizers, shuffle = make_optimizers(model, 0.001), torch.Generator().manual_seed(1)
    batches = list(islice(training.batches(size, True, shuffle), STEPS))
    gradients = torch.zeros(sum(weight.numel() for weight in model.parameters()))

    def train(by: Processes) -> None:
        train_epoch(model, optimizers, batches, processes=by)

    rounds = []
    for _ in range(ROUNDS + 1):  # the first one is not counted
        alone = milliseconds(lambda: train(Processes())) if processes.rank == 0 else 0
        distributed.barrier()  # the second process waits while the first one trains alone
        together = milliseconds(lambda: train(processes))
        rounds.append([alone, together, milliseconds(lambda: [processes.sum(gradients) for _ in range(STEPS)])])
    return [median(values) for values in zip(*rounds[1:], strict=True)]


def milliseconds(call: Callable[[], object]) -> float:
    """Return the milliseconds for each step of a call of STEPS steps."""
    return 1000 / STEPS * timed(call)


if __name__ == "__main__":
    run_processes(2, False, main)
