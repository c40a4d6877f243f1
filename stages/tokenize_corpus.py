"""Convert the headlines to token ids of one vocabulary.

    python stages/tokenize_corpus.py plain

in:   data/split/<split>.jsonl                 train, validation, test
      data/raw/glove.txt.gz                    for the vocabulary `glove`: the words that have a vector
      params.yaml                              vocabularies.<name>
out:  data/tokenized/<name>.npz                token ids, lengths and labels of each split
      data/tokenized/<name>.vocabulary.txt     the word of each id, one per line
      data/tokenized/<name>.counts.tsv         every word of the training headlines and its count, most frequent first
      plots/lengths/<name>.csv                 number of headlines by number of tokens
      metrics/vocabulary/<name>.json           vocabulary size, types, tokens per headline, unknown and truncated
"""

from sarcasm.base.interrupt import exit_on_interrupt

if __name__ == "__main__":
    exit_on_interrupt()

from array import array
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from sarcasm.base.command import InputError, run
from sarcasm.base.files import write_csv, write_json
from sarcasm.base.params import GloveVocabulary, Vocabulary, read_params
from sarcasm.text.corpus import read_formatted
from sarcasm.text.encoded import SPLITS, Encoded, write_counts, write_ids, write_words
from sarcasm.text.tokenizers import TOKENIZERS
from sarcasm.text.vocabulary import UNKNOWN, Tokens, count_words, encode, make_vocabulary, tokenize
from sarcasm.vectors.glove import read_words

VECTORS = Path("data/raw/glove.txt.gz")


def main(name: str) -> None:
    """Run the stage for the vocabulary called `name`."""
    settings = read_settings(name)
    labels, sizes = array("b"), []

    def texts() -> Iterator[str]:
        for split in SPLITS:
            before = len(labels)
            for headline in read_formatted(Path(f"data/split/{split}.jsonl")):
                labels.append(headline.label)
                yield headline.text
            sizes.append(len(labels) - before)

    tokens = tokenize(texts(), TOKENIZERS[settings.tokenizer])
    write(name, settings, tokens, np.array(labels), sizes)


def read_settings(name: str) -> Vocabulary:
    """Return the parameters of the vocabulary. Raises InputError if there is none of this name."""
    vocabularies: dict[str, Vocabulary] = dict(read_params(Path("params.yaml")).vocabularies)
    if name not in vocabularies:
        raise InputError(f"unknown vocabulary {name!r}: params.yaml has {', '.join(vocabularies)}")
    return vocabularies[name]


def write(name: str, settings: Vocabulary, tokens: Tokens, labels: np.ndarray, sizes: list[int]) -> None:
    """Make the vocabulary of the tokens and write all outputs.

    labels: int8 (headlines,), of all splits, in the order of SPLITS; sizes: the number of headlines of each
    """
    words, counts = count_words(tokens, sizes[0])
    if not words:
        raise InputError(
            f"vocabularies.{name}: the tokenizer {settings.tokenizer!r} leaves no word of the training headlines"
        )
    pretrained = read_words(VECTORS, settings.pretrained_words) if isinstance(settings, GloveVocabulary) else []
    vocabulary = make_vocabulary(words, settings.size, pretrained)
    ids, lengths = encode(tokens, vocabulary, settings.max_length)

    folder = Path("data/tokenized")
    write_ids(folder / f"{name}.npz", Encoded(ids, lengths, labels), sizes)
    write_words(folder / f"{name}.vocabulary.txt", vocabulary)
    write_counts(folder / f"{name}.counts.tsv", words, counts)
    histogram = pd.DataFrame({"headlines": np.bincount(tokens.lengths)}).reset_index(names="tokens")
    write_csv(Path(f"plots/lengths/{name}.csv"), histogram)
    metrics = {
        "size": len(vocabulary),
        "types": len(words),
        "tokens_per_headline": round(float(tokens.lengths.mean()), 4),
        "unknown_fraction": round(float((ids == UNKNOWN).mean()), 4),
        "truncated_headlines": int((tokens.lengths > settings.max_length).sum()),
        "empty_headlines": int((tokens.lengths == 0).sum()),
    }
    write_json(Path(f"metrics/vocabulary/{name}.json"), metrics)
    print(f"{name}: {len(vocabulary)} of {len(words)} words, {metrics['tokens_per_headline']} tokens per headline")


if __name__ == "__main__":
    run(main, __doc__, "name")
