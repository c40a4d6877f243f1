"""One member of a zip as a gzip file, without unpacking it: both formats wrap the same raw deflate bytes."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from isal import isal_zlib

from sarcasm.errors import InputError
from sarcasm.files import replacing
from sarcasm.ranges import BLOCK, LocalFile, Source
from sarcasm.sources import Content

# Deflate, no name, time 0, system unknown: equal members give equal files.
GZIP_HEADER = bytes.fromhex("1f8b08000000000000ff")
LOCAL_HEADER = struct.Struct("<26xHH")  # it ends with the lengths of the name and the extra field that follow it


class _Seekable(io.RawIOBase):
    """A source as a raw file object, for `zipfile` to read the directory from."""

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
    """Find `member` in a zip: its entry in the directory, and where in `source` its packed bytes are.

    Raises InputError if the file is no zip or cut off, or has no such member, or has it encrypted, packed by another
    method than deflate, or of another size than expected.
    """
    info = _entry(source, member)
    start = info.header_offset + LOCAL_HEADER.size
    if LOCAL_HEADER.size <= start <= source.size:
        start += sum(LOCAL_HEADER.unpack(b"".join(source.chunks(info.header_offset, start))))
        if start + info.compress_size <= source.size:
            return info, range(start, start + info.compress_size)
    raise InputError(f"{source.name}: {member.name} is not where the zip's directory says")


def _entry(source: Source, member: Content) -> zipfile.ZipInfo:
    try:
        with zipfile.ZipFile(io.BufferedReader(_Seekable(source), BLOCK)) as directory:
            entries = {info.filename: info for info in directory.infolist()}
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError) as error:
        raise InputError(f"{source.name}: not a whole zip file ({error})") from error
    if member.name not in entries:
        raise InputError(f"{source.name}: has no member {member.name}, only {', '.join(entries) or 'nothing'}")
    info = entries[member.name]
    if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
        raise InputError(f"{source.name}: {member.name} is encrypted or not packed by deflate")
    if info.file_size != (member.size or info.file_size):
        raise InputError(f"{source.name}: {member.name} has {info.file_size:,} bytes, expected {member.size:,}")
    return info


def write_gzip(source: LocalFile, span: range, info: zipfile.ZipInfo, member: Content, target: Path) -> None:
    """Write the raw bytes of `member`, a span of `source`, as gzip; raise InputError if they turn out to be others."""
    raw = source.chunks(span.start, span.stop)
    if info.compress_type == zipfile.ZIP_STORED:
        raw = _deflated(raw)
    plain = replace(member, size=info.file_size)  # which also bounds what a bomb can unfold to
    crc = 0
    with replacing(target) as temporary, temporary.open("wb") as file:
        file.write(GZIP_HEADER)
        try:
            for chunk in plain.checked(_inflated(_copied(raw, file)), source.name):
                crc = isal_zlib.crc32(chunk, crc)
        except (zlib.error, isal_zlib.error) as error:  # type: ignore[misc]
            raise InputError(f"{source.name}: {member.name} is damaged ({error})") from error
        if crc != info.CRC:
            raise InputError(f"{source.name}: {member.name} has CRC {crc:08x}, expected {info.CRC:08x}")
        file.write(struct.pack("<II", crc, info.file_size % (1 << 32)))


def _copied(chunks: Iterable[bytes], file: BinaryIO) -> Iterator[bytes]:
    for chunk in chunks:
        file.write(chunk)
        yield chunk


def _deflated(chunks: Iterable[bytes]) -> Iterator[bytes]:
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    for chunk in chunks:
        yield deflate.compress(chunk)
    yield deflate.flush()


def _inflated(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack raw deflate bytes a bounded piece at a time; raise zlib's or isal's error unless they are one stream."""
    inflate = isal_zlib.decompressobj(-zlib.MAX_WBITS)
    for chunk in chunks:
        while piece := inflate.decompress(chunk, BLOCK):
            yield piece
            chunk = inflate.unconsumed_tail
        if inflate.unused_data:
            break
    if not inflate.eof or inflate.unused_data:
        raise zlib.error("the packed bytes do not end where the member ends")
