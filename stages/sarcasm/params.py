"""params.yaml as typed values. An unknown key, a wrong type or a value out of range is an error that names the key."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from sarcasm.stage import InputError, open_file

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

BASELINE = "tfidf"  # the variant without a neural network
RESERVED = {"headline", "label", "sentence", BASELINE}  # columns of tables that have a column for each variant
GROUPS = "variants", "pretrained_variants"
UNUSED = {"variants": "frozen", "pretrained_variants": "embedding_dimension"}  # key of `network` that a group has not
SECRET = re.compile("(token|key|secret|password|passwd|pwd|signature|sig|auth|credentials?)$", re.IGNORECASE)


def _expect(expected: str, valid: Callable[[Any], Any]) -> AfterValidator:
    """Return a validator that refuses a value which is not `valid`."""

    def check(value: Any) -> Any:
        if valid(value):
            return value
        raise ValueError(f"expected {expected}, found {value!r:.60}")

    return AfterValidator(check)


def _source(value: str) -> str:
    """Refuse an address with credentials, as git stores params.yaml and dvc.lock."""
    if "://" not in value:
        return value
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018  raises ValueError
    except ValueError:
        raise ValueError("not a valid address") from None
    secrets = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True) if SECRET.search(name)]
    if "@" in parts.netloc or secrets:
        advice = "remove it and use ~/.netrc or HEADLINES_MIRROR, see docs/own-headlines.md"
        raise ValueError(f"the address has a user, a password or a token, which git would store; {advice}")
    return value


def _is_size(value: Any) -> bool:
    return type(value) is int and value >= 0 or type(value) is float and 0 <= value <= 1


NAME = re.compile("[a-z][a-z0-9_]*")  # part of paths and, in dvc.yaml, of shell commands
Name = Annotated[str, _expect("a name of lower-case letters, digits and _, a letter first", NAME.fullmatch)]
Sha256 = Annotated[str, _expect("64 lower-case hexadecimal digits", re.compile("[0-9a-f]{64}").fullmatch)] | None
Text = Annotated[str, Field(min_length=1)]
Lines = Annotated[list[Text], BeforeValidator(lambda value: value.splitlines() if isinstance(value, str) else value)]
Printable = Annotated[Text, _expect("printable characters", lambda text: text.isprintable() and text.strip())]
Source = Annotated[Printable, AfterValidator(_source)]
Scalar = str | int | float | None
Label = Annotated[Any, _expect("a text, a number or a boolean", lambda x: x != "" and isinstance(x, Scalar))]
Class = Annotated[Printable, Field(max_length=30)]
Classes = Annotated[list[Class], _expect("two different texts", lambda names: len(names) == len({*names}) == 2)]
Size = Annotated[Any, _expect("a count or a fraction from 0 to 1", _is_size)]
# The limits are far above what is useful. They stop a typing error from allocating all memory.
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Width = Annotated[int, Field(ge=1, le=10_000)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Seeds = Annotated[
    list[Seed], Field(min_length=1), _expect("different seeds", lambda seeds: len(seeds) == len({*seeds}))
]
Probability = Annotated[float, Field(ge=0, lt=1)]
Rate = Annotated[float, Field(gt=0, le=1)]


class Section(BaseModel):
    """A mapping of params.yaml with exactly the keys declared."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Corpus(Section):
    """Where the headlines come from."""

    source: Source
    text: Text
    label: Text
    positive: Label
    classes: Classes
    sha256: Sha256 = None  # expected checksum of a file of one's own; known corpora are always verified


class Split(Section):
    """Sizes of the splits: counts, or fractions of the corpus."""

    train: Size
    validation: Size
    test: Size
    seed: Seed | None
    drop_duplicates: bool

    @model_validator(mode="after")
    def _counts_or_fractions(self) -> Self:
        sizes = self.train, self.validation, self.test
        if not self.train or not self.validation:
            raise ValueError("train and validation must be above 0")
        if len({type(size) for size in sizes if size}) > 1:
            raise ValueError(f"train, validation and test must be all counts or all fractions, not {sizes}")
        if isinstance(self.train, float) and sum(sizes) > 1 + 1e-9:
            raise ValueError(f"fractions must sum to at most 1, not {sum(sizes):g}")
        return self


class Vocabulary(Section):
    """How headlines become token ids."""

    tokenizer: Name  # in tokenizers.py
    size: Annotated[int, Field(ge=3, le=10_000_000)]
    max_length: Width


class Vocabularies(Section):
    """The vocabularies of `variants` and of `pretrained_variants`."""

    plain: Vocabulary
    pretrained: Vocabulary


class Vectors(Section):
    """Pretrained word vectors; `seed` is that of words without one."""

    source: Source
    dimension: Width
    seed: Seed
    member: Text | None = None  # name of the text file in a zip of one's own, if it has several
    sha256: Sha256 = None  # expected checksum of the text


class Baseline(Section):
    """tf-idf of word n-grams and logistic regression."""

    ngrams: Annotated[int, Field(ge=1, le=5)]
    c: Annotated[list[Annotated[float, Field(gt=0, le=1e6)]], Field(min_length=1)]


class Train(Section):
    """Training settings of all variants."""

    epochs: Count
    batch_size: Count
    batching: Literal["bucketed", "padded"]
    save_weights: Literal["best", "last"]
    seeds: Seeds
    device: Literal["auto", "cpu", "cuda"]


class Dropout(Section):
    """Dropout probabilities, by the layer that they follow."""

    embedding: Probability
    inter_layer: Probability
    rnn_output: Probability
    linear: Probability


class Architecture(Section):
    """The arguments of HeadlineClassifier but those that depend on the embedding."""

    cell: Literal["lstm", "gru", "rnn"]
    layers: Annotated[int, Field(ge=0, le=100)]
    bidirectional: bool
    hidden_size: Width
    dropout: Dropout
    wide: Annotated[int, Field(ge=0, le=100_000_000)]


class Network(Architecture):
    """What each variant has where it does not say otherwise."""

    embedding_dimension: Width
    frozen: bool


class LearnedVariant(Architecture):
    """A network whose embedding is learned from scratch."""

    embedding_dimension: Width
    learning_rate: Rate


class PretrainedVariant(Architecture):
    """A network whose embedding is initialized from pretrained vectors, of whatever dimension they have."""

    frozen: bool
    learning_rate: Rate


class Evaluate(Section):
    """Settings of the evaluation."""

    resamples: Count
    sentences: Lines


class Params(Section):
    """All of params.yaml, each variant completed by `network`."""

    corpus: Corpus
    split: Split
    vocabularies: Vocabularies
    vectors: Vectors
    baseline: Baseline
    train: Train
    network: Network
    variants: Annotated[dict[Name, LearnedVariant], _expect("at least one variant", bool)]
    pretrained_variants: Annotated[dict[Name, PretrainedVariant], _expect("at least one variant", bool)]
    evaluate: Evaluate

    @model_validator(mode="after")
    def _names(self) -> Self:
        if duplicates := self.variants.keys() & self.pretrained_variants.keys():
            raise ValueError(f"pretrained_variants: {min(duplicates)!r} is already used in variants")
        if taken := self.networks.keys() & RESERVED:
            raise ValueError(f"the name {min(taken)!r} of a variant is reserved, choose another one")
        return self

    @property
    def networks(self) -> dict[str, LearnedVariant | PretrainedVariant]:
        """All variants that are neural networks, by name, in the order of the file."""
        return {**self.variants, **self.pretrained_variants}

    @property
    def runs(self) -> dict[str, list[str]]:
        """The runs of each variant, in the order of every table: the baseline, and each network with each seed."""
        networks = {name: [f"{name}-{seed}" for seed in self.train.seeds] for name in self.networks}
        return {BASELINE: [BASELINE], **networks}


def read_params(path: Path) -> Params:
    """Read and check a parameter file. Raises InputError, naming file and key, for the first error."""
    return check_params(read_yaml(path), path)


def read_yaml(path: Path, comments: bool = False) -> Any:
    """Read a file as YAML 1.2, as DVC does. With `comments` the result can be written back with its comments."""
    with open_file(path) as file:
        try:
            text = file.read().decode().replace("\r\n", "\n")
            return YAML(typ="rt" if comments else "safe", pure=True).load(text)
        except MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise InputError(f"{path}, line {line}: {error.problem}") from error
        except Exception as error:  # ruamel.yaml raises any of a dozen, such as KeyError for `!!bool x`
            raise InputError(f"{path}: not YAML: {error}") from error


def check_params(document: Any, path: Path) -> Params:
    """Check the content of a parameter file. Raises InputError, naming `path` and key, for the first error."""
    try:
        return Params.model_validate(_complete(document))
    except ValidationError as error:
        raise InputError(f"{path}: {_first(error)}") from error


def _complete(document: Any) -> Any:
    """Return the document with what `network` says in each variant, but for the key of the other group."""
    if not isinstance(document, dict) or not isinstance(document.get("network"), dict):
        return document
    completed = dict(document)
    for group in GROUPS:
        defaults = {key: value for key, value in document["network"].items() if key != UNUSED[group]}
        if isinstance(variants := document.get(group), dict):
            completed[group] = {name: merge(defaults, variant) for name, variant in variants.items()}
    return completed


def merge(document: Any, changes: Any) -> Any:
    """Return `changes` on top of `document`, mapping by mapping."""
    if not isinstance(document, dict) or not isinstance(changes, dict):
        return changes
    return document | {key: merge(document.get(key), value) for key, value in changes.items()}


def _first(error: ValidationError) -> str:
    """Describe the first error in one line: the key, what is wrong, what was found."""
    # an unknown key first: a misspelled key is also reported as missing
    detail = min(error.errors(), key=lambda detail: detail["type"] != "extra_forbidden")
    key = ".".join(str(part) for part in detail["loc"] if part != "[key]")
    context, found = detail.get("ctx", {}), f"found {detail['input']!r:.60}"
    what = {
        "value_error": str(context.get("error")),
        "extra_forbidden": "unknown key",
        "missing": "missing",
        "model_type": f"expected a mapping, {found}",
    }.get(detail["type"], f"{detail['msg'].replace('Input should be', 'expected')}, {found}")
    return f"{key}: {what}" if key else what
