"""params.yaml as typed values. An unknown key, a wrong type or a value out of range is an error that names the key."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from sarcasm.errors import InputError


def _number(value: Any) -> Any:
    """Take `1e-05`, which PyYAML reads as a string and `dvc exp run -S` writes, for the number it is."""
    if isinstance(value, str) and "e" in value.lower():
        try:
            return float(value)
        except ValueError:
            return value
    return float(value) if type(value) is int else value


Number = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Probability = Annotated[Number, Field(ge=0, lt=1)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None
Share = Annotated[int, Field(ge=0)] | Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """A mapping of params.yaml in which every key must be there and no other may be."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Corpus(Section):
    """Where the headlines come from."""

    source: Annotated[str, Field(min_length=1)]
    text: Annotated[str, Field(min_length=1)]
    label: Annotated[str, Field(min_length=1)]
    sha256: Sha256


class Split(Section):
    """How the headlines are shared out: counts, or fractions of the corpus."""

    train: Share
    validation: Share
    test: Share
    seed: Seed | None
    drop_duplicates: bool

    @model_validator(mode="after")
    def _counts_or_fractions(self) -> Self:
        shares = self.train, self.validation, self.test
        if not self.train or not self.validation:
            raise ValueError("train and validation must be above 0")
        if len({type(share) for share in shares if share}) > 1:
            raise ValueError(f"train, validation and test must be all counts or all fractions, not {shares}")
        if isinstance(self.train, float) and sum(shares) > 1 + 1e-9:
            raise ValueError(f"fractions must sum to at most 1, not {sum(shares):g}")
        return self


class Vocabulary(Section):
    """How headlines become ids."""

    tokenizer: Literal["stripped", "glove", "full"]
    size: Annotated[int, Field(ge=3)]
    max_length: Count


class Glove(Section):
    """Where the word vectors come from and which vocabulary they are for."""

    source: Annotated[str, Field(min_length=1)]
    dimension: Count
    member: str | None
    sha256: Sha256
    vocabulary: Name
    seed: Seed


class Train(Section):
    """What all variants share in training."""

    epochs: Count
    batch_size: Count
    batching: Literal["bucketed", "padded"]
    keep: Literal["best", "last"]
    seed: Seed
    device: Literal["auto", "cpu", "cuda"]


class Dropout(Section):
    """The share of values dropped in training, by place."""

    embedding: Probability
    between: Probability
    recurrent: Probability
    linear: Probability


class Network(Section):
    """What every variant states."""

    cell: Literal["lstm", "gru", "rnn"]
    layers: Annotated[int, Field(ge=0)]
    bidirectional: bool
    hidden_size: Count
    dropout: Dropout
    learning_rate: Annotated[Number, Field(gt=0, le=1)]


class LearnedVariant(Network):
    """A network whose embedding is learned from the labels alone."""

    vocabulary: Name
    embedding_dimension: Count


class GloveVariant(Network):
    """A network whose embedding starts from the GloVe vectors, in `glove.vocabulary` and `glove.dimension`."""

    frozen: bool


class Evaluate(Section):
    """What `evaluate` is asked."""

    resamples: Count
    seed: Seed
    sentences: list[str]


class Params(Section):
    """The whole of params.yaml."""

    corpus: Corpus
    allow_http: bool
    split: Split
    vocabularies: Annotated[dict[Name, Vocabulary], Field(min_length=1)]
    glove: Glove
    train: Train
    variants: Annotated[dict[Name, LearnedVariant], Field(min_length=1)]
    glove_variants: Annotated[dict[Name, GloveVariant], Field(min_length=1)]
    evaluate: Evaluate

    @model_validator(mode="after")
    def _names(self) -> Self:
        named = {f"variants.{name}.vocabulary": variant.vocabulary for name, variant in self.variants.items()}
        for key, vocabulary in {**named, "glove.vocabulary": self.glove.vocabulary}.items():
            if vocabulary not in self.vocabularies:
                raise ValueError(
                    f"{key}: {vocabulary!r} is not one of the vocabularies: {', '.join(self.vocabularies)}"
                )
        if twice := self.variants.keys() & self.glove_variants.keys():
            raise ValueError(f"glove_variants: {min(twice)!r} is a name in variants already")
        return self

    @property
    def all_variants(self) -> dict[str, LearnedVariant | GloveVariant]:
        """Every variant by name, in the order of the file."""
        return {**self.variants, **self.glove_variants}

    def variant(self, name: str) -> LearnedVariant | GloveVariant:
        """Return the variant called `name`. Raises InputError, listing the names there are."""
        if name not in self.all_variants:
            raise InputError(f"unknown variant {name!r}: params.yaml has {', '.join(self.all_variants)}")
        return self.all_variants[name]

    def vocabulary_of(self, name: str) -> str:
        """Return the name of the vocabulary that the variant called `name` reads."""
        variant = self.variant(name)
        return variant.vocabulary if isinstance(variant, LearnedVariant) else self.glove.vocabulary


def read_params(path: Path) -> Params:
    """Read and check the whole file. Raises InputError, naming file and key, at the first fault."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Params.model_validate(document)
    except FileNotFoundError:
        raise InputError(f"{path}: not found; run from the folder that holds it") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 at byte {error.start}") from error
    except yaml.YAMLError as error:
        raise InputError(f"{path}: not YAML: {error}") from error
    except ValidationError as error:
        raise InputError(f"{path}: {_first(error)}") from error


def _first(error: ValidationError) -> str:
    """Say the first fault in one line: the key, what is wrong, what was found."""
    fault = error.errors()[0]
    # the type tags that pydantic adds to the place of a union's member are no keys
    place = [str(part) for part in fault["loc"] if not (isinstance(part, str) and part.startswith("constrained-"))]
    key = ".".join(part for part in place if part not in {"int", "float"})
    if fault["type"] == "value_error":
        return ": ".join(part for part in (key, str(fault["ctx"]["error"])) if part)
    if fault["type"] == "extra_forbidden":
        return f"{key}: unknown key"
    if fault["type"] == "missing":
        return f"{key}: missing"
    return f"{key}: {fault['msg']}, found {fault['input']!r}"
