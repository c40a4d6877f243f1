import gzip
import hashlib
import io
import random
import re
import ssl
import struct
import time
import traceback
import tracemalloc
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from ipaddress import ip_address

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from tests.edits import EDITS, edited
from tests.servers import drip, running, serve, slow, status
from urllib3 import HTTPResponse

from sarcasm.base.command import InputError
from sarcasm.fetch import ranges
from sarcasm.fetch.download import extract_member, fetch, fetch_member
from sarcasm.fetch.sources import ONLY_MEMBER, Content, Remote

DATA = random.Random(0).randbytes(300_000)
TEXT = {f"glove.{d}d.txt": DATA[d:].hex().encode() for d in (1, 2, 3, 4)}


def checksum(data, algorithm="sha256"):
    return f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"


def zipped(files, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return buffer.getvalue()


ZIP = zipped(TEXT)


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
        server.files = {"/a.json": DATA, "/glove.zip": ZIP}
        yield server


@pytest.fixture
def target(tmp_path):
    return tmp_path / "raw" / "target"


def pinned(server, path="/a.json", data=DATA):
    """Return the file at `path` of the server, with size and checksum of `data`."""
    return remote(server.at(path), size=len(data), checksum=checksum(data))


def remote(*addresses, name=None, size=None, checksum=None):
    return Remote(name or addresses[0].rpartition("/")[2], size, checksum, addresses=addresses)


def member(name="glove.2d.txt"):
    return Content(name, len(TEXT[name]), checksum(TEXT[name], "md5"))


SECOND = member()


def get(remote, target, *args):
    return fetch(remote, target, *args, allow_http=True)


def get_member(server, target, *args, member=SECOND, **known):
    return fetch_member(remote(server.at("/glove.zip"), **known), member, target, *args, allow_http=True)


def refused(target, message, action, *args, **kwargs):
    """Call `action`; it must raise a one-line error that contains `message`, and leave no files. Return the error."""
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        action(*args, **kwargs)
    assert "\n" not in str(caught.value)
    assert not target.parent.exists() or not list(target.parent.iterdir())
    return str(caught.value)


def interrupt(*_):
    raise KeyboardInterrupt


def kill(download, source, target):
    """End a download after its first block; return the path of its part file."""
    with pytest.raises(KeyboardInterrupt):
        download(source, target, interrupt)
    (part,) = target.parent.iterdir()
    return part


# a complete file


def test_a_file_is_downloaded_completely(server, target):
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
def test_a_cut_download_is_resumed(server, target, cuts):
    server.script = [serve(), *(serve(cut) for cut in cuts)]
    get(remote(server.at("/a.json")), target)
    assert target.read_bytes() == DATA
    assert server.sent < len(DATA) + len(cuts) * ranges.BLOCK
    assert server.starts()[-1] > 0


@pytest.mark.parametrize("before", [{"ETag": '"0"'}, {"ETag": None, "Last_Modified": "Mon, 04 Aug 2014 00:00:00 GMT"}])
def test_a_file_that_changes_during_the_download_is_refused(server, target, before):
    after = {name: value and value.replace("0", "1") for name, value in before.items()}
    server.script = [serve(**before), serve(100_000, **before), serve(**after)]
    with pytest.raises(InputError, match="file changed during the download"):
        get(remote(server.at("/a.json")), target)
    assert not target.exists()


def test_a_killed_download_is_resumed_by_the_next_run(server, target):
    first = kill(get, pinned(server), target).stat().st_size
    second = kill(get, pinned(server), target).stat().st_size
    assert 0 < first < second
    server.sent = 0
    get(pinned(server), target)
    assert target.read_bytes() == DATA
    assert server.starts()[-1] == second
    assert server.sent <= len(DATA) - second + 1


@pytest.mark.parametrize("left", [b"x" * 1000, DATA[:-1] + b"x", DATA + b"x", b""])
def test_a_bad_part_is_downloaded_again(server, target, left):
    kill(get, pinned(server), target).write_bytes(left)
    get(pinned(server), target)
    assert target.read_bytes() == DATA


def test_a_part_of_another_file_is_not_resumed(server, target):
    server.files["/b.json"] = DATA[::-1]
    kill(get, pinned(server), target)
    server.sent = 0
    get(pinned(server, "/b.json", DATA[::-1]), target)
    assert target.read_bytes() == DATA[::-1]
    assert server.sent == len(DATA) + 1
    assert [path.name for path in target.parent.iterdir()] == ["target"]


def test_a_part_without_a_checksum_is_not_resumed(server, target):
    kill(get, remote(server.at("/a.json")), target).write_bytes(b"x" * 1000)
    get(remote(server.at("/a.json")), target)
    assert target.read_bytes() == DATA


@pytest.mark.parametrize("cuts", [[], [100_000, 200_000]])
def test_a_server_without_ranges_returns_the_complete_file(server, target, cuts):
    server.ranges = False
    server.script = [serve(), *(serve(cut) for cut in cuts)]
    get(remote(server.at("/a.json")), target)
    assert target.read_bytes() == DATA


def test_a_file_of_known_size_is_downloaded_from_a_server_that_does_not_report_its_length(server, target):
    server.ranges = False
    server.script = [serve(Content_Length=None) for _ in range(4)]
    get(pinned(server), target)
    assert target.read_bytes() == DATA


@pytest.mark.parametrize("length", [None, "9" * 5000])
def test_a_file_of_unknown_length_is_refused(server, target, length):
    server.ranges, server.script = False, [serve(Content_Length=length)]
    refused(target, "a.json: server does not report the length", get, remote(server.at("/a.json")), target)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "BR"])
@pytest.mark.parametrize("has_ranges", [True, False])
def test_a_compressed_response_is_refused(server, target, encoding, has_ranges):
    """Its length is that of the compressed bytes: decompressed up to there, the file would be truncated."""
    server.files["/a.json"], server.ranges = gzip.compress(b"moon " * 1000), has_ranges
    server.script = [serve(Content_Encoding=encoding)]
    message = f"a.json: server compressed the file (Content-Encoding: {encoding.lower()!r})"
    refused(target, message, get, remote(server.at("/a.json")), target)


def test_a_gz_file_is_not_decompressed_by_its_content_encoding(server, target):
    server.files["/a.json.gz"] = packed = gzip.compress(b"moon " * 1000)
    server.script = [serve(Content_Encoding="x-gzip")] * 2
    get(remote(server.at("/a.json.gz")), target)
    assert target.read_bytes() == packed


# server errors, retries and further addresses


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503, 504])
def test_a_temporary_error_is_retried_with_increasing_waits(server, target, waits, code):
    server.script = [status(code)] * 3 + [serve()] + [status(code)] * 3
    get(pinned(server), target)
    assert target.read_bytes() == DATA
    assert waits == [2, 4, 2, 4]  # none before the first retry, and none for waits of 0 seconds


@pytest.mark.parametrize(
    ("retry_after", "expected"),
    [
        ("7", [7, 7]),
        ("0", [2]),
        ("99999", [60, 60]),
        ("Mon, 04 Aug 2014 00:00:00 GMT", [2]),
        ("Mon, 04 Aug 9999 00:00:00 GMT", [60, 60]),
        *((invalid, [2]) for invalid in ("soon", "-1", "²", "9" * 5000, f"Mon, 04 Aug {'9' * 20} 00:00:00 GMT")),
    ],
)
def test_retry_after_is_respected_up_to_60_seconds(server, target, waits, retry_after, expected):
    server.script = [status(429, Retry_After=retry_after)] * 2
    get(pinned(server), target)
    assert waits == expected


def test_retry_after_may_be_a_date(server, target, waits):
    server.script = [status(503, Retry_After=formatdate(time.time() + 30, usegmt=True))]
    get(pinned(server), target)
    assert waits == [pytest.approx(30, abs=10)]


def test_a_request_that_times_out_is_retried(server, target, monkeypatch):
    monkeypatch.setattr(ranges, "TIMEOUT", (0.2, 0.2))
    server.script = [slow(0.5), serve(), slow(0.5), serve(cut=100_000, pause=0.5)]
    get(pinned(server), target)
    assert target.read_bytes() == DATA
    assert not server.script


SLOW = f"server did not respond for 30 seconds, or sent less than {ranges.LEAST_RATE:,} bytes per second"


def test_a_server_that_sends_a_byte_now_and_then_is_given_up(server, target, monkeypatch):
    clock = iter(range(0, 10_000, 66))  # seconds; a block may take 65.5
    monkeypatch.setattr(ranges, "monotonic", lambda: next(clock))
    server.script = [serve(), *[drip] * ranges.ATTEMPTS]
    with pytest.raises(InputError, match=SLOW):
        get(remote(server.at("/a.json")), target)
    assert not server.script


def test_a_server_that_sends_one_byte_a_connection_is_given_up(server, target):
    server.script = [serve(), *[serve(1, Content_Length="1")] * ranges.ATTEMPTS]
    with pytest.raises(InputError, match="request failed or was cut off"):
        get(remote(server.at("/a.json")), target)


def send_much(code, **headers):
    def step(handler):
        handler.reply(code, {"Content-Length": 2_000_000_000, **headers})
        for _ in range(2000):
            handler.write(bytes(1_000_000))

    return step


def test_the_body_of_a_redirect_is_not_downloaded(server, target):
    server.script = [send_much(302, Location="/a.json")]
    get(pinned(server), target)
    assert server.sent < 100_000_000


DOWN = {
    "unavailable": [status(503)] * ranges.ATTEMPTS,
    "missing": [status(404)],
    "cut off": [serve(0)] * ranges.ATTEMPTS,
    "empty responses": [serve(0, Content_Length="0")] * ranges.ATTEMPTS,
    "a redirect loop": [status(302, Location="/a.json")] * 31,
    "an HTML page": [serve(Content_Type="text/html; charset=utf-8")],
    "no Content-Range": [serve(Content_Range=None)],
    "another range": [serve(Content_Range="bytes 5-5/300000")],
    "a length with more digits than Python converts": [serve(Content_Range=f"bytes 0-0/{'9' * 5000}")],
    "a position with more digits than Python converts": [serve(Content_Range=f"bytes {'9' * 5000}-0/300000")],
    "a redirect to a long host label": [status(302, Location=f"https://{'a' * 64}.org/")],
    "a redirect to an empty host label": [status(302, Location="https://a..b/")],
    "a redirect to half an IPv6 address": [status(302, Location="https://[::1/a")],
    "a redirect to a bad port": [status(302, Location="https://a:b/")],
    "a redirect that is not UTF-8": [status(302, Location="/\xe9")],
}


@pytest.mark.parametrize("script", DOWN.values(), ids=DOWN)
def test_the_next_address_is_tried_when_one_fails(server, target, script):
    server.files["/b.json"] = DATA
    server.script = list(script)
    both = remote(server.at("/a.json"), server.at("/b.json"), size=len(DATA))
    assert get(both, target) == server.at("/b.json")
    assert target.read_bytes() == DATA
    assert len(server.requests) == len(script) + 2


def test_the_next_address_resumes_where_the_first_failed(server, target):
    server.files["/b.json"] = DATA
    server.script = [serve(), serve(200_000)] + [status(503)] * 3
    first = pinned(server)
    get(remote(*first.addresses, server.at("/b.json"), size=first.size, checksum=first.checksum), target)
    assert target.read_bytes() == DATA
    assert server.sent < len(DATA) + ranges.BLOCK


def test_if_all_addresses_fail_the_message_lists_the_reasons_and_what_to_do(server, target):
    server.script = [status(404)] + [status(503)] * ranges.ATTEMPTS
    with running() as gone:
        closed = gone.at("/c.json")
    a, b = server.at("/a.json"), server.at("/b.json")
    refused(
        target,
        f"a.json cannot be downloaded: {a}: server returned status 404; {b}: server returned status 503; "
        f"{closed}: request failed or was cut off (ConnectionError). "
        "Use another source or a local path, or set HEADLINES_MIRROR to a folder or address that has a.json",
        get,
        remote(a, b, closed),
        target,
    )


# other content than expected


FLIPPED = DATA[:200_000] + bytes([DATA[200_000] ^ 1]) + DATA[200_001:]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (FLIPPED, f"a.json has {checksum(FLIPPED).replace(':', ' ')}, expected {checksum(DATA)[7:]}"),
        (DATA[:-1], "is 299,999 bytes long, expected 300,000"),
        (DATA + b"0", "is 300,001 bytes long, expected 300,000"),
        (b"<html>Please log in</html>", "is 26 bytes long, expected 300,000"),
        (b"", "server returned status 416"),
    ],
)
@pytest.mark.parametrize("has_ranges", [True, False])
def test_other_bytes_are_refused_and_the_next_run_starts_clean(server, target, body, message, has_ranges):
    server.files["/a.json"], server.ranges = body, has_ranges
    refused(target, message if body or has_ranges else "does not report the length", get, pinned(server), target)
    server.files["/a.json"] = DATA
    get(pinned(server), target)
    assert target.read_bytes() == DATA


def test_a_truncated_file_is_refused_even_if_the_server_reported_its_full_length(server, target):
    server.script = [serve(Content_Range=f"bytes 0-0/{len(DATA)}")]
    server.files["/a.json"] = DATA[:-1000]
    with pytest.raises(InputError, match="is 299,000 bytes long, expected 300,000"):
        get(pinned(server), target)
    assert not target.exists()


def test_an_html_page_with_status_200_is_refused_without_a_size_or_checksum(server, target):
    server.files["/a.json"], server.ranges = b"<html>Please log in</html>", False
    server.script = [serve(Content_Type="text/html; charset=utf-8")]
    refused(target, "a.json: server returned an HTML page", get, remote(server.at("/a.json")), target)


def test_more_bytes_than_requested_are_not_downloaded(server):
    server.script = [send_much(200)]
    with ranges.connect(allow_http=True) as session:
        ranges.WebFile(session, server.at("/a.json"))
    assert server.sent < 100_000_000


def test_a_server_may_stop_supporting_ranges(server):
    with ranges.connect(allow_http=True) as session:
        source = ranges.WebFile(session, server.at("/a.json"))
        server.ranges = False
        assert b"".join(source.chunks(10, 20)) == DATA[10:20]


def test_a_server_may_return_fewer_bytes_than_requested(server, target):
    server.script = [serve()] + [serve(limit, Content_Length=limit) for limit in (1, 50_000, 99_999)]
    get(pinned(server), target)
    assert target.read_bytes() == DATA


# only https, and no credentials in messages


PLAIN_HTTP = "address or redirect starts with http://, expected https:// (http:// requires allow_http)"


def test_http_is_refused_without_a_request(server, target):
    address = server.at("/a.json?token=SECRET", user="user:SECRET@")
    error = refused(target, f"a.json: {PLAIN_HTTP}", fetch, remote(address, name="a.json"), target)
    assert "SECRET" not in error
    assert not server.requests


def test_a_redirect_from_https_to_http_is_not_followed(server, target, monkeypatch):
    def send(self, request, **kwargs):
        response = requests.Response()
        response.status_code, response.request, response.url = 302, request, request.url
        response.headers["Location"] = server.at("/a.json")
        response.raw = HTTPResponse(io.BytesIO(), preload_content=False)
        return response

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    moved = remote("https://example.org/a.json")
    refused(target, f"https://example.org/a.json: {PLAIN_HTTP}", fetch, moved, target)
    assert not server.requests


@pytest.mark.parametrize("scheme", ["ftp", "file", "socks5"])
def test_other_schemes_are_refused_by_name(target, scheme):
    message = f"address or redirect starts with {scheme}://, expected https://"
    refused(target, message, get, remote(f"{scheme}://127.0.0.1/a"), target)


BROKEN = [
    *("https://", "https://[::1/a", "https://[/a", "https://h:x/", "https://h:99999/"),
    *(f"https://{'a' * 64}.org/a", "https://a..b/a", "https://user:p€@127.0.0.1/a"),
]


@pytest.mark.parametrize("address", BROKEN)
def test_a_broken_address_is_refused_and_the_next_one_tried(server, target, address):
    refused(target, f"{ranges.redact(address)}: not a valid address", get, remote(address, name="a"), target)
    assert get(remote(address, server.at("/a.json"), name="a"), target) == server.at("/a.json")


def test_a_socks_proxy_is_refused_by_name(server, target, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("HTTP_PROXY", "socks5://127.0.0.1:1")
    refused(target, "proxy is a SOCKS proxy", get, remote("http://127.0.0.1/a"), target)


def certificate(folder, days):
    """Write a certificate of 127.0.0.1 that is valid until in `days` days, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"test {days}")])
    end = datetime.now(UTC) + timedelta(days)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, end - timedelta(9), end)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / f"{days}.pem"
    path.write_bytes(signed.public_bytes(pem) + private)
    return path


def test_a_certificate_that_is_not_valid_is_refused_without_a_retry(server, target, tmp_path, monkeypatch, waits):
    valid, expired = certificate(tmp_path, 1), certificate(tmp_path, -1)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(valid)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    file = replace(pinned(server), addresses=(server.at("/a.json").replace("http", "https"),))
    refused(target, "a.json: certificate is not valid (self-signed certificate)", fetch, file, target)
    (tmp_path / "trusted.pem").write_bytes(valid.read_bytes() + expired.read_bytes())
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "trusted.pem"))

    def expire(handler):
        context.load_cert_chain(expired)
        serve(cut=100_000)(handler)

    server.script = [serve(), expire]
    with pytest.raises(InputError, match=r"certificate is not valid \(certificate has expired\)"):
        fetch(file, target)
    (part,) = target.parent.iterdir()
    assert part.stat().st_size == 100_000 and waits == []
    context.load_cert_chain(valid)
    server.sent = 0
    fetch(file, target)
    assert target.read_bytes() == DATA and server.sent == 200_001


def test_credentials_are_taken_from_netrc(server, target, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login user password SECRET\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    get(remote(server.at("/a.json")), target)
    assert {headers["Authorization"] for _, headers in server.requests} == {"Basic dXNlcjpTRUNSRVQ="}


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


def test_credentials_are_not_in_the_cause_of_an_error(server):
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
def test_addresses_are_shown_without_credentials(address, text):
    assert ranges.redact(address) == text


# HEADLINES_MIRROR


def test_a_folder_can_be_the_mirror(server, target, tmp_path, monkeypatch):
    mirror = tmp_path / "mirror #1?"
    mirror.mkdir()
    (mirror / "a.json").write_bytes(DATA)
    monkeypatch.setenv("HEADLINES_MIRROR", str(mirror))
    assert fetch(pinned(server), target) == str(mirror / "a.json")
    assert target.read_bytes() == DATA
    assert not server.requests


@pytest.mark.parametrize("content", [None, b"other bytes", FLIPPED])
def test_a_mirror_without_the_expected_file_is_skipped(server, target, tmp_path, monkeypatch, content):
    if content is not None:
        (tmp_path / "a.json").write_bytes(content)
    monkeypatch.setenv("HEADLINES_MIRROR", str(tmp_path))
    assert get(pinned(server), target) == server.at("/a.json")
    assert target.read_bytes() == DATA


@pytest.mark.parametrize("mirror", ["/team", "/team/", "/team?token=SECRET"])
def test_an_address_can_be_the_mirror(server, target, monkeypatch, mirror):
    server.files["/team/a.json"] = DATA
    monkeypatch.setenv("HEADLINES_MIRROR", server.at(mirror))
    assert get(pinned(server), target) == server.at("/team/a.json")
    assert all(path.startswith("/team/a.json") for path, _ in server.requests)
    assert all(path.endswith(mirror.partition("?")[2]) for path, _ in server.requests)


@pytest.mark.parametrize("mirror", ["http://[::1", "https://a..b", "file:///data", "socks5://a", "/" + "a" * 300])
def test_a_broken_mirror_is_skipped(server, target, monkeypatch, mirror):
    monkeypatch.setenv("HEADLINES_MIRROR", mirror)
    assert get(pinned(server), target) == server.at("/a.json")


def test_an_http_mirror_requires_allow_http(server, target, monkeypatch):
    monkeypatch.setenv("HEADLINES_MIRROR", server.at("/team"))
    refused(target, f"/team/a.json: {PLAIN_HTTP}", fetch, remote("https://", name="a.json"), target)
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


def test_only_the_compressed_member_is_transferred_and_at_most_one_percent_more(server, target):
    get_member(server, target)
    compressed = target.read_bytes()[10:-8]
    assert compressed in ZIP
    assert len(ZIP) / 5 < len(compressed) <= server.sent <= len(compressed) * 1.01


def test_a_cut_member_is_resumed(server, target):
    get_member(server, target)
    complete, sent = target.read_bytes(), server.sent
    steps = len(server.requests) - 1
    for step in range(steps + 1):
        server.script = [serve()] * step + [serve(0), serve(100_000)]
        server.sent = 0
        get_member(server, target)
        assert target.read_bytes() == complete
        assert server.sent < sent + ranges.BLOCK


def test_a_killed_member_is_resumed_by_the_next_run(server, target):
    part = kill(get_member, server, target).read_bytes()
    assert part and part in ZIP
    server.sent = 0
    get_member(server, target)
    assert gzip.decompress(target.read_bytes()) == TEXT["glove.2d.txt"]
    assert server.sent < target.stat().st_size - len(part) + 1000


def test_a_part_of_another_member_is_not_resumed(server, target):
    kill(get_member, server, target)
    server.sent = 0
    get_member(server, target, member=member("glove.3d.txt"))
    assert gzip.decompress(target.read_bytes()) == TEXT["glove.3d.txt"]
    assert server.sent < target.stat().st_size + 1000
    assert [path.name for path in target.parent.iterdir()] == ["target"]


def test_a_bad_part_of_a_member_is_downloaded_again(server, target):
    kill(get_member, server, target).write_bytes(b"x" * 1000)
    get_member(server, target)
    assert gzip.decompress(target.read_bytes()) == TEXT["glove.2d.txt"]


def test_a_server_without_ranges_returns_the_complete_zip_and_progress_says_so(server, target):
    get_member(server, target)
    by_ranges = target.read_bytes()
    server.ranges, shown = False, []
    get_member(server, target, lambda *args: shown.append(args), checksum=checksum(ZIP))
    assert target.read_bytes() == by_ranges
    description = f"glove.zip (complete zip, as the server does not support ranges) from {server.at('/glove.zip')}"
    assert shown[-1] == (description, len(ZIP), len(ZIP))
    assert [path.name for path in target.parent.iterdir()] == ["target"]


def test_a_complete_zip_of_another_size_or_checksum_is_refused(server, target):
    server.ranges = False
    refused(target, "expected 0123", get_member, server, target, checksum="sha256:0123")
    refused(target, f"is {len(ZIP):,} bytes long, expected 5", get_member, server, target, size=5)


def test_a_member_is_extracted_from_a_mirror_folder_without_the_network(server, target, tmp_path, monkeypatch):
    (tmp_path / "glove.zip").write_bytes(ZIP)
    monkeypatch.setenv("HEADLINES_MIRROR", str(tmp_path))
    assert get_member(server, target) == str(tmp_path / "glove.zip")
    assert gzip.decompress(target.read_bytes()) == TEXT["glove.2d.txt"]
    assert not server.requests


# unusual and bad zips; they are read from disk, by the same code

PLAIN = Content("a.txt", 2000)
SMALL = zipped({"b.txt": b"other", "a.txt": b"some text " * 200})


@pytest.fixture
def extract(tmp_path):
    """Return a function that extracts a member of a zip, given as bytes, and returns the content of the gzip file."""
    target = tmp_path / "out" / "target"

    def extract(data, member=PLAIN):
        (tmp_path / "small.zip").write_bytes(data)
        extract_member(tmp_path / "small.zip", member, target)
        return gzip.decompress(target.read_bytes())

    extract.target = target
    return extract


def test_a_zip64_is_read(extract, server, target, monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 10)
    data = zipped(TEXT)
    assert b"PK\6\6" in data and data.count(b"\xff\xff\xff\xff") >= len(TEXT)
    for name in TEXT:
        assert extract(data, member(name)) == TEXT[name]
    server.files["/glove.zip"] = data
    get_member(server, target)
    assert gzip.decompress(target.read_bytes()) == TEXT["glove.2d.txt"]


def test_a_zip_written_to_a_stream_is_read(extract):
    class Stream(io.BytesIO):
        def tell(self):
            raise OSError  # as a pipe does

    with zipfile.ZipFile(stream := Stream(), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"some text " * 200)
    assert b"PK\7\x08" in stream.getvalue()  # sizes and CRC after the data
    assert extract(stream.getvalue()) == b"some text " * 200


def test_a_zip_after_other_bytes_and_with_a_comment_is_read(extract):
    data = io.BytesIO(b"#!/bin/sh\n" + SMALL)
    with zipfile.ZipFile(data, "a") as archive:
        archive.comment = b"a comment"
    assert extract(data.getvalue()) == b"some text " * 200


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_an_empty_member_is_read(extract, method):
    assert extract(zipped({"a.txt": b""}, method), Content("a.txt")) == b""


def test_every_flipped_bit_is_detected_or_has_no_effect(extract):
    detected = 0
    for place in range(len(SMALL)):
        flipped = bytearray(SMALL)
        flipped[place] ^= 1 << place % 8
        try:
            assert extract(flipped) == b"some text " * 200
        except InputError:
            detected += 1
    assert detected > 50


def test_every_truncation_is_detected(extract):
    for length in range(len(SMALL)):
        with pytest.raises(InputError):
            extract(SMALL[:length])
    assert not extract.target.exists()


@given(
    files=st.dictionaries(st.sampled_from(["a.txt", "b/a.txt", "é.txt"]), st.binary(max_size=30), min_size=1),
    method=st.sampled_from([zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED]),
    edits=EDITS,
)
def test_a_zip_with_faults_gives_the_member_or_is_refused(files, method, edits, tmp_path_factory):
    folder = tmp_path_factory.getbasetemp()
    (folder / "small.zip").write_bytes(edited(zipped(files, method), edits))
    for name in (*files, ONLY_MEMBER):
        try:
            extract_member(folder / "small.zip", Content(name), folder / "member.gz")
        except InputError as error:
            assert "small.zip" in str(error)
        else:
            assert gzip.decompress((folder / "member.gz").read_bytes()) in files.values()


def test_the_only_member_needs_no_name(extract):
    message = "expected one member (or its name) in the zip, found 2 (members: a.txt, b.txt)"
    refused(extract.target, message, extract, zipped({"a.txt": b"", "b.txt": b""}), Content(ONLY_MEMBER))
    assert extract(zipped({"folder/": b"", "folder/vectors.txt": b"some text"}), Content(ONLY_MEMBER)) == b"some text"


NOT_ONE = "small.zip: expected one member a.txt in the zip"


def test_a_zip_in_a_zip_is_not_decompressed(extract):
    assert extract(zipped({"inner.zip": SMALL}), Content(ONLY_MEMBER)) == SMALL


def patched(offset, value, data=SMALL):
    """Change a 4-byte field in the last entry of a zip's directory."""
    entry = data.rindex(b"PK\1\2") + offset
    return data[:entry] + struct.pack("<I", value) + data[entry + 4 :]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<html>Please log in</html>", "small.zip: not a complete zip file"),
        (SMALL[:-10], "small.zip: not a complete zip file"),
        (zipped({}), f"{NOT_ONE}, found 0 (members: none)"),
        (zipped({"b.txt": b"", "c.txt": b""}), f"{NOT_ONE}, found 0 (members: b.txt, c.txt)"),
        (zipped({"../a.txt": b"", "/a.txt": b""}), f"{NOT_ONE}, found 0 (members: ../a.txt, /a.txt)"),
        (zipped({"a.txt": b"", "b.txt": b""}).replace(b"b", b"a"), f"{NOT_ONE}, found 2 (members: a.txt, a.txt)"),
        (zipped({"b.txt": b""}).replace(b"b", b"\0"), f"{NOT_ONE}, found 0 (members: none)"),
        (zipped({"é.txt": b""}).replace("é".encode(), b"\xff\xff"), "small.zip: not a complete zip file"),
        (zipped({"a.txt": b"some text"}), "a.txt has 9 bytes, expected 2,000"),
        (
            zipped({"a.txt": b"some text " * 200}, zipfile.ZIP_BZIP2),
            "a.txt is encrypted or its compression method is not deflate",
        ),
        (patched(8, 0x80001), "a.txt is encrypted or its compression method is not deflate"),
        (patched(16, 1), "a.txt has CRC"),
        (patched(20, 5), "a.txt is damaged (the compressed data do not end where the member ends)"),
        (patched(20, 40), "a.txt is damaged (the compressed data do not end where the member ends)"),
        (patched(20, 100_000), "a.txt is not at the position given in the zip's directory"),
        (patched(42, 7), "a.txt is not at the position given in the zip's directory"),
        (patched(42, len(SMALL) - 5), "a.txt is not at the position given in the zip's directory"),
        (patched(42, 100_000), "a.txt is not at the position given in the zip's directory"),
        (patched(24, 2000, zipped({"a.txt": b"some text"})), "a.txt has 9 bytes, expected 2,000"),
    ],
)
def test_a_bad_zip_is_refused(extract, data, message):
    refused(extract.target, message, extract, data)


def test_the_message_of_a_missing_member_lists_a_few_names(extract):
    data = zipped({name: b"" for name in ["x" * 1000, *"bcdefghijk"]})
    message = f"{NOT_ONE}, found 0 (members: {'x' * 60}, b, c, d, e, ...)"
    refused(extract.target, message, extract, data)


@pytest.mark.parametrize("name", ["../a.txt", "/a.txt", "b/../../a.txt"])
def test_a_member_name_that_points_outside_its_folder_is_refused(extract, name):
    data = zipped({name: b"some text"})
    refused(extract.target, f"file name {name!r} is not allowed", lambda: extract(data, Content(name)))


def test_a_member_with_another_checksum_is_refused(extract):
    other = Content("a.txt", None, "md5:0123")
    found = checksum(b"some text " * 200, "md5").replace(":", " ")
    refused(extract.target, f"a.txt has {found}, expected 0123", extract, SMALL, other)


def test_a_zip_bomb_is_not_decompressed_in_memory(extract):
    bomb = patched(24, 2000, zipped({"a.txt": bytes(100_000_000)}))
    tracemalloc.start()
    refused(extract.target, "a.txt has more than the expected 2,000 bytes", extract, bomb)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_a_missing_file_is_refused_with_its_path(target, tmp_path):
    refused(target, f"{tmp_path / 'no.zip'}: no such file", extract_member, tmp_path / "no.zip", PLAIN, target)


@pytest.mark.parametrize("data", [ZIP[:-30], b"<html>Please log in</html>"])
def test_a_bad_zip_at_an_address_is_refused(server, target, data):
    server.files["/glove.zip"] = data
    refused(target, "glove.zip: not a complete zip file", get_member, server, target)


def test_a_flipped_bit_in_a_member_at_an_address_is_refused(server, target):
    get_member(server, target)
    place = ZIP.index(target.read_bytes()[10:-8]) + 200_000
    server.files["/glove.zip"] = ZIP[:place] + bytes([ZIP[place] ^ 1]) + ZIP[place + 1 :]
    target.unlink()
    refused(target, "glove.2d.txt", get_member, server, target)
    server.files["/glove.zip"] = ZIP
    get_member(server, target)
    assert gzip.decompress(target.read_bytes()) == TEXT["glove.2d.txt"]
