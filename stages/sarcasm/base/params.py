"""params.yaml as typed values. An unknown key, a wrong type or a value out of range is an error that names the key."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from sarcasm.base.command import InputError
from sarcasm.base.documents import read_document

SECRET = re.compile("(token|key|secret|password|passwd|pwd|signature|sig|auth|credentials?)$", re.IGNORECASE)
BASELINE = "tfidf"  # the variant that is not a network
# columns of the tables that have one more column for each variant, and the baseline
RESERVED = {"headline", "label", "sentence", BASELINE}


def _number(value: Any) -> Any:
    """Read `1e-05` as a number: `dvc exp run -S` writes it so, and PyYAML gives a string."""
    if isinstance(value, str) and "e" in value.lower():
        try:
            return float(value)
        except ValueError:
            return value
    return float(value) if type(value) is int else value


def _count_or_fraction(value: Any) -> Any:
    """Return an integer as a count and a float as a fraction."""
    if type(value) is int and value >= 0 or type(value) is float and 0 <= value <= 1:
        return value
    raise ValueError(f"expected a count or a fraction from 0 to 1, found {value!r:.60}")


def _label(value: Any) -> Any:
    """Return a label as it is written."""
    if value is None or isinstance(value, (bool, int, float)) or isinstance(value, str) and value:
        return value
    raise ValueError(f"expected a text, a number, a boolean or null, found {value!r:.60}")


def _class_names(value: list[str]) -> list[str]:
    """Return two different names that are shown as they are: without a tab, line feed or escape sequence."""
    if len(value) == len(set(value)) == 2 and all(name.isprintable() and name.strip() for name in value):
        return value
    raise ValueError(f"expected two different texts of printable characters, found {value!r:.60}")


def _source(value: str) -> str:
    """Return a name, a path, or an address without credentials: git stores params.yaml and dvc.lock."""
    if "://" not in value:
        return value
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018  raises ValueError
        valid = value.isprintable()
    except ValueError:
        valid = False
    if not valid:
        raise ValueError("not a valid address")
    secrets = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True) if SECRET.search(name)]
    if "@" in parts.netloc or secrets:
        what = "a user or password" if "@" in parts.netloc else f"{secrets[0]!r:.60} in its query"
        raise ValueError(
            f"the address has {what}, which git would store; remove it and use ~/.netrc or HEADLINES_MIRROR, see "
            "docs/own-headlines.md"
        )
    return value


def _different(value: list[int]) -> list[int]:
    """Return seeds that are different from each other."""
    if len(value) == len(set(value)):
        return value
    raise ValueError(f"expected different seeds, found {value!r:.60}")


Number = Annotated[float, BeforeValidator(_number)]
PATTERNS = {
    r"^[a-z][a-z0-9_]*$": "a name of lower-case letters, digits and _ that starts with a letter",
    r"^[0-9a-f]{64}$": "64 lower-case hexadecimal digits",
}
NAME, SHA256 = PATTERNS
Name = Annotated[str, Field(pattern=NAME)]
Text = Annotated[str, Field(min_length=1)]
# The limits are far above what is useful. They stop a typing error from allocating all memory.
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Width = Annotated[int, Field(ge=1, le=10_000)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Probability = Annotated[Number, Field(ge=0, lt=1)]
Rate = Annotated[Number, Field(gt=0, le=1)]
Weight = Annotated[Number, Field(ge=0, le=1_000)]
Sha256 = Annotated[str, Field(pattern=SHA256)] | None
Size = Annotated[int | float, BeforeValidator(_count_or_fraction)]
Source = Annotated[Text, AfterValidator(_source)]
Label = Annotated[Any, BeforeValidator(_label)]
Seeds = Annotated[list[Seed], Field(min_length=1), AfterValidator(_different)]
Classes = Annotated[list[Annotated[str, Field(max_length=30)]], AfterValidator(_class_names)]


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
    sha256: Sha256


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

    tokenizer: Literal["stripped", "glove", "full"]
    size: Annotated[int, Field(ge=3, le=10_000_000)]
    max_length: Width


class GloveVocabulary(Vocabulary):
    """The vocabulary of the variants in `glove_variants`: also words that are not in the training headlines."""

    pretrained_words: Annotated[int, Field(ge=0, le=10_000_000)]


class Vocabularies(Section):
    """The vocabularies of `variants` and of `glove_variants`."""

    plain: Vocabulary
    glove: GloveVocabulary


class Vectors(Section):
    """Where word vectors come from."""

    source: Source
    dimension: Width
    member: Text | None
    sha256: Sha256


class Glove(Vectors):
    """The vectors that initialize the embedding, and the initialization of words without one."""

    seed: Seed


class Baseline(Section):
    """tf-idf of word n-grams and logistic regression."""

    ngrams: Annotated[int, Field(ge=1, le=5)]
    c: Annotated[list[Annotated[Number, Field(gt=0, le=1e6)]], Field(min_length=1)]


class Train(Section):
    """Training settings of all networks."""

    epochs: Count
    batch_size: Count
    batching: Literal["bucketed", "padded"]
    checkpoint: Literal["best", "last"]
    seeds: Seeds
    device: Literal["auto", "cpu", "cuda"]
    processes: Annotated[int, Field(ge=1, le=1_000)]


class OwnTraining(Section):
    """Training settings of one variant; what is not given is as in `train`, or not used."""

    epochs: Count | None = None
    batch_size: Count | None = None
    checkpoint: Literal["best", "last"] | None = None
    embedding_learning_rate: Rate | None = None
    warm_up: Probability | None = None
    r_drop: Weight | None = None


class Recipe(NamedTuple):
    """How to train one variant.

    learning_rates: of the submodules that have another one than the rest
    warm_up: fraction of the steps in which the rate rises, to fall to 0 afterwards; None: a constant rate
    r_drop: weight of the divergence of two passes of each headline
    """

    epochs: int
    batch_size: int
    batching: str
    checkpoint: str
    learning_rate: float
    learning_rates: dict[str, float]
    warm_up: float | None = None
    r_drop: float = 0


class Dropout(Section):
    """Dropout probabilities, by the layer that they follow."""

    embedding: Probability
    inter_layer: Probability
    rnn_output: Probability
    linear: Probability


class Wide(Section):
    """The wide path: hashed words and pairs of neighbouring words."""

    buckets: Annotated[int, Field(ge=1, le=100_000_000)]
    dropout: Probability
    learning_rate: Rate


class Network(Section):
    """Settings of every network."""

    cell: Literal["lstm", "gru", "rnn"]
    layers: Annotated[int, Field(ge=0, le=100)]
    bidirectional: bool
    hidden_size: Width
    dropout: Dropout
    learning_rate: Rate
    wide: Wide | None = None
    training: OwnTraining | None = None

    @property
    def network(self) -> dict[str, Any]:
        """The arguments of HeadlineClassifier but those that depend on the vocabulary."""
        others: Any = {"learning_rate": True, "training": True, "extra_vectors": True, "wide": {"learning_rate"}}
        return self.model_dump(exclude=others, exclude_none=True)


class LearnedVariant(Network):
    """A network whose embedding is learned from scratch."""

    embedding_dimension: Width


class GloveVariant(Network):
    """A network whose embedding is initialized from the vectors of `glove`, beside `extra_vectors` or alone."""

    frozen: bool
    extra_vectors: bool = False


class Evaluate(Section):
    """Settings of the evaluation."""

    resamples: Count
    seed: Seed
    page_variants: list[str] | None
    sentences: list[Text]


class Params(Section):
    """All of params.yaml."""

    corpus: Corpus
    allow_http: bool
    split: Split
    vocabularies: Vocabularies
    glove: Glove
    extra_vectors: Vectors
    baseline: Baseline
    train: Train
    variants: Annotated[dict[Name, LearnedVariant], Field(min_length=1)]
    glove_variants: Annotated[dict[Name, GloveVariant], Field(min_length=1)]
    evaluate: Evaluate

    @model_validator(mode="after")
    def _names(self) -> Self:
        if duplicates := self.variants.keys() & self.glove_variants.keys():
            raise ValueError(f"glove_variants: {min(duplicates)!r} is already used in variants")
        if taken := self.networks.keys() & RESERVED:
            raise ValueError(f"variants: {min(taken)!r} is reserved, choose another name")
        if unknown := set(self.evaluate.page_variants or ()) - self.runs.keys():
            raise ValueError(f"evaluate.page_variants: unknown variant {min(unknown)!r}")
        return self

    @property
    def networks(self) -> dict[str, LearnedVariant | GloveVariant]:
        """All variants that are networks, by name, in the order of the file."""
        return {**self.variants, **self.glove_variants}

    @property
    def runs(self) -> dict[str, list[str]]:
        """The runs of each variant, in the order of every table: the baseline, and each network with each seed."""
        networks = {name: [f"{name}-{seed}" for seed in self.train.seeds] for name in self.networks}
        return {BASELINE: [BASELINE], **networks}

    def variant(self, name: str) -> LearnedVariant | GloveVariant:
        """Return the network called `name`. Raises InputError, listing the known names, if there is none."""
        if name not in self.networks:
            raise InputError(f"unknown variant {name!r}: params.yaml has {', '.join(self.networks)}")
        return self.networks[name]

    def vocabulary_of(self, name: str) -> str:
        """Return the name of the vocabulary of the network called `name`."""
        return "plain" if isinstance(self.variant(name), LearnedVariant) else "glove"

    def recipe(self, name: str) -> Recipe:
        """Return how to train the network called `name`."""
        variant = self.variant(name)
        settings = self.train.model_dump(exclude={"seeds", "device", "processes"}) | {
            "learning_rate": variant.learning_rate
        }
        rates = {"wide": variant.wide.learning_rate} if variant.wide else {}
        if variant.training:
            own = variant.training.model_dump(exclude_none=True)
            if rate := own.pop("embedding_learning_rate", None):
                rates["embedding"] = rate
            settings |= own
        return Recipe(**settings, learning_rates=rates)


def read_params(path: Path, base: Path | None = None) -> Params:
    """Read and validate the file, on top of `base`. Raises InputError, naming file and key, for the first error."""
    return check_params(read_document(path, base), path)


def check_params(document: Any, path: Path) -> Params:
    """Validate the content of a parameter file. Raises InputError, naming `path` and key, for the first error."""
    try:
        return Params.model_validate(document)
    except ValidationError as error:
        raise InputError(f"{path}: {_first(error)}") from error


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
        "string_pattern_mismatch": f"expected {PATTERNS.get(context.get('pattern', ''))}, {found}",
        "model_type": f"expected a mapping, {found}",
        "dict_type": f"expected a mapping, {found}",
    }.get(detail["type"], f"{detail['msg'].replace('Input should be', 'expected')}, {found}")
    return f"{key}: {what}" if key else what
