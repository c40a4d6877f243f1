"""Download the word vectors of one release and dimension; of a remote zip only the member for this dimension.

    python stages/download_glove.py

in:   data/bundled/vectors.100d.txt.gz  if vectors.source is `bundled`
      params.yaml                       vectors
out:  data/raw/vectors.txt.gz           GloVe's text format: one word and its numbers per line
"""

from functools import partial
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from sarcasm.download import fetch_text, pack_text, redact
from sarcasm.params import Vectors, read_params
from sarcasm.sources import GLOVE, ONLY_MEMBER, Content, Remote, find, glove
from sarcasm.stage import InputError, lock, make_parser, run
from sarcasm.vectors import check_start

BUNDLED = Path("data/bundled/vectors.100d.txt.gz")
BUNDLED_DIMENSION = 100
TARGET = Path("data/raw/vectors.txt.gz")


def main() -> None:
    """Run the stage."""
    vectors = read_params(Path("params.yaml")).vectors
    with lock(Path(".dvc/tmp/download-glove.stage.lock")):
        write(vectors)
    print(f"{redact(vectors.source)}, {vectors.dimension} dimensions: {TARGET.stat().st_size:,} bytes")


def write(vectors: Vectors) -> None:
    """Write the vectors from where `source` says."""
    source = vectors.source
    if source == "bundled":
        if vectors.dimension != BUNDLED_DIMENSION:
            raise InputError(
                f"vectors.dimension: {vectors.dimension}, but the bundled vectors have {BUNDLED_DIMENSION} dimensions"
            )
        pack_text(BUNDLED, Content(BUNDLED.name), TARGET)
    elif source in GLOVE:
        archive, member = glove(source, vectors.dimension)
        fetch_text(archive, member, TARGET)
    elif "://" in source:
        name = PurePosixPath(urlsplit(source).path).name
        fetch_text(Remote(name, addresses=(source,)), expected_text(vectors, name), TARGET)
    elif (path := find(source)).is_file():
        pack_text(path, expected_text(vectors, path.name), TARGET)
    else:
        known = ", ".join(["bundled", *GLOVE])
        raise InputError(f"vectors.source: {source!r} is not a file, not an address and not one of {known}")


def expected_text(vectors: Vectors, file_name: str) -> Content:
    """Return the name, the checksum and a check of the first line of the text in a file of the user's own."""
    name = (vectors.member or ONLY_MEMBER) if file_name.endswith(".zip") else file_name
    checksum = vectors.sha256 and f"sha256:{vectors.sha256}"
    return Content(name, None, checksum, partial(check_start, dimension=vectors.dimension))


if __name__ == "__main__":
    run(main, make_parser(__doc__))
