"""Measure how many words have a pretrained vector, and initialize the embedding of the pretrained variants.

    python stages/glove_coverage.py

in:   data/raw/vectors.txt.gz                    word vectors
      data/tokenized/pretrained.counts.tsv       every word of the training headlines and its count
      params.yaml                                vectors, vocabularies.pretrained
out:  data/embeddings/pretrained.npy             float32 (vocabulary, dimension)
      metrics/coverage.json                      coverage of types and tokens of the training headlines
      plots/missing_words.csv                    the most frequent words without a vector
"""

import io
from pathlib import Path

from sarcasm.params import read_params
from sarcasm.stage import InputError, make_parser, run, write_bytes, write_csv, write_json
from sarcasm.vectors import coverage, initialize_embedding, read_vectors
from sarcasm.vocabulary import SPECIAL, read_counts

import numpy as np
import pandas as pd

SIZES = 2_000, 8_000  # vocabulary sizes that the book compares
MISSING = 50  # words in the list


def main() -> None:
    """Run the stage."""
    params = read_params(Path("params.yaml"))
    path, settings = Path("data/raw/vectors.txt.gz"), params.vectors
    words_and_counts = read_counts(Path("data/tokenized/pretrained.counts.tsv"))
    words, counts = list(words_and_counts), np.array(list(words_and_counts.values()))
    try:
        vectors, found = read_vectors(path, words, settings.dimension)
        if not found.any():
            raise InputError(f"{path}: has a vector for none of the {len(words)} words of the training headlines")
    except InputError as error:
        raise InputError(f"{error} (vectors.source: {settings.source})") from error

    size = params.vocabularies.pretrained.size - len(SPECIAL)
    buffer = io.BytesIO()
    np.save(buffer, initialize_embedding(vectors[:size], found[:size], settings.seed))
    metrics = {f"size_{size}": coverage(found, counts, size - len(SPECIAL)) for size in SIZES}
    metrics["all_words"] = coverage(found, counts, len(words))
    missing = pd.DataFrame({"word": words, "count": counts})[~found].head(MISSING)

    write_bytes(Path("data/embeddings/pretrained.npy"), buffer.getvalue())
    write_json(Path("metrics/coverage.json"), metrics)
    write_csv(Path("plots/missing_words.csv"), missing)
    print(f"{found.sum()} of {len(words)} words have a vector")


if __name__ == "__main__":
    run(main, make_parser(__doc__))
