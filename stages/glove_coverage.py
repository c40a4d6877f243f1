"""Say how much of the vocabulary GloVe has, and make the matrix that the GloVe variants start from.

    python stages/glove_coverage.py

in:   data/raw/glove.txt.gz                          word vectors
      data/tokenized/<glove.vocabulary>.counts.tsv   every training word and its count
      params.yaml                                    glove, vocabularies
out:  data/embeddings/glove.npy                      float32 (vocabulary, dimension)
      metrics/coverage.json                          words found, share of types and of tokens: 2,000, 8,000, all
      plots/coverage.csv                             the shares as a curve over the vocabulary's size
      plots/missing_words.csv                        the most frequent words without a vector
"""

import io
from pathlib import Path

import numpy as np
import pandas as pd

from sarcasm.command import run
from sarcasm.files import write_bytes, write_csv, write_json
from sarcasm.glove import coverage, read_vectors, start_embedding
from sarcasm.params import read_params
from sarcasm.text import SPECIAL
from sarcasm.tokenized import read_counts

SIZES = 2_000, 8_000  # entries, as the book compares them
MISSING = 50  # words listed


def main() -> None:
    """Run the stage."""
    params = read_params(Path("params.yaml"))
    settings = params.glove
    vocabulary_size = params.vocabularies[settings.vocabulary].size
    words, counts = read_counts(Path(f"data/tokenized/{settings.vocabulary}.counts.tsv"))
    vectors, found = read_vectors(Path("data/raw/glove.txt.gz"), words, settings.dimension)

    known = vocabulary_size - len(SPECIAL)
    buffer = io.BytesIO()  # numpy makes poor errors of a full disk
    np.save(buffer, start_embedding(vectors[:known], found[:known], settings.seed))
    write_bytes(Path("data/embeddings/glove.npy"), buffer.getvalue())

    shares = {f"size_{size}": coverage(found, counts, size - len(SPECIAL)) for size in SIZES}
    shares["all_words"] = coverage(found, counts, len(words))
    write_json(Path("metrics/coverage.json"), shares)
    sizes = sorted({*np.geomspace(10, len(words), 60).astype(int).clip(max=len(words)).tolist(), len(words)})
    curve = pd.DataFrame([coverage(found, counts, size) for size in sizes])
    write_csv(Path("plots/coverage.csv"), curve)
    missing = pd.DataFrame({"word": words, "count": counts})[~found].head(MISSING)
    write_csv(Path("plots/missing_words.csv"), missing)
    print(f"{shares['all_words']['found']} of {len(words)} words have a vector")


if __name__ == "__main__":
    run(main, __doc__)
