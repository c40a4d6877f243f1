"""Download the headlines, validate every row, and write them in one format.

    python stages/download_corpus.py

in:   data/bundled/headlines.jsonl  if corpus.source is `bundled`
      params.yaml                   corpus, allow_http
out:  data/raw/headlines.jsonl      one object per line: headline, is_sarcastic (1 for the positive class, else 0)
"""

from sarcasm.base.interrupt import exit_on_interrupt

if __name__ == "__main__":
    exit_on_interrupt()

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from sarcasm.base.command import InputError, only_one, run
from sarcasm.base.files import write_lines
from sarcasm.base.params import Corpus, read_params
from sarcasm.fetch.download import download_bar, fetch, verify
from sarcasm.fetch.ranges import redact
from sarcasm.fetch.sources import CORPORA, Content, Remote
from sarcasm.text.corpus import format_line, only_class, read_headlines

TARGET = Path("data/raw/headlines.jsonl")
DOWNLOADS = Path("data/raw/source")
LOCK = Path(".dvc/tmp/download-corpus.stage.lock")


def main() -> None:
    """Run the stage; of two at once, the second starts when the first has deleted its download."""
    params = read_params(Path("params.yaml"))
    with only_one("download-corpus", LOCK):
        convert(params.corpus, params.allow_http)


def convert(corpus: Corpus, allow_http: bool) -> None:
    """Write the headlines of the corpus."""
    path = locate(corpus, allow_http)
    counts = [0, 0]

    def lines() -> Iterator[bytes]:
        for headline in read_headlines(path, corpus.text, corpus.label, corpus.positive):
            counts[headline.label] += 1
            yield format_line(headline)
        if what := only_class(counts, corpus.classes):
            raise InputError(f"{path}: {what}, expected two classes")

    write_lines(TARGET, lines())
    if path.parent == DOWNLOADS:
        path.unlink()
    print(f"{sum(counts)} headlines from {redact(corpus.source)}")


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
