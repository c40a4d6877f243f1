"""Known corpora and GloVe releases: addresses, sizes in bytes and checksums."""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from gzip import GzipFile
from pathlib import Path
from typing import IO

from sarcasm.stage import InputError

BLOCK = 1 << 16  # bytes read at a time
ONLY_MEMBER = "*"  # name of the member of a zip that has only one


@dataclass(frozen=True)
class Content:
    """Expected content of a file: size in bytes and checksum as `algorithm:hex digits`; None if not published.

    check_start: raises InputError for wrong first bytes; its second argument is what the message calls the file
    """

    name: str
    size: int | None = None
    checksum: str | None = None
    check_start: Callable[[bytes, str], None] | None = None

    def __post_init__(self) -> None:
        """Raise InputError if the name, which is appended to folders, points outside of them."""
        if {"", "..", "."} & set(re.split(r"[/\\]", self.name)) or ":" in self.name:
            raise InputError(f"file name {self.name!r} is not allowed: expected a relative path without '..'")

    def checked(self, file: IO[bytes] | GzipFile, where: str) -> Iterator[bytes]:
        """Yield the blocks of a file; raise InputError, naming `where`, if size or checksum differ."""
        algorithm, _, expected = (self.checksum or "").partition(":")
        digest = hashlib.new(algorithm or "sha256", usedforsecurity=False)
        size = 0
        while block := file.read(BLOCK):
            if self.check_start and not size:
                self.check_start(block, where)
            size += len(block)
            if self.size is not None and size > self.size:
                raise InputError(f"{where}: {self.name} has more than the expected {self.size:,} bytes")
            digest.update(block)
            yield block
        if self.size is not None and size != self.size:
            raise InputError(f"{where}: {self.name} has {size:,} bytes, expected {self.size:,}")
        if expected and digest.hexdigest() != expected:
            raise InputError(f"{where}: {self.name} has {algorithm} {digest.hexdigest()}, expected {expected}")


@dataclass(frozen=True, kw_only=True)
class Remote(Content):
    """A file at one or more addresses with the same bytes, in order of preference; `name` is its name on a mirror."""

    addresses: tuple[str, ...]


def _headlines(name: str, commit: str, size: int, sha256: str) -> Remote:
    path = "rishabhmisra/News-Headlines-Dataset-For-Sarcasm-Detection{}/Sarcasm_Headlines_Dataset.json"
    addresses = (
        f"https://raw.githubusercontent.com/{path.format(f'/{commit}')}",
        f"https://cdn.jsdelivr.net/gh/{path.format(f'@{commit}')}",
    )
    return Remote(name, size, f"sha256:{sha256}", addresses=addresses)


def find(source: str) -> Path:
    """Return the path of a file of the user's own: relative to the project, or absolute.

    An experiment runs in a copy of the project, inside the project; it may use a file that only the latter has.
    """
    projects = [folder for folder in Path.cwd().parents if (folder / "dvc.yaml").exists()]
    paths = [Path(source), *(folder / source for folder in projects)]
    return next((path for path in paths if path.is_file()), paths[0])


# Both versions have the same file name in the author's repository; these are the file names on Kaggle.
CORPORA = {
    "news-headlines-v1": _headlines(
        "Sarcasm_Headlines_Dataset.json",
        "533946fdb9907fd13805072453d895cedcb7e6fc",
        5_616_830,
        "a0ef80faee87588f307aceb44eba562bc5c6b6f655c96c91677ae2fcc554ac51",
    ),
    "news-headlines-v2": _headlines(
        "Sarcasm_Headlines_Dataset_v2.json",
        "1bb022ac55e79e357ae248651a288a390a8b8f53",
        6_057_046,
        "ab0faf86c2dbbef47a95080bc7601981f3ea9dc48ccca73382f90b9a56e02b49",
    ),
}

GLOVE = {  # size and checksum of the zip of each release
    "glove.6B": (862_182_613, "sha256:617afb2fe6cbd085c235baf7a465b96f4112bd7f7ccb2b2cbd649fed9cbcf2fb"),
    "glove.42B.300d": (None, "sha256:03d5d7fa28e58762ace4b85fb71fe86a345ef0b5ff39f5390c14869da0fc1970"),
    "glove.840B.300d": (None, "sha256:c06db255e65095393609f19a4cfca20bf3a71e20cc53e892aafa490347e3849f"),
    "glove.twitter.27B": (None, "sha256:792af52f795d1a32c9842a3240f5f3fe5e941a8ff6df5eb0f9d668092ebc019c"),
}
GLOVE_TEXTS = {  # size and checksum of the members of these zips
    "glove.6B.50d.txt": (171_350_079, "sha256:d8f717f8dd4b545cb7f418ef9f3d0c3e6e68a6f48b97d32f8b7aae40cb31f96f"),
    "glove.6B.100d.txt": (347_116_733, "sha256:95dde4dfd627ab26608d33e76d1195ec059734bd29089ea52cadb08d07c64544"),
    "glove.6B.200d.txt": (None, "md5:49fa83e4a287c42c6921f296a458eb80"),
    "glove.6B.300d.txt": (1_037_962_819, "md5:b78f53fb56ec1ce9edc367d2e6186ba4"),
    "glove.42B.300d.txt": (None, "md5:01fcdb413b93691a7a26180525a12d6e"),
    "glove.840B.300d.txt": (None, "md5:eec7d467bccfa914726b51aac484d43a"),
    "glove.twitter.27B.25d.txt": (None, "md5:f38598c6654cba5e6d0cef9bb833bdb1"),
    "glove.twitter.27B.50d.txt": (None, "md5:6e8369db39aa3ea5f7cf06c1f3745b06"),
    "glove.twitter.27B.100d.txt": (None, "md5:ccbdddec6b9610196dd2e187635fee63"),
    "glove.twitter.27B.200d.txt": (None, "md5:e44cdc3e10806b5137055eeb08850569"),
}
GLOVE_FOLDERS = (
    "https://nlp.stanford.edu/data",
    "https://downloads.cs.stanford.edu/nlp/data",
    "https://huggingface.co/stanfordnlp/glove/resolve/main",
)


def glove(release: str, dimension: int) -> tuple[Remote, Content]:
    """Return the zip of a release in `GLOVE` and its member for `dimension`. Raises InputError if there is none."""
    stem = release.removesuffix(".300d")
    name = f"{stem}.{dimension}d.txt"
    if name not in GLOVE_TEXTS:
        names = ", ".join(text for text in GLOVE_TEXTS if text.startswith(f"{stem}."))
        raise InputError(f"{release} has no vectors of dimension {dimension}, expected one of: {names}")
    addresses = tuple(f"{folder}/{release}.zip" for folder in GLOVE_FOLDERS)
    return Remote(f"{release}.zip", *GLOVE[release], addresses=addresses), Content(name, *GLOVE_TEXTS[name])
