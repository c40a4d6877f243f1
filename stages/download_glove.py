"""Fetch the word vectors of one release and dimension.

    python stages/download_glove.py

in:   data/bundled/vectors.50d.txt.gz  if glove.source is `bundled`
      params.yaml                      glove, allow_http
out:  data/raw/glove.txt.gz            GloVe's text format: a word and its numbers a line

Of a zip only the wanted member is fetched.
"""

import gzip
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from sarcasm.command import run
from sarcasm.download import extract_member, fetch, fetch_member
from sarcasm.errors import InputError
from sarcasm.files import replacing
from sarcasm.params import Glove, read_params
from sarcasm.progress import download_bar
from sarcasm.sources import GLOVE, Content, Remote, glove

BUNDLED = Path("data/bundled/vectors.50d.txt.gz")
BUNDLED_DIMENSION = 50
TARGET = Path("data/raw/glove.txt.gz")
CHUNK = 1 << 20  # bytes


def main() -> None:
    """Run the stage."""
    params = read_params(Path("params.yaml"))
    settings = params.glove
    if settings.source == "bundled":
        if settings.dimension != BUNDLED_DIMENSION:
            raise InputError(f"glove.dimension: the bundled vectors have {BUNDLED_DIMENSION}, not {settings.dimension}")
        pack(BUNDLED, Content(BUNDLED.name))
    elif settings.source in GLOVE:
        with download_bar() as progress:
            archive, member = glove(settings.source, settings.dimension)
            fetch_member(archive, member, TARGET, progress, allow_http=params.allow_http)
    elif "://" in settings.source:
        fetch_own(settings, params.allow_http)
    elif Path(settings.source).is_file():
        take_own(Path(settings.source), settings)
    else:
        known = ", ".join(["bundled", *GLOVE])
        raise InputError(f"glove.source: {settings.source!r} is no file, no address and no known release ({known})")
    print(f"{settings.source}, {settings.dimension} dimensions: {TARGET.stat().st_size:,} bytes")


def own_text(settings: Glove, name: str) -> Content:
    """Say what the text of the user's own vectors must be."""
    if name.endswith(".zip") and not settings.member:
        raise InputError(f"glove.member: missing, expected the name of the text file inside {name}")
    return Content(settings.member or name, None, settings.sha256 and f"sha256:{settings.sha256}")


def fetch_own(settings: Glove, allow_http: bool) -> None:
    """Fetch vectors from an address: of a zip the member alone."""
    name = PurePosixPath(urlsplit(settings.source).path).name
    text = own_text(settings, name)
    remote = Remote(name, addresses=(settings.source,))
    with download_bar() as progress:
        if name.endswith(".zip"):
            fetch_member(remote, text, TARGET, progress, allow_http=allow_http)
        else:
            download = TARGET.parent / "source" / name
            fetch(remote, download, progress, allow_http=allow_http)
            pack(download, text)
            download.unlink()


def take_own(path: Path, settings: Glove) -> None:
    """Take vectors from a file on this disk."""
    text = own_text(settings, path.name)
    if path.suffix == ".zip":
        extract_member(path, text, TARGET)
    else:
        pack(path, text)


def pack(path: Path, text: Content) -> None:
    """Write a text file, plain or gzipped, as gzip: without name and date, so equal texts give equal bytes."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as source, replacing(TARGET) as temporary:
        with temporary.open("wb") as file, gzip.GzipFile("", "wb", 1, file, mtime=0) as packed:
            for chunk in text.checked(iter(lambda: source.read(CHUNK), b""), str(path)):
                packed.write(chunk)


if __name__ == "__main__":
    run(main, __doc__)
