"""Download the headlines, validate every row, and write them in one format.

    python stages/download_corpus.py

in:   data/bundled/headlines.jsonl  if corpus.source is `bundled`
      params.yaml                   corpus, allow_http
out:  data/raw/headlines.jsonl      one object per line: headline, is_sarcastic
"""

from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from sarcasm.base.command import InputError, run
from sarcasm.base.files import atomic_write
from sarcasm.base.params import Corpus, read_params
from sarcasm.fetch.download import download_bar, fetch, verify
from sarcasm.fetch.sources import CORPORA, Content, Remote
from sarcasm.text.corpus import format_lines, read_headlines

TARGET = Path("data/raw/headlines.jsonl")
DOWNLOADS = Path("data/raw/source")


def main() -> None:
    """Run the stage."""
    params = read_params(Path("params.yaml"))
    path = locate(params.corpus, params.allow_http)
    count = 0
    with atomic_write(TARGET) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        for line in format_lines(read_headlines(path, params.corpus.text, params.corpus.label)):
            count += file.write(line) > 0
    if path.parent == DOWNLOADS:
        path.unlink()
    print(f"{count} headlines from {params.corpus.source}")


def locate(settings: Corpus, allow_http: bool) -> Path:
    """Return the path of the corpus, downloaded and verified. Raises InputError if that fails."""
    source = settings.source
    checksum = settings.sha256 and f"sha256:{settings.sha256}"
    if source == "bundled":
        return Path("data/bundled/headlines.jsonl")
    if "://" not in source and source not in CORPORA:
        if not Path(source).is_file():
            known = ", ".join(["bundled", *CORPORA])
            raise InputError(f"corpus.source: {source!r} is neither a file nor an address nor one of {known}")
        verify(Path(source), Content(Path(source).name, None, checksum))
        return Path(source)
    name = PurePosixPath(urlsplit(source).path).name
    remote = CORPORA.get(source) or Remote(name, None, checksum, addresses=(source,))
    target = DOWNLOADS / remote.name
    with download_bar() as progress:
        fetch(remote, target, progress, allow_http=allow_http)
    return target


if __name__ == "__main__":
    run(main, __doc__)
