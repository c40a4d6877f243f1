"""Verified downloads that resume after a cut: a file as it is, or a text as gzip, also from one member of a remote zip.

The environment variable HEADLINES_MIRROR, a folder or an address that has the files under their own names, is tried
before the addresses of a file. Plain http is only allowed if a checksum is known.
"""

import gzip
import io
import os
import re
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from glob import escape
from pathlib import Path
from typing import IO, Any

from sarcasm.sources import BLOCK, ONLY_MEMBER, Content, Remote
from sarcasm.stage import InputError, atomic_write, open_file

import requests
from tqdm import tqdm
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

TIMEOUT = (10, 30)  # seconds to connect, and seconds without receiving a byte
ATTEMPTS = 4  # of a request; also cuts of an answer before an address is given up
TEMPORARY = {408, 429, *range(500, 600)}  # statuses
RETRY = Retry(  # waits 0, 2 and 4 s, or as long as the server asks for; other=0: not after an invalid certificate
    ATTEMPTS - 1, other=0, status_forcelist=TEMPORARY, raise_on_status=False, backoff_factor=1, retry_after_max=60
)
NUMBER = r"(\d{1,15})"
progress_bar = partial(tqdm, unit="B", unit_scale=True, disable=None, leave=False)
Save = Callable[[Path, str], None]  # verify a complete file, which messages call by the second argument, and copy it


def fetch(remote: Remote, target: Path) -> None:
    """Download a file to `target`. Raises InputError, with the reason for each address, if that fails."""

    def save(path: Path, where: str) -> None:
        with open_file(path) as source, atomic_write(target) as temporary, temporary.open("wb") as file:
            for chunk in remote.checked(source, where):
                file.write(chunk)

    _try_addresses(remote, remote.checksum, target, save, None)


def fetch_text(remote: Remote, text: Content, target: Path) -> None:
    """Download a text, which may be in a .zip or .gz, to the gzip file that `pack_text` writes.

    Of a zip, only the directory and the member `text` are transferred, but the complete zip if the server does not
    support ranges. Raises InputError, with the reason for each address, if that fails.
    """

    def save(path: Path, where: str) -> None:
        verify(path, remote, where)
        pack_text(path, text, target, where)

    _try_addresses(remote, text.checksum, target, save, text if remote.name.endswith(".zip") else None)


def pack_text(path: Path, text: Content, target: Path, where: str = "") -> None:
    """Copy a text from a .zip, a .gz or a plain file to a gzip file. Raises InputError if it is not as expected.

    where: the address of the file, for messages; its ending says what the file is
    """
    where = where or str(path)
    with open_file(path) as file, _input_errors(where):
        if where.endswith(".zip"):
            with zipfile.ZipFile(file) as archive:
                _pack_member(archive, text, target, where)
        else:
            _write_gzip(gzip.GzipFile(fileobj=file) if where.endswith(".gz") else file, text, target, where)


def verify(path: Path, content: Content, where: str = "") -> None:
    """Raise InputError if a file does not have the expected size and checksum."""
    with open_file(path) as file:
        for _ in content.checked(file, where or str(path)):
            pass


def redact(address: str) -> str:
    """Return an address without the parts that may be secret: user, password, query, fragment; others unchanged."""
    # a password may contain an unescaped slash; with an @ in the path, remove too much rather than too little
    return re.split(r"[?#]", re.sub(r"//([^/]*|.*:.*)@", "//", address))[0] if "://" in address else address


def _try_addresses(remote: Remote, checksum: str | None, target: Path, save: Save, member: Content | None) -> None:
    """Download from the mirror or, if that fails, from one address after the other until one succeeds."""
    reasons = []
    with requests.Session() as session:
        session.headers["Accept-Encoding"] = "identity"  # so that ranges and sizes are those of the file itself
        session.adapters.clear()  # other schemes are then refused, also in redirects
        for scheme in ("https://", "http://") if checksum else ("https://",):
            session.mount(scheme, requests.adapters.HTTPAdapter(max_retries=RETRY))
        for address in (*_mirror_addresses(remote.name), *remote.addresses):
            try:
                if "://" not in address:
                    return save(Path(address), address)
                web = _WebFile(session, address, remote.size)
                if member and web.ranges:
                    return _download_member(web, member, target)
                return _download(web, range(web.size), checksum, target, save)
            except InputError as error:
                reasons.append(str(error))
    raise InputError(
        f"{remote.name} cannot be downloaded: {'; '.join(reasons)}. "
        f"Use another source or a local path, or set HEADLINES_MIRROR to a folder or address that has {remote.name}"
    )


def _mirror_addresses(name: str) -> list[str]:
    mirror = os.environ.get("HEADLINES_MIRROR", "")
    # a query, such as an access token, stays after the path
    folder, *query = re.split(r"(?=[?#])", mirror, maxsplit=1) if "://" in mirror else [mirror]
    return ["".join([folder.rstrip("/"), "/", name, *query])] if mirror else []


def _download(web: "_WebFile", span: range, checksum: str | None, target: Path, save: Save) -> None:
    """Download `span` to a part file next to `target`, continue a part that exists, and call `save` with it.

    The name of the part has the end of the checksum, so a part of an earlier run or of another address is continued;
    if `save` then refuses it, it is downloaded once more from the start. Without a checksum no part stays.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.{checksum[-8:] if checksum else 'unhashed'}.part")
    complete = False
    try:
        with part.open("ab" if checksum else "wb") as file, progress_bar(desc=target.name, total=len(span)) as bar:
            resumed = bar.initial = bar.n = file.tell()
            for chunk in web.chunks(span.start + resumed, span.stop):
                file.write(chunk)
                bar.update(len(chunk))
        complete = True
        save(part, web.name)
    except InputError:
        if complete:
            part.unlink()
        if not (complete and resumed):
            raise
        return _download(web, span, checksum, target, save)
    finally:
        if not checksum:
            part.unlink(missing_ok=True)
    for leftover in target.parent.glob(f"{escape(target.name)}.????????.part"):
        leftover.unlink()  # also parts of other files with the same target


def _download_member(web: "_WebFile", member: Content, target: Path) -> None:
    """Download one member of a zip: the bytes from its start to that of the next member."""
    with _input_errors(web.name), zipfile.ZipFile(web) as archive:
        info = _find(archive, member, web.name)
        later = [other.header_offset for other in archive.infolist() if other.header_offset > info.header_offset]
        web.span = range(info.header_offset, min(later, default=web.size))

        def save(part: Path, where: str) -> None:
            with part.open("rb") as web.part:
                _pack_member(archive, member, target, where)

        _download(web, web.span, member.checksum, target, save)


def _find(archive: zipfile.ZipFile, member: Content, where: str) -> zipfile.ZipInfo:
    """Return the entry of a member. Raises InputError if there is not exactly one, or if it cannot be read."""
    files = [info for info in archive.infolist() if not info.filename.endswith("/")]
    found = [info for info in files if member.name in (ONLY_MEMBER, info.filename)]
    if len(found) != 1:
        wanted = "one member (or its name)" if member.name == ONLY_MEMBER else f"one member {member.name}"
        names = [f"{info.filename:.60}" for info in files[:5]] + ["..."] * (len(files) > 5)
        raise InputError(f"{where}: expected {wanted} in the zip, found {len(found)} (members: {', '.join(names)})")
    (info,) = found
    if info.header_offset < 0:
        raise zipfile.BadZipFile("bytes are missing before the directory")
    if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
        raise InputError(f"{where}: {info.filename} is encrypted or its compression method is not deflate")
    return info


def _pack_member(archive: zipfile.ZipFile, member: Content, target: Path, where: str) -> None:
    info = _find(archive, member, where)
    with _input_errors(where), archive.open(info) as text:
        _write_gzip(text, replace(member, name=info.filename, size=member.size or info.file_size), target, where)


def _write_gzip(source: IO[bytes] | gzip.GzipFile, text: Content, target: Path, where: str) -> None:
    """Write a text as gzip without name and date, so that equal texts give equal bytes."""
    with atomic_write(target) as temporary, temporary.open("wb") as file:
        with gzip.GzipFile("", "wb", 1, file, mtime=0) as packed:
            for chunk in text.checked(source, where):
                packed.write(chunk)


@contextmanager
def _input_errors(where: str) -> Iterator[None]:
    """Raise what zipfile, gzip and zlib raise for damaged data as InputError."""
    try:
        yield
    except (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, NotImplementedError, UnicodeError) as error:
        raise InputError(f"{where}: not a complete zip or gzip file, or damaged: {error}") from error


class _WebFile(io.RawIOBase):
    """A file at an address; requests the first byte to learn its size and whether the server supports ranges.

    `zipfile` reads it as a file object; the bytes of `span` come from `part`, as soon as that is set.
    Raises InputError, naming the address without credentials, if a request fails or its answer is not the file.
    """

    def __init__(self, session: requests.Session, address: str, size: int | None = None) -> None:
        self.session, self.address, self.name = session, address, redact(address)
        self.size, self.version, self.ranges = size or 0, "", False
        self.position, self.span = 0, range(0)
        self.part: IO[bytes] | None = None
        list(self.chunks(0, 1))

    def chunks(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes from `start` up to `stop`; after a cut, request the rest."""
        cuts, counted = 0, start
        while start < stop:
            with self._get(start, stop) as response, suppress(HTTPError):  # urllib3's error for a cut or a timeout
                position = self._first_byte(response, start)
                for chunk in response.raw.stream(BLOCK, decode_content=False):
                    # a server without ranges starts at byte 0 and does not end at `stop`
                    wanted = chunk[max(start - position, 0) : stop - position]
                    position += len(chunk)
                    start += len(wanted)
                    yield wanted
                    if start >= stop:
                        return
            cuts, counted = (cuts + 1, counted) if start - counted < BLOCK else (1, start)
            if cuts == ATTEMPTS:
                raise InputError(f"{self.name}: connection was cut off")
            time.sleep(2**cuts)

    def _get(self, start: int, stop: int) -> requests.Response:
        headers = {"Range": f"bytes={start}-{stop - 1}"}
        try:
            return self.session.get(self.address, headers=headers, stream=True, timeout=TIMEOUT)
        except (requests.RequestException, ValueError) as error:  # ValueError: a broken address
            # not chained: the text of the cause contains the address with its credentials
            raise InputError(f"{self.name}: {_reason(error)}") from None

    def _first_byte(self, response: requests.Response, start: int) -> int:
        """Compare a response with what is known of the file; return the position of its first byte in the file."""
        headers, status = response.headers, response.status_code
        if status not in (200, 206):
            raise InputError(f"{self.name}: server returned status {status}")
        if "text/html" in headers.get("Content-Type", "").lower():
            raise InputError(f"{self.name}: server returned an HTML page, expected the file")
        encoding = headers.get("Content-Encoding", "identity").lower()
        # some servers give the compression of a .gz file as its encoding
        if encoding != "identity" and not (self.name.endswith(".gz") and encoding in ("gzip", "x-gzip")):
            raise InputError(f"{self.name}: server compressed the file (Content-Encoding: {encoding!r:.20})")
        self.ranges = status == 206
        length = re.fullmatch(NUMBER, headers.get("Content-Length", ""))
        position, size = 0, int(length[1]) if length else self.size
        if self.ranges:
            span = re.fullmatch(f"bytes {NUMBER}-{NUMBER}/{NUMBER}", headers.get("Content-Range", ""))
            position, last, size = map(int, span.groups()) if span else (-1, 0, 0)
            if position != start or length and int(length[1]) != last + 1 - start:
                raise InputError(f"{self.name}: server returned another byte range than the requested one")
        if not size:
            raise InputError(f"{self.name}: server does not report the length of the file")
        if size != (self.size or size):
            raise InputError(f"{self.name}: file is {size:,} bytes long, expected {self.size:,}")
        version = headers.get("ETag") or headers.get("Last-Modified") or ""
        if version != (self.version or version):
            raise InputError(f"{self.name}: file changed during the download")
        self.size, self.version = size, version
        return position

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.position = max(0, offset + (0, self.position, self.size)[whence])
        return self.position

    def readinto(self, buffer: Any) -> int:
        stop = min(self.position + len(buffer), self.size)
        if self.part and self.position in self.span:
            self.part.seek(self.position - self.span.start)
            data = self.part.read(min(stop, self.span.stop) - self.position)
        else:
            data = b"".join(self.chunks(self.position, stop))
        buffer[: len(data)] = data
        self.position += len(data)
        return len(data)


def _reason(error: Exception) -> str:
    """Say why a request failed, without the text of `error`, which may contain the address with its credentials."""
    if isinstance(error, ValueError):
        return "address, redirect or proxy is not valid: expected https:// (http:// only if the checksum is known)"
    if certificate := re.search(r"certificate verify failed: (.*?)\.? \(_ssl", str(error)):
        return f"certificate is not valid ({certificate[1]})"
    cause = getattr(error.args[0] if error.args else error, "reason", error)  # of the last attempt
    return f"request failed ({type(cause).__name__})"
