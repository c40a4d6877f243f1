"""Parameter files: YAML that reads as it is written, and files that state what differs from another."""

import re
from pathlib import Path
from typing import Any

import yaml

from sarcasm.base.command import InputError

NAMED = "variants", "glove_variants"  # sections whose keys are names
# how a value is written whose YAML tag is `int`, `float` or `bool`, as a regular expression and in words
WRITTEN = {
    "int": (r"[-+]?(0|[1-9]\d*)", "a decimal number without leading zeros"),
    "float": ("[^:_]+", "a decimal number"),
    "bool": ("(?i:true|false)", "true or false"),
}


def read_document(path: Path, base: Path | None = None) -> Any:
    """Read a parameter file. With `base` it states what differs from that; a name that is null is removed."""
    return _read_yaml(path) if base is None else _merge(_read_yaml(base), _read_yaml(path))


def _merge(document: Any, changes: Any, removable: bool = False) -> Any:
    """Return `document` with `changes`: mappings are merged, and if `removable`, null removes a key."""
    if not isinstance(document, dict) or not isinstance(changes, dict):
        return changes
    merged = document | {key: _merge(document.get(key), value, key in NAMED) for key, value in changes.items()}
    return {key: value for key, value in merged.items() if value is not None or not removable}


def _read_yaml(path: Path) -> Any:
    """Read a YAML file. Raises InputError, naming file and line, if it is missing or not YAML."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InputError(f"{path}, line {line}: {error.problem}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: not UTF-8, or a date with month 13
        raise InputError(f"{path}: not YAML: {error}") from error


class _Loader(yaml.SafeLoader):
    """A YAML loader that refuses what PyYAML reads without a warning but not as a reader of the file would."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Refuse aliases: a few lines of nested ones take all memory."""
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(None, None, f"*{event.anchor}: aliases are not supported", event.start_mark)
        return super().compose_node(parent, index)

    def construct_document(self, node: yaml.Node) -> Any:
        """Check the document before it is read."""
        self._check(node, ())
        return super().construct_document(node)

    def _check(self, node: yaml.Node, path: tuple[str, ...]) -> None:
        """Refuse duplicate keys, merge keys, and numbers and booleans that versions of YAML read differently."""
        kind = node.tag.rpartition(":")[2]
        if isinstance(node, yaml.MappingNode):
            keys = [str(key.value) for key, _ in node.value]
            for place, (name, pair) in enumerate(zip(keys, node.value, strict=True)):
                if name in keys[:place]:
                    raise _error((*path, name), "duplicate key", pair[0])
                for part in pair:
                    self._check(part, (*path, name))
        elif isinstance(node, yaml.SequenceNode):
            for place, value in enumerate(node.value):
                self._check(value, (*path, str(place)))
        elif kind == "merge":
            raise _error(path, "merge keys are not supported", node)
        elif kind in WRITTEN and not re.fullmatch(WRITTEN[kind][0], node.value):
            read, advice = self.construct_object(node), WRITTEN[kind][1]
            what = f"{node.value} is ambiguous in YAML (PyYAML reads {read}); write {advice}, or quotes around a text"
            raise _error(path, what, node)


def _error(path: tuple[str, ...], what: str, node: yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(None, None, f"{'.'.join(path)}: {what}" if path else what, node.start_mark)
