"""Turn plain mappings into frozen dataclasses, refusing what does not fit; nothing is coerced."""

from __future__ import annotations

import dataclasses
import functools
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from scinfovae.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")


def build(cls: type[T], values: Mapping[str, Any], where: str) -> T:
    """Build a dataclass from a mapping, checking every key and type.

    Parameters
    ----------
    cls
        A dataclass; its fields may be dataclasses, tuples, choices and unions themselves.
    values
        Keys and plain values, as read from YAML. Keys left out keep their defaults.
    where
        Dotted name of the mapping, for messages, e.g. ``"method"``.

    Returns
    -------
    An instance of `cls`.

    Raises
    ------
    UsageError
        If a key is unknown or missing, or a value is of the wrong type.
    """
    assert dataclasses.is_dataclass(cls)
    fields = {field.name: field for field in dataclasses.fields(cls) if field.init}
    hints = _type_hints(cls)
    prefix = f"{where}." if where else ""
    for key in values:
        if key not in fields:
            raise UsageError(
                f"there is no key '{prefix}{key}'.{did_you_mean(str(key), fields)} "
                f"Known are {', '.join(prefix + name for name in fields)}."
            )
    chosen = {key: _convert(hints[key], value, f"{prefix}{key}") for key, value in values.items()}
    for name, field in fields.items():
        bare = field.default is dataclasses.MISSING
        if bare and field.default_factory is dataclasses.MISSING and name not in chosen:
            raise UsageError(f"the key '{prefix}{name}' is missing.")
    return cls(**chosen)


@functools.cache
def _type_hints(cls: type) -> dict[str, Any]:
    """Evaluate the type hints of a class once; a plan of many runs builds it many times."""
    return get_type_hints(cls)


def plain(value: Any) -> Any:
    """Turn dataclasses, tuples and paths into what JSON and YAML can hold.

    Parameters
    ----------
    value
        A dataclass or anything that stands in one.

    Returns
    -------
    The same as dicts, lists, texts and numbers.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        pairs = ((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))
        return {name: plain(member) for name, member in pairs}
    if isinstance(value, dict):
        return {str(key): plain(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(member) for member in value]
    return str(value) if isinstance(value, Path) else value


def _describe(hint: Any) -> str:
    """Name a type in words."""
    origin = get_origin(hint)
    if origin is Literal:
        return "one of " + ", ".join(str(choice) for choice in get_args(hint))
    if origin in (Union, types.UnionType):
        return " or ".join(_describe(member) for member in get_args(hint))
    if origin in (tuple, list):
        return f"a list, each member {_describe(get_args(hint)[0])}"
    names = {
        int: "a whole number",
        float: "a number",
        bool: "true or false",
        str: "a text",
        Path: "a path",
        type(None): "null",
    }
    return names.get(hint, "a mapping")


def _wrong(hint: Any, value: Any, where: str) -> UsageError:
    shown = str(value).lower() if isinstance(value, bool) else repr(value)
    if value is None:
        shown = "null"
    choices = [str(choice) for choice in get_args(hint)] if get_origin(hint) is Literal else []
    suggestion = did_you_mean(str(value), choices)
    return UsageError(f"{where}={shown} must be {_describe(hint)}.{suggestion}")


def _convert(hint: Any, value: Any, where: str) -> Any:
    """Check one value against its type hint."""
    origin = get_origin(hint)
    if hint is Any:
        return value
    if origin is Literal:
        fits = any(type(c) is type(value) and c == value for c in get_args(hint))
        if not fits:
            raise _wrong(hint, value, where)
        return value
    if origin in (Union, types.UnionType):
        return _convert_union(hint, value, where)
    if origin in (tuple, list):
        return _convert_sequence(hint, value, where)
    if dataclasses.is_dataclass(hint):
        if not isinstance(value, dict):
            raise _wrong(hint, value, where)
        return build(hint, value, where)  # type: ignore[arg-type]
    return _convert_scalar(hint, value, where)


def _convert_union(hint: Any, value: Any, where: str) -> Any:
    members = get_args(hint)
    if value is None and type(None) in members:
        return None
    others = [member for member in members if member is not type(None)]
    if len(others) == 1:
        # the only alternative to null: its own message says more than the union's
        return _convert(others[0], value, where)
    named = value.get("name") if isinstance(value, dict) else None
    for member in others:
        # one of several mappings is told by its name
        if named and getattr(member, "name", None) == named and dataclasses.is_dataclass(member):
            return build(member, value, where)  # type: ignore[arg-type]
    for member in others:
        try:
            return _convert(member, value, where)
        except UsageError:
            continue
    raise _wrong(hint, value, where)


def _convert_sequence(hint: Any, value: Any, where: str) -> Any:
    members = get_args(hint)
    if not isinstance(value, (list, tuple)):
        raise _wrong(hint, value, where)
    if get_origin(hint) is tuple and members[-1] is not Ellipsis:
        if len(value) != len(members):
            raise UsageError(f"{where}={list(value)!r} must hold {len(members)} values.")
        pairs = zip(members, value, strict=True)
    else:
        pairs = zip((members[0],) * len(value), value, strict=True)
    kind = get_origin(hint)
    return kind(_convert(m, v, f"{where}[{i}]") for i, (m, v) in enumerate(pairs))


def _convert_scalar(hint: Any, value: Any, where: str) -> Any:
    if hint is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if hint is Path and isinstance(value, (str, Path)):
        return Path(value).expanduser()
    if hint in (int, str, bool) and type(value) is hint:
        return value
    if get_origin(hint) is dict and isinstance(value, dict):
        return {key: _convert(get_args(hint)[1], v, f"{where}.{key}") for key, v in value.items()}
    if hint in (dict, object):
        return value
    raise _wrong(hint, value, where)
