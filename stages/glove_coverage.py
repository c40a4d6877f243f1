"""Measure how much of the vocabulary has a word vector, and initialize the embedding of the GloVe variants.

    python stages/glove_coverage.py

in:   data/raw/glove.txt.gz                          word vectors
      data/tokenized/<glove.vocabulary>.counts.tsv   every word of the training headlines and its count
      params.yaml                                    glove, vocabularies
out:  data/embeddings/glove.npy                      float32 (vocabulary, dimension)
      metrics/coverage.json                          coverage of types and tokens, by vocabulary size
      plots/coverage.csv                             coverage by number of most frequent words
      plots/missing_words.csv                        the most frequent words without a vector
"""

from sarcasm.base.interrupt import exit_on_interrupt

if __name__ == "__main__":
    exit_on_interrupt()

import io
from pathlib import Path

import numpy as np
import pandas as pd

from sarcasm.base.command import run
from sarcasm.base.files import write_bytes, write_csv, write_json
from sarcasm.base.params import read_params
from sarcasm.text.encoded import read_counts
from sarcasm.text.vocabulary import SPECIAL
from sarcasm.vectors.glove import coverage, initialize_embedding, read_vectors

SIZES = 2_000, 8_000  # vocabulary sizes that the book compares
MISSING = 50  # words in the list


def main() -> None:
    """Run the stage."""
    params = read_params(Path("params.yaml"))
    settings = params.glove
    vocabulary_size = params.vocabularies[settings.vocabulary].size
    words, counts = read_counts(Path(f"data/tokenized/{settings.vocabulary}.counts.tsv"))
    vectors, found = read_vectors(Path("data/raw/glove.txt.gz"), words, settings.dimension)

    known = vocabulary_size - len(SPECIAL)
    buffer = io.BytesIO()  # numpy's own error for a full disk does not name the cause
    np.save(buffer, initialize_embedding(vectors[:known], found[:known], settings.seed))
    write_bytes(Path("data/embeddings/glove.npy"), buffer.getvalue())

    metrics = {f"size_{size}": coverage(found, counts, size - len(SPECIAL)) for size in SIZES}
    metrics["all_words"] = coverage(found, counts, len(words))
    write_json(Path("metrics/coverage.json"), metrics)
    sizes = sorted({*np.geomspace(10, len(words), 60).astype(int).clip(max=len(words)).tolist(), len(words)})
    curve = pd.DataFrame([coverage(found, counts, size) for size in sizes])
    write_csv(Path("plots/coverage.csv"), curve)
    missing = pd.DataFrame({"word": words, "count": counts})[~found].head(MISSING)
    write_csv(Path("plots/missing_words.csv"), missing)
    print(f"{metrics['all_words']['found']} of {len(words)} words have a vector")


if __name__ == "__main__":
    run(main, __doc__)
