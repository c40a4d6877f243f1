"""Download the headlines, check every row, and write them in one format.

    python stages/download_corpus.py

in:   data/bundled/headlines.jsonl  if corpus.source is `bundled`
      params.yaml                   corpus
out:  data/raw/headlines.jsonl      one object per line: headline, is_sarcastic (1 for the positive class, else 0)
"""

from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from sarcasm.corpus import only_class, read_headlines, write_headlines
from sarcasm.download import fetch, redact, verify
from sarcasm.params import Corpus, read_params
from sarcasm.sources import CORPORA, Content, Remote, find
from sarcasm.stage import InputError, lock, make_parser, run

DOWNLOADS = Path("data/raw/source")


def main() -> None:
    """Run the stage."""
    corpus = read_params(Path("params.yaml")).corpus
    with lock(Path(".dvc/tmp/download-corpus.stage.lock")):
        path = locate(corpus)
        try:
            headlines = read_headlines(path, corpus.text, corpus.label, corpus.positive)
        finally:
            if path.parent == DOWNLOADS:
                path.unlink()
        labels = [headline.label for headline in headlines]
        counts = [labels.count(0), labels.count(1)]
        if what := only_class(counts, corpus.classes):
            raise InputError(f"{path}: {what}, expected two classes")
        write_headlines(Path("data/raw/headlines.jsonl"), headlines)
    classes = ", ".join(f"{count} {name}" for count, name in zip(counts, corpus.classes, strict=True))
    print(f"{len(headlines)} headlines from {redact(corpus.source)}: {classes}")


def locate(corpus: Corpus) -> Path:
    """Return the path of the corpus, which is downloaded if necessary, and verified."""
    source = corpus.source
    checksum = corpus.sha256 and f"sha256:{corpus.sha256}"
    if source == "bundled":
        return Path("data/bundled/headlines.jsonl")
    if source in CORPORA or "://" in source:
        name = PurePosixPath(urlsplit(source).path).name
        remote = CORPORA.get(source) or Remote(name, None, checksum, addresses=(source,))
        fetch(remote, DOWNLOADS / remote.name)
        return DOWNLOADS / remote.name
    path = find(source)
    if not path.is_file():
        known = ", ".join(["bundled", *CORPORA])
        raise InputError(f"corpus.source: {source!r} is not a file, not an address and not one of {known}")
    verify(path, Content(path.name, None, checksum))
    return path


if __name__ == "__main__":
    run(main, make_parser(__doc__))
