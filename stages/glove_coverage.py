"""Measure how many words have a word vector, and initialize the embeddings of the GloVe variants.

    python stages/glove_coverage.py

in:   data/raw/glove.txt.gz                 word vectors
      data/raw/extra_vectors.txt.gz         word vectors that some variants read beside them
      data/tokenized/glove.counts.tsv       every word of the training headlines and its count
      data/tokenized/glove.vocabulary.txt   the word of each id
      params.yaml                           glove, extra_vectors, vocabularies
out:  data/embeddings/glove.npy             float32 (vocabulary, dimension)
      data/embeddings/extra_vectors.npy     float32 (vocabulary, dimension); a word without a vector has zeros
      metrics/coverage.json                 coverage of types and tokens of the training headlines, by vocabulary size
      plots/coverage.csv                    coverage by number of most frequent words
      plots/missing_words.csv               the most frequent words without a vector
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
from sarcasm.text.encoded import read_counts, read_words
from sarcasm.text.vocabulary import SPECIAL, number_words
from sarcasm.vectors.glove import coverage, initialize_embedding, read_vectors

SIZES = 2_000, 8_000  # vocabulary sizes that the book compares
MISSING = 50  # words in the list


def main() -> None:
    """Run the stage."""
    params = read_params(Path("params.yaml"))
    settings = params.glove
    words, counts = read_counts(Path("data/tokenized/glove.counts.tsv"))
    vocabulary = read_words(Path("data/tokenized/glove.vocabulary.txt"))[len(SPECIAL) :]
    rows = number_words(dict.fromkeys([*words, *vocabulary]))
    known = [rows[word] for word in vocabulary]
    vectors, found = read_vectors(Path("data/raw/glove.txt.gz"), list(rows), settings.dimension)
    extra, _ = read_vectors(Path("data/raw/extra_vectors.txt.gz"), vocabulary, params.extra_vectors.dimension)

    write_array(Path("data/embeddings/glove.npy"), initialize_embedding(vectors[known], found[known], settings.seed))
    write_array(Path("data/embeddings/extra_vectors.npy"), np.pad(extra, ((len(SPECIAL), 0), (0, 0))))
    found = found[: len(words)]
    metrics = {f"size_{size}": coverage(found, counts, size - len(SPECIAL)) for size in SIZES}
    metrics["all_words"] = coverage(found, counts, len(words))
    write_json(Path("metrics/coverage.json"), metrics)
    sizes = sorted({*np.geomspace(10, len(words), 60).astype(int).clip(max=len(words)).tolist(), len(words)})
    curve = pd.DataFrame([coverage(found, counts, size) for size in sizes])
    write_csv(Path("plots/coverage.csv"), curve)
    missing = pd.DataFrame({"word": words, "count": counts})[~found].head(MISSING)
    write_csv(Path("plots/missing_words.csv"), missing)
    print(f"{metrics['all_words']['found']} of {len(words)} words have a vector")


def write_array(path: Path, array: np.ndarray) -> None:
    """Write an array."""
    buffer = io.BytesIO()  # numpy's own error for a full disk does not name the cause
    np.save(buffer, array)
    write_bytes(path, buffer.getvalue())


if __name__ == "__main__":
    run(main, __doc__)
