"""Convert the headlines to token ids of one vocabulary.

    python stages/tokenize_corpus.py plain

in:   data/split/<split>.jsonl                 train, validation, test
      params.yaml                              vocabularies.<name>
out:  data/tokenized/<name>.npz                token ids, padded, and labels of each split
      data/tokenized/<name>.vocabulary.txt     the word of each id, one per line
      data/tokenized/<name>.counts.tsv         every word of the training headlines and its count, most frequent first
      metrics/vocabulary/<name>.json           vocabulary size, types, tokens per headline, unknown and truncated
"""

from collections import Counter
from pathlib import Path

from sarcasm.corpus import read_written
from sarcasm.params import read_params
from sarcasm.stage import InputError, atomic_write, make_parser, run, write_json
from sarcasm.tokenizers import TOKENIZERS
from sarcasm.vocabulary import PAD, SPECIAL, UNKNOWN, encode, make_vocabulary, write_counts, write_words

import numpy as np

SPLITS = "train", "validation", "test"


def main(name: str) -> None:
    """Run the stage for the vocabulary called `name`."""
    vocabularies = dict(read_params(Path("params.yaml")).vocabularies)
    if name not in vocabularies:
        raise InputError(f"unknown vocabulary {name!r}: params.yaml has {', '.join(vocabularies)}")
    settings = vocabularies[name]
    tokenize = TOKENIZERS[settings.tokenizer]
    headlines = {split: read_written(Path(f"data/split/{split}.jsonl")) for split in SPLITS}
    words = {split: [tokenize(text) for text, _ in rows] for split, rows in headlines.items()}

    # Source: the book, chapter 7: the vocabulary comes from the training headlines alone; ties by first appearance
    counts = dict(Counter(word for row in words["train"] for word in row).most_common())
    if not counts:
        raise InputError(f"vocabularies.{name}: {settings.tokenizer!r} leaves no word of the training headlines")
    vocabulary = make_vocabulary(list(counts), settings.size)
    ids = {split: encode(rows, vocabulary, settings.max_length) for split, rows in words.items()}
    lengths = np.array([len(row) for rows in words.values() for row in rows])
    tokens = np.concatenate([rows[rows != PAD] for rows in ids.values()])
    metrics = {
        "size": len(vocabulary),
        "types": len(counts),
        "tokens_per_headline": round(float(lengths.mean()), 4),
        "unknown_fraction": round(float((tokens == UNKNOWN).mean()), 4),
        "truncated_headlines": int((lengths > settings.max_length).sum()),
        "empty_headlines": int((lengths == 0).sum()),
    }

    folder = Path("data/tokenized")
    arrays = {f"{split}_ids": rows for split, rows in ids.items()}
    arrays |= {f"{split}_labels": np.array([label for _, label in rows], np.int8) for split, rows in headlines.items()}
    with atomic_write(folder / f"{name}.npz") as path, path.open("wb") as file:
        np.savez(file, **arrays)
    write_words(folder / f"{name}.vocabulary.txt", vocabulary)
    write_counts(folder / f"{name}.counts.tsv", counts)
    write_json(Path(f"metrics/vocabulary/{name}.json"), metrics)
    known = len(vocabulary) - len(SPECIAL)
    print(f"{name}: {known} of {len(counts)} words, {metrics['tokens_per_headline']} tokens per headline")


if __name__ == "__main__":
    run(main, make_parser(__doc__, "name"))
