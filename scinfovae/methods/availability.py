"""Whether the packages of a method are installed."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from scinfovae.errors import how_to_install
from scinfovae.methods.base import MissingPackageError

if TYPE_CHECKING:
    from scinfovae.methods.base import MethodInfo


def missing_packages(info: MethodInfo) -> list[str]:
    """List the packages a method lacks; none of them is imported, but the parents of a part.

    Parameters
    ----------
    info
        The method.

    Returns
    -------
    Names to import.
    """
    return [name for name in info.packages if not _is_there(name)]


def _is_there(name: str) -> bool:
    """Say whether a module can be imported; of a dotted name, find_spec imports the parents."""
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        return False
    # a folder that happens to have the name is found, too, without a file to import
    return spec is not None and spec.origin is not None


def require_packages(info: MethodInfo) -> None:
    """Refuse a method whose packages are not there.

    Parameters
    ----------
    info
        The method.

    Raises
    ------
    MissingPackageError
        In one sentence, with the command that installs them.
    """
    missing = missing_packages(info)
    if missing:
        names, verb = " and ".join(missing), "is" if len(missing) == 1 else "are"
        remedy = how_to_install(info.extra, info.packages)
        raise MissingPackageError(
            f"{info.name} needs {names}, which {verb} not installed: {remedy}."
        )
