"""The choices of a method with their defaults, each explained by the docstring of its dataclass."""

from __future__ import annotations

import inspect
import re
from dataclasses import MISSING, dataclass, fields, is_dataclass
from typing import Any


@dataclass(frozen=True)
class Parameter:
    """One choice of a method.

    Attributes
    ----------
    name
        Its dotted key below ``method.``.
    default
        Its default.
    text
        What it does, one line.
    """

    name: str
    default: Any
    text: str


def parameters_of(config: Any, prefix: str = "") -> list[Parameter]:
    """List the choices a dataclass holds; those of a dataclass within come with a dotted name.

    Parameters
    ----------
    config
        A dataclass, or one of its instances, whose docstring explains its fields under
        ``Attributes`` or ``Parameters``.
    prefix
        Put before every name.

    Returns
    -------
    The choices in their order.
    """
    texts = explanations(config if isinstance(config, type) else type(config))
    found: list[Parameter] = []
    for field in fields(config):
        default = getattr(config, field.name, field.default)
        if default is MISSING and field.default_factory is not MISSING:
            default = field.default_factory()
        name = prefix + field.name
        if is_dataclass(default):
            found += parameters_of(default, f"{name}.")
        else:
            found.append(Parameter(name, default, texts.get(field.name, "")))
    return found


def explanations(documented: Any) -> dict[str, str]:
    """Read what a docstring in NumPy's style says of each attribute or parameter.

    Parameters
    ----------
    documented
        A class or function; of a class, what its bases say counts too.

    Returns
    -------
    One line by name; several names before one explanation share it.
    """
    found: dict[str, str] = {}
    for one in reversed(getattr(documented, "__mro__", (documented,))):
        lines = inspect.cleandoc(one.__doc__ or "").splitlines()
        for start, line in enumerate(lines[:-1]):
            if line in ("Attributes", "Parameters") and set(lines[start + 1]) == {"-"}:
                found |= _entries(lines[start + 2 :])
    return found


def _entries(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    names: list[str] = []
    for i, line in enumerate(lines):
        if i + 1 < len(lines) and lines[i + 1] and set(lines[i + 1]) == {"-"}:
            break  # the next section
        if line and not line.startswith(" "):
            names = re.findall(r"\w+", line.partition(":")[0])
        else:
            for name in names:
                found[name] = f"{found.get(name, '')} {line.strip()}".strip().replace("`", "")
    return found
