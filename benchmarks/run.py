"""Compare the steps of the pipeline with chapter.py, and measure a million headlines.

    make bench HEADLINES=Sarcasm_Headlines_Dataset.json

in:   HEADLINES                the real headlines, version 1
      the last commit          the pipeline, which runs in a clone
out:  benchmarks/results.json  seconds of each round, number of cores, versions
      benchmarks/table.md      medians over the rounds
"""

import gc
import gzip
import os
import platform
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from sarcasm.corpus import Headline, read_headlines, write_headlines
from sarcasm.dataset import HeadlineDataset
from sarcasm.model import HeadlineClassifier
from sarcasm.stage import InputError, make_parser, run, write_json, write_text
from sarcasm.tokenizers import TOKENIZERS
from sarcasm.trainer import Trainer, train_epoch
from sarcasm.vectors import read_vectors
from sarcasm.vocabulary import encode, make_vocabulary

import chapter
import numpy as np
import torch
import yaml
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

ROOT, OUT = Path(__file__).resolve().parents[1], Path("benchmarks")
ROUNDS = 3
TRAINING, BATCH = 20_000, 32  # headlines
SIZE, MAX_LENGTH = 2000, 85  # of the chapter's vocabulary, in words; of a headline, in tokens
WORDS, DIMENSION = 400_000, 50  # of the file of vectors, as GloVe 6B 50d
LARGE = 1_000_000  # headlines
CHANGED = "bi_lstm"
# A process between this one and the command: the system's figure includes the memory of the process that starts it.
LAUNCHER = """
import resource, subprocess, sys, time
start = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def main(headlines: str) -> None:
    """Measure everything with one thread, and write the results."""
    torch.set_num_threads(1)
    corpus = read_headlines(Path(headlines))
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        rows = [measure_ids(corpus), measure_vectors(corpus, folder)]
        rows += [measure_epoch(corpus, "bi_lstm", 1), measure_epoch(corpus, "stacked_lstm", 2)]
        rows += measure_pipeline(folder)
        large = measure_large(corpus, folder)
    libraries = "torch", "numpy", "beautifulsoup4", "dvc"
    versions = {"python": platform.python_version(), **{name: version(name) for name in libraries}}
    results = {"cores": os.cpu_count(), "versions": versions, "rows": rows, "large": large}
    write_json(OUT / "results.json", results)
    write_text(OUT / "table.md", format_table(results))


def measure_ids(corpus: Sequence[Headline]) -> dict[str, Any]:
    """Compare headlines to padded ids."""
    texts = [headline.text for headline in corpus]
    if not np.array_equal(our_ids(texts), chapter_ids(texts)):
        raise InputError("the chapter's ids and ours differ")
    return compare(f"{len(texts):,} headlines to ids", lambda: our_ids(texts), lambda: chapter_ids(texts))


def our_ids(texts: Sequence[str]) -> np.ndarray:
    """Return ids, int32 (headlines, MAX_LENGTH), as tokenize_corpus.py makes them."""
    words = [TOKENIZERS["stripped"](text) for text in texts]
    counts = Counter(word for row in words[:TRAINING] for word in row).most_common()
    return encode(words, make_vocabulary([word for word, _ in counts], SIZE), MAX_LENGTH)


def chapter_ids(texts: Sequence[str]) -> np.ndarray:
    """Return the same ids with the chapter's code."""
    words = [chapter.stripped(text) for text in texts]
    return chapter.to_ids(words, chapter.make_vocabulary(words[:TRAINING], SIZE), MAX_LENGTH).numpy()


def measure_vectors(corpus: Sequence[Headline], folder: Path) -> dict[str, Any]:
    """Compare reading the vectors of all words of the training headlines, ours compressed and the chapter's not."""
    words = [*dict.fromkeys(word for text, _ in corpus[:TRAINING] for word in TOKENIZERS["glove"](text))]
    plain, packed = folder / "vectors.txt", folder / "vectors.txt.gz"
    write_vectors(plain, words)
    packed.write_bytes(gzip.compress(plain.read_bytes()))

    def from_chapter() -> np.ndarray:
        with plain.open(encoding="utf-8") as file:
            vectors = chapter.load_glove(file)
        return np.stack([vectors[word] for word in words])

    if not np.array_equal(read_vectors(packed, words, DIMENSION)[0], from_chapter()):
        raise InputError("the chapter's vectors and ours differ")
    step = f"vectors of {len(words):,} words out of {WORDS:,} x {DIMENSION}"
    return compare(step, lambda: read_vectors(packed, words, DIMENSION), from_chapter)


def write_vectors(path: Path, wanted: Sequence[str]) -> None:
    """Write random vectors in GloVe's format, in random order, for `wanted` and for made-up words."""
    draw = np.random.default_rng(0)
    words = [*wanted, *(f"made-up-{place}" for place in range(WORDS - len(wanted)))]
    random.Random(0).shuffle(words)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for word in words:
            file.write(f"{word} {' '.join(f'{value:.5g}' for value in draw.normal(0, 0.4, DIMENSION).tolist())}\n")


def measure_epoch(corpus: Sequence[Headline], variant: str, layers: int) -> dict[str, Any]:
    """Compare an epoch of training, ours without padding."""
    ids = our_ids([headline.text for headline in corpus])[:TRAINING]
    headlines = HeadlineDataset(ids, np.array([headline.label for headline in corpus[:TRAINING]]))
    no_dropout = dict.fromkeys(("embedding", "inter_layer", "rnn_output", "linear"), 0.0)
    network = HeadlineClassifier(SIZE, 7, "lstm", layers, bidirectional=True, hidden_size=24, dropout=no_dropout)
    trainer = Trainer(network, 0.001, BATCH, bucketed=True, save_weights="last", seed=1)

    peer = chapter.Network(variant, nn.Embedding(SIZE, 7))
    optimizer = torch.optim.Adam(peer.parameters(), lr=0.001)
    batches = DataLoader(TensorDataset(headlines.ids.long(), headlines.labels), BATCH, shuffle=True)
    return compare(
        f"an epoch of {variant}, {len(headlines):,} headlines",
        lambda: train_epoch(network, trainer.optimizer, headlines.batches(BATCH, True, trainer.shuffle)),
        lambda: chapter.train_epoch(peer, optimizer, batches),
    )


def measure_pipeline(folder: Path) -> list[dict[str, Any]]:
    """Change a learning rate in a clone of the last commit, and compare `dvc repro` with the training and with all."""
    clone = folder / "clone"
    command(folder, "git", "clone", "--quiet", str(ROOT), str(clone))
    whole = seconds(lambda: command(clone, sys.executable, "repro.py"))
    params = clone / "params.yaml"
    rate = re.compile(rf"(\n  {CHANGED}:.*?learning_rate: )([\d.]+)", re.DOTALL)
    text = rate.sub(lambda found: f"{found[1]}{float(found[2]) / 2:g}", params.read_text(encoding="utf-8"), count=1)
    params.write_text(text, encoding="utf-8")
    output = []
    changed = seconds(lambda: output.append(command(clone, "dvc", "repro")))
    trained = re.findall("Running stage '(train.+)'", output[0])
    if trained != [f"train@{CHANGED}-1"]:
        raise InputError(f"a changed rate of {CHANGED} ran {', '.join(trained) or 'no training'}")
    alone = seconds(lambda: command(clone, sys.executable, "stages/train.py", CHANGED, "1"))
    step = f"`dvc repro` after a changed rate of {CHANGED}"
    peers = {"the training alone": alone, "all of `make repro`": whole}
    return [{"step": step, "ours": [changed], "peer": peer, "theirs": [x]} for peer, x in peers.items()]


def measure_large(corpus: Sequence[Headline], folder: Path) -> list[dict[str, Any]]:
    """Run two stages on LARGE headlines."""
    write_headlines(folder / "data/raw/headlines.jsonl", recombine(corpus))
    document = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    document["split"] |= {"train": 0.96, "validation": 0.02, "test": 0.02}
    write_text(folder / "params.yaml", yaml.safe_dump(document, sort_keys=False))
    rows = []
    for script, *arguments in (["split_corpus.py"], ["tokenize_corpus.py", "plain"]):
        launched = sys.executable, "-c", LAUNCHER, sys.executable, str(ROOT / "stages" / script), *arguments
        taken, memory = map(float, command(folder, *launched).split())
        mebibytes = round(memory / (2**20 if sys.platform == "darwin" else 2**10))
        rows.append({"stage": script, "headlines": LARGE, "seconds": float(f"{taken:.3g}"), "MiB": mebibytes})
    return rows


def recombine(corpus: Sequence[Headline]) -> Iterator[Headline]:
    """Yield LARGE headlines of the first half of one and the second half of another, with the label of the first."""
    draw = random.Random(0)
    for _ in range(LARGE):
        first, second = draw.choice(corpus), draw.choice(corpus)
        start, end = first.text.split(), second.text.split()
        yield Headline(" ".join(start[: (len(start) + 1) // 2] + end[len(end) // 2 :]), first.label)


def compare(step: str, ours: Callable[[], object], theirs: Callable[[], object]) -> dict[str, Any]:
    """Call both in turns, so that slow minutes affect both, and return the seconds of each round."""
    rounds = [(seconds(ours), seconds(theirs)) for _ in range(ROUNDS)]
    print(f"{step}: {rounds}", flush=True)
    return {"step": step, "ours": [x for x, _ in rounds], "peer": "chapter.py", "theirs": [x for _, x in rounds]}


def seconds(call: Callable[[], object]) -> float:
    """Return the seconds of a call, without collecting the garbage of earlier calls; three digits."""
    gc.collect()
    start = time.perf_counter()
    call()
    return float(f"{time.perf_counter() - start:.3g}")


def command(folder: Path, *arguments: str) -> str:
    """Run a command with the programs of this Python; return its output."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "DVC_NO_ANALYTICS": "1"}
    return subprocess.run(arguments, cwd=folder, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def format_table(results: dict[str, Any]) -> str:
    """Return the medians as a Markdown table, and a line about the large corpus."""
    lines = ["| step | seconds | compared with | its seconds | ratio |", "|---|--:|---|--:|--:|"]
    for row in results["rows"]:
        ours, theirs = median(row["ours"]), median(row["theirs"])
        lines.append(f"| {row['step']} | {ours:.3g} | {row['peer']} | {theirs:.3g} | {theirs / ours:.1f} |")
    large = "; ".join(f"{row['stage']} {row['seconds']:.3g} s, {row['MiB']:,} MiB" for row in results["large"])
    lines += ["", f"{results['large'][0]['headlines']:,} headlines: {large}."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    run(main, make_parser(__doc__, "headlines"))
