"""The network. Every variant is a setting of it."""

from collections.abc import Mapping

from sarcasm.vocabulary import PAD

import torch
from torch import Tensor, nn

CELLS = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}


class HeadlineClassifier(nn.Module):
    """Embedding, recurrent layers, mean over time, two linear layers.

    Without recurrent layers it is the network of the book's chapter 6. `dropout` has a probability for each position:
    after the `embedding`, `inter_layer` (between recurrent layers), `rnn_output` (after the last recurrent layer), and
    after the first `linear` layer.

    Not in the book: `wide` above 0 adds so many weights, which words and pairs of neighbouring words share by a hash.
    Source: Cheng et al. 2016, Wide & Deep Learning.
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
        wide: int = 0,
        frozen: bool = False,
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, embedding_dimension)
        self.embedding.weight.requires_grad_(not frozen)
        self.drop_embedding = nn.Dropout(dropout["embedding"])
        self.recurrent, width = None, embedding_dimension
        if layers:
            between = dropout["inter_layer"] if layers > 1 else 0.0
            self.recurrent = CELLS[cell](
                width, hidden_size, layers, batch_first=True, dropout=between, bidirectional=bidirectional
            )
            width = hidden_size * (2 if bidirectional else 1)
        self.drop_rnn_output = nn.Dropout(dropout["rnn_output"])
        self.linear = nn.Linear(width, hidden_size)
        self.drop_linear = nn.Dropout(dropout["linear"])
        self.output = nn.Linear(hidden_size, 1)
        self.wide = nn.Embedding(wide, 1, padding_idx=PAD) if wide else None
        if self.wide is not None:
            nn.init.zeros_(self.wide.weight)

    def forward(self, ids: Tensor) -> Tensor:
        """Map token ids, int32 or int64 (batch, time), to logits, float32 (batch,)."""
        x = self.drop_embedding(self.embedding(ids))  # (batch, time, embedding)
        if self.recurrent is not None:
            x, _ = self.recurrent(x)  # (batch, time, directions * hidden)
            x = self.drop_rnn_output(x)
        x = x.mean(dim=1)  # (batch, width); the mean includes the padding, as in the book
        x = self.drop_linear(torch.relu(self.linear(x)))  # (batch, hidden)
        logits: Tensor = self.output(x).squeeze(1)  # (batch,)
        if self.wide is not None:
            left, right = ids[:, :-1].long(), ids[:, 1:].long()
            pairs = (left * 31_337 + right) * (right != PAD)
            keys = torch.cat([ids, pairs], dim=1) % self.wide.num_embeddings
            logits = logits + self.wide(keys).sum(dim=(1, 2))
        return logits
