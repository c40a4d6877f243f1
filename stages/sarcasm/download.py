"""Verified downloads that go on where they were cut: a whole file, or one member of a remote zip as gzip.

The environment variable HEADLINES_MIRROR, a folder or an address that holds files under their own names, is tried
before a file's own addresses. Plain http is refused unless `allow_http`.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from glob import escape
from pathlib import Path
from urllib.parse import urlsplit

from sarcasm.errors import InputError
from sarcasm.ranges import LocalFile, Source, WebFile, connect
from sarcasm.sources import Content, Remote
from sarcasm.zip_member import locate, write_gzip

Progress = Callable[[str, int, int], None]  # what comes from where, bytes so far, bytes in all


def unseen(what: str, done: int, total: int) -> None:
    """Show no progress."""


def fetch(remote: Remote, target: Path, progress: Progress = unseen, *, allow_http: bool = False) -> str:
    """Fetch a whole file to `target`; return the address or path that it came from, without credentials.

    Raises InputError, telling what is wrong at each address, if none gives the file as it should be.
    """

    def finish(part: LocalFile) -> None:
        _check(part, remote)
        part.path.replace(target)

    def take(source: Source) -> None:
        _collect(source, range(source.size), remote, target, progress, finish)

    return _first_good(remote, take, allow_http)


def fetch_member(
    archive: Remote, member: Content, target: Path, progress: Progress = unseen, *, allow_http: bool = False
) -> str:
    """Fetch one member of a zip to `target` as a gzip file; return the address or path that the zip is at.

    Only the zip's directory and the member travel; the whole zip does, as `progress` is told, if a server has no
    ranges. Raises InputError as `fetch` does.
    """

    def take(source: Source) -> None:
        if isinstance(source, LocalFile):
            _extract(source, member, target)
        elif source.ranges:
            _take_member(source, member, target, progress)
        else:
            _take_from_whole(source, archive, member, target, progress)

    return _first_good(archive, take, allow_http)


def extract_member(zip_path: Path, member: Content, target: Path) -> None:
    """Write one member of a zip on disk to `target`: the gzip file, byte for byte, that `fetch_member` writes."""
    _extract(LocalFile(zip_path), member, target)


def _take_member(source: WebFile, member: Content, target: Path, progress: Progress) -> None:
    info, span = locate(source, member)

    def finish(part: LocalFile) -> None:
        write_gzip(part, range(part.size), info, member, target)

    packed = Content(member.name, len(span), f"crc32:{info.CRC:08x}")  # what a part of it is known by
    _collect(source, span, packed, target, progress, finish)


def _take_from_whole(source: WebFile, archive: Remote, member: Content, target: Path, progress: Progress) -> None:
    def finish(part: LocalFile) -> None:
        _check(part, archive)
        _extract(part, member, target)

    whole = replace(archive, name=f"{archive.name} (whole, as the server has no ranges)")
    _collect(source, range(source.size), whole, target, progress, finish)


def verify(path: Path, content: Content) -> None:
    """Raise InputError if the file on disk is not of the size and checksum that are known of it."""
    _check(LocalFile(path), content)


def _extract(source: LocalFile, member: Content, target: Path) -> None:
    info, span = locate(source, member)
    write_gzip(source, span, info, member, target)


def _check(part: LocalFile, content: Content) -> None:
    for _ in content.checked(part.chunks(0, part.size), part.name):
        pass


def _collect(
    source: Source, span: range, content: Content, target: Path, progress: Progress, finish: Callable[[LocalFile], None]
) -> None:
    """Copy `span` of `source` to a part file beside `target`, going on behind what is there, and `finish` that.

    A checksum in the part's name tells what it is a part of, so one that an earlier run or another address left is
    as good; if it turns out bad it is fetched anew. Without a checksum nothing that was left can be trusted.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.{(content.checksum or 'unproven')[-8:]}.part")
    if not content.checksum:
        part.unlink(missing_ok=True)
    with part.open("ab") as file:
        continued = file.tell() > 0
        for chunk in source.chunks(span.start + file.tell(), span.stop):
            file.write(chunk)
            progress(f"{content.name} from {source.name}", file.tell(), len(span))
    try:
        finish(LocalFile(part, source.name))
    except InputError:
        part.unlink()
        if not continued:
            raise
        _collect(source, span, content, target, progress, finish)
    for left in target.parent.glob(f"{escape(target.name)}.????????.part"):
        left.unlink()  # also what was begun of another file for the same place


def _first_good(remote: Remote, take: Callable[[Source], None], allow_http: bool) -> str:
    """Let `take` try the mirror and then each address until one is good, and return which."""
    reasons = []
    with connect(allow_http) as session:
        for address in (*_mirrored(remote.name), *remote.addresses):
            try:
                source = WebFile(session, address, remote.size) if "://" in address else LocalFile(Path(address))
                take(source)
                return source.name
            except InputError as error:
                reasons.append(str(error))
    raise InputError(
        f"{remote.name} cannot be fetched: {'; '.join(reasons)}. "
        f"Name another source or a local path, or set HEADLINES_MIRROR to a folder or address that holds {remote.name}"
    )


def _mirrored(name: str) -> tuple[str, ...]:
    """Return where the user's mirror has the file of that name, if a mirror is set."""
    mirror = os.environ.get("HEADLINES_MIRROR")
    if not mirror:
        return ()
    if "://" not in mirror:
        return (str(Path(mirror, name)),)
    parts = urlsplit(mirror)  # a query, such as an access token, stays behind the path
    return (parts._replace(path=f"{parts.path.rstrip('/')}/{name}").geturl(),)
