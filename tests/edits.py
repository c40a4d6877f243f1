"""Faults in a file, as hypothesis draws them: a few bytes lost, added or replaced, in a few places."""

from hypothesis import strategies as st

SYNTAX = [b'"', b"'", b"\\", b"{", b"}", b"[", b"]", b",", b";", b":", b"-", b"&a", b"*a", b" ", b"\t", b"\r", b"\n"]
VALUES = [b"\0", b"\xef\xbb\xbf", b"\xc2\x85", b"\\ud800", b"null", b"true", b"NaN", b"1e999", b"0x1", b"1_0", b"{}"]
EDITS = st.lists(
    st.tuples(st.integers(0, 2**16), st.integers(0, 3), st.binary(max_size=4) | st.sampled_from(SYNTAX + VALUES)),
    max_size=4,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=5), values, max_size=3),
    max_leaves=5,
)


def edited(data: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """Return the data with each edit: at a place, remove some bytes and insert others."""
    for place, cut, inserted in edits:
        place %= len(data) + 1
        data = data[:place] + inserted + data[place + cut :]
    return data
