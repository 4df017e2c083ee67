"""Progress of many runs: how many are done, how many failed, and how long the rest will take."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from scinfovae.cli.progress import Watcher
from scinfovae.cli.render import duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scinfovae.bench.running.listener import Outcome


class Counter(Watcher):
    """Shows one line for each run that ends, with its number."""

    def __init__(self) -> None:
        super().__init__()
        self.total = 0
        self.done = 0
        self.failed = 0
        self._apart: Mapping[str, str] = {}
        self._began = time.monotonic()

    def begin(self, total: int, apart: Mapping[str, str]) -> None:
        """Start counting.

        Parameters
        ----------
        total
            How many runs are to be done.
        apart
            By identity, what tells runs of one dataset and method apart, where there are several.
        """
        self.total = total
        self._apart = apart
        self._began = time.monotonic()

    def outcome(self, outcome: Outcome) -> None:
        """Print that a run ended, and how far all of them are."""
        self.done += 1
        self.failed += outcome.action == "failed"
        apart = self._apart.get(outcome.identity, "")
        self.message(f"[{self.counts()}] {outcome.told}{f' ({apart})' if apart else ''}")

    def counts(self) -> str:
        """Say how far the runs are.

        Returns
        -------
        E.g. ``"3 of 12, 1 failed, 2 min 05 s left"``.
        """
        told = f"{self.done} of {self.total}"
        if self.failed:
            told += f", {self.failed} failed"
        left = max(0, self.total - self.done)
        if left and self.done:
            elapsed = time.monotonic() - self._began
            told += f", {duration(elapsed / self.done * left)} left"
        return told
