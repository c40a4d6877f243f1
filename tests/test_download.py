import gzip
import hashlib
import io
import os
import random
import re
import runpy
import time
import traceback
import zipfile
from pathlib import Path
from types import SimpleNamespace

from sarcasm import download
from sarcasm.download import fetch, fetch_text, pack_text, redact
from sarcasm.sources import CORPORA, GLOVE, GLOVE_TEXTS, ONLY_MEMBER, Content, Remote, glove
from sarcasm.stage import InputError

import pytest
import requests
from requests.adapters import HTTPAdapter
from tests.servers import running, serve, status


def checksum(data, algorithm="sha256"):
    return f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"


def zipped(files, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return buffer.getvalue()


DATA = random.Random(0).randbytes(300_000)
SHA256 = checksum(DATA)
TEXTS = {f"glove.{d}d.txt": DATA[d:].hex().encode() for d in (1, 2, 3, 4)}
TEXT = TEXTS["glove.2d.txt"]
ZIP = zipped(TEXTS)
STAGES = Path(__file__).parents[1] / "stages"
MEMBER = Content("glove.2d.txt", len(TEXT), checksum(TEXT, "md5"))


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """Set no mirror and no proxy; replace sleeping by a list of the seconds to sleep."""
    monkeypatch.delenv("HEADLINES_MIRROR", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    waits = []
    monkeypatch.setattr(time, "sleep", waits.append)
    return waits


@pytest.fixture
def server():
    with running() as server:
        server.files = {"/a.json": DATA, "/b.json": DATA, "/glove.zip": ZIP}
        yield server


@pytest.fixture
def target(tmp_path):
    return tmp_path / "raw" / "target"


@pytest.fixture
def get(server, target):
    """Return a function that downloads /a.json of the server, or the file at other addresses, and returns its bytes."""

    def get(*addresses, size=300_000, checksum=SHA256):
        fetch(Remote("a.json", size, checksum, addresses=addresses or (server.at("/a.json"),)), target)
        assert files(target) == ["target"]
        return target.read_bytes()

    return get


@pytest.fixture
def get_text(server, target):
    """Return a function that downloads a text from a file of the server, by default the zip, and returns its bytes."""

    def get_text(member=MEMBER, name="glove.zip", **known):
        fetch_text(Remote(name, addresses=(server.at(f"/{name}"),), **known), member, target)
        assert files(target) == ["target"]
        return gzip.decompress(target.read_bytes())

    return get_text


def files(target):
    return [path.name for path in target.parent.iterdir()] if target.parent.exists() else []


def refused(target, message, action, *args, **kwargs):
    """Call `action`; it must raise a one-line error that contains `message`, and leave no files."""
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        action(*args, **kwargs)
    assert "\n" not in str(caught.value) and files(target) == []
    return "".join(traceback.format_exception(caught.value))


def give_up(server, action, before=1):
    """Call `action`; after `before` requests, cut the next answer after 100,000 bytes, and all others at once."""
    server.script = [serve()] * before + [serve(100_000)] + [serve(0)] * (download.ATTEMPTS - 1)
    with pytest.raises(InputError, match="connection was cut off"):
        action()
    server.sent = 0
    server.requests.clear()


@pytest.mark.parametrize("cuts", [[], [100_000], [70_000] * 4, [0, 0, 0, 100_000, 0, 0]])
def test_a_cut_download_continues(server, get, cuts):
    server.script = [serve(), *map(serve, cuts)]
    assert get() == DATA and (cuts == [] or server.starts()[-1] >= 100_000)
    assert {headers["Accept-Encoding"] for _, headers in server.requests} == {"identity"}
    server.ranges, server.script = False, [serve(), *map(serve, cuts[:3])]
    assert get() == DATA


@pytest.mark.parametrize(
    ("left", "starts"),
    [(DATA[:1000], [0, 1000]), (b"x" * 1000, [0, 1000, 0]), (DATA[:-1] + b"x", [0, 0]), (DATA + b"x", [0, 0])],
)
def test_the_next_run_continues_a_part_unless_it_is_wrong(server, target, get, left, starts):
    give_up(server, get)
    next(target.parent.iterdir()).write_bytes(left)
    assert get() == DATA and server.starts() == starts


def test_a_part_of_another_file_is_not_continued_but_deleted(server, get):
    give_up(server, get)
    server.files["/a.json"] = DATA[::-1]
    assert get(checksum=checksum(DATA[::-1])) == DATA[::-1] and server.starts() == [0, 0]


def test_without_a_checksum_no_part_stays(server, target, get, monkeypatch):
    adapter = HTTPAdapter()
    monkeypatch.setattr(requests.Session, "get_adapter", lambda self, url: adapter)  # http is otherwise refused
    give_up(server, lambda: get(checksum=None))
    adapter.close()
    assert files(target) == []


@pytest.mark.parametrize("name", ["ETag", "Last_Modified"])
def test_a_file_that_changes_during_the_download_is_refused(server, get, name):
    before, after = {"ETag": None, name: "Mon, 04 Aug 2014"}, {"ETag": None, name: "Tue, 05 Aug 2014"}
    server.script = [serve(**before), serve(100_000, **before), serve(**after)]
    with pytest.raises(InputError, match="a.json: file changed during the download"):
        get()


def test_a_server_that_does_not_report_the_length_must_have_a_file_of_known_size(server, target, get):
    server.ranges, server.script = False, [serve(Content_Length=None)] * 3
    refused(target, "a.json: server does not report the length", get, size=None)
    assert get() == DATA


@pytest.mark.parametrize("ranges", [True, False])
def test_a_compressed_answer_is_refused_but_for_a_gz_file(server, target, get, ranges):
    server.files["/a.json.gz"] = DATA
    server.ranges, server.script = ranges, [serve(Content_Encoding="GZIP")] * 3
    refused(target, "a.json: server compressed the file (Content-Encoding: 'gzip')", get)
    assert get(server.at("/a.json.gz")) == DATA


@pytest.mark.parametrize("body", [DATA[:-1], DATA + b"0", DATA[:-1] + b"x", b"<html>Please log in</html>", b""])
@pytest.mark.parametrize("ranges", [True, False])
def test_other_bytes_are_refused_and_the_next_run_starts_clean(server, target, get, body, ranges):
    server.files["/a.json"], server.ranges = body, ranges
    refused(target, "a.json cannot be downloaded", get)
    server.files["/a.json"] = DATA
    assert get() == DATA


RETRY_AFTER = [("7", 7), ("99999", 60), ("Mon, 04 Aug 2999 00:00:00 GMT", 60)]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [([status(code)] * 3, [2, 4]) for code in (408, 429, 500, 503)]  # no wait before the first retry
    + [([status(429, Retry_After=text)], [seconds]) for text, seconds in RETRY_AFTER],
)
def test_a_temporary_error_is_retried_after_a_while(server, get, waits, steps, expected):
    server.script = [*steps, serve(), *steps]
    assert get() == DATA and waits == expected * 2


def test_a_request_that_times_out_is_retried(server, get, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT", (0.1, 0.1))
    server.script = [serve(0, pause=0.2), serve(), serve(100_000, pause=0.2)]
    assert get() == DATA and server.script == []


@pytest.mark.parametrize(
    ("message", "script"),
    [
        *[(f"server returned status {code}", [status(code)]) for code in (202, 300, 404, 999)],
        ("server returned status 503", [status(503)] * download.ATTEMPTS),
        ("server returned an HTML page", [serve(Content_Type="text/html; charset=utf-8")]),
        ("server returned another byte range", [serve(Content_Range="bytes 5-5/300000")]),
        ("server returned another byte range", [serve(Content_Range="bytes 0-7/300000")]),
        ("server returned another byte range", [serve(Content_Range=None)]),
        ("connection was cut off", [serve(0)] * download.ATTEMPTS),
        ("request failed (TooManyRedirects)", [status(302, Location="/a.json")] * 31),
        ("address, redirect or proxy is not valid", [status(302, Location="https://a..b/")]),
    ],
)
def test_a_bad_answer_is_refused_and_the_next_address_tried(server, target, get, message, script):
    server.script = list(script)
    refused(target, f"/a.json: {message}", get)
    server.script = list(script)
    assert get(server.at("/a.json"), server.at("/b.json")) == DATA and server.requests[-1][0] == "/b.json"


def test_if_all_addresses_fail_the_message_has_each_reason_and_what_to_do(server, target, get):
    with running() as gone:
        closed = gone.at("/c.json")
    missing = server.at("/missing")
    reasons = f"{missing}: server returned status 404; {closed}: request failed (NewConnectionError)"
    advice = "Use another source or a local path, or set HEADLINES_MIRROR to a folder or address that has a.json"
    refused(target, f"a.json cannot be downloaded: {reasons}. {advice}", get, missing, closed)


def test_http_is_refused_without_a_checksum_also_in_a_redirect(server, target, get, monkeypatch):
    refused(target, "expected https:// (http:// only if the checksum is known)", get, checksum=None)

    def send(self, request, **kwargs):
        response = requests.Response()
        response.status_code, response.request, response.url = 302, request, request.url
        response.headers["Location"], response.raw = server.at("/a.json"), io.BytesIO()
        return response

    monkeypatch.setattr(HTTPAdapter, "send", send)
    refused(target, "only if the checksum is known", get, "https://example.org/a.json", checksum=None)
    assert server.requests == []


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/a", "file:///a", "https://[::1/a", "https://h:x/"])
def test_a_broken_address_is_refused(target, get, address):
    refused(target, f"{address}: address, redirect or proxy is not valid", get, address)


def test_an_invalid_certificate_is_not_retried(server, target, get, waits):
    refused(target, "request failed (SSLError)", get, server.at("/a.json").replace("http", "https"))
    assert waits == []


@pytest.mark.parametrize("steps", [[status(404)], [status(503)] * 4, [serve(0)] * 4, [serve(Content_Range=None)]])
def test_credentials_are_used_but_not_shown(server, target, get, steps):
    server.script = list(steps)
    shown = refused(target, server.at("/a.json:"), get, server.at("/a.json?token=SECRET#SECRET", "user:SE%40CRET@"))
    assert "CRET" not in shown and "user" not in shown
    path, headers = server.requests[0]
    assert path.endswith("token=SECRET") and headers["Authorization"].startswith("Basic ")


def test_addresses_are_shown_without_credentials():
    for user in ("", "user@", "user:SEC?RET#S@", "user:SEC@RET@", "user:SEC/RET@"):
        assert redact(f"https://{user}host/a.zip?SECRET=1#SECRET") == "https://host/a.zip"
    assert redact("https://host/a@1/b") == "https://host/a@1/b"


@pytest.mark.parametrize("mirror", ["folder", "bad", "missing", "http://[::1", "socks5://a"])
def test_a_mirror_can_be_a_folder_and_is_skipped_without_the_file(server, get, tmp_path, monkeypatch, mirror):
    for name, data in (("folder", DATA), ("bad", DATA[::-1])):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.json").write_bytes(data)
    monkeypatch.setenv("HEADLINES_MIRROR", mirror if "://" in mirror else str(tmp_path / mirror))
    assert get() == DATA and (server.requests == []) == (mirror == "folder")


def test_a_mirror_can_be_an_address_with_a_token(server, get, monkeypatch):
    server.files["/team/a.json"] = DATA
    monkeypatch.setenv("HEADLINES_MIRROR", server.at("/team/?token=SECRET"))
    assert get() == DATA and {path for path, _ in server.requests} == {"/team/a.json?token=SECRET"}


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_a_text_gives_the_same_bytes_whichever_way_it_came(server, target, get_text, tmp_path, method):
    results = set()
    for name, data in {"a.zip": zipped(TEXTS, method), "a.txt": TEXT, "a.txt.gz": gzip.compress(TEXT)}.items():
        (tmp_path / name).write_bytes(data)
        pack_text(tmp_path / name, MEMBER, target)
        results.add(target.read_bytes())
        server.files[f"/{name}"] = data
        for server.ranges in True, False:
            assert get_text(name=name) == TEXT
            results.add(target.read_bytes())
    assert len(results) == 1


def test_only_the_directory_and_the_member_are_transferred_and_a_cut_member_continues(server, target, get_text):
    assert get_text() == TEXT
    sent = server.sent
    size = zipfile.ZipFile(io.BytesIO(ZIP)).getinfo(MEMBER.name).compress_size
    assert len(ZIP) / 5 < size <= sent < size + 1000
    give_up(server, get_text, before=len(server.requests) - 1)
    assert get_text() == TEXT and server.sent == sent - 100_000
    give_up(server, get_text, before=len(server.requests) - 1)
    next(target.parent.glob("*.part")).write_bytes(b"x" * 100_000)
    assert get_text() == TEXT


@pytest.mark.parametrize("ranges", [True, False])
def test_a_cut_complete_zip_continues_unless_the_part_is_then_of_the_member(server, target, get_text, ranges):
    server.ranges = False
    refused(target, "glove.zip has sha256", get_text, checksum="sha256:0123")
    give_up(server, get_text)
    server.ranges = ranges
    assert get_text() == TEXT


SOME = b"some text " * 200
SMALL = zipped({"b.txt": b"other", "a.txt": SOME})
A = Content("a.txt")


@pytest.fixture
def pack(tmp_path, target):
    """Return a function that packs a file with the given bytes and returns the text."""

    def pack(data, member=A, name="small.zip"):
        (tmp_path / name).write_bytes(data)
        pack_text(tmp_path / name, member, target)
        return gzip.decompress(target.read_bytes())

    return pack


def patched(offset, value, data=SMALL):
    """Change a 4-byte field in the last entry of a zip's directory."""
    entry = data.rindex(b"PK\1\2") + offset
    return data[:entry] + value.to_bytes(4, "little") + data[entry + 4 :]


def test_the_only_member_needs_no_name(pack, target):
    message = "expected one member (or its name) in the zip, found 2 (members: b.txt, a.txt)"
    refused(target, message, pack, SMALL, Content(ONLY_MEMBER))
    assert pack(zipped({"folder/": b"", "folder/a.txt": SOME}), Content(ONLY_MEMBER)) == SOME


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<html>Please log in</html>", "small.zip: not a complete zip"),
        (SMALL[:-10], "small.zip: not a complete zip"),
        (SMALL[100:], "bytes are missing"),
        (zipped(dict.fromkeys("bcdefgh", b"")), "one member a.txt in the zip, found 0 (members: b, c, d, e, f, ...)"),
        (SMALL.replace(b"b.txt", b"a.txt"), "found 2 (members: a.txt, a.txt)"),
        (zipped({"a.txt": SOME}, zipfile.ZIP_BZIP2), "a.txt is encrypted or its compression method is not deflate"),
        (patched(8, 0x80001), "a.txt is encrypted or its compression method is not deflate"),
        (patched(16, 1), "Bad CRC-32"),
        (patched(20, 5), "damaged"),
        (patched(24, 100), "Bad CRC-32"),  # a bomb: no more bytes are decompressed than the directory says
        (patched(42, 100_000), "damaged"),
    ],
)
def test_a_bad_zip_is_refused(pack, server, target, get_text, data, message):
    refused(target, message, pack, data)
    server.files["/small.zip"] = data
    refused(target, message, get_text, Content("a.txt", None, checksum(SOME)), "small.zip")


@pytest.mark.parametrize("data", [SOME, gzip.compress(SOME, mtime=0)[:-9], gzip.compress(SOME, mtime=0)[:20] + b"x"])
def test_a_damaged_gzip_file_is_refused(pack, target, data):
    refused(target, "a.txt.gz: not a complete zip or gzip file, or damaged", pack, data, A, "a.txt.gz")


def test_a_text_with_another_checksum_or_size_is_refused(pack, target):
    refused(target, "a.txt has md5", pack, SMALL, Content("a.txt", None, "md5:0123"))
    refused(target, "a.txt has 2,000 bytes, expected 3,000", pack, SMALL, Content("a.txt", 3000))
    refused(target, "a.txt has more than the expected 1,000 bytes", pack, SMALL, Content("a.txt", 1000))


def test_a_name_that_points_outside_its_folder_is_refused(pack, target):
    for name in ("../a", "a/../../b", "/etc/passwd", "..\\a", "C:\\a", "", "a/", "."):
        with pytest.raises(InputError, match="not allowed"):
            Content(name)
    refused(target, "not allowed", pack, zipped({"../a": SOME}), Content(ONLY_MEMBER))


def test_every_known_file_has_its_own_complete_checksum():
    checksums = [checksum for _, checksum in (GLOVE | GLOVE_TEXTS).values()] + [f.checksum for f in CORPORA.values()]
    assert all(re.fullmatch("sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}", checksum) for checksum in checksums)
    assert len(set(checksums)) == len(checksums)


def test_a_text_of_glove_is_found_by_release_and_dimension():
    for release, dimension, stem in (("glove.6B", 50, "glove.6B"), ("glove.42B.300d", 300, "glove.42B")):
        archive, member = glove(release, dimension)
        assert archive.addresses[0] == f"https://nlp.stanford.edu/data/{release}.zip"
        assert member.name == f"{stem}.{dimension}d.txt"
    with pytest.raises(InputError, match="glove.6B has no vectors of dimension 25, expected one of: glove.6B.50d"):
        glove("glove.6B", 25)


@pytest.mark.parametrize("source", ["pipe", "folder", "missing"])
def test_a_source_that_is_not_a_file_is_refused_with_the_known_names(tmp_path, monkeypatch, source):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    Path("folder").mkdir()
    for stage, function, known in (("corpus", "locate", "news-headlines-v1"), ("glove", "write", "glove.6B")):
        action = runpy.run_path(STAGES / f"download_{stage}.py")[function]
        with pytest.raises(InputError, match=f"'{source}' is not a file, .* not one of bundled, {known}"):
            action(SimpleNamespace(source=source, sha256=None))


def test_own_vectors_are_verified(server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    vectors = b"moon 1 2\n"
    server.files["/own.zip"] = zipped({"a.txt": vectors, "b.txt": b"<html>\n"})
    Path("own.zip").write_bytes(server.files["/own.zip"])
    write = runpy.run_path(STAGES / "download_glove.py")["write"]
    for source in ("own.zip", server.at("/own.zip")):
        settings = SimpleNamespace(source=source, member="a.txt", sha256=checksum(vectors)[7:], dimension=2)
        write(settings)
        assert gzip.decompress(Path("data/raw/vectors.txt.gz").read_bytes()) == vectors
        for name, value, message in [
            ("sha256", "0" * 64, "a.txt has sha256"),
            ("dimension", 3, f"{source}, line 1: expected a word and 3 numbers"),
            ("member", "b.txt", f"{source}, line 1: expected a word and 2 numbers"),
        ]:
            with pytest.raises(InputError, match=message):
                write(SimpleNamespace(**vars(settings) | {name: value}))
