"""Straight from headlines to batches and a network, without the files between the stages: for studies and tests."""

from collections.abc import Sequence

import numpy as np

from sarcasm.batching import Headlines
from sarcasm.corpus import Headline, share_out
from sarcasm.model import HeadlineClassifier
from sarcasm.params import Params
from sarcasm.text import TOKENIZERS, collect, encode, make_vocabulary, rank


def make_splits(
    headlines: Sequence[Headline], params: Params, vocabulary: str, tokenizer: str | None = None
) -> tuple[Headlines, Headlines]:
    """Return training and validation headlines as ids of a vocabulary, of another tokenizer's words if one is named."""
    shares = {"train": params.split.train, "validation": params.split.validation}
    training, validation = share_out(list(headlines), shares, params.split.seed).values()
    settings = params.vocabularies[vocabulary]
    both = training + validation
    tokens = collect([row.text for row in both], TOKENIZERS[tokenizer or settings.tokenizer])
    words = make_vocabulary(rank(tokens, len(training))[0], settings.size)
    ids, lengths = encode(tokens, words, settings.max_length)
    labels = np.array([row.label for row in both])
    first, token = len(training), lengths[: len(training)].sum()
    return (
        Headlines(ids[:token], lengths[:first], labels[:first], settings.max_length),
        Headlines(ids[token:], lengths[first:], labels[first:], settings.max_length),
    )


def make_network(params: Params, variant: str) -> HeadlineClassifier:
    """Build a variant's network for a vocabulary of full size, its embedding started by chance."""
    network = params.variant(variant).model_dump(exclude={"vocabulary", "learning_rate"})
    size = params.vocabularies[params.vocabulary_of(variant)].size
    return HeadlineClassifier(**{"embedding_dimension": params.glove.dimension, **network}, vocabulary_size=size)
