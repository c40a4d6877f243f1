"""Files read by byte ranges: from disk, or from an address, with retries after temporary errors."""

import re
from collections.abc import Iterator
from pathlib import Path

import requests
from requests.exceptions import ChunkedEncodingError, InvalidSchema
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from sarcasm.base.command import InputError

BLOCK = 1 << 16  # bytes read at a time; a cut connection loses less than one block
TIMEOUT = (10.0, 30.0)  # seconds to connect, and seconds without receiving a byte
ATTEMPTS = 4  # in a row without receiving a byte, before an address is given up
RETRY = Retry(ATTEMPTS - 1, backoff_factor=1, retry_after_max=60)  # waits 0, 2 and 4 s, or Retry-After up to 60 s


class LocalFile:
    """A file on disk; error messages use `name` for it. Raises InputError if it does not exist."""

    def __init__(self, path: Path, name: str = "") -> None:
        if not path.is_file():
            raise InputError(f"{path}: no such file")
        self.path, self.name, self.size = path, name or str(path), path.stat().st_size

    def chunks(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes from `start` up to, not including, `stop`."""
        with self.path.open("rb") as file:
            file.seek(start)
            while start < stop and (chunk := file.read(min(BLOCK, stop - start))):
                start += len(chunk)
                yield chunk


class WebFile:
    """A file at an address; requests the first byte to learn its size and whether the server supports ranges.

    Raises InputError, naming the address without credentials, if the request fails or the length is not `size` bytes.
    """

    def __init__(self, session: requests.Session, address: str, size: int | None = None) -> None:
        self.session, self.address, self.name = session, address, redact(address)
        self.size, self.version, self.ranges = size or 0, "", False
        for _ in self.chunks(0, 1):
            pass

    def chunks(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes from `start` up to `stop`; request the rest again after a cut or a temporary error."""
        retry = RETRY
        while start < stop:
            try:
                for chunk in self._request(start, stop):
                    retry = RETRY  # progress resets the count
                    start += len(chunk)
                    yield chunk
            except requests.RequestException as error:
                if not retry.total or not _is_temporary(error):
                    # not chained: the text of the cause contains the address with its credentials
                    raise InputError(f"{self.name}: {_describe(error)}") from None
                retry = retry.increment()
                try:
                    retry.sleep(getattr(error.response, "raw", None))
                except (InvalidHeader, ValueError, OverflowError):  # a Retry-After that cannot be parsed
                    retry.sleep()

    def _request(self, start: int, stop: int) -> Iterator[bytes]:
        headers = {"Range": f"bytes={start}-{stop - 1}"}
        with self.session.get(self.address, headers=headers, stream=True, timeout=TIMEOUT) as response:
            response.raise_for_status()
            position = self._check_headers(response, start)
            for chunk in response.iter_content(BLOCK):
                # a server without ranges starts at byte 0 and does not stop at `stop`
                if wanted := chunk[max(start - position, 0) : stop - position]:
                    yield wanted
                position += len(chunk)
                if position > stop:
                    return
        if position < stop:
            raise ChunkedEncodingError

    def _check_headers(self, response: requests.Response, start: int) -> int:
        """Compare a response with what is known of the file; return the offset in the file of its first byte."""
        headers = response.headers
        if "text/html" in headers.get("Content-Type", "").lower():
            raise InputError(f"{self.name}: server returned an HTML page, expected the file")
        self.ranges = response.status_code == 206
        position, length = 0, headers.get("Content-Length", "")
        if self.ranges:
            span = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", headers.get("Content-Range", ""))
            if not span or int(span[1]) != start:
                raise InputError(f"{self.name}: server returned another byte range than the requested one")
            position, length = start, span[2]
        size = int(length) if length.isdecimal() else self.size
        if not size:
            raise InputError(f"{self.name}: server does not report the length of the file")
        if size != (self.size or size):
            raise InputError(f"{self.name}: file is {size:,} bytes long, expected {self.size:,}")
        version = headers.get("ETag") or headers.get("Last-Modified") or ""
        if version != (self.version or version):
            raise InputError(f"{self.name}: file changed during the download")
        self.size, self.version = size, version
        return position


Source = LocalFile | WebFile


def connect(allow_http: bool) -> requests.Session:
    """Open a session that accepts only https addresses, also in redirects, unless `allow_http`."""
    session = requests.Session()
    session.headers["Accept-Encoding"] = "identity"  # so that ranges and sizes refer to the bytes of the file itself
    if not allow_http:
        del session.adapters["http://"]
    return session


def redact(address: str) -> str:
    """Return `address` without the parts that may be secret: user, password, query and fragment."""
    # a password may contain an unescaped slash; with an @ in the path, remove too much rather than too little
    return re.split(r"[?#]", re.sub(r"//([^/]*|.*:.*)@", "//", address))[0]


def _is_temporary(error: requests.RequestException) -> bool:
    """Return whether the same request may succeed later."""
    if error.response is not None:
        return error.response.status_code in (408, 429) or error.response.status_code >= 500
    return isinstance(error, (requests.ConnectionError, requests.Timeout, ChunkedEncodingError))


def _describe(error: requests.RequestException) -> str:
    if isinstance(error, InvalidSchema):
        return "not https, or redirected to an address that is not https (plain http requires allow_http)"
    if error.response is not None:
        return f"server returned status {error.response.status_code}"
    return f"request failed or was cut off ({type(error).__name__})"
