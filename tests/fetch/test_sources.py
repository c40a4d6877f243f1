import hashlib
import re

import pytest

from sarcasm.base.command import InputError
from sarcasm.fetch.sources import CORPORA, GLOVE, Content, glove

REMOTES = [*CORPORA.values(), *(release.archive for release in GLOVE.values())]
CONTENTS = [*REMOTES, *(member for release in GLOVE.values() for member in release.members.values())]


@pytest.mark.parametrize("content", CONTENTS, ids=lambda content: content.name)
def test_every_file_has_a_complete_checksum(content):
    algorithm, digits = content.checksum.split(":")
    assert re.fullmatch("[0-9a-f]*", digits) and len(digits) == 2 * hashlib.new(algorithm).digest_size


def test_checksums_and_names_are_unique():
    checksums, names = {content.checksum for content in CONTENTS}, {content.name for content in CONTENTS}
    assert len(checksums) == len(names) == len(CONTENTS)


@pytest.mark.parametrize("remote", REMOTES, ids=lambda remote: remote.name)
def test_every_file_has_several_https_addresses(remote):
    assert len(remote.addresses) >= 2 and all(address.startswith("https://") for address in remote.addresses)


def test_corpora_are_pinned_to_commits():
    assert all(re.search("[0-9a-f]{40}", address) for remote in CORPORA.values() for address in remote.addresses)


def test_every_dimension_has_its_member():
    assert {name: list(release.members) for name, release in GLOVE.items()} == {
        "glove.6B": [50, 100, 200, 300],
        "glove.42B.300d": [300],
        "glove.840B.300d": [300],
        "glove.twitter.27B": [25, 50, 100, 200],
    }
    for name, release in GLOVE.items():
        for dimension, member in release.members.items():
            assert member.name == f"{name.removesuffix('.300d')}.{dimension}d.txt"


def test_glove_returns_the_archive_and_the_member():
    archive, member = glove("glove.6B", 50)
    assert (archive.name, member.name, member.size) == ("glove.6B.zip", "glove.6B.50d.txt", 171_350_079)


def test_a_missing_dimension_is_refused_with_the_available_ones():
    with pytest.raises(InputError, match="no vectors of dimension 25, expected one of: 50, 100, 200, 300"):
        glove("glove.6B", 25)


@pytest.mark.parametrize("name", ["../a", "a/../../b", "/etc/passwd", "..\\a", "C:\\a", "\\\\host\\a", "", "a/", "."])
def test_a_name_that_points_outside_its_folder_is_refused(name):
    with pytest.raises(InputError, match="not allowed"):
        Content(name)


ABC = {algorithm: hashlib.new(algorithm, b"abc").hexdigest() for algorithm in ("md5", "sha256")}


@pytest.mark.parametrize("checksum", [None, *(f"{algorithm}:{digits}" for algorithm, digits in ABC.items())])
def test_checked_yields_the_expected_content_unchanged(checksum):
    assert list(Content("a", 3, checksum).checked([b"a", b"bc"], "here")) == [b"a", b"bc"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (Content("a", 2), "here: a has more than the expected 2 bytes"),
        (Content("a", 4), "here: a has 3 bytes, expected 4"),
        (Content("a", None, "md5:0"), f"here: a has md5 {ABC['md5']}, expected 0"),
        (Content("a", None, "sha256:0"), f"here: a has sha256 {ABC['sha256']}, expected 0"),
    ],
)
def test_checked_refuses_another_size_or_checksum(content, message):
    with pytest.raises(InputError, match=message):
        list(content.checked([b"a", b"bc"], "here"))


def test_checked_stops_at_the_first_chunk_that_exceeds_the_size():
    received = []
    endless = iter(lambda: b"0" * 10, None)
    with pytest.raises(InputError):
        received.extend(Content("bomb", 25).checked(endless, "here"))
    assert len(received) == 2
