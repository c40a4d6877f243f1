"""Download the word vectors of one release and dimension.

    python stages/download_vectors.py glove

in:   data/bundled/vectors.100d.txt.gz  if the source is `bundled`
      params.yaml                       glove or extra_vectors, allow_http
out:  data/raw/<name>.txt.gz            GloVe's text format: one word and its numbers per line

Of a remote zip only the member for this dimension is downloaded.
"""

from sarcasm.base.interrupt import exit_on_interrupt

if __name__ == "__main__":
    exit_on_interrupt()

import gzip
import zlib
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from sarcasm.base.command import InputError, only_one, run
from sarcasm.base.files import atomic_write
from sarcasm.base.params import Vectors, read_params
from sarcasm.fetch.download import download_bar, extract_member, fetch, fetch_member
from sarcasm.fetch.ranges import redact
from sarcasm.fetch.sources import GLOVE, ONLY_MEMBER, Content, Remote, glove

BUNDLED = Path("data/bundled/vectors.100d.txt.gz")
BUNDLED_DIMENSION = 100
SECTIONS = "glove", "extra_vectors"
CHUNK = 1 << 20  # bytes


def main(name: str) -> None:
    """Run the stage for a section of params.yaml; of two at once, the second waits, and then finds its file."""
    if name not in SECTIONS:
        raise InputError(f"unknown vectors {name!r}: params.yaml has {', '.join(SECTIONS)}")
    params = read_params(Path("params.yaml"))
    settings: Vectors = getattr(params, name)
    target = Path(f"data/raw/{name}.txt.gz")
    stage = f"download-{name.replace('_', '-')}"
    with only_one(stage, Path(f".dvc/tmp/{stage}.stage.lock")) as waited:
        if not (waited and is_there(settings, target)):
            write(name, settings, target, params.allow_http)
    print(f"{redact(settings.source)}, {settings.dimension} dimensions: {target.stat().st_size:,} bytes")


def write(name: str, settings: Vectors, target: Path, allow_http: bool) -> None:
    """Write the vectors of a section, from wherever its `source` says."""
    if settings.source == "bundled":
        if settings.dimension != BUNDLED_DIMENSION:
            raise InputError(f"{name}.dimension: {settings.dimension}, but bundled vectors have {BUNDLED_DIMENSION}")
        pack(BUNDLED, Content(BUNDLED.name), target)
    elif settings.source in GLOVE:
        with download_bar() as progress:
            archive, member = glove(settings.source, settings.dimension)
            fetch_member(archive, member, target, progress, allow_http=allow_http)
    elif "://" in settings.source:
        fetch_address(settings, target, allow_http)
    elif Path(settings.source).is_file():
        copy_file(Path(settings.source), settings, target)
    else:
        known = ", ".join(["bundled", *GLOVE])
        raise InputError(f"{name}.source: {settings.source!r} is neither a file nor an address nor one of {known}")


def is_there(settings: Vectors, target: Path) -> bool:
    """Return whether the file has the text of the vectors; only a checksum can tell."""
    known = settings.source in GLOVE
    text = glove(settings.source, settings.dimension)[1] if known else expected_text(settings, target.name)
    if not text.checksum or not target.exists():
        return False
    try:
        with gzip.open(target) as source:
            for _ in text.checked(iter(lambda: source.read(CHUNK), b""), str(target)):
                pass
    except (InputError, OSError, EOFError, zlib.error):
        return False
    return True


def expected_text(settings: Vectors, name: str) -> Content:
    """Return the name and the checksum of the text file of the user's own vectors."""
    member = settings.member or (ONLY_MEMBER if name.endswith(".zip") else name)
    return Content(member, None, settings.sha256 and f"sha256:{settings.sha256}")


def fetch_address(settings: Vectors, target: Path, allow_http: bool) -> None:
    """Download vectors from an address; of a zip only the member."""
    name = PurePosixPath(urlsplit(settings.source).path).name
    text = expected_text(settings, name)
    remote = Remote(name, addresses=(settings.source,))
    with download_bar() as progress:
        if name.endswith(".zip"):
            fetch_member(remote, text, target, progress, allow_http=allow_http)
        else:
            download = target.parent / "source" / name
            fetch(remote, download, progress, allow_http=allow_http)
            pack(download, text, target)
            download.unlink()


def copy_file(path: Path, settings: Vectors, target: Path) -> None:
    """Copy vectors from a local file."""
    text = expected_text(settings, path.name)
    if path.suffix == ".zip":
        extract_member(path, text, target)
    else:
        pack(path, text, target)


def pack(path: Path, text: Content, target: Path) -> None:
    """Write a text file, plain or gzipped, as gzip without name and date, so that equal texts give equal bytes."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as source, atomic_write(target) as temporary:
        with temporary.open("wb") as file, gzip.GzipFile("", "wb", 1, file, mtime=0) as packed:
            for chunk in text.checked(iter(lambda: source.read(CHUNK), b""), str(path)):
                packed.write(chunk)


if __name__ == "__main__":
    run(main, __doc__, "name")
