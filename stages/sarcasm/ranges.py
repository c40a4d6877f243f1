"""Files read by ranges of bytes: on disk, or at an address whose server may fail for a while."""

import re
from collections.abc import Iterator
from pathlib import Path
from time import sleep

import requests
from requests.exceptions import ChunkedEncodingError, InvalidSchema

from sarcasm.errors import InputError

BLOCK = 1 << 16  # bytes read at a time; a cut connection loses fewer than these
TIMEOUT = (10.0, 30.0)  # seconds: to connect, and without a byte
ATTEMPTS = 4  # in a row that bring no byte, before an address is given up
BACKOFF = 1.0  # seconds before the second attempt, doubled before each one after it
LONGEST_WAIT = 60.0  # seconds, whatever a server asks for


class LocalFile:
    """A file on disk; messages call it `name`. Raises InputError if it is not there."""

    ranges = True

    def __init__(self, path: Path, name: str = "") -> None:
        if not path.is_file():
            raise InputError(f"{path}: no such file")
        self.path, self.name, self.size = path, name or str(path), path.stat().st_size

    def chunks(self, start: int, stop: int) -> Iterator[bytes]:
        """Give the bytes from `start` up to `stop`."""
        with self.path.open("rb") as file:
            file.seek(start)
            while start < stop and (chunk := file.read(min(BLOCK, stop - start))):
                start += len(chunk)
                yield chunk


class WebFile:
    """A file at an address. Its first byte is asked for at once, to learn its size and whether the server has ranges.

    Raises InputError, naming the address without credentials, if it cannot be had or its length is not `size`.
    """

    def __init__(self, session: requests.Session, address: str, size: int | None = None) -> None:
        self.session, self.address, self.name = session, address, shown(address)
        self.size, self.version, self.ranges = size or 0, "", False
        for _ in self.chunks(0, 1):
            pass

    def chunks(self, start: int, stop: int) -> Iterator[bytes]:
        """Give the bytes from `start` up to `stop`, asking again for the rest after a cut or a passing error."""
        failures = 0
        while start < stop:
            try:
                for chunk in self._answer(start, stop):
                    failures = 0
                    start += len(chunk)
                    yield chunk
            except requests.RequestException as error:
                failures += 1
                if failures == ATTEMPTS or not _passes(error):
                    # not chained: the cause has the whole address in its text, credentials and all
                    raise InputError(f"{self.name}: {_reason(error)}") from None
                sleep(_wait(error, failures))

    def _answer(self, start: int, stop: int) -> Iterator[bytes]:
        headers = {"Range": f"bytes={start}-{stop - 1}"}
        with self.session.get(self.address, headers=headers, stream=True, timeout=TIMEOUT) as response:
            response.raise_for_status()
            position = self._compare(response, start)
            for chunk in response.iter_content(BLOCK):
                # a server without ranges begins at 0: pass over what is there already, and stop where asked to
                if wanted := chunk[max(start - position, 0) : stop - position]:
                    yield wanted
                position += len(chunk)
                if position > stop:
                    return
        if position < stop:
            raise ChunkedEncodingError

    def _compare(self, response: requests.Response, start: int) -> int:
        """Hold an answer against what is known of the file, and return at which byte of the file its body begins."""
        headers = response.headers
        if "text/html" in headers.get("Content-Type", "").lower():
            raise InputError(f"{self.name}: answers with an HTML page")
        self.ranges = response.status_code == 206
        position, length = 0, headers.get("Content-Length", "")
        if self.ranges:
            span = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", headers.get("Content-Range", ""))
            if not span or int(span[1]) != start:
                raise InputError(f"{self.name}: answers with another range than the one asked for")
            position, length = start, span[2]
        size = int(length) if length.isdecimal() else self.size
        if not size:
            raise InputError(f"{self.name}: answers without telling the length of the file")
        if size != (self.size or size):
            raise InputError(f"{self.name}: is {size:,} bytes long, expected {self.size:,}")
        version = headers.get("ETag") or headers.get("Last-Modified") or ""
        if version != (self.version or version):
            raise InputError(f"{self.name}: changed while it was fetched")
        self.size, self.version = size, version
        return position


Source = LocalFile | WebFile


def connect(allow_http: bool) -> requests.Session:
    """Open a session that refuses any address but https, in redirects too, unless `allow_http`."""
    session = requests.Session()
    session.headers["Accept-Encoding"] = "identity"  # ranges and sizes count the bytes of the file itself
    if not allow_http:
        del session.adapters["http://"]
    return session


def shown(address: str) -> str:
    """Return `address` without what may be secret: user and password, query and fragment."""
    # a password may hold a bare slash by mistake; an @ in a path is no secret, but rather hide too much
    return re.split(r"[?#]", re.sub(r"//([^/]*|.*:.*)@", "//", address))[0]


def _passes(error: requests.RequestException) -> bool:
    """Tell whether the same request may succeed later."""
    if error.response is not None:
        return error.response.status_code in (408, 429) or error.response.status_code >= 500
    return isinstance(error, (requests.ConnectionError, requests.Timeout, ChunkedEncodingError))


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, InvalidSchema):
        return "is not https, or leads to an address that is not"
    if error.response is not None:
        return f"answers with status {error.response.status_code}"
    return f"no answer, or one cut off ({type(error).__name__})"


def _wait(error: requests.RequestException, failures: int) -> float:
    """Return the seconds before the next attempt: what the server asks for, or twice as many after each failure."""
    asked = error.response.headers.get("Retry-After", "") if error.response is not None else ""
    return min(LONGEST_WAIT, float(asked) if asked.isdecimal() else BACKOFF * 2 ** (failures - 1))
