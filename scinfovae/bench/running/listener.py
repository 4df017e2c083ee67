"""What a run tells whoever watches it."""

from __future__ import annotations

import contextlib
import datetime
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from scinfovae.errors import ScInfoVAEWarning

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from scinfovae.bench.records.status import Status

Action = Literal["done", "finished", "scored", "failed"]
WORDS = {"done": "done", "scored": "clusterings added", "finished": "already finished"}


@dataclass(frozen=True)
class Outcome:
    """What became of one run that was asked for.

    Attributes
    ----------
    dataset, method, identity, seed
        Its name.
    folder
        Where its record lies.
    status
        How it ended.
    action
        ``"done"`` now, ``"finished"`` already, ``"scored"``: only clusterings were added, or
        ``"failed"``.
    metrics
        The contents of ``metrics.json``.
    facts
        What is known of the dataset, from the record's provenance.
    clusterers
        Keys of the clusterers that were asked for.
    short
        Whether the preset is a short one.
    plot
        The picture of the embedding, if there is one.
    """

    dataset: str
    method: str
    identity: str
    seed: int
    folder: Path
    status: Status
    action: Action
    metrics: Mapping[str, Any]
    facts: Mapping[str, Any]
    clusterers: tuple[str, ...]
    short: bool = False
    plot: Path | None = None

    @property
    def told(self) -> str:
        """The run and what became of it in a line; the reason where it has no scores."""
        status = self.status
        how = f"{status.status.replace('_', ' ')}: {status.message}"
        if status.status != "not_applicable":
            how = WORDS.get(self.action, how)
        return f"{self.dataset} × {self.method}, seed {self.seed}: {how}"


class Listener:
    """Hears what happens; this one says nothing."""

    def message(self, text: str) -> None:
        """Hear a sentence."""

    def dataset(self, facts: Mapping[str, Any]) -> None:
        """Hear what was loaded, after preprocessing."""

    def progress(self, stage: str, done: int, total: int) -> None:
        """Hear how far a step is."""

    def outcome(self, outcome: Outcome) -> None:
        """Hear that a run ended."""


@dataclass
class RunLog:
    """The log of a run, passed on to a listener line by line.

    Attributes
    ----------
    listener
        Who else hears it.
    lines
        What was said, each with its time (UTC).
    """

    listener: Listener
    lines: list[str] = field(default_factory=list)
    _stage: str = ""

    def note(self, text: str) -> None:
        """Write a line that only the log keeps."""
        now = datetime.datetime.now(datetime.UTC).strftime("%H:%M:%S")
        self.lines.append(f"{now} {text}")

    def message(self, text: str) -> None:
        """Write a line and pass it on."""
        self.note(text)
        self.listener.message(text)

    def progress(self, stage: str, done: int, total: int) -> None:
        """Pass progress on; the log keeps beginning and end of a stage."""
        if stage != self._stage or done == total:
            self.note(f"{stage}: {done} of {total}")
            self._stage = stage
        self.listener.progress(stage, done, total)

    @property
    def text(self) -> str:
        """The whole log."""
        return "\n".join(self.lines) + "\n"


@contextlib.contextmanager
def hear_warnings(log: RunLog) -> Iterator[None]:
    """Write the warnings meant for users to the log and pass them on as plain sentences.

    Parameters
    ----------
    log
        The log.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("always", ScInfoVAEWarning)
        show = warnings.showwarning

        def hear(message: Any, category: Any, *place: Any, **rest: Any) -> None:
            if issubclass(category, ScInfoVAEWarning):
                log.message(f"warning: {message}")
            else:
                show(message, category, *place, **rest)

        warnings.showwarning = hear
        yield
