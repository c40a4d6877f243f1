"""The network. Every variant is a setting of it."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from sarcasm.text.vocabulary import PAD

# Weights in an embedding. A larger one gets sparse gradients, so that a step costs only the rows of its batch. Up to
# this size dense Adam, which needs fewer epochs, is faster in all (`make bench`).
DENSE_LIMIT = 2_000_000
CELLS = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}
GATES = {"lstm": 4, "gru": 3, "rnn": 1}
LEFT, RIGHT = 2_654_435_761, 40_503  # odd multipliers of a pair of ids, as in Knuth's multiplicative hashing


class HeadlineClassifier(nn.Module):
    """Embedding, recurrent layers, mean over time, two linear layers.

    Without recurrent layers it is the network of the book's chapter 6. `dropout` has a probability for each position:
    after the `embedding`, `inter_layer` (between recurrent layers), `rnn_output` (after the last recurrent layer), and
    after the first `linear` layer.

    Not in the book: `extra_dimension` above 0 adds a second, frozen embedding; `wide` (`buckets` and `dropout`) adds
    a wide path.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_dimension: int,
        cell: str,
        layers: int,
        bidirectional: bool,
        hidden_size: int,
        dropout: Mapping[str, float],
        frozen: bool = False,
        extra_dimension: int = 0,
        wide: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(
            vocabulary_size, embedding_dimension, sparse=vocabulary_size * embedding_dimension > DENSE_LIMIT
        )
        self.embedding.weight.requires_grad_(not frozen)
        self.extra_embedding = None
        if extra_dimension:
            self.extra_embedding = nn.Embedding(vocabulary_size, extra_dimension).requires_grad_(False)
        width = embedding_dimension + extra_dimension
        self.recurrent = None
        if layers:
            inter_layer = dropout["inter_layer"] if layers > 1 else 0.0
            self.recurrent = CELLS[cell](
                width, hidden_size, layers, batch_first=True, dropout=inter_layer, bidirectional=bidirectional
            )
            width = hidden_size * (2 if bidirectional else 1)
        self.linear = nn.Linear(width, hidden_size)
        self.output = nn.Linear(hidden_size, 1)
        self.drop_embedding = nn.Dropout(dropout["embedding"])
        self.drop_rnn_output = nn.Dropout(dropout["rnn_output"])
        self.drop_linear = nn.Dropout(dropout["linear"])
        self.wide = WidePath(**wide) if wide else None

    def forward(self, ids: Tensor) -> Tensor:
        """Map token ids, int32 or int64 (batch, time), to logits, float32 (batch,)."""
        x = self.embedding(ids)  # (batch, time, embedding)
        if self.extra_embedding is not None:
            x = torch.cat([x, self.extra_embedding(ids)], dim=2)
        x = self.drop_embedding(x)
        if self.recurrent is not None:
            x, _ = self.recurrent(x)  # (batch, time, directions * hidden)
            x = self.drop_rnn_output(x)
        x = x.mean(dim=1)  # (batch, width); the mean includes the padding, as in the book
        x = self.drop_linear(torch.relu(self.linear(x)))  # (batch, hidden)
        logits: Tensor = self.output(x).squeeze(1)  # (batch,)
        return logits if self.wide is None else logits + self.wide(ids)


class WidePath(nn.Module):
    """A linear classifier of words and pairs of neighbouring words, beside the network.

    Source: Cheng et al. 2016, Wide & Deep Learning. Words and pairs share `buckets` weights by a hash of their ids.
    """

    def __init__(self, buckets: int, dropout: float) -> None:
        super().__init__()
        self.weights = nn.Embedding(buckets, 1)
        nn.init.zeros_(self.weights.weight)
        self.dropout = nn.Dropout(dropout)

    def forward(self, ids: Tensor) -> Tensor:
        """Map token ids, int32 or int64 (batch, time), to the sum of weights over the root of the number of words."""
        ids = ids.long()
        words = pad(ids, (1, 1), value=PAD)  # the first and the last word have a pair too
        left, right = words[:, :-1], words[:, 1:]
        hashes = torch.cat([self._hash(ids, -1), self._hash(left, right)], dim=1)
        present = torch.cat([ids != PAD, (left != PAD) | (right != PAD)], dim=1)
        weights = self.dropout(self.weights(hashes).squeeze(2)) * present
        logits: Tensor = weights.sum(dim=1) / (ids != PAD).sum(dim=1).clamp(min=1).sqrt()
        return logits

    def _hash(self, left: Tensor, right: Tensor | int) -> Tensor:
        mixed = left * LEFT + right * RIGHT
        return (mixed ^ (mixed >> 16)) % self.weights.num_embeddings


def count_parameters(network: Mapping[str, Any]) -> int:
    """Return the number of parameters of a HeadlineClassifier with the arguments `network`, without making it."""
    hidden, layers = network["hidden_size"], network["layers"]
    dimension: int = network["embedding_dimension"] + network.get("extra_dimension", 0)
    directions = 2 if network["bidirectional"] else 1
    width = directions * hidden if layers else dimension
    inputs = dimension + (layers - 1) * width  # of all recurrent layers
    recurrent = directions * GATES[network["cell"]] * hidden * (inputs + layers * (hidden + 2)) if layers else 0
    buckets = network.get("wide", {}).get("buckets", 0)
    total: int = network["vocabulary_size"] * dimension + recurrent + (width + 1) * hidden + hidden + 1 + buckets
    return total
