"""Any file gives all its headlines, or an error of one line that names the file and the line in it."""

import csv
import gzip
import io
import json
import re
import subprocess
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from functools import partial
from itertools import combinations

from sarcasm.corpus import Headline, only_class, read_headlines, read_written, split, write_headlines
from sarcasm.stage import InputError

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.edits import EDITS, edited

TEXTS = st.text(min_size=1, max_size=30).filter(str.strip)
HEADLINES = st.lists(st.builds(Headline, TEXTS, st.integers(0, 1)), min_size=1, max_size=6)
ENDS = st.sampled_from(["\n", "\r\n"])


def lines(headlines, end="\n", ascii=True):
    return end.join(
        json.dumps({"headline": text, "is_sarcastic": label}, ensure_ascii=ascii) for text, label in headlines
    )


def array(headlines, end="\n", ascii=True):
    return f"{end}[{lines(headlines, f',{end}', ascii)}]"


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
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_headlines(path, positive=positive)


def refused(folder, suffix, data):
    """Return the error message, without the name of the file, for one that must be refused."""
    with pytest.raises(InputError) as error:
        read(folder, suffix, data)
    return str(error.value).removeprefix(f"{folder}/corpus{suffix}")


@pytest.mark.parametrize(("suffix", "write"), FILES)
@given(
    headlines=HEADLINES, end=ENDS, bom=st.sampled_from([b"", b"\xef\xbb\xbf"]), ascii=st.booleans(), last=st.booleans()
)
@example([Headline('a "b", \0 c\rd\x85\u2028e', 1)] * 2, "\r\n", b"\xef\xbb\xbf", False, False)
@example([Headline("word " * 30_000, 0)], "\n", b"", True, True)  # larger than a cell of the csv module by default
def test_every_format_gives_the_headlines_back(folder, suffix, write, headlines, end, bom, ascii, last):
    data = bom + (write(headlines, end, ascii) + end * last).encode()
    assert read(folder, suffix, data) == read(folder, f"{suffix}.gz", gzip.compress(data, 1)) == headlines


@given(headlines=HEADLINES)
@example([Headline('\u00e9 "b"\u2028\r', 1)])
def test_written_headlines_come_back(folder, headlines):
    write_headlines(folder / "headlines.jsonl", headlines)
    assert read_written(folder / "headlines.jsonl") == read_headlines(folder / "headlines.jsonl") == headlines


@pytest.mark.parametrize(("suffix", "write"), FILES)
@given(headlines=HEADLINES, edits=EDITS)
def test_a_file_with_faults_is_read_or_refused_in_one_line(folder, suffix, write, headlines, edits):
    try:
        read(folder, suffix, edited(write(headlines).encode(), edits))
    except InputError as error:
        assert re.match(rf"\S+/corpus{suffix}(, (line|record) \d+)?: \S", str(error))


def row(headline="moon", label=1):
    return json.dumps({"headline": headline, "is_sarcastic": label})


LABEL = "'is_sarcastic' must be 0 or 1, found"
COLUMNS = ", line 1: expected the columns 'headline' and 'is_sarcastic', separated"
CR = "; if carriage returns end the lines, convert them with `tr '\\r' '\\n'`"
TABLE = 'is_sarcastic,headline\n1,"moon\nwins"\n'  # three lines


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        ('{"is_sarcastic": 1}', "no 'headline', found 'is_sarcastic'"),
        ('{"headline": null, "is_sarcastic": 1}', "'headline' is empty"),
        (row(" "), "'headline' is empty"),
        (row(3), "'headline' must be a text, found 3"),
        (
            row(label="2"),
            f"{LABEL} '2'; correct it or, if labels are others, set corpus.positive to the one that counts as 1",
        ),
        *((row(label=label), "'is_sarcastic' is empty, NaN, NA or NULL") for label in (None, "", float("nan"), "NA")),
        (row(label=1e16), "'is_sarcastic' must be a text, a number or a boolean, found 1e+16"),  # rounded by JSON
        (row(label=[1]), "'is_sarcastic' must be a text, a number or a boolean, found [1]"),
        ("3", "expected an object with 'headline' and 'is_sarcastic', found 3"),
        (row("\ud83d"), "'headline' contains a lone surrogate (half a character): "),
    ],
)
def test_a_bad_row_is_refused_with_its_line_or_record(folder, bad, what):
    assert refused(folder, ".jsonl", f"{row()}\n\n{bad}\n{row()}").startswith(f", line 3: {what}")
    assert refused(folder, ".json", f"[{row()},{bad},\n{row()}]").startswith(f", record 2: {what}")


@pytest.mark.parametrize(
    ("suffix", "data", "what"),
    [
        (".csv", f"{TABLE}1\n0,sun", ", line 4: no 'headline'"),
        (".csv", f"{TABLE}2,moon\n0,sun", f", line 4: {LABEL} '2'"),
        (".csv", f"{TABLE}1,moon, wins\n", ", line 4: more cells than the 2 columns of the first line"),
        (".csv", "headline,is_sarcastic,,\nmoon,1, wins,\n", ", line 2: more cells than the 2 columns of the first"),
        (".csv", f'{TABLE}1,"moon" wins\n', ", line 4: not CSV: ',' expected"),
        (".csv", f"{TABLE}1,moon\rwins\n", ", line 4: not CSV: new-line character"),
        (".csv", f'{TABLE}1,"moon\n0,sun\n', ", line 4: not CSV: unexpected end of data"),
        (".csv", "headline,headline,is_sarcastic\nmoon,sun,1\n", ", line 1: not CSV: two columns 'headline'"),
        (
            ".csv",
            "headline,is_sarcastic\rmoon,1\r",
            f"{COLUMNS} by ',' or ';', found 'headline,is_sarcastic\\rmoon,1'{CR}",
        ),
        (".csv", "is_sarcastic\theadline\n", rf"{COLUMNS} by ',' or ';', found 'is_sarcastic\theadline'"),
        (".tsv", "headline;label\n", rf"{COLUMNS} by '\t', found 'headline;label'"),
        (".jsonl", '{"headline": "moon", "headline": "sun", "is_sarcastic": 1}', ", line 1: not JSON: duplicate key"),
        (".jsonl", f"{row()}\n{{", ", line 2: not JSON: "),
        (".jsonl", b"[" * 100_000, ", line 1: not JSON: maximum recursion depth"),
        (".json", f"[{row()}", ": not JSON: "),
        (".json", "", ": no headlines, expected at least one"),
        (".json", "[]", ": no headlines"),
        (".csv", "headline,is_sarcastic\n", ": no headlines"),
        (".txt.gz", "moon", ": expected a file that ends in .json, .jsonl, .csv, .tsv, or one of these and .gz"),
        (".csv.gz", b"headline,is_sarcastic\n", ": not a gzip file, or damaged: "),
        (".csv.gz", gzip.compress(b"headline,is_sarcastic\nmoon,1\n", mtime=0)[:-1], ": not a gzip file, or damaged: "),
    ],
)
def test_a_bad_file_is_refused(folder, suffix, data, what):
    assert refused(folder, suffix, data).startswith(what)


@pytest.mark.parametrize(("suffix", "write"), FILES)
def test_text_that_is_not_utf8_is_refused(folder, suffix, write):
    data = write([Headline("moon", 1), Headline("caf\xe9", 0)], ascii=False)
    number = data[: data.index("\xe9")].count("\n") + 1
    assert refused(folder, suffix, data.encode("latin-1")).startswith(f", line {number}: not UTF-8 at byte ")
    for encoding in ("UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "UTF-32LE", "UTF-32BE"):
        message = f": {encoding}, expected UTF-8; convert it with `iconv -f {encoding} -t UTF-8`"
        assert refused(folder, f"{suffix}.gz", gzip.compress(data.encode(encoding))) == message


def test_the_message_has_the_first_bad_rows_and_their_number(folder):
    data = "is_sarcastic,headline\n" + "1,moon\n,sun\n2,mars\n" * 4
    empty, other = (
        "'is_sarcastic' is empty, NaN, NA or NULL",
        f"{LABEL} '2'; correct it or, if labels are others, set corpus.positive to the one that counts as 1",
    )
    lines = [f"line {line}: {empty if line % 3 == 0 else other}" for line in (3, 4, 6, 7, 9)]
    assert refused(folder, ".csv", data) == f", {'; '.join(lines)}; 8 bad rows in all"
    assert refused(folder, ".jsonl", f"{{\n{row()}\n[]").count("; line 3: expected an object") == 1


def test_the_command_for_the_csv_of_a_spreadsheet_converts_it(folder):
    (folder / "sheet.csv").write_bytes("is_sarcastic,headline\n1,“café”\n0,€ 5\n".encode("cp1252"))
    with pytest.raises(InputError) as error:
        read_headlines(folder / "sheet.csv")
    command = re.search("`(iconv .*)`", str(error.value))[1]
    data = subprocess.check_output([*command.split(), folder / "sheet.csv"])
    assert read(folder, ".csv", data) == [("“café”", 1), ("€ 5", 0)]


# quotation marks

QUOTED = st.lists(st.tuples(st.integers(0, 1), st.text('ab" ,', min_size=1).filter(str.strip)), min_size=1, max_size=5)
HEADER = "is_sarcastic\theadline\n"


def as_csv_writes(cell):
    """Return the text that csv writes as this cell of a row; None if there is none."""
    with suppress(csv.Error):
        (cells,) = csv.reader([cell], strict=True)
        csv.writer(written := io.StringIO(), lineterminator="", delimiter="\t").writerow([0, *cells])
        return cells[0] if written.getvalue() == f"0\t{cell}" else None
    return None


@given(rows=QUOTED)
@example([(1, '"Mayor ignores bench'), (0, "a"), (1, 'b"'), (0, "c")])
@example([(1, '"Fresh" bread'), (0, "a")])
@example([(1, '"Fresh"'), (0, "a")])
@example([(1, '""'), (0, "a")])
@example([(1, '"""Fresh"" bread"'), (0, "a")])
def test_a_quotation_mark_in_a_tsv_is_text_unless_csv_writes_all_of_them(folder, rows):
    data = HEADER + "".join(f"{label}\t{text}\n" for label, text in rows)
    cells = [as_csv_writes(text) if '"' in text else text for _, text in rows]
    expected = [text for _, text in rows] if None in cells else cells
    assert [headline.text for headline in read(folder, ".tsv", data)] == expected


@pytest.mark.parametrize(("suffix", "delimiter"), [(".csv", ";"), (".tsv", "\t")])
@given(rows=QUOTED, text_first=st.booleans())
@example([(1, '"Mayor ignores bench'), (0, "a"), (1, 'b"'), (0, "c")], False)
@example([(1, '"Mayor ignores bench'), (0, 'a"')], False)
def test_a_quotation_mark_does_not_join_rows(folder, suffix, delimiter, rows, text_first):
    lines = [("is_sarcastic", "headline"), (0, "x"), (1, "x"), *rows]
    lines = [f"{text}{delimiter}{label}" if text_first else f"{label}{delimiter}{text}" for label, text in lines]
    with suppress(InputError):
        assert len(read(folder, suffix, "\n".join(lines))) == len(lines) - 1


def test_joined_rows_are_refused_at_the_line_of_the_quotation_mark(folder):
    message = ", line 4: a quotation mark opens here, and the lines up to the next one are rows; expected"
    assert refused(folder, ".csv", f'{TABLE}1,"moon\n0,sun\n1,mars"\n0,star\n').startswith(message)
    assert len(read(folder, ".csv", f'{TABLE}1,"moon\nno, wins"\n')) == 2  # not a label of this file


def test_other_columns_may_be_blank_or_have_the_same_name(folder):
    assert read(folder, ".csv", "is_sarcastic,headline,,,\n1,moon,,,\n0,sun\n") == [("moon", 1), ("sun", 0)]
    assert read(folder, ".csv", "note,headline,note,is_sarcastic\na,moon,b,1\n") == [("moon", 1)]


# labels


def labels(folder, *labels, positive=None):
    return [label for _, label in read(folder, ".jsonl", "\n".join(row(label=label) for label in labels), positive)]


def test_a_label_may_be_a_number_a_boolean_or_yes_and_no(folder):
    assert labels(folder, 0, 0.0, False, "0", "0.0", "False", "no") == [0] * 7
    assert labels(folder, 1, 1.0, True, "1", "1.0", "TRUE", "Yes") == [1] * 7


@pytest.mark.parametrize(
    ("positive", "one", "other"),
    [("Onion", "Onion", "HuffPost"), (2, "2", "1"), (True, "True", "False"), (4.0, 4, 0), (0, 0, 1)],
)
def test_the_positive_label_counts_as_1(folder, positive, one, other):
    assert labels(folder, one, other, one, positive=positive) == [1, 0, 1]


def test_the_labels_are_the_positive_one_and_one_other(folder):
    message = "line 4: more than two labels in 'is_sarcastic': 'Onion', 'HuffPost', 'BBC'"
    with pytest.raises(InputError, match=message):
        labels(folder, "Onion", "HuffPost", "Onion", "BBC", positive="Onion")
    with pytest.raises(InputError, match="no label is 'satire' .corpus.positive., found 'Onion', 'HuffPost'"):
        labels(folder, "Onion", "HuffPost", positive="satire")


@given(three=st.lists(st.text("019_.eE+-", min_size=1) | st.sampled_from(["inf", "a", "A"]), min_size=3, max_size=3))
@example(["12345678901234567890", "12345678901234567891", "1"])
@example(["1_0", "10", "a"])
@example(["1e999", "inf", "a"])
def test_three_labels_never_pass_as_two(folder, three):
    def same(one, other):
        with suppress(InvalidOperation):
            return one.lower() == other.lower() or "_" not in one + other and Decimal(one) == Decimal(other)
        return False

    if not any(same(*pair) for pair in combinations(three, 2)):
        with pytest.raises(InputError, match="more than two labels"):
            labels(folder, *three, positive=three[0])


def test_the_delimiter_is_the_one_with_both_columns(folder):
    assert read(folder, ".csv", "is_sarcastic;headline;a,b\n1;moon, wins;\n") == [("moon, wins", 1)]
    assert read(folder, ".csv", 'is_sarcastic,headline,"a;b"\n1,moon; wins,\n') == [("moon; wins", 1)]


def test_headlines_of_one_class_are_described():
    assert only_class([0, 3], ["HuffPost", "Onion"]) == "all 3 headlines are 'Onion' (label 1)"
    assert only_class([3, 0], ["HuffPost", "Onion"]) == "all 3 headlines are 'HuffPost' (label 0)"
    assert only_class([1, 1], ["HuffPost", "Onion"]) is only_class([0, 0], ["HuffPost", "Onion"]) is None


@given(count=st.integers(1, 40), seed=st.none() | st.integers(0, 9), sizes=st.tuples(*[st.integers(0, 15)] * 3))
def test_no_headline_is_in_two_splits(count, seed, sizes):
    headlines, names = list(range(count)), dict(zip(("train", "validation", "test"), sizes, strict=True))
    if sum(sizes) > count:
        with pytest.raises(InputError, match=rf"split\.\w+: needs \d+ headlines in all, the corpus has {count}"):
            split(headlines, names, seed)
        return
    parts = split(headlines, names, seed).values()
    together = [headline for part in parts for headline in part]
    assert [len(part) for part in parts] == list(sizes) and len({*together}) == len(together)
    assert seed is not None or together == headlines[: sum(sizes)]


def test_fractions_are_rounded_down_and_not_to_nothing():
    parts = split("abcdefghij", {"train": 0.55, "validation": 0.3, "test": 0}, None)
    assert {name: "".join(part) for name, part in parts.items()} == {"train": "abcde", "validation": "fgh", "test": ""}
    with pytest.raises(InputError, match="split.test: 0.1 of 5 headlines is none, expected at least one"):
        split("abcde", {"train": 0.8, "test": 0.1}, None)
