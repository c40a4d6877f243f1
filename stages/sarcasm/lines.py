"""Lines of a stream, as many at once as there are."""

import os
import select
from collections.abc import Iterator

from sarcasm.errors import InputError

CHUNK = 1 << 19  # bytes, some 8,000 headlines
PAUSE = 0.01  # seconds without input after which what is there is handed on


def line_chunks(descriptor: int) -> Iterator[list[bytes]]:
    """Yield the lines of a file descriptor without their ends, a chunk whenever the input pauses or enough is there.

    So a file or a fast pipe is taken in large chunks, and a slow one gets its answers line by line. Raises
    InputError, naming the line, if one is longer than a chunk.
    """
    rest, count = b"", 0
    while block := _gather(descriptor):
        *lines, rest = (rest + block).split(b"\n")
        if len(rest) > CHUNK:
            raise InputError(f"line {count + len(lines) + 1}: longer than {CHUNK:,} bytes")
        if lines:
            count += len(lines)
            yield lines
    if rest:
        yield [rest]


def _gather(descriptor: int) -> bytes:
    """Wait for input, then read on until it pauses, ends or fills a chunk; empty at the end."""
    block = piece = os.read(descriptor, CHUNK)
    while piece and len(block) < CHUNK and select.select([descriptor], [], [], PAUSE)[0]:
        piece = os.read(descriptor, CHUNK - len(block))
        block += piece
    return block


def decode(lines: list[bytes], first: int, place: str = "line") -> list[str]:
    """Decode lines of UTF-8, the first of them the `first`; a byte order mark before line 1 is dropped.

    Raises InputError, naming place and number, at the first that is not UTF-8.
    """
    texts = []
    for number, line in enumerate(lines, start=first):
        try:
            texts.append(line.decode("utf-8-sig" if number == 1 else "utf-8").removesuffix("\r"))
        except UnicodeDecodeError as error:
            raise InputError(f"{place} {number}: not UTF-8 at byte {error.start + 1}") from error
    return texts
