"""The errors a user can meet, each with the exit code of the command line."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


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
    close = difflib.get_close_matches(name, list(choices), n=1, cutoff=0.5)
    return f" Did you mean '{close[0]}'?" if close else ""
