import gzip
import hashlib
import io
import random
import re
import struct
import traceback
import tracemalloc
import zipfile

import pytest
import requests
from tests.servers import running, serve, slow, status

from sarcasm import ranges
from sarcasm.download import extract_member, fetch, fetch_member
from sarcasm.errors import InputError
from sarcasm.sources import Content, Remote

DATA = random.Random(0).randbytes(300_000)
TEXT = {f"glove.{d}d.txt": DATA[d:].hex().encode() for d in (1, 2, 3, 4)}


def zipped(files, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return buffer.getvalue()


ZIP = zipped(TEXT)


@pytest.fixture(autouse=True)
def slept(monkeypatch):
    """No mirror, no proxy, and no real waiting: gives the list of seconds that would have been slept."""
    monkeypatch.delenv("HEADLINES_MIRROR", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    waits = []
    monkeypatch.setattr(ranges, "sleep", waits.append)
    return waits


@pytest.fixture
def server():
    with running() as server:
        server.files = {"/a.json": DATA, "/glove.zip": ZIP}
        yield server


@pytest.fixture
def target(tmp_path):
    return tmp_path / "raw" / "target"


def pinned(server, path="/a.json", data=DATA, **kwargs):
    """The file at `path` of the server, with size and checksum of `data`."""
    return remote(server.at(path), size=len(data), checksum="sha256:" + hashlib.sha256(data).hexdigest(), **kwargs)


def remote(*addresses, name=None, size=None, checksum=None):
    return Remote(name or addresses[0].rpartition("/")[2], size, checksum, addresses=addresses)


def member(name="glove.2d.txt"):
    return Content(name, len(TEXT[name]), "md5:" + hashlib.md5(TEXT[name]).hexdigest())


SECOND = member()


def get(remote, target, *args):
    return fetch(remote, target, *args, allow_http=True)


def get_member(server, target, *args, member=SECOND, **known):
    return fetch_member(remote(server.at("/glove.zip"), **known), member, target, *args, allow_http=True)


def refused(target, message, action, *args, **kwargs):
    """Call `action`, which must end with one line that has `message`, and leave nothing behind."""
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        action(*args, **kwargs)
    assert "\n" not in str(caught.value)
    assert not target.parent.exists() or not list(target.parent.iterdir())


# a whole file


def test_a_file_arrives_whole(server, target):
    shown = []
    assert get(pinned(server), target, lambda *args: shown.append(args)) == server.at("/a.json")
    assert target.read_bytes() == DATA
    assert [path.name for path in target.parent.iterdir()] == ["target"]
    assert shown[-1] == (f"a.json from {server.at('/a.json')}", len(DATA), len(DATA))
    assert [done for _, done, _ in shown] == sorted(done for _, done, _ in shown)
    assert {headers["Accept-Encoding"] for _, headers in server.requests} == {"identity"}


def test_redirects_are_followed(server, target):
    server.script = [status(302, Location="/a.json"), serve(), status(307, Location="/a.json"), serve()]
    get(pinned(server, "/moved"), target)
    assert target.read_bytes() == DATA


@pytest.mark.parametrize("cuts", [[100_000], [70_000, 70_000, 70_000, 70_000], [0, 0, 0, 100_000, 0, 0]])
def test_a_cut_download_goes_on_where_it_was_cut(server, target, cuts):
    server.script = [serve(), *(serve(cut) for cut in cuts)]
    get(remote(server.at("/a.json")), target)
    assert target.read_bytes() == DATA
    assert server.sent < len(DATA) + len(cuts) * ranges.BLOCK
    assert server.starts()[-1] > 0


@pytest.mark.parametrize("before", [{"ETag": '"0"'}, {"ETag": None, "Last_Modified": "Mon, 04 Aug 2014 00:00:00 GMT"}])
def test_a_file_that_changes_under_way_is_refused(server, target, before):
    after = {name: value and value.replace("0", "1") for name, value in before.items()}
    server.script = [serve(**before), serve(100_000, **before), serve(**after)]
    with pytest.raises(InputError, match="changed while it was fetched"):
        get(remote(server.at("/a.json")), target)
    assert not target.exists()


def stop(*_):
    raise KeyboardInterrupt


def test_a_killed_download_goes_on_in_the_next_run(server, target):
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            get(pinned(server), target, stop)
    (part,) = target.parent.iterdir()
    assert part.stat().st_size == 2 * ranges.BLOCK
    server.sent = 0
    get(pinned(server), target)
    assert target.read_bytes() == DATA
    assert server.starts()[-1] == 2 * ranges.BLOCK
    assert server.sent <= len(DATA) - 2 * ranges.BLOCK + 1


@pytest.mark.parametrize("left", [b"x" * 1000, DATA[:-1] + b"x", DATA + b"x", b""])
def test_a_bad_part_is_fetched_anew(server, target, left):
    with pytest.raises(KeyboardInterrupt):
        get(pinned(server), target, stop)
    (part,) = target.parent.iterdir()
    part.write_bytes(left)
    get(pinned(server), target)
    assert target.read_bytes() == DATA


def test_a_part_of_another_file_is_not_continued(server, target):
    server.files["/b.json"] = DATA[::-1]
    with pytest.raises(KeyboardInterrupt):
        get(pinned(server), target, stop)
    server.sent = 0
    get(pinned(server, "/b.json", DATA[::-1]), target)
    assert target.read_bytes() == DATA[::-1]
    assert server.sent == len(DATA) + 1
    assert [path.name for path in target.parent.iterdir()] == ["target"]


def test_a_part_is_not_trusted_without_a_checksum(server, target):
    with pytest.raises(KeyboardInterrupt):
        get(remote(server.at("/a.json")), target, stop)
    (part,) = target.parent.iterdir()
    part.write_bytes(b"x" * 1000)
    get(remote(server.at("/a.json")), target)
    assert target.read_bytes() == DATA


@pytest.mark.parametrize("cuts", [[], [100_000, 200_000]])
def test_a_server_without_ranges_gives_the_whole_file(server, target, cuts):
    server.ranges = False
    server.script = [serve(), *(serve(cut) for cut in cuts)]
    get(remote(server.at("/a.json")), target)
    assert target.read_bytes() == DATA


def test_a_server_that_does_not_tell_the_length_can_give_a_file_of_known_size(server, target):
    server.ranges = False
    server.script = [serve(Content_Length=None) for _ in range(4)]
    get(pinned(server), target)
    assert target.read_bytes() == DATA


def test_a_file_of_which_nobody_tells_the_length_is_refused(server, target):
    server.ranges, server.script = False, [serve(Content_Length=None)]
    refused(target, "a.json: answers without telling the length", get, remote(server.at("/a.json")), target)


# a server in trouble


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503, 504])
def test_a_passing_error_is_tried_again_after_a_growing_while(server, target, slept, code):
    server.script = [status(code)] * 3 + [serve(), status(code)]
    get(pinned(server), target)
    assert target.read_bytes() == DATA
    assert slept == [1, 2, 4, 1]


@pytest.mark.parametrize(("asked", "waited"), [("7", 7), ("0", 0), ("99999", 60), ("soon", 1), ("-1", 1), ("²", 1)])
def test_the_wait_that_a_server_asks_for_is_kept_within_a_bound(server, target, slept, asked, waited):
    server.script = [status(429, Retry_After=asked)]
    get(pinned(server), target)
    assert slept == [waited]


def test_a_silent_server_is_tried_again(server, target, slept, monkeypatch):
    monkeypatch.setattr(ranges, "TIMEOUT", (0.2, 0.2))
    server.script = [slow(0.5), serve(), slow(0.5), serve(cut=100_000, pause=0.5)]
    get(pinned(server), target)
    assert target.read_bytes() == DATA
    assert len(slept) >= 3  # a busy machine may be late once more


DOWN = {
    "unavailable": [status(503)] * ranges.ATTEMPTS,
    "missing": [status(404)],
    "cut off": [serve(0)] * ranges.ATTEMPTS,
    "a redirect in circles": [status(302, Location="/a.json")] * 31,
    "an HTML page": [serve(Content_Type="text/html; charset=utf-8")],
    "a range without its place": [serve(Content_Range=None)],
    "another range": [serve(Content_Range="bytes 5-5/300000")],
}


@pytest.mark.parametrize("script", DOWN.values(), ids=DOWN)
def test_the_next_address_is_tried_when_one_fails(server, target, script):
    server.files["/b.json"] = DATA
    server.script = list(script)
    both = remote(server.at("/a.json"), server.at("/b.json"), size=len(DATA))
    assert get(both, target) == server.at("/b.json")
    assert target.read_bytes() == DATA
    assert len(server.requests) == len(script) + 2


def test_the_next_address_goes_on_where_the_first_gave_up(server, target):
    server.files["/b.json"] = DATA
    server.script = [serve(), serve(200_000)] + [status(503)] * 3
    first = pinned(server)
    get(remote(*first.addresses, server.at("/b.json"), size=first.size, checksum=first.checksum), target)
    assert target.read_bytes() == DATA
    assert server.sent < len(DATA) + ranges.BLOCK


def test_when_all_addresses_fail_the_message_has_them_the_reasons_and_the_ways_out(server, target):
    server.script = [status(404)] + [status(503)] * ranges.ATTEMPTS
    with running() as gone:
        closed = gone.at("/c.json")
    a, b = server.at("/a.json"), server.at("/b.json")
    refused(
        target,
        f"a.json cannot be fetched: {a}: answers with status 404; {b}: answers with status 503; "
        f"{closed}: no answer, or one cut off (ConnectionError). "
        "Name another source or a local path, or set HEADLINES_MIRROR to a folder or address that holds a.json",
        get,
        remote(a, b, closed),
        target,
    )


# what arrives is not what was asked for


FLIPPED = DATA[:200_000] + bytes([DATA[200_000] ^ 1]) + DATA[200_001:]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            FLIPPED,
            f"a.json has sha256 {hashlib.sha256(FLIPPED).hexdigest()}, expected {hashlib.sha256(DATA).hexdigest()}",
        ),
        (DATA[:-1], "is 299,999 bytes long, expected 300,000"),
        (DATA + b"0", "is 300,001 bytes long, expected 300,000"),
        (b"<html>Please log in</html>", "is 26 bytes long, expected 300,000"),
        (b"", "answers with status 416"),
    ],
)
@pytest.mark.parametrize("has_ranges", [True, False])
def test_other_bytes_are_refused_and_the_next_run_starts_clean(server, target, body, message, has_ranges):
    server.files["/a.json"], server.ranges = body, has_ranges
    refused(target, message if body or has_ranges else "without telling the length", get, pinned(server), target)
    server.files["/a.json"] = DATA
    get(pinned(server), target)
    assert target.read_bytes() == DATA


def test_a_truncated_file_is_refused_though_its_server_calls_it_whole(server, target):
    server.script = [serve(Content_Range=f"bytes 0-0/{len(DATA)}")]
    server.files["/a.json"] = DATA[:-1000]
    with pytest.raises(InputError, match="is 299,000 bytes long, expected 300,000"):
        get(pinned(server), target)
    assert not target.exists()


def test_an_html_page_with_status_200_is_refused_without_a_size_or_checksum(server, target):
    server.files["/a.json"], server.ranges = b"<html>Please log in</html>", False
    server.script = [serve(Content_Type="text/html; charset=utf-8")]
    refused(target, "a.json: answers with an HTML page", get, remote(server.at("/a.json")), target)


def test_a_server_that_sends_more_than_was_asked_for_is_not_heard_out(server):
    def talk(handler):
        handler.reply(200, {"Content-Length": 2_000_000_000})
        for _ in range(2000):
            handler.write(bytes(1_000_000))

    server.script = [talk]
    with ranges.connect(allow_http=True) as session:
        ranges.WebFile(session, server.at("/a.json"))
    assert server.sent < 100_000_000


def test_a_server_may_stop_giving_ranges(server):
    with ranges.connect(allow_http=True) as session:
        source = ranges.WebFile(session, server.at("/a.json"))
        server.ranges = False
        assert b"".join(source.chunks(10, 20)) == DATA[10:20]


def test_a_server_may_give_less_than_was_asked_for(server, target):
    server.script = [serve()] + [serve(limit, Content_Length=limit) for limit in (1, 50_000, 99_999)]
    get(pinned(server), target)
    assert target.read_bytes() == DATA


def test_a_server_that_gives_nothing_is_given_up(server, target):
    server.script = [serve(0, Content_Length="0")] * ranges.ATTEMPTS
    refused(target, "a.json: no answer, or one cut off", get, pinned(server), target)


# only https, and no secrets


def test_http_is_refused_before_anything_is_asked(server, target):
    refused(target, "a.json: is not https, or leads to an address that is not", fetch, pinned(server), target)
    assert not server.requests


def test_a_redirect_from_https_to_http_is_not_followed(server, target, monkeypatch):
    def send(self, request, **kwargs):
        response = requests.Response()
        response.status_code, response.request, response.url = 302, request, request.url
        response.headers["Location"] = server.at("/a.json")
        response.raw = io.BytesIO()
        return response

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    moved = remote("https://example.org/a.json")
    refused(target, "https://example.org/a.json: is not https, or leads to", fetch, moved, target)
    assert not server.requests


@pytest.mark.parametrize(
    "address", ["ftp://127.0.0.1/a", "file:///etc/passwd", "https://", "https://[/a", "https://h:x/"]
)
def test_other_schemes_and_broken_addresses_are_refused(target, address):
    refused(target, "a cannot be fetched: ", get, remote(address, name="a"), target)


@pytest.mark.parametrize("steps", [[status(404)], [status(503)] * 4, [serve(0)] * 4, [serve(Content_Range=None)], []])
def test_credentials_are_used_but_not_shown(server, target, steps):
    server.script = list(steps)
    address = server.at("/a.json?token=SECRET#SECRET", user="user:SE%40CRET@")
    shown = []
    try:
        shown.append(get(remote(address, name="a.json"), target, lambda what, *_: shown.append(what)))
    except InputError as error:
        shown.append("".join(traceback.format_exception(error)))
    assert shown and not any("CRET" in text or "user" in text for text in shown)
    path, headers = server.requests[0]
    assert path.endswith("token=SECRET") and headers["Authorization"].startswith("Basic ")


def test_credentials_are_not_in_the_cause_of_an_error_either(server):
    server.script = [status(404)]
    address = server.at("/a.json?token=SECRET")
    with ranges.connect(allow_http=True) as session, pytest.raises(InputError) as caught:
        ranges.WebFile(session, address)
    assert "SECRET" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("https://host/a/b.zip", "https://host/a/b.zip"),
        ("https://user:SECRET@host/a", "https://host/a"),
        ("https://user:SEC?RET#S@host/a", "https://host/a"),
        ("https://user:SEC@RET@host/a", "https://host/a"),
        ("https://user:SEC/RET@host/a", "https://host/a"),
        ("https://user@host/a?SECRET=1&a=b@c/d", "https://host/a"),
        ("https://host/a@1/b#SECRET", "https://host/a@1/b"),
    ],
)
def test_an_address_is_shown_without_its_secrets(address, text):
    assert ranges.shown(address) == text


def test_credentials_are_not_shown_when_http_is_refused(server, target):
    with pytest.raises(InputError) as caught:
        fetch(remote(server.at("/a?token=SECRET", user="user:SECRET@"), name="a"), target)
    assert "SECRET" not in str(caught.value)


# the team's mirror


def test_a_folder_serves_as_a_mirror(server, target, tmp_path, monkeypatch):
    mirror = tmp_path / "mirror #1?"
    mirror.mkdir()
    (mirror / "a.json").write_bytes(DATA)
    monkeypatch.setenv("HEADLINES_MIRROR", str(mirror))
    assert fetch(pinned(server), target) == str(mirror / "a.json")
    assert target.read_bytes() == DATA
    assert not server.requests


@pytest.mark.parametrize("content", [None, b"other bytes", FLIPPED])
def test_a_mirror_without_the_right_file_is_passed_over(server, target, tmp_path, monkeypatch, content):
    if content is not None:
        (tmp_path / "a.json").write_bytes(content)
    monkeypatch.setenv("HEADLINES_MIRROR", str(tmp_path))
    assert get(pinned(server), target) == server.at("/a.json")
    assert target.read_bytes() == DATA


@pytest.mark.parametrize("mirror", ["/team", "/team/", "/team?token=SECRET"])
def test_an_address_serves_as_a_mirror(server, target, monkeypatch, mirror):
    server.files["/team/a.json"] = DATA
    monkeypatch.setenv("HEADLINES_MIRROR", server.at(mirror))
    assert get(pinned(server), target) == server.at("/team/a.json")
    assert all(path.startswith("/team/a.json") for path, _ in server.requests)
    assert all(path.endswith(mirror.partition("?")[2]) for path, _ in server.requests)


def test_a_mirror_at_http_needs_leave_too(server, target, monkeypatch):
    monkeypatch.setenv("HEADLINES_MIRROR", server.at("/team"))
    refused(target, "/team/a.json: is not https", fetch, remote("https://", name="a.json"), target)
    assert not server.requests


# one member of a zip


@pytest.mark.parametrize("name", TEXT)
@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_a_member_is_the_same_file_from_the_web_and_from_disk(server, target, name, method):
    server.files["/glove.zip"] = zipped(TEXT, method)
    assert get_member(server, target, member=member(name)) == server.at("/glove.zip")
    (target.parent / "glove.zip").write_bytes(server.files["/glove.zip"])
    extract_member(target.parent / "glove.zip", member(name), target.parent / "local")
    assert target.read_bytes() == (target.parent / "local").read_bytes()
    assert gzip.decompress(target.read_bytes()) == TEXT[name]
    assert target.read_bytes()[:10] == bytes.fromhex("1f8b 08 00 00000000 00 ff")


def test_the_packed_bytes_are_copied_as_they_are(server, target):
    get_member(server, target)
    assert target.read_bytes()[10:-8] in server.files["/glove.zip"]


def test_only_the_member_travels_and_at_most_one_percent_more(server, target):
    get_member(server, target)
    packed = target.stat().st_size - 18
    assert packed > len(server.files["/glove.zip"]) / 5
    assert packed <= server.sent <= packed * 1.01


def test_a_cut_member_goes_on_where_it_was_cut(server, target):
    get_member(server, target)
    whole, sent = target.read_bytes(), server.sent
    steps = len(server.requests) - 1
    for step in range(steps + 1):
        server.script = [serve()] * step + [serve(0), serve(100_000)]
        server.sent = 0
        get_member(server, target)
        assert target.read_bytes() == whole
        assert server.sent < sent + ranges.BLOCK


def test_a_killed_member_goes_on_in_the_next_run(server, target):
    with pytest.raises(KeyboardInterrupt):
        get_member(server, target, stop)
    (part,) = target.parent.iterdir()
    assert part.read_bytes() in ZIP and part.stat().st_size == ranges.BLOCK
    server.sent = 0
    get_member(server, target)
    assert gzip.decompress(target.read_bytes()) == TEXT["glove.2d.txt"]
    assert server.sent < target.stat().st_size - ranges.BLOCK + 1000


def test_a_part_of_another_member_is_not_continued(server, target):
    with pytest.raises(KeyboardInterrupt):
        get_member(server, target, stop)
    server.sent = 0
    get_member(server, target, member=member("glove.3d.txt"))
    assert gzip.decompress(target.read_bytes()) == TEXT["glove.3d.txt"]
    assert server.sent < target.stat().st_size + 1000
    assert [path.name for path in target.parent.iterdir()] == ["target"]


def test_a_bad_part_of_a_member_is_fetched_anew(server, target):
    with pytest.raises(KeyboardInterrupt):
        get_member(server, target, stop)
    (part,) = target.parent.iterdir()
    part.write_bytes(b"x" * 1000)
    get_member(server, target)
    assert gzip.decompress(target.read_bytes()) == TEXT["glove.2d.txt"]


def test_a_server_without_ranges_gives_the_whole_zip_and_progress_says_so(server, target):
    get_member(server, target)
    by_ranges = target.read_bytes()
    server.ranges, shown = False, []
    get_member(server, target, lambda *args: shown.append(args), checksum="sha256:" + hashlib.sha256(ZIP).hexdigest())
    assert target.read_bytes() == by_ranges
    what = f"glove.zip (whole, as the server has no ranges) from {server.at('/glove.zip')}"
    assert shown[-1] == (what, len(ZIP), len(ZIP))
    assert [path.name for path in target.parent.iterdir()] == ["target"]


def test_the_whole_zip_must_be_as_expected(server, target):
    server.ranges = False
    refused(target, "expected 0123", get_member, server, target, checksum="sha256:0123")
    refused(target, f"is {len(ZIP):,} bytes long, expected 5", get_member, server, target, size=5)


def test_a_mirror_folder_gives_a_member_without_the_network(server, target, tmp_path, monkeypatch):
    (tmp_path / "glove.zip").write_bytes(ZIP)
    monkeypatch.setenv("HEADLINES_MIRROR", str(tmp_path))
    assert get_member(server, target) == str(tmp_path / "glove.zip")
    assert gzip.decompress(target.read_bytes()) == TEXT["glove.2d.txt"]
    assert not server.requests


# zips of all kinds, from disk, which the same code reads

PLAIN = Content("a.txt", 2000)
SMALL = zipped({"b.txt": b"other", "a.txt": b"some text " * 200})


@pytest.fixture
def extract(tmp_path):
    """Give a function that extracts a member from bytes, and returns what is then in the gzip file."""
    target = tmp_path / "out" / "target"

    def extract(data, member=PLAIN):
        (tmp_path / "small.zip").write_bytes(data)
        extract_member(tmp_path / "small.zip", member, target)
        return gzip.decompress(target.read_bytes())

    extract.target = target
    return extract


@pytest.fixture
def zip64(monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 10)


def test_a_zip64_is_read(zip64, extract, server, target):
    data = zipped(TEXT)
    assert b"PK\6\6" in data and data.count(b"\xff\xff\xff\xff") >= len(TEXT)
    for name in TEXT:
        assert extract(data, member(name)) == TEXT[name]
    server.files["/glove.zip"] = data
    get_member(server, target)
    assert gzip.decompress(target.read_bytes()) == TEXT["glove.2d.txt"]


def test_a_zip_written_to_a_stream_is_read(extract):
    class Stream(io.RawIOBase):
        written = b""

        def write(self, data):
            self.written += bytes(data)
            return len(data)

        def writable(self):
            return True

    with zipfile.ZipFile(stream := Stream(), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"some text " * 200)
    assert extract(stream.written) == b"some text " * 200


def test_a_zip_behind_other_bytes_and_before_a_comment_is_read(extract):
    data = io.BytesIO(b"#!/bin/sh\n" + SMALL)
    with zipfile.ZipFile(data, "a") as archive:
        archive.comment = b"made by hand"
    assert extract(data.getvalue()) == b"some text " * 200


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_an_empty_member_is_read(extract, method):
    assert extract(zipped({"a.txt": b""}, method), Content("a.txt")) == b""


def test_every_flipped_bit_is_noticed_or_without_effect(extract):
    noticed = 0
    for place in range(len(SMALL)):
        flipped = bytearray(SMALL)
        flipped[place] ^= 1 << place % 8
        try:
            assert extract(flipped) == b"some text " * 200
        except InputError:
            noticed += 1
    assert noticed > 50


def test_every_truncation_is_noticed(extract):
    for length in range(len(SMALL)):
        with pytest.raises(InputError):
            extract(SMALL[:length])
    assert not extract.target.exists()


def patched(offset, value, data=SMALL):
    """Change a 4-byte field of the last entry in a zip's directory."""
    entry = data.rindex(b"PK\1\2") + offset
    return data[:entry] + struct.pack("<I", value) + data[entry + 4 :]


BOMB = zipped({"a.txt": bytes(100_000_000)})


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<html>Please log in</html>", "small.zip: not a whole zip file"),
        (b"", "small.zip: not a whole zip file"),
        (SMALL[:-10], "small.zip: not a whole zip file"),
        (zipped({}), "small.zip: has no member a.txt, only nothing"),
        (zipped({"b.txt": b"", "c.txt": b""}), "small.zip: has no member a.txt, only b.txt, c.txt"),
        (zipped({"../a.txt": b"", "/a.txt": b""}), "small.zip: has no member a.txt, only ../a.txt, /a.txt"),
        (zipped({"é.txt": b""}).replace("é".encode(), b"\xff\xff"), "small.zip: not a whole zip file"),
        (zipped({"a.txt": b"some text"}), "a.txt has 9 bytes, expected 2,000"),
        (zipped({"a.txt": b"some text " * 200}, zipfile.ZIP_BZIP2), "a.txt is encrypted or not packed by deflate"),
        (patched(8, 0x80001), "a.txt is encrypted or not packed by deflate"),
        (patched(16, 1), "a.txt has CRC"),
        (patched(20, 5), "a.txt is damaged (the packed bytes do not end where the member ends)"),
        (patched(20, 40), "a.txt is damaged (the packed bytes do not end where the member ends)"),
        (patched(20, 100_000), "a.txt is not where the zip's directory says"),
        (patched(42, 7), "a.txt is not where the zip's directory says"),
        (patched(42, len(SMALL) - 5), "a.txt is not where the zip's directory says"),
        (patched(42, 100_000), "a.txt is not where the zip's directory says"),
        (patched(24, 2000, BOMB), "a.txt has more than the 2,000 bytes expected"),
        (patched(24, 2000, zipped({"a.txt": b"some text"})), "a.txt has 9 bytes, expected 2,000"),
    ],
)
def test_a_bad_zip_is_refused(extract, data, message):
    refused(extract.target, message, extract, data)


@pytest.mark.parametrize("name", ["../a.txt", "/a.txt", "b/../../a.txt"])
def test_a_member_name_that_leads_out_is_refused(extract, name):
    data = zipped({name: b"some text"})
    refused(extract.target, f"file name {name!r} is not allowed", lambda: extract(data, Content(name)))


def test_other_text_under_the_right_name_is_refused(extract):
    other = Content("a.txt", None, "md5:0123")
    md5 = hashlib.md5(b"some text " * 200).hexdigest()
    refused(extract.target, f"a.txt has md5 {md5}, expected 0123", extract, SMALL, other)


def test_a_bomb_is_not_unfolded_in_memory(extract):
    tracemalloc.start()
    with pytest.raises(InputError, match="more than the 2,000 bytes"):
        extract(patched(24, 2000, BOMB))
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_a_file_that_is_not_there_is_named(target, tmp_path):
    refused(target, f"{tmp_path / 'no.zip'}: no such file", extract_member, tmp_path / "no.zip", PLAIN, target)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (ZIP[:-30], "not a whole zip file"),
        (b"<html>Please log in</html>", "not a whole zip file"),
    ],
)
def test_a_bad_zip_on_the_web_is_refused(server, target, data, message):
    server.files["/glove.zip"] = data
    refused(target, message, get_member, server, target)


def test_a_flipped_byte_in_a_member_on_the_web_is_refused(server, target):
    get_member(server, target)
    place = ZIP.index(target.read_bytes()[10:-8]) + 200_000
    server.files["/glove.zip"] = ZIP[:place] + bytes([ZIP[place] ^ 1]) + ZIP[place + 1 :]
    target.unlink()
    refused(target, "glove.2d.txt", get_member, server, target)
    server.files["/glove.zip"] = ZIP
    get_member(server, target)
    assert gzip.decompress(target.read_bytes()) == TEXT["glove.2d.txt"]
