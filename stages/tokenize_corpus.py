"""Make the headlines into ids of one vocabulary.

    python stages/tokenize_corpus.py plain

in:   data/split/<split>.jsonl                 train, validation, test
      params.yaml                              vocabularies.<name>
out:  data/tokenized/<name>.npz                ids, lengths and labels of each split
      data/tokenized/<name>.vocabulary.txt     the word of each id, a line each
      data/tokenized/<name>.counts.tsv         every word of the training headlines and its count, most frequent first
      plots/lengths/<name>.csv                 how many headlines have how many tokens
      metrics/vocabulary/<name>.json           words, tokens a headline, share of unknown tokens, headlines cut
"""

from pathlib import Path

import numpy as np
import pandas as pd

from sarcasm.command import run
from sarcasm.corpus import Headline, read_headlines
from sarcasm.errors import InputError
from sarcasm.files import write_csv, write_json
from sarcasm.params import read_params
from sarcasm.text import TOKENIZERS, UNKNOWN, collect, encode, make_vocabulary, rank
from sarcasm.tokenized import SPLITS, write_counts, write_ids, write_words


def main(name: str) -> None:
    """Run the stage for the vocabulary called `name`."""
    vocabularies = read_params(Path("params.yaml")).vocabularies
    if name not in vocabularies:
        raise InputError(f"unknown vocabulary {name!r}: params.yaml has {', '.join(vocabularies)}")
    settings = vocabularies[name]
    splits = [read_split(split) for split in SPLITS]
    sizes = [len(split) for split in splits]

    tokens = collect([headline.text for split in splits for headline in split], TOKENIZERS[settings.tokenizer])
    ranked, counts = rank(tokens, sizes[0])
    if not ranked:
        raise InputError(
            f"vocabularies.{name}: the {settings.tokenizer} tokenizer leaves no word of the training headlines"
        )
    vocabulary = make_vocabulary(ranked, settings.size)
    ids, lengths = encode(tokens, vocabulary, settings.max_length)
    labels = np.array([headline.label for split in splits for headline in split], dtype=np.int8)

    folder = Path("data/tokenized")
    write_ids(folder / f"{name}.npz", ids, lengths, labels, sizes)
    write_words(folder / f"{name}.vocabulary.txt", vocabulary)
    write_counts(folder / f"{name}.counts.tsv", ranked, counts)
    histogram = pd.DataFrame({"headlines": np.bincount(tokens.lengths)}).reset_index(names="tokens")
    write_csv(Path(f"plots/lengths/{name}.csv"), histogram)
    figures = {
        "size": len(vocabulary),
        "words": len(ranked),
        "tokens_per_headline": round(float(tokens.lengths.mean()), 4),
        "unknown_share": round(float((ids == UNKNOWN).mean()), 4),
        "headlines_cut": int((tokens.lengths > settings.max_length).sum()),
        "headlines_empty": int((tokens.lengths == 0).sum()),
    }
    write_json(Path(f"metrics/vocabulary/{name}.json"), figures)
    print(f"{name}: {figures['size']} of {figures['words']} words, {figures['tokens_per_headline']} tokens a headline")


def read_split(split: str) -> list[Headline]:
    """Read the headlines of a split, which may be an empty test split."""
    path = Path(f"data/split/{split}.jsonl")
    return list(read_headlines(path)) if path.stat().st_size else []


if __name__ == "__main__":
    run(main, __doc__, "name")
