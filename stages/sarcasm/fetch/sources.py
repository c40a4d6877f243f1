"""Known corpora and GloVe releases: addresses, sizes in bytes and checksums."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sarcasm.base.command import InputError

ONLY_MEMBER = "*"  # name of the member of a zip that has only one


@dataclass(frozen=True)
class Content:
    """Expected content of a file: size in bytes and checksum as `algorithm:hex digits`; None if not published."""

    name: str
    size: int | None = None
    checksum: str | None = None

    def __post_init__(self) -> None:
        """Raise InputError if the name, which is appended to folders, points outside of them."""
        if {"", "..", "."} & set(re.split(r"[/\\]", self.name)) or ":" in self.name:
            raise InputError(f"file name {self.name!r} is not allowed: expected a relative path without '..'")

    def checked(self, chunks: Iterable[bytes], where: str) -> Iterator[bytes]:
        """Yield `chunks` unchanged and verify them.

        Raises InputError, naming `where`, at the first chunk that exceeds the size, or at the end if size or checksum
        differ.
        """
        algorithm, _, expected = (self.checksum or "").partition(":")
        digest = hashlib.new(algorithm, usedforsecurity=False) if expected else None
        size = 0
        for chunk in chunks:
            size += len(chunk)
            if self.size is not None and size > self.size:
                raise InputError(f"{where}: {self.name} has more than the expected {self.size:,} bytes")
            if digest:
                digest.update(chunk)
            yield chunk
        if self.size is not None and size != self.size:
            raise InputError(f"{where}: {self.name} has {size:,} bytes, expected {self.size:,}")
        if digest and digest.hexdigest() != expected:
            raise InputError(f"{where}: {self.name} has {algorithm} {digest.hexdigest()}, expected {expected}")


@dataclass(frozen=True, kw_only=True)
class Remote(Content):
    """A file at one or more addresses with the same bytes, in order of preference; `name` is its name on a mirror."""

    addresses: tuple[str, ...]


@dataclass(frozen=True)
class Release:
    """A zip with one text file of word vectors for each dimension."""

    archive: Remote
    members: dict[int, Content]


def _headlines(name: str, commit: str, size: int, sha256: str) -> Remote:
    repository, file = "rishabhmisra/News-Headlines-Dataset-For-Sarcasm-Detection", "Sarcasm_Headlines_Dataset.json"
    addresses = (
        f"https://raw.githubusercontent.com/{repository}/{commit}/{file}",
        f"https://cdn.jsdelivr.net/gh/{repository}@{commit}/{file}",
    )
    return Remote(name, size, f"sha256:{sha256}", addresses=addresses)


def _glove(name: str, size: int | None, sha256: str, members: dict[int, Content]) -> Release:
    addresses = (
        f"https://nlp.stanford.edu/data/{name}.zip",
        f"https://downloads.cs.stanford.edu/nlp/data/{name}.zip",
        f"https://huggingface.co/stanfordnlp/glove/resolve/main/{name}.zip",
    )
    return Release(Remote(f"{name}.zip", size, f"sha256:{sha256}", addresses=addresses), members)


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

GLOVE = {
    "glove.6B": _glove(
        "glove.6B",
        862_182_613,
        "617afb2fe6cbd085c235baf7a465b96f4112bd7f7ccb2b2cbd649fed9cbcf2fb",
        {
            50: Content(
                "glove.6B.50d.txt",
                171_350_079,
                "sha256:d8f717f8dd4b545cb7f418ef9f3d0c3e6e68a6f48b97d32f8b7aae40cb31f96f",
            ),
            100: Content(
                "glove.6B.100d.txt",
                347_116_733,
                "sha256:95dde4dfd627ab26608d33e76d1195ec059734bd29089ea52cadb08d07c64544",
            ),
            200: Content("glove.6B.200d.txt", None, "md5:49fa83e4a287c42c6921f296a458eb80"),
            300: Content("glove.6B.300d.txt", 1_037_962_819, "md5:b78f53fb56ec1ce9edc367d2e6186ba4"),
        },
    ),
    "glove.42B.300d": _glove(
        "glove.42B.300d",
        None,
        "03d5d7fa28e58762ace4b85fb71fe86a345ef0b5ff39f5390c14869da0fc1970",
        {300: Content("glove.42B.300d.txt", None, "md5:01fcdb413b93691a7a26180525a12d6e")},
    ),
    "glove.840B.300d": _glove(
        "glove.840B.300d",
        None,
        "c06db255e65095393609f19a4cfca20bf3a71e20cc53e892aafa490347e3849f",
        {300: Content("glove.840B.300d.txt", None, "md5:eec7d467bccfa914726b51aac484d43a")},
    ),
    "glove.twitter.27B": _glove(
        "glove.twitter.27B",
        None,
        "792af52f795d1a32c9842a3240f5f3fe5e941a8ff6df5eb0f9d668092ebc019c",
        {
            25: Content("glove.twitter.27B.25d.txt", None, "md5:f38598c6654cba5e6d0cef9bb833bdb1"),
            50: Content("glove.twitter.27B.50d.txt", None, "md5:6e8369db39aa3ea5f7cf06c1f3745b06"),
            100: Content("glove.twitter.27B.100d.txt", None, "md5:ccbdddec6b9610196dd2e187635fee63"),
            200: Content("glove.twitter.27B.200d.txt", None, "md5:e44cdc3e10806b5137055eeb08850569"),
        },
    ),
}


def glove(release: str, dimension: int) -> tuple[Remote, Content]:
    """Return the zip of a release in `GLOVE` and the member with the vectors of `dimension`.

    Raises InputError, listing the available dimensions, if the release does not have this one.
    """
    members = GLOVE[release].members
    if dimension not in members:
        raise InputError(
            f"{release} has no vectors of dimension {dimension}, expected one of: {', '.join(map(str, members))}"
        )
    return GLOVE[release].archive, members[dimension]
