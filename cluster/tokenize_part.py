"""Tokenize the lines of standard input, a shard of a split, and write the tokens to standard output as .npz.

python cluster/tokenize_part.py full < data/split/train.jsonl > part.npz
"""

import io
import sys
from array import array
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "stages"))

import numpy as np  # noqa: E402

from sarcasm.base.command import run  # noqa: E402
from sarcasm.text.corpus import parse_lines  # noqa: E402
from sarcasm.text.tokenizers import TOKENIZERS  # noqa: E402
from sarcasm.text.vocabulary import tokenize  # noqa: E402


def main(tokenizer: str) -> None:
    """Tokenize the lines."""
    labels = array("b")

    def texts() -> Iterator[str]:
        for headline in parse_lines(sys.stdin.buffer):
            labels.append(headline.label)
            yield headline.text

    tokens = tokenize(texts(), TOKENIZERS[tokenizer])
    words = np.frombuffer("".join(f"{word}\n" for word in tokens.words).encode(), np.uint8)
    output = io.BytesIO()  # standard output may be no file
    np.savez(output, words=words, indexes=tokens.indexes, lengths=tokens.lengths, labels=np.array(labels))
    sys.stdout.buffer.write(output.getbuffer())


if __name__ == "__main__":
    run(main, __doc__, "tokenizer")
