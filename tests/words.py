"""Tokens as lists of words, to compare with the chapter's code."""

from collections.abc import Sequence

import numpy as np

from sarcasm.text.tokenizers import TOKENIZERS
from sarcasm.text.vocabulary import tokenize


def split_with(name: str, headlines: Sequence[str], chunk: int = 32) -> list[list[str]]:
    """Return the tokens of each headline as words."""
    tokens = tokenize(headlines, TOKENIZERS[name], chunk)
    words = list(tokens.words)
    return [[words[index] for index in part] for part in np.split(tokens.indexes, tokens.lengths.cumsum()[:-1])]
