"""Files read by byte ranges: from disk, or from an address, with retries after temporary errors."""

import re
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import requests
from requests.exceptions import ChunkedEncodingError, InvalidSchema, InvalidURL
from urllib3.exceptions import HTTPError, InvalidHeader
from urllib3.util import Retry

from sarcasm.base.command import InputError

BLOCK = 1 << 16  # bytes read at a time
TIMEOUT = (10.0, 30.0)  # seconds to connect, and seconds without receiving a byte
LEAST_RATE = 1000  # bytes per second over a block; a slower connection counts as cut
ATTEMPTS = 4  # in a row without receiving a block, before an address is given up
DIGITS = "[0-9]{1,18}"  # of a length; Python refuses to convert more than 4,300
RETRY = Retry(ATTEMPTS - 1, backoff_factor=1, retry_after_max=60)  # waits 0, 2 and 4 s, or Retry-After up to 60 s


class LocalFile:
    """A file on disk; error messages use `name` for it. Raises InputError if it does not exist or cannot be read."""

    def __init__(self, path: Path, name: str = "") -> None:
        try:
            if not path.is_file():
                raise InputError(f"{path}: no such file")
            path.open("rb").close()  # raises an OSError if it cannot be read
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}") from error
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
        retry, counted = RETRY, start
        while start < stop:
            try:
                for chunk in self._request(start, stop):
                    start += len(chunk)
                    yield chunk
                    if start - counted >= BLOCK:  # progress resets the count
                        retry, counted = RETRY, start
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
        with self._get({"Range": f"bytes={start}-{stop - 1}"}) as response:
            response.raise_for_status()
            position = self._check_headers(response, start)
            for chunk in _receive(response):
                # a server without ranges starts at byte 0 and does not stop at `stop`
                if wanted := chunk[max(start - position, 0) : stop - position]:
                    yield wanted
                position += len(chunk)
                if position >= stop:
                    return
        if position < stop:
            raise ChunkedEncodingError

    def _get(self, headers: dict[str, str]) -> requests.Response:
        try:
            return self.session.get(self.address, headers=headers, stream=True, timeout=TIMEOUT)
        except ValueError as error:
            if isinstance(error, requests.RequestException):
                raise
            raise InvalidURL from None  # requests passes on what urlsplit, urllib3 and encodings raise

    def _check_headers(self, response: requests.Response, start: int) -> int:
        """Compare a response with what is known of the file; return the offset in the file of its first byte."""
        headers = response.headers
        if "text/html" in headers.get("Content-Type", "").lower():
            raise InputError(f"{self.name}: server returned an HTML page, expected the file")
        encoding = headers.get("Content-Encoding", "identity").lower()
        # some servers give the compression of a .gz file as its encoding
        if encoding != "identity" and not (self.name.endswith(".gz") and encoding in ("gzip", "x-gzip")):
            raise InputError(f"{self.name}: server compressed the file (Content-Encoding: {encoding!r:.20})")
        self.ranges = response.status_code == 206
        position, length = 0, headers.get("Content-Length", "")
        if self.ranges:
            span = re.fullmatch(rf"bytes ({DIGITS})-\d+/({DIGITS})", headers.get("Content-Range", ""))
            if not span or int(span[1]) != start:
                raise InputError(f"{self.name}: server returned another byte range than the requested one")
            position, length = start, span[2]
        size = int(length) if re.fullmatch(DIGITS, length) else self.size
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
    session.hooks["response"].append(_drop_redirect)
    if not allow_http:
        del session.adapters["http://"]
    return session


def _drop_redirect(response: requests.Response, **_: object) -> None:
    """Close a redirect, whose body requests would read in full, however long it is."""
    if response.is_redirect:
        response.close()


def redact(address: str) -> str:
    """Return an address without the parts that may be secret: user, password, query, fragment; others unchanged."""
    if "://" not in address:
        return address
    # a password may contain an unescaped slash; with an @ in the path, remove too much rather than too little
    return re.split(r"[?#]", re.sub(r"//([^/]*|.*:.*)@", "//", address))[0]


def _receive(response: requests.Response) -> Iterator[bytes]:
    """Yield the bytes of a response as they arrive, not decoded.

    Raises a RequestException after a cut, or if they arrive more slowly than LEAST_RATE.
    """
    counted, since = 0, monotonic()
    try:
        while chunk := response.raw.read1(BLOCK, decode_content=False):
            yield chunk
            counted += len(chunk)
            if counted >= BLOCK:
                counted, since = 0, monotonic()
            elif monotonic() - since > BLOCK / LEAST_RATE:
                raise requests.ReadTimeout
    except HTTPError:  # of urllib3
        raise ChunkedEncodingError from None


def _is_temporary(error: requests.RequestException) -> bool:
    """Return whether the same request may succeed later."""
    if error.response is not None:
        return error.response.status_code in (408, 429) or error.response.status_code >= 500
    if _certificate_error(error):
        return False
    return isinstance(error, (requests.ConnectionError, requests.Timeout, ChunkedEncodingError))


def _certificate_error(error: requests.RequestException) -> str:
    """Return why a certificate is not valid, or nothing for another error."""
    found = re.search(r"certificate verify failed: (.*?)\.? \(_ssl", str(error))
    return found[1] if found else ""


def _describe(error: requests.RequestException) -> str:
    """Say what failed, without the text of `error`, which may contain the address with its credentials."""
    if error.response is not None:
        return f"server returned status {error.response.status_code}"
    if isinstance(error, InvalidSchema):
        if scheme := re.search(r"for .(.*?)://", str(error)):
            return f"address or redirect starts with {scheme[1]}://, expected https:// (http:// requires allow_http)"
        return "proxy is a SOCKS proxy, expected an http:// or https:// proxy"
    if isinstance(error, InvalidURL):
        return "not a valid address, or a redirect or proxy with one, or a password outside Latin-1"
    if reason := _certificate_error(error):
        return f"certificate is not valid ({reason})"
    if isinstance(error, requests.Timeout):
        return f"server did not respond for {TIMEOUT[1]:.0f} seconds, or sent less than {LEAST_RATE:,} bytes per second"
    return f"request failed or was cut off ({type(error).__name__})"
