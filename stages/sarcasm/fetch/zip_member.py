"""Copy one member of a zip to a gzip file without compressing it again: both formats contain raw deflate bytes."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from isal import isal_zlib

from sarcasm.base.command import InputError
from sarcasm.base.files import atomic_write
from sarcasm.fetch.ranges import BLOCK, LocalFile, Source
from sarcasm.fetch.sources import ONLY_MEMBER, Content

# deflate, no name, time 0, unknown system: equal members give equal files
GZIP_HEADER = bytes.fromhex("1f8b08000000000000ff")
LOCAL_HEADER = struct.Struct("<26xHH")  # the last two fields: length of name, length of extra field


class _Seekable(io.RawIOBase):
    """A source as a raw file object, from which `zipfile` reads the directory."""

    def __init__(self, source: Source) -> None:
        self.source, self.position = source, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.position = offset + (0, self.position, self.source.size)[whence]
        return self.position

    def readinto(self, buffer: Any) -> int:
        stop = min(self.position + len(buffer), self.source.size)
        data = b"".join(self.source.chunks(self.position, stop))
        buffer[: len(data)] = data
        self.position += len(data)
        return len(data)


def locate(source: Source, member: Content) -> tuple[zipfile.ZipInfo, range]:
    """Find `member` in a zip: return its directory entry and the byte range of its compressed data in `source`.

    Raises InputError if the zip is invalid or cut off, or if the member is missing, not the only one of its name,
    encrypted, compressed with another method than deflate, or not of the expected size.
    """
    info = _find_entry(source, member)
    start = info.header_offset + LOCAL_HEADER.size
    if LOCAL_HEADER.size <= start <= source.size:
        start += sum(LOCAL_HEADER.unpack(b"".join(source.chunks(info.header_offset, start))))
        if start + info.compress_size <= source.size:
            return info, range(start, start + info.compress_size)
    raise InputError(f"{source.name}: {member.name} is not at the position given in the zip's directory")


def _find_entry(source: Source, member: Content) -> zipfile.ZipInfo:
    try:
        with zipfile.ZipFile(io.BufferedReader(_Seekable(source), BLOCK)) as directory:
            entries = [info for info in directory.infolist() if not info.filename.endswith("/")]
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError) as error:
        raise InputError(f"{source.name}: not a complete zip file ({error})") from error
    found = [info for info in entries if member.name in (ONLY_MEMBER, info.filename)]
    if len(found) != 1:
        wanted = "one member (or its name)" if member.name == ONLY_MEMBER else f"one member {member.name}"
        names = [f"{info.filename:.60}" for info in entries[:5]] + ["..."] * (len(entries) > 5)
        raise InputError(
            f"{source.name}: expected {wanted} in the zip, found {len(found):,} (members: {', '.join(names) or 'none'})"
        )
    (info,) = found
    name = info.filename
    if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
        raise InputError(f"{source.name}: {name} is encrypted or its compression method is not deflate")
    if info.file_size != (member.size or info.file_size):
        raise InputError(f"{source.name}: {name} has {info.file_size:,} bytes, expected {member.size:,}")
    return info


def write_gzip(source: LocalFile, span: range, info: zipfile.ZipInfo, member: Content, target: Path) -> None:
    """Copy `member`, the bytes `span` of `source`, to a gzip file and verify it.

    Raises InputError, naming the source and the member, if its data are damaged or not as expected.
    """
    raw = source.chunks(span.start, span.stop)
    if info.compress_type == zipfile.ZIP_STORED:
        raw = _deflate(raw)
    plain = replace(member, size=info.file_size)  # also limits how much of a zip bomb is decompressed
    crc = 0
    with atomic_write(target) as temporary, temporary.open("wb") as file:
        file.write(GZIP_HEADER)
        try:
            for chunk in plain.checked(_inflate(_copy(raw, file)), source.name):
                crc = isal_zlib.crc32(chunk, crc)
        except (zlib.error, isal_zlib.error) as error:  # type: ignore[misc]
            raise InputError(f"{source.name}: {member.name} is damaged ({error})") from error
        if crc != info.CRC:
            raise InputError(f"{source.name}: {member.name} has CRC {crc:08x}, expected {info.CRC:08x}")
        file.write(struct.pack("<II", crc, info.file_size % (1 << 32)))


def _copy(chunks: Iterable[bytes], file: BinaryIO) -> Iterator[bytes]:
    for chunk in chunks:
        file.write(chunk)
        yield chunk


def _deflate(chunks: Iterable[bytes]) -> Iterator[bytes]:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    for chunk in chunks:
        yield compressor.compress(chunk)
    yield compressor.flush()


def _inflate(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Decompress raw deflate bytes in pieces of at most BLOCK bytes.

    Raises the error of zlib or isal if they are not exactly one deflate stream.
    """
    decompressor = isal_zlib.decompressobj(-zlib.MAX_WBITS)
    for chunk in chunks:
        while piece := decompressor.decompress(chunk, BLOCK):
            yield piece
            chunk = decompressor.unconsumed_tail
        if decompressor.unused_data:
            break
    if not decompressor.eof or decompressor.unused_data:
        raise zlib.error("the compressed data do not end where the member ends")
