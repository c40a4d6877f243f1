"""Download the word vectors of one release and dimension.

    python stages/download_glove.py

in:   data/bundled/vectors.50d.txt.gz  if glove.source is `bundled`
      params.yaml                      glove, allow_http
out:  data/raw/glove.txt.gz            GloVe's text format: one word and its numbers per line

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
from sarcasm.base.params import Glove, read_params
from sarcasm.fetch.download import download_bar, extract_member, fetch, fetch_member
from sarcasm.fetch.ranges import redact
from sarcasm.fetch.sources import GLOVE, ONLY_MEMBER, Content, Remote, glove

BUNDLED = Path("data/bundled/vectors.50d.txt.gz")
BUNDLED_DIMENSION = 50
TARGET = Path("data/raw/glove.txt.gz")
LOCK = Path(".dvc/tmp/download-glove.stage.lock")
CHUNK = 1 << 20  # bytes


def main() -> None:
    """Run the stage; of two at once, the second waits for the first and then finds its file."""
    params = read_params(Path("params.yaml"))
    settings = params.glove
    with only_one("download-glove", LOCK) as waited:
        if not (waited and is_there(settings)):
            write(settings, params.allow_http)
    print(f"{redact(settings.source)}, {settings.dimension} dimensions: {TARGET.stat().st_size:,} bytes")


def write(settings: Glove, allow_http: bool) -> None:
    """Write the vectors, from wherever `glove.source` says."""
    if settings.source == "bundled":
        if settings.dimension != BUNDLED_DIMENSION:
            raise InputError(f"glove.dimension: the bundled vectors have {BUNDLED_DIMENSION}, not {settings.dimension}")
        pack(BUNDLED, Content(BUNDLED.name))
    elif settings.source in GLOVE:
        with download_bar() as progress:
            archive, member = glove(settings.source, settings.dimension)
            fetch_member(archive, member, TARGET, progress, allow_http=allow_http)
    elif "://" in settings.source:
        fetch_address(settings, allow_http)
    elif Path(settings.source).is_file():
        copy_file(Path(settings.source), settings)
    else:
        known = ", ".join(["bundled", *GLOVE])
        raise InputError(f"glove.source: {settings.source!r} is neither a file nor an address nor one of {known}")


def is_there(settings: Glove) -> bool:
    """Return whether the file has the text of the vectors; only a checksum can tell."""
    known = settings.source in GLOVE
    text = glove(settings.source, settings.dimension)[1] if known else expected_text(settings, TARGET.name)
    if not text.checksum or not TARGET.exists():
        return False
    try:
        with gzip.open(TARGET) as source:
            for _ in text.checked(iter(lambda: source.read(CHUNK), b""), str(TARGET)):
                pass
    except (InputError, OSError, EOFError, zlib.error):
        return False
    return True


def expected_text(settings: Glove, name: str) -> Content:
    """Return the name and the checksum of the text file of the user's own vectors."""
    member = settings.member or (ONLY_MEMBER if name.endswith(".zip") else name)
    return Content(member, None, settings.sha256 and f"sha256:{settings.sha256}")


def fetch_address(settings: Glove, allow_http: bool) -> None:
    """Download vectors from an address; of a zip only the member."""
    name = PurePosixPath(urlsplit(settings.source).path).name
    text = expected_text(settings, name)
    remote = Remote(name, addresses=(settings.source,))
    with download_bar() as progress:
        if name.endswith(".zip"):
            fetch_member(remote, text, TARGET, progress, allow_http=allow_http)
        else:
            download = TARGET.parent / "source" / name
            fetch(remote, download, progress, allow_http=allow_http)
            pack(download, text)
            download.unlink()


def copy_file(path: Path, settings: Glove) -> None:
    """Copy vectors from a local file."""
    text = expected_text(settings, path.name)
    if path.suffix == ".zip":
        extract_member(path, text, TARGET)
    else:
        pack(path, text)


def pack(path: Path, text: Content) -> None:
    """Write a text file, plain or gzipped, as gzip without name and date, so that equal texts give equal bytes."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as source, atomic_write(TARGET) as temporary:
        with temporary.open("wb") as file, gzip.GzipFile("", "wb", 1, file, mtime=0) as packed:
            for chunk in text.checked(iter(lambda: source.read(CHUNK), b""), str(path)):
                packed.write(chunk)


if __name__ == "__main__":
    run(main, __doc__)
