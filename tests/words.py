"""Headlines as lists of words again, as the slow way has them."""

from collections.abc import Sequence

import numpy as np

from sarcasm.text import TOKENIZERS, collect


def split_with(name: str, headlines: Sequence[str], chunk: int = 32) -> list[list[str]]:
    """Return the words of each headline that the tokenizer leaves."""
    tokens = collect(headlines, TOKENIZERS[name], chunk)
    words = list(tokens.words)
    return [[words[index] for index in part] for part in np.split(tokens.indexes, tokens.lengths.cumsum()[:-1])]
