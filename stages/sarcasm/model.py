"""The one network of which all variants are settings."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

# Numbers in an embedding. A larger one gets sparse gradients, so that a step does not pay for rows that it does not
# touch; up to here Adam on all rows costs less than the epochs by which the lazy one lags behind (make bench).
DENSE_LIMIT = 2_000_000
CELLS = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}


class HeadlineClassifier(nn.Module):
    """Embedding, recurrent layers, mean over time, two linear layers.

    Without recurrent layers it is the network of the book's chapter 6. `dropout` is the share dropped in training by
    place: after the `embedding`, `between` recurrent layers, after the last `recurrent` one, after the first `linear`.
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
            between = dropout["between"] if layers > 1 else 0.0
            self.recurrent = CELLS[cell](
                width, hidden_size, layers, batch_first=True, dropout=between, bidirectional=bidirectional
            )
            width = hidden_size * (2 if bidirectional else 1)
        self.linear = nn.Linear(width, hidden_size)
        self.output = nn.Linear(hidden_size, 1)
        self.drop_embedding = nn.Dropout(dropout["embedding"])
        self.drop_recurrent = nn.Dropout(dropout["recurrent"])
        self.drop_linear = nn.Dropout(dropout["linear"])

    def forward(self, ids: Tensor) -> Tensor:
        """Map token ids, int32 or int64 (batch, time), to logits, float32 (batch,)."""
        x = self.drop_embedding(self.embedding(ids))  # (batch, time, embedding)
        if self.recurrent is not None:
            x, _ = self.recurrent(x)  # (batch, time, directions * hidden)
            x = self.drop_recurrent(x)
        x = x.mean(dim=1)  # (batch, width); takes padding in where there is some, as in the book
        x = self.drop_linear(torch.relu(self.linear(x)))  # (batch, hidden)
        logits: Tensor = self.output(x)  # (batch, 1)
        return logits.squeeze(1)
