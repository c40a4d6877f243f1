"""Verified downloads that resume after a cut: a complete file, or one member of a remote zip as gzip.

The environment variable HEADLINES_MIRROR, a folder or an address that contains files under their own names, is tried
before the addresses of the file. Plain http is refused unless `allow_http`.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from glob import escape
from pathlib import Path

from tqdm import tqdm

from sarcasm.base.command import InputError
from sarcasm.fetch.ranges import LocalFile, Source, WebFile, connect
from sarcasm.fetch.sources import Content, Remote
from sarcasm.fetch.zip_member import locate, write_gzip

Progress = Callable[[str, int, int], None]  # description, bytes so far, total bytes


def no_progress(description: str, done: int, total: int) -> None:
    """Ignore the progress of a download."""


@contextmanager
def download_bar() -> Iterator[Progress]:
    """Yield a `Progress` that shows the bytes and the bytes per second of a download on a progress bar."""
    with tqdm(unit="B", unit_scale=True, unit_divisor=1000, disable=None, leave=False) as bar:

        def show(description: str, done: int, total: int) -> None:
            bar.set_description_str(description, refresh=False)
            bar.total = total
            bar.update(done - bar.n)

        yield show


def fetch(remote: Remote, target: Path, progress: Progress = no_progress, *, allow_http: bool = False) -> str:
    """Download a complete file to `target`; return the address or path it came from, without credentials.

    Raises InputError, with the reason for each address, if no address returns the expected file.
    """

    def finish(part: LocalFile) -> None:
        _check(part, remote)
        part.path.replace(target)

    def download(source: Source) -> None:
        _download_part(source, range(source.size), remote, target, progress, finish)

    return _try_addresses(remote, download, allow_http)


def fetch_member(
    archive: Remote, member: Content, target: Path, progress: Progress = no_progress, *, allow_http: bool = False
) -> str:
    """Download one member of a zip to `target` as a gzip file; return the address or path of the zip.

    Only the directory of the zip and the member are transferred, but the complete zip if the server does not support
    ranges; `progress` then says so. Raises InputError as `fetch` does.
    """

    def download(source: Source) -> None:
        if isinstance(source, LocalFile):
            _extract(source, member, target)
        elif source.ranges:
            _download_member(source, member, target, progress)
        else:
            _download_archive(source, archive, member, target, progress)

    return _try_addresses(archive, download, allow_http)


def extract_member(zip_path: Path, member: Content, target: Path) -> None:
    """Copy one member of a zip on disk to a gzip file, with the same bytes as `fetch_member` writes."""
    _extract(LocalFile(zip_path), member, target)


def _download_member(source: WebFile, member: Content, target: Path, progress: Progress) -> None:
    info, span = locate(source, member)

    def finish(part: LocalFile) -> None:
        write_gzip(part, range(part.size), info, member, target)

    compressed = Content(member.name, len(span), f"crc32:{info.CRC:08x}")  # the CRC names the part file
    _download_part(source, span, compressed, target, progress, finish)


def _download_archive(source: WebFile, archive: Remote, member: Content, target: Path, progress: Progress) -> None:
    def finish(part: LocalFile) -> None:
        _check(part, archive)
        _extract(part, member, target)

    complete = replace(archive, name=f"{archive.name} (complete zip, as the server does not support ranges)")
    _download_part(source, range(source.size), complete, target, progress, finish)


def verify(path: Path, content: Content) -> None:
    """Raise InputError if the file on disk does not have the expected size and checksum."""
    _check(LocalFile(path), content)


def _extract(source: LocalFile, member: Content, target: Path) -> None:
    info, span = locate(source, member)
    write_gzip(source, span, info, member, target)


def _check(part: LocalFile, content: Content) -> None:
    for _ in content.checked(part.chunks(0, part.size), part.name):
        pass


def _download_part(
    source: Source, span: range, content: Content, target: Path, progress: Progress, finish: Callable[[LocalFile], None]
) -> None:
    """Download `span` of `source` to a part file next to `target`, resume a part that exists, then call `finish`.

    The name of the part contains the end of the checksum, so a part from an earlier run or another address can be
    resumed; if `finish` refuses it, it is downloaded again. Without a checksum an existing part is deleted.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.{(content.checksum or 'unhashed')[-8:]}.part")
    if not content.checksum:
        part.unlink(missing_ok=True)
    with part.open("ab") as file:
        resumed = file.tell() > 0
        for chunk in source.chunks(span.start + file.tell(), span.stop):
            file.write(chunk)
            progress(f"{content.name} from {source.name}", file.tell(), len(span))
    try:
        finish(LocalFile(part, source.name))
    except InputError:
        part.unlink()
        if not resumed:
            raise
        _download_part(source, span, content, target, progress, finish)
    for leftover in target.parent.glob(f"{escape(target.name)}.????????.part"):
        leftover.unlink()  # also parts of other files with the same target


def _try_addresses(remote: Remote, download: Callable[[Source], None], allow_http: bool) -> str:
    """Call `download` for the mirror and then each address until one succeeds; return this one."""
    reasons = []
    with connect(allow_http) as session:
        for address in (*_mirror_addresses(remote.name), *remote.addresses):
            try:
                source = WebFile(session, address, remote.size) if "://" in address else LocalFile(Path(address))
                download(source)
                return source.name
            except InputError as error:
                reasons.append(str(error))
    raise InputError(
        f"{remote.name} cannot be downloaded: {'; '.join(reasons)}. "
        f"Use another source or a local path, or set HEADLINES_MIRROR to a folder or address that has {remote.name}"
    )


def _mirror_addresses(name: str) -> tuple[str, ...]:
    """Return the path or address of a file on the mirror, or nothing if HEADLINES_MIRROR is not set."""
    mirror = os.environ.get("HEADLINES_MIRROR")
    if not mirror:
        return ()
    if "://" not in mirror:
        return (str(Path(mirror, name)),)
    folder, *query = re.split(r"(?=[?#])", mirror, maxsplit=1)  # a query, such as an access token, stays after the path
    return ("".join([folder.rstrip("/"), "/", name, *query]),)
