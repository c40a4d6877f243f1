import hashlib
import re

import pytest

from sarcasm.errors import InputError
from sarcasm.sources import CORPORA, GLOVE, Content, corpus, glove

REMOTES = [*CORPORA.values(), *(release.archive for release in GLOVE.values())]
CONTENTS = [*REMOTES, *(member for release in GLOVE.values() for member in release.members.values())]


@pytest.mark.parametrize("content", CONTENTS, ids=lambda content: content.name)
def test_everything_known_has_a_whole_checksum(content):
    algorithm, digits = content.checksum.split(":")
    assert re.fullmatch("[0-9a-f]*", digits) and len(digits) == 2 * hashlib.new(algorithm).digest_size


def test_no_two_files_share_a_checksum_or_a_name():
    checksums, names = {content.checksum for content in CONTENTS}, {content.name for content in CONTENTS}
    assert len(checksums) == len(names) == len(CONTENTS)


@pytest.mark.parametrize("remote", REMOTES, ids=lambda remote: remote.name)
def test_each_file_is_at_several_https_addresses(remote):
    assert len(remote.addresses) >= 2 and all(address.startswith("https://") for address in remote.addresses)


def test_corpora_are_pinned_to_commits():
    assert all(re.search("[0-9a-f]{40}", address) for remote in CORPORA.values() for address in remote.addresses)


def test_each_dimension_names_its_member():
    assert {name: list(release.members) for name, release in GLOVE.items()} == {
        "glove.6B": [50, 100, 200, 300],
        "glove.42B.300d": [300],
        "glove.840B.300d": [300],
        "glove.twitter.27B": [25, 50, 100, 200],
    }
    for name, release in GLOVE.items():
        for dimension, member in release.members.items():
            assert member.name == f"{name.removesuffix('.300d')}.{dimension}d.txt"


def test_what_is_known_is_found():
    assert corpus("news-headlines-v1").size == 5_616_830
    archive, member = glove("glove.6B", 50)
    assert (archive.name, member.name, member.size) == ("glove.6B.zip", "glove.6B.50d.txt", 171_350_079)


@pytest.mark.parametrize(
    ("look_up", "message"),
    [
        (lambda: corpus("v3"), "no corpus 'v3' is known; there are news-headlines-v1, news-headlines-v2"),
        (lambda: glove("glove.7B", 50), "no GloVe release 'glove.7B' is known; there are glove.6B, glove.42B.300d, "),
        (lambda: glove("glove.6B", 25), "glove.6B has no dimension 25; it has 50, 100, 200, 300"),
    ],
)
def test_what_is_unknown_is_answered_with_what_is_known(look_up, message):
    with pytest.raises(InputError, match=re.escape(message)):
        look_up()


@pytest.mark.parametrize("name", ["../a", "a/../../b", "/etc/passwd", "..\\a", "C:\\a", "\\\\host\\a", "", "a/", "."])
def test_a_name_that_leads_out_of_a_folder_is_refused(name):
    with pytest.raises(InputError, match="not allowed"):
        Content(name)


ABC = {algorithm: hashlib.new(algorithm, b"abc").hexdigest() for algorithm in ("md5", "sha256")}


@pytest.mark.parametrize("checksum", [None, *(f"{algorithm}:{digits}" for algorithm, digits in ABC.items())])
def test_checked_passes_on_what_is_as_expected(checksum):
    assert list(Content("a", 3, checksum).checked([b"a", b"bc"], "here")) == [b"a", b"bc"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (Content("a", 2), "here: a has more than the 2 bytes expected"),
        (Content("a", 4), "here: a has 3 bytes, expected 4"),
        (Content("a", None, "md5:0"), f"here: a has md5 {ABC['md5']}, expected 0"),
        (Content("a", None, "sha256:0"), f"here: a has sha256 {ABC['sha256']}, expected 0"),
    ],
)
def test_checked_refuses_anything_else(content, message):
    with pytest.raises(InputError, match=message):
        list(content.checked([b"a", b"bc"], "here"))


def test_checked_stops_at_the_first_byte_too_many():
    taken = []
    endless = iter(lambda: b"0" * 10, None)
    with pytest.raises(InputError):
        taken.extend(Content("bomb", 25).checked(endless, "here"))
    assert len(taken) == 2
