"""Whether the packages of a method are installed, and what installs them."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

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
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def install_command(info: MethodInfo) -> str:
    """Say what installs the packages of a method.

    Parameters
    ----------
    info
        The method.

    Returns
    -------
    A command; empty if it needs nothing beyond the project.
    """
    if info.extra:
        return f"pip install 'scinfovae[{info.extra}]'"
    return f"pip install {' '.join(info.packages)}" if info.packages else ""


def how_to_install(info: MethodInfo) -> str:
    """Say to people what installs the packages of a method, also where this is a checkout.

    Parameters
    ----------
    info
        The method.

    Returns
    -------
    One or two commands; empty if it needs nothing beyond the project.
    """
    checkout = f" (in a checkout: .venv/bin/pip install -e '.[{info.extra}]')" if info.extra else ""
    return install_command(info) + checkout


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
    missing = ", ".join(missing_packages(info))
    if missing:
        raise MissingPackageError(
            f"{info.name} needs {missing}, which is not installed: {how_to_install(info)}."
        )
