"""Any file gives all its headlines, or an error of one line that names the file and the line in it."""

import csv
import gzip
import io
import json
import re
from functools import partial

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.edits import EDITS, edited

from sarcasm.base.command import InputError
from sarcasm.text.corpus import Headline, format_line, only_class, read_formatted, read_headlines, split_positions

TEXTS = st.text(min_size=1, max_size=30).filter(str.strip)
HEADLINES = st.lists(st.builds(Headline, TEXTS, st.integers(0, 1)), min_size=1, max_size=6)
ENDS = st.sampled_from(["\n", "\r\n"])
BOM = st.sampled_from([b"", b"\xef\xbb\xbf"])
SUFFIXES = [".json", ".jsonl", ".csv", ".tsv"]


def lines(headlines, end="\n", ascii=True):
    rows = [{"is_sarcastic": label, "headline": text} for text, label in headlines]
    return end.join(json.dumps(row, ensure_ascii=ascii) for row in rows)


def array(headlines, end="\n", ascii=True):
    rows = [{"is_sarcastic": label, "headline": text} for text, label in headlines]
    return json.dumps(rows, ensure_ascii=ascii, indent=1).replace("\n", end)


def table(headlines, end="\n", ascii=True, delimiter=","):
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator=end, delimiter=delimiter)
    writer.writerows([("is_sarcastic", "headline"), *((label, text) for text, label in headlines)])
    return file.getvalue().removesuffix(end)


FILES = [
    (".json", array),
    (".json", lines),
    (".jsonl", lines),
    (".csv", table),
    (".csv", partial(table, delimiter=";")),
    (".tsv", partial(table, delimiter="\t")),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("corpus")


def read(folder, suffix, data, positive=None):
    path = folder / f"corpus{suffix}"
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass"))
    return list(read_headlines(path, positive=positive))


def refused(folder, suffix, data, positive=None):
    """Return the error message, without the folder, for a file that must be refused."""
    with pytest.raises(InputError) as error:
        read(folder, suffix, data, positive)
    return str(error.value).removeprefix(f"{folder}/")


@pytest.mark.parametrize(("suffix", "write"), FILES)
@given(headlines=HEADLINES, end=ENDS, bom=BOM, ascii=st.booleans(), last=st.booleans())
@example([Headline('a "b", \0 c\rd\x85\u2028e', 1)] * 2, "\r\n", b"\xef\xbb\xbf", False, False)
@example([Headline("word " * 30_000, 0)], "\n", b"", True, True)
def test_every_format_gives_the_headlines_back(folder, suffix, write, headlines, end, bom, ascii, last):
    data = bom + (write(headlines, end, ascii) + end * last).encode()
    assert read(folder, suffix, data) == read(folder, f"{suffix}.gz", gzip.compress(data, 1)) == headlines
    assert read(folder, ".jsonl", b"".join(map(format_line, headlines))) == headlines


@given(st.lists(st.builds(Headline, st.text(), st.integers(0, 1)), max_size=3))
def test_lines_are_as_json_writes_them_and_give_the_headlines_back(folder, headlines):
    rows = [{"headline": headline.text, "is_sarcastic": headline.label} for headline in headlines]
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    path = folder / "headlines.jsonl"
    path.write_bytes(b"".join(map(format_line, headlines)))
    assert path.read_bytes() == "".join(lines).encode()
    assert list(read_formatted(path)) == headlines


@pytest.mark.parametrize(("suffix", "write"), FILES)
@given(headlines=HEADLINES, edits=EDITS)
def test_a_file_with_faults_is_read_in_full_or_refused_in_one_line(folder, suffix, write, headlines, edits):
    data = edited(write(headlines).encode(), edits)
    try:
        found = read(folder, suffix, data)
    except InputError as error:
        assert re.match(rf"\S+/corpus{suffix}(, (line|record) \d+)?: \S", str(error))
        return
    assert found == parsed(suffix, data.decode("utf-8-sig"))


def parsed(suffix, text):
    """Return the headlines of a valid file, as Python's own parsers read it."""
    if suffix in (".csv", ".tsv"):
        tables = (list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)) for delimiter in ",;\t")
        head, *cells = next(table for table in tables if {"headline", "is_sarcastic"} <= {*table[0]})
        rows = [dict(zip(head, row, strict=True)) for row in cells if row]
    elif suffix == ".json" and text.lstrip().startswith("["):
        rows = json.loads(text)
    else:
        rows = [json.loads(line) for line in text.split("\n") if line.strip()]
    return [Headline(row["headline"], one(row["is_sarcastic"])) for row in rows]


def one(label):
    try:
        return int(float(label))
    except ValueError:
        return int(label.lower() in ("true", "yes"))


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(data=st.binary(max_size=40))
@example(b"[" * 100_000)
@example(b'{"is_sarcastic": ' + b"1" * 5000 + b"}")
@example(b"[1]")
@example(b"[[]]")
@example(b"3")
@example(b"headline,is_sarcastic\n1")
@example(b'headline,is_sarcastic\n"1')
def test_any_bytes_are_refused_in_one_line(folder, suffix, data):
    assert refused(folder, suffix, data).startswith(f"corpus{suffix}")


ROWS = {
    "no 'headline'": {"is_sarcastic": 1},
    "no 'is_sarcastic'": {"headline": "moon wins"},
    "'headline' must be a text": {"headline": " ", "is_sarcastic": 1},
    "'is_sarcastic' must be 0 or 1": {"headline": "moon wins", "is_sarcastic": "2"},
}
GOOD = [{"headline": "moon wins", "is_sarcastic": 1}]


@pytest.mark.parametrize("what", ROWS)
def test_a_bad_row_is_refused_with_its_place(folder, what):
    rows = [*GOOD * 2, ROWS[what], *GOOD]
    assert refused(folder, ".jsonl", "\n".join(map(json.dumps, rows))).startswith(f"corpus.jsonl, line 3: {what}")
    assert refused(folder, ".json", json.dumps(rows)).startswith(f"corpus.json, record 3: {what}")


def test_a_bad_row_of_a_table_is_refused_with_its_line(folder):
    head = 'is_sarcastic,headline\n1,"moon\nwins"\n'
    for row, what in {
        "1": "no 'headline'",
        "1,": "'headline' must be a text",
        "2,moon": "'is_sarcastic' must be 0 or 1, found '2'; set corpus.positive to the label that counts as 1",
        "1,moon, wins": "not CSV: more cells than the 2 columns",
        '1,"moon" wins': "not CSV: ',' expected",
        "1,moon\rwins": "not CSV: new-line character",
    }.items():
        assert refused(folder, ".csv", f"{head}{row}\n0,sun\n").startswith(f"corpus.csv, line 4: {what}")


def labelled(*labels):
    return "\n".join(json.dumps({"headline": "moon", "is_sarcastic": label}) for label in labels)


@pytest.mark.parametrize("label", [None, "", -1, 2, 0.5, "2", "Onion", [1], float("nan")])
def test_a_label_is_0_or_1(folder, label):
    assert refused(folder, ".jsonl", labelled(label)).startswith("corpus.jsonl, line 1: ")


def test_a_label_may_be_a_number_a_boolean_or_yes_and_no(folder):
    zeros, ones = [0, 0.0, False, "0", "0.0", "False", "no"], [1, 1.0, True, "1", "1.0", "TRUE", "Yes"]
    assert [label for _, label in read(folder, ".jsonl", labelled(*zeros, *ones))] == [0] * 7 + [1] * 7


@pytest.mark.parametrize(
    ("positive", "one", "other"),
    [("Onion", "Onion", "HuffPost"), (2, "2", "1"), (True, "True", "False"), (4.0, 4, 0), (0, 0, 1)],
)
def test_the_positive_label_counts_as_1(folder, positive, one, other):
    assert [label for _, label in read(folder, ".jsonl", labelled(one, other, one), positive)] == [1, 0, 1]


def test_three_labels_are_refused_at_the_third(folder):
    message = "corpus.jsonl, line 4: more than two labels in 'is_sarcastic': 'Onion', 'HuffPost', 'BBC'"
    assert refused(folder, ".jsonl", labelled("Onion", "HuffPost", "Onion", "BBC"), "Onion") == message


def test_a_positive_label_that_never_occurs_is_refused_with_the_labels(folder):
    message = "corpus.jsonl: no label is 'satire' (corpus.positive), found 'Onion', 'HuffPost'"
    assert refused(folder, ".jsonl", labelled("Onion", "HuffPost"), "satire") == message


def test_headlines_of_one_class_are_described():
    classes = ["HuffPost", "Onion"]
    assert only_class([0, 3], classes) == "all 3 headlines are 'Onion' (label 1)"
    assert only_class([3, 0], classes) == "all 3 headlines are 'HuffPost' (label 0)"
    assert only_class([1, 1], classes) is only_class([0, 0], classes) is None


def test_duplicate_keys_and_columns_are_refused(folder):
    twice = '{"headline": "moon", "headline": "sun", "is_sarcastic": 1}'
    assert refused(folder, ".jsonl", twice) == "corpus.jsonl, line 1: not JSON: duplicate key"
    assert "duplicate column" in refused(folder, ".csv", "headline,headline,is_sarcastic\nmoon,sun,1\n")


def test_a_lone_surrogate_is_refused(folder):
    half = r'{"headline": "\ud83d", "is_sarcastic": 1}'
    assert "line 1: 'headline' contains a lone surrogate" in refused(folder, ".jsonl", half)
    assert read(folder, ".jsonl", half.replace("d83d", r"d83d\ude00")) == [Headline("😀", 1)]


@pytest.mark.parametrize(("suffix", "write"), FILES)
def test_text_that_is_not_utf8_is_refused_with_its_line(folder, suffix, write):
    data = write([Headline("moon", 1), Headline("caf\xe9", 0)], ascii=False)
    number = data[: data.index("\xe9")].count("\n") + 1
    found = refused(folder, suffix, data.encode("latin-1"))
    assert re.fullmatch(rf"corpus{suffix}, line {number}: not UTF-8 at byte \d+ of the line", found)


@pytest.mark.parametrize("encoding", ["UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "UTF-32LE", "UTF-32BE"])
@pytest.mark.parametrize(("suffix", "write"), FILES)
def test_utf16_and_utf32_are_refused_with_how_to_convert(folder, suffix, write, encoding):
    data = write([Headline("moon", 1)]).encode(encoding)
    message = f"{encoding}, expected UTF-8; convert it with `iconv -f {encoding} -t UTF-8`"
    assert refused(folder, suffix, data) == f"corpus{suffix}: {message}"
    assert refused(folder, f"{suffix}.gz", gzip.compress(data)) == f"corpus{suffix}.gz: {message}"


@given(edits=EDITS, cut=st.none() | st.integers(0, 200))
def test_a_damaged_gzip_file_is_read_in_full_or_refused_in_one_line(folder, edits, cut):
    headlines = [Headline(f"moon {number}", number % 2) for number in range(20)]
    data = edited(gzip.compress(lines(headlines).encode(), mtime=0), edits)[:cut]
    try:
        assert read(folder, ".jsonl.gz", data) == headlines
    except InputError as error:
        assert re.match(r"\S+/corpus.jsonl.gz(, line \d+)?: \S", str(error))


def test_a_truncated_or_other_file_is_not_gzip(folder):
    data = gzip.compress(b"headline,is_sarcastic\nmoon,1\n")
    for damaged in (data[:-1], data[:-9] + b"\0" * 9, b"headline,is_sarcastic\n"):
        assert "corpus.csv.gz: not a gzip file, or damaged: " in refused(folder, ".csv.gz", damaged)


def test_the_delimiter_is_the_one_with_both_columns(folder):
    assert read(folder, ".csv", "is_sarcastic;headline;a,b\n1;moon, wins;\n") == [Headline("moon, wins", 1)]
    assert read(folder, ".csv", 'is_sarcastic,headline,"a;b"\n1,moon; wins,\n') == [Headline("moon; wins", 1)]
    assert refused(folder, ".csv", "is_sarcastic\theadline\n1\tmoon\n") == (
        "corpus.csv, line 1: expected the columns 'headline' and 'is_sarcastic', separated by ',' or ';', "
        "found 'is_sarcastic\\theadline'"
    )
    assert "separated by '\\t', found 'headline;label'" in refused(folder, ".tsv", "headline;label\nmoon;1\n")


@pytest.mark.parametrize("before", ["\ufeff \n\t", "     ", "\n" * 5000])
def test_an_array_may_follow_blanks(folder, before):
    headlines = [Headline("moon", 1), Headline("sun", 0)]
    assert read(folder, ".json", before + array(headlines)) == headlines


@pytest.mark.parametrize("data", ["", "\n \n", "[]", "headline,is_sarcastic\n"])
def test_an_empty_corpus_is_refused(folder, data):
    suffix = ".csv" if "," in data else ".json"
    assert refused(folder, suffix, data) == f"corpus{suffix}: no headlines, expected at least one"


def test_another_kind_of_file_is_refused(folder):
    for name in (".txt", ".gz", ".txt.gz"):
        assert refused(folder, name, "moon") == (
            f"corpus{name}: expected a file that ends in .json, .jsonl, .csv, .tsv, or one of these and .gz"
        )


@given(count=st.integers(1, 40), seed=st.none() | st.integers(0, 9), sizes=st.tuples(*[st.integers(0, 15)] * 3))
def test_no_headline_is_in_two_splits(count, seed, sizes):
    names = dict(zip(("train", "validation", "test"), sizes, strict=True))
    if sum(sizes) > count:
        with pytest.raises(InputError, match=r"split\.\w+: needs \d+ headlines in all, the corpus has"):
            split_positions(count, names, seed)
        return
    splits = split_positions(count, names, seed)
    all_splits = np.concatenate([*splits.values()]).tolist()
    assert [len(split) for split in splits.values()] == list(sizes)
    assert len(set(all_splits)) == len(all_splits)
    assert seed is not None or all_splits == [*range(sum(sizes))]


def test_a_fraction_that_comes_to_nothing_is_refused():
    with pytest.raises(InputError, match=r"split.test: 0.1 of 5 headlines is none"):
        split_positions(5, {"train": 0.8, "test": 0.1}, None)
