"""The errors a user can meet, each with the exit code of the command line, and their hints."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# the least likeness: a typing error in a name of three letters is above it
NEAR = 0.65


class ScInfoVAEError(Exception):
    """Something went wrong that one sentence can explain; the base of all our errors."""

    exit_code = 1


class StorageError(ScInfoVAEError):
    """A file or folder that the disk, or the rights on it, do not allow to be written."""


class UsageError(ScInfoVAEError, ValueError):
    """A command, a configuration or an argument that cannot be meant as given."""

    exit_code = 2


class DataError(ScInfoVAEError, ValueError):
    """A data file that cannot be had or cannot be used, or no network to fetch it."""

    exit_code = 3


class NoCountsError(DataError):
    """Continuous data, where counts are needed: a method that needs them does not apply."""


class VerificationError(ScInfoVAEError):
    """A check of data or harness against a known answer failed."""

    exit_code = 4


class ScInfoVAEWarning(UserWarning):
    """Something a user should know although the work goes on."""


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """Suggest the closest known name.

    Parameters
    ----------
    name
        What was asked for.
    choices
        What exists.

    Returns
    -------
    " Did you mean 'x'?" with a leading space, or an empty string.
    """
    close = difflib.get_close_matches(name, list(choices), n=1, cutoff=NEAR)
    return f" Did you mean '{close[0]}'?" if close else ""


def install_command(extra: str, packages: Sequence[str] = ()) -> str:
    """Say what installs what is missing; the project is on no index, so a clone serves itself.

    Parameters
    ----------
    extra
        The extra of the project that holds it; may be empty.
    packages
        What is to be installed where there is no extra.

    Returns
    -------
    A command, in a clone for its folder; empty if nothing is needed.
    """
    if not extra:
        return f"pip install {' '.join(packages)}" if packages else ""
    clone = _clone()
    if clone is None:
        return f"pip install 'scinfovae[{extra}]'"
    # the environment that `make` sets up need not be activated
    pip = ".venv/bin/pip" if Path(sys.prefix) == clone / ".venv" else "pip"
    return f"{pip} install -e '.[{extra}]'"


def how_to_install(extra: str, packages: Sequence[str] = ()) -> str:
    """Say the same to people, with the folder where the command works.

    Parameters
    ----------
    extra, packages
        As for `install_command`.

    Returns
    -------
    The command and the folder; empty if nothing is needed.
    """
    command = install_command(extra, packages)
    return f"{command} in the folder of the clone" if extra and _clone() else command


def _clone() -> Path | None:
    """Find the folder of the clone from which the package is imported, if it is from one."""
    folder = Path(__file__).resolve().parents[1]
    return folder if (folder / "pyproject.toml").is_file() else None
