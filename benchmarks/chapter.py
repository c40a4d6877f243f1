"""The chapter's own way of each step, slow and obvious: the peer of the benchmark and the oracle of the tests.

Source: the book, chapter 7, and the author's notebooks.
"""

import re
import string
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from bs4 import BeautifulSoup
from torch import Tensor, nn
from torch.utils.data import DataLoader

from sarcasm.text.tokenizers import STOP_WORDS
from sarcasm.text.vocabulary import PAD, UNKNOWN


def clean(headline: str) -> str:
    """Return one headline in lower case, blanks around `, . - /`, without tags, punctuation and stop words."""
    headline = headline.lower()
    for mark in (",", ".", "-", "/"):
        headline = headline.replace(mark, f" {mark} ")
    words = BeautifulSoup(headline, "html.parser").get_text().split()
    table = str.maketrans("", "", string.punctuation)
    return "".join(word + " " for word in (word.translate(table) for word in words) if word not in STOP_WORDS)


def stripped(headline: str) -> list[str]:
    """Split one headline as the plain variants do."""
    return clean(headline).split()


def glove(headline: str) -> list[str]:
    """Split one headline in the manner of GloVe: no tags, lower case, digits as 0, marks apart."""
    text = BeautifulSoup(clean(headline), "html.parser").get_text().lower()
    text = re.sub(r"\d", "0", text)
    for mark in ".,!?()":
        text = text.replace(mark, f" {mark} ")
    return text.split()


def padded_ids(headlines: Sequence[str], training: int, size: int, max_length: int) -> Tensor:
    """Map headlines to ids of the vocabulary of the first `training` ones, int64 (headlines, max_length)."""
    sentences = [clean(headline) for headline in headlines]
    counts: Counter[str] = Counter()
    for sentence in sentences[:training]:
        counts.update(sentence.split())
    vocabulary = {word: place for place, (word, _) in enumerate(counts.most_common(size - 2), start=2)}
    rows = []
    for sentence in sentences:
        ids = [vocabulary.get(word, UNKNOWN) for word in sentence.split()][:max_length]
        rows.append(ids + [PAD] * (max_length - len(ids)))
    return torch.tensor(rows)


def load_glove(path: Path) -> dict[str, np.ndarray]:
    """Read every vector of an extracted GloVe file, float32 (dimension,) each."""
    vectors = {}
    with path.open(encoding="utf-8") as file:
        for line in file:
            values = line.split()
            vectors[values[0]] = np.asarray(values[1:], dtype="float32")
    return vectors


class Network(nn.Module):
    """Embedding, one LSTM after the other, mean over time, two linear layers, sigmoid."""

    def __init__(self, embedding: nn.Embedding, lstms: Sequence[nn.LSTM], hidden_size: int, dropout: float) -> None:
        super().__init__()
        self.embedding = embedding
        self.lstms = nn.ModuleList(lstms)
        self.pool = nn.AdaptiveAvgPool1d(1)
        self.linear = nn.Linear(lstms[-1].hidden_size * (1 + lstms[-1].bidirectional), hidden_size)
        self.output = nn.Linear(hidden_size, 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, ids: Tensor) -> Tensor:
        """Map token ids, int64 (batch, time), to probabilities, float32 (batch,)."""
        x = self.dropout(self.embedding(ids))
        for lstm in self.lstms:
            x, _ = lstm(x)
        x = self.pool(self.dropout(x).permute(0, 2, 1)).squeeze(2)
        x = self.dropout(torch.relu(self.linear(x)))
        return torch.sigmoid(self.output(x)).squeeze(1)


def make_network(variant: str) -> Network:
    """Build the network of a variant of configs/book.yaml: bi_lstm, stacked_lstm or glove_lstm."""
    if variant == "glove_lstm":
        embedding = nn.Embedding(8000, 50)
        embedding.weight.requires_grad_(False)
        return Network(embedding, [nn.LSTM(50, 16, num_layers=2, batch_first=True)], 16, dropout=0.25)
    lstms = [nn.LSTM(7, 24, bidirectional=True, batch_first=True)]
    if variant == "stacked_lstm":
        lstms.append(nn.LSTM(48, 24, bidirectional=True, batch_first=True))
    return Network(nn.Embedding(2000, 7), lstms, 24, dropout=0)


def train_epoch(model: Network, optimizer: torch.optim.Optimizer, loader: DataLoader) -> tuple[float, float]:
    """Take one step on each batch; return loss and accuracy measured on the way."""
    model.train()
    criterion = nn.BCELoss()
    total_loss, correct, total = 0.0, 0, 0
    for ids, labels in loader:
        optimizer.zero_grad()
        outputs = model(ids)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        total_loss += loss.item()
        correct += ((outputs > 0.5).float() == labels).sum().item()
        total += len(labels)
    return total_loss / len(loader), correct / total


@torch.no_grad()
def evaluate(model: Network, loader: DataLoader) -> tuple[float, float]:
    """Return loss and accuracy over the loader's batches."""
    model.eval()
    criterion = nn.BCELoss()
    total_loss, correct, total = 0.0, 0, 0
    for ids, labels in loader:
        outputs = model(ids)
        total_loss += criterion(outputs, labels).item()
        correct += ((outputs > 0.5).float() == labels).sum().item()
        total += len(labels)
    return total_loss / len(loader), correct / total
