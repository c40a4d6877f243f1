"""From headlines to datasets and a network without the files between the stages: for studies, benchmarks and tests."""

from collections.abc import Sequence

import numpy as np

from sarcasm.base.params import Params
from sarcasm.network.dataset import HeadlineDataset
from sarcasm.network.model import HeadlineClassifier
from sarcasm.text.corpus import Headline, split_positions
from sarcasm.text.encoded import Encoded
from sarcasm.text.tokenizers import TOKENIZERS
from sarcasm.text.vocabulary import count_words, encode, make_vocabulary, tokenize


def make_datasets(
    headlines: Sequence[Headline], params: Params, vocabulary: str, tokenizer: str | None = None
) -> tuple[HeadlineDataset, HeadlineDataset]:
    """Return training and validation datasets for a vocabulary of `params`, optionally with another tokenizer."""
    sizes = {"train": params.split.train, "validation": params.split.validation}
    splits = split_positions(len(headlines), sizes, params.split.seed)
    training, validation = ([headlines[position] for position in split] for split in splits.values())
    settings = getattr(params.vocabularies, vocabulary)
    both = training + validation
    tokens = tokenize([headline.text for headline in both], TOKENIZERS[tokenizer or settings.tokenizer])
    words = make_vocabulary(count_words(tokens, len(training))[0], settings.size)
    encoded = Encoded(*encode(tokens, words, settings.max_length), np.array([headline.label for headline in both]))
    first, second = encoded.split([len(training), len(validation)])
    return HeadlineDataset(first, settings.max_length), HeadlineDataset(second, settings.max_length)


def make_network(params: Params, variant: str) -> HeadlineClassifier:
    """Return a variant's network for a vocabulary of the full size, with a random embedding."""
    network = params.variant(variant).network
    size = getattr(params.vocabularies, params.vocabulary_of(variant)).size
    return HeadlineClassifier(**{"embedding_dimension": params.glove.dimension, **network}, vocabulary_size=size)
