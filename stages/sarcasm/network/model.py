"""The network. Every variant is a setting of it."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

# Weights in an embedding. A larger one gets sparse gradients, so that a step costs only the rows of its batch. Up to
# this size dense Adam, which needs fewer epochs, is faster in all (`make bench`).
DENSE_LIMIT = 2_000_000
CELLS = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}
GATES = {"lstm": 4, "gru": 3, "rnn": 1}


class HeadlineClassifier(nn.Module):
    """Embedding, recurrent layers, mean over time, two linear layers.

    Without recurrent layers it is the network of the book's chapter 6. `dropout` has a probability for each position:
    after the `embedding`, `inter_layer` (between recurrent layers), `rnn_output` (after the last recurrent layer), and
    after the first `linear` layer.
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
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(
            vocabulary_size, embedding_dimension, sparse=vocabulary_size * embedding_dimension > DENSE_LIMIT
        )
        self.embedding.weight.requires_grad_(not frozen)
        width = embedding_dimension
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

    def forward(self, ids: Tensor) -> Tensor:
        """Map token ids, int32 or int64 (batch, time), to logits, float32 (batch,)."""
        x = self.drop_embedding(self.embedding(ids))  # (batch, time, embedding)
        if self.recurrent is not None:
            x, _ = self.recurrent(x)  # (batch, time, directions * hidden)
            x = self.drop_rnn_output(x)
        x = x.mean(dim=1)  # (batch, width); the mean includes the padding, as in the book
        x = self.drop_linear(torch.relu(self.linear(x)))  # (batch, hidden)
        logits: Tensor = self.output(x)  # (batch, 1)
        return logits.squeeze(1)


def count_parameters(network: Mapping[str, Any]) -> int:
    """Return the number of parameters of a HeadlineClassifier with the arguments `network`, without making it."""
    hidden, layers = network["hidden_size"], network["layers"]
    dimension: int = network["embedding_dimension"]
    directions = 2 if network["bidirectional"] else 1
    width = directions * hidden if layers else dimension
    inputs = dimension + (layers - 1) * width  # of all recurrent layers
    recurrent = directions * GATES[network["cell"]] * hidden * (inputs + layers * (hidden + 2)) if layers else 0
    total: int = network["vocabulary_size"] * dimension + recurrent + (width + 1) * hidden + hidden + 1
    return total
