"""Text and vectors: token ids, vectors from a compressed file, and one member of a remote zip."""

import random
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from benchmarks import chapter
from benchmarks.measure import Row, in_processes
from tests.servers import running

from sarcasm.base.command import InputError
from sarcasm.base.files import atomic_write
from sarcasm.base.params import Params
from sarcasm.fetch.download import extract_member, fetch_member
from sarcasm.fetch.sources import Content, Remote
from sarcasm.network.dataset import HeadlineDataset
from sarcasm.text.corpus import Headline
from sarcasm.text.encoded import Encoded
from sarcasm.text.tokenizers import TOKENIZERS
from sarcasm.text.vocabulary import count_words, encode, make_vocabulary, tokenize
from sarcasm.vectors.glove import read_vectors

DICTIONARY = "a dict of arrays, from the extracted text"
WORDS, DIMENSION = 400_000, 50  # as GloVe 6B 50d


def padded_ids(texts: Sequence[str], params: Params) -> np.ndarray:
    """Return padded ids, int32 (headlines, max_length), with our code and the chapter's plain vocabulary."""
    settings = params.vocabularies.plain
    tokens = tokenize(texts, TOKENIZERS[settings.tokenizer])
    vocabulary = make_vocabulary(count_words(tokens, int(params.split.train))[0], settings.size)
    encoded = Encoded(*encode(tokens, vocabulary, settings.max_length), np.zeros(len(texts)))
    headlines = HeadlineDataset(encoded, settings.max_length)
    return next(headlines.batches(len(headlines), bucketed=False)).ids.numpy()


def chapter_ids(texts: Sequence[str], params: Params) -> np.ndarray:
    """Return the same ids with the chapter's code."""
    settings = params.vocabularies.plain
    return chapter.padded_ids(texts, int(params.split.train), settings.size, settings.max_length).numpy()


def split_words(texts: Sequence[str], params: Params) -> list[list[str]]:
    """Split headlines at white space."""
    return [text.split() for text in texts]


def measure_text(headlines: Sequence[Headline], params: Params) -> list[Row]:
    """Compare headlines to padded ids with the chapter's code and str.split."""
    texts = [headline.text for headline in headlines]
    if not np.array_equal(padded_ids(texts, params), chapter_ids(texts, params)):
        raise InputError("the chapter's ids and ours differ")
    calls = [padded_ids, chapter_ids, split_words]
    seconds, _ = in_processes({call.__name__: (call, texts, params) for call in calls}, rounds=5, warm=True)
    step, ours = f"clean, tokenize, vocabulary, ids of {len(texts):,} headlines", seconds["padded_ids"]
    return [
        Row(step, ours, "BeautifulSoup on each headline, word by word (chapter)", seconds["chapter_ids"], goal=15),
        Row(step, ours, "str.split alone", seconds["split_words"], faster=False),
    ]


def make_vectors(path: Path, wanted: Sequence[str]) -> None:
    """Write a zip with one text file of WORDS x DIMENSION random numbers in GloVe's format, `wanted` among the words.

    Always the same bytes, compressed to about 40 % like the official zip.
    """
    random_numbers = np.random.default_rng(0)
    numbers = [f"{number:.5g}" for number in random_numbers.normal(0, 0.4, 1 << 16).round(5)]
    words = [*wanted, *(f"made-up-{place}" for place in range(WORDS - len(wanted)))]
    random.Random(0).shuffle(words)
    with atomic_write(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo(f"{path.stem}.txt")  # of no date
        entry.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(entry, "w") as member:
            for word, row in zip(words, random_numbers.integers(len(numbers), size=(WORDS, DIMENSION)), strict=True):
                member.write(f"{word} {' '.join([numbers[place] for place in row.tolist()])}\n".encode())


def read_from_member(path: Path, words: Sequence[str]) -> np.ndarray:
    """Read the vectors of `words` from the compressed member as glove-coverage does."""
    return read_vectors(path, words, DIMENSION)[0]


def read_from_dict(path: Path, words: Sequence[str]) -> np.ndarray:
    """Read the vectors of `words` with the chapter's code, from an extracted file."""
    vectors = chapter.load_glove(path)
    return np.stack([vectors[word] for word in words])


def read_from_gensim(path: Path, words: Sequence[str]) -> np.ndarray:
    """Read the vectors of `words` with gensim, from an extracted file."""
    from gensim.models import KeyedVectors  # in benchmarks/requirements.txt, which the tests do not install

    vectors = KeyedVectors.load_word2vec_format(path, binary=False, no_header=True)
    return np.stack([vectors[word] for word in words])


def inflate(path: Path) -> None:
    """Decompress the member and discard it."""
    with zipfile.ZipFile(path) as archive, archive.open(f"{path.stem}.txt") as member:
        while member.read(1 << 20):
            pass


def measure_vectors(words: Sequence[str], folder: Path) -> list[Row]:
    """Compare compressed member to matrix with a dict of arrays, gensim and decompression alone."""
    archive = folder / "vectors.50d.zip"
    make_vectors(archive, words)
    with zipfile.ZipFile(archive) as packed:
        text = Path(packed.extract("vectors.50d.txt", folder))
    member = archive.with_suffix(".txt.gz")
    extract_member(archive, Content("vectors.50d.txt"), member)
    if not np.array_equal(read_from_member(member, words), read_from_dict(text, words)):
        raise InputError("the chapter's vectors and ours differ")
    calls = {
        "ours": (read_from_member, member, words),
        "dict": (read_from_dict, text, words),
        "gensim": (read_from_gensim, text, words),
        "bare": (inflate, archive),
    }
    seconds, memory = in_processes(calls, rounds=3, warm=False)
    step = f"vectors of {len(words):,} words out of {WORDS:,} x {DIMENSION}"
    return [
        Row(step, seconds["ours"], DICTIONARY, seconds["dict"]),
        Row(step, seconds["ours"], "gensim, from the extracted text", seconds["gensim"]),
        Row(step, seconds["ours"], "decompression alone", seconds["bare"], faster=False, goal=1.7),
        Row(step, memory["ours"], DICTIONARY, memory["dict"], unit="MiB", faster=False, goal=0.33),
    ]


def measure_fetch(folder: Path) -> list[Row]:
    """Count the bytes sent for one member of a zip of four, like GloVe 6B."""
    archive, target = folder / "four.zip", folder / "fetched.txt.gz"
    text = np.random.default_rng(0).integers(ord("0"), ord("9") + 1, 4_000_000, dtype=np.uint8).tobytes()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for times in (1, 2, 4, 6):
            packed.writestr(f"{50 * times}d.txt", text * times)
        member = packed.getinfo("50d.txt").compress_size
    with running() as server:
        server.files["/four.zip"] = archive.read_bytes()
        remote = Remote("four.zip", addresses=(server.at("/four.zip"),))
        fetch_member(remote, Content("50d.txt"), target, allow_http=True)
        sent = server.sent
    step, bare = "one member of a remote zip of four", "the compressed member"
    return [Row(step, [sent / 2**20], bare, [member / 2**20], unit="MiB", faster=False, goal=1.01)]
