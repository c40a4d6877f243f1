"""Other ways on the data of a folder, each in a process of its own: the least work for a step, and other libraries.

python -m benchmarks.peers "orjson over the lines" FOLDER
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import orjson

from sarcasm.base.command import run
from sarcasm.text.corpus import read_formatted

SPLIT = "data/split/{}.jsonl"


def main(name: str, folder: str) -> None:
    """Call the function of a name."""
    PEERS[name](Path(folder))


def read_lines(folder: Path) -> None:
    """Parse every line of the corpus."""
    with (folder / "corpus.jsonl").open("rb") as file:
        for line in file:
            orjson.loads(line)


def copy(folder: Path) -> None:
    """Copy the corpus."""
    shutil.copyfile(folder / "corpus.jsonl", folder / "copy.jsonl")


def tokenize(folder: Path) -> None:
    """Split the headlines into words, 32 at a time, and discard them."""
    from sarcasm.text.tokenizers import TOKENIZERS

    texts = [headline.text for headline in read_formatted(folder / SPLIT.format("train"))]
    for start in range(0, len(texts), 32):
        TOKENIZERS["full"].split(texts[start : start + 32])


def forward(folder: Path) -> None:
    """Run the network of predict.py on batches of random ids, as many and as long as its lines."""
    import torch

    from sarcasm.network.model_file import load

    torch.set_num_threads(1)
    saved = load(folder / "models/bi_lstm-1.pt")
    words, model = len(saved.vocabulary), saved.classifier.eval()
    lengths = [len(line.split()) for line in (folder / "lines.txt").open(encoding="utf-8")]
    with torch.no_grad():
        for length, count in zip(*np.unique(lengths, return_counts=True), strict=True):
            for start in range(0, count, 512):
                model(torch.randint(words, (min(512, count - start), length)))


def chapter_loop(folder: Path) -> None:
    """Train the book's bidirectional network for an epoch, with its DataLoader."""
    import torch
    from benchmarks import chapter
    from benchmarks.networks import loader

    from sarcasm.network.dataset import HeadlineDataset
    from sarcasm.text.encoded import read_ids

    torch.set_num_threads(1)
    model = chapter.make_network("bi_lstm")
    batches = loader(HeadlineDataset(read_ids(folder / "data/tokenized/plain.npz", "train"), 85))
    chapter.train_epoch(model, torch.optim.Adam(model.parameters(), lr=0.001), batches)


def scikit_learn(folder: Path) -> None:
    """Fit tf-idf and logistic regression to the training headlines and classify the test headlines."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    texts, labels = zip(*read_formatted(folder / SPLIT.format("train")), strict=True)
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(C=10, max_iter=1000))
    model.fit(texts, labels).predict([headline.text for headline in read_formatted(folder / SPLIT.format("test"))])


def fasttext(folder: Path) -> None:
    """Train fastText's classifier with one thread and classify the test headlines."""
    import fasttext

    lines = folder / "fasttext.txt"
    with lines.open("w", encoding="utf-8") as file:
        file.writelines(f"__label__{label} {text}\n" for text, label in read_formatted(folder / SPLIT.format("train")))
    model = fasttext.train_supervised(str(lines), wordNgrams=2, thread=1, verbose=0)
    model.predict([headline.text for headline in read_formatted(folder / SPLIT.format("test"))])


PEERS: dict[str, Callable[[Path], None]] = {
    "orjson over the lines": read_lines,
    "copying the bytes": copy,
    "the tokenizer alone": tokenize,
    "the network's forward alone": forward,
    "the chapter's loop": chapter_loop,
    "scikit-learn": scikit_learn,
    "fasttext": fasttext,
}

if __name__ == "__main__":
    run(main, __doc__, "name", "folder")
