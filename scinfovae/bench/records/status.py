"""How a run ended, in a closed vocabulary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "failed", "nan", "oom", "timeout", "killed", "not_applicable"]
SCHEMA = 1
# stage of a run that is not applicable for want of a package: done once the package is there
MISSING_PACKAGE = "install"


@dataclass(frozen=True)
class Status:
    """How a run ended.

    Attributes
    ----------
    status
        One of a closed vocabulary; a collapsed model is a flag of an ``ok`` run.
    stage, message, traceback
        Where and why it did not end well.
    collapsed
        Whether the final embedding is flagged as collapsed: at most one active unit, or permuting
        z over cells raises the reconstruction loss by less than 1 %.
    """

    status: State
    stage: str = ""
    message: str = ""
    traceback: str = ""
    collapsed: bool = False
    schema: int = SCHEMA
