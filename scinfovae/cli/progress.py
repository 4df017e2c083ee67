"""Progress of runs on standard error: one moving line on a terminal, sparse lines elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from scinfovae.bench.running.listener import Listener
from scinfovae.cli.render import duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scinfovae.bench.running.listener import Outcome

SECONDS_BETWEEN_LINES = 10.0
SECONDS_BETWEEN_MOVES = 0.2


class Watcher(Listener):
    """Shows what happens as it happens, with the time a step still needs."""

    def __init__(self, heading: str = "") -> None:
        self.heading = heading
        self._stage = ""
        self._start = 0.0
        self._shown = 0.0
        self._width = 0
        self._terminal = sys.stderr.isatty()

    def message(self, text: str) -> None:
        """Print a sentence."""
        self._clear()
        print(text, file=sys.stderr, flush=True)

    def dataset(self, facts: Mapping[str, Any]) -> None:
        """Print what was loaded."""
        self.message(describe_dataset(facts))

    def progress(self, stage: str, done: int, total: int) -> None:
        """Show how far a step is, but not more often than anyone can read."""
        now = time.monotonic()
        if stage != self._stage or done == 0:
            self._stage, self._start, self._shown = stage, now, now - 1 if self._terminal else now
        elapsed = now - self._start
        pause = SECONDS_BETWEEN_MOVES if self._terminal else SECONDS_BETWEEN_LINES
        if done >= total:
            if elapsed > pause:
                self.message(f"  {stage}: {total} of {total} in {duration(elapsed)}")
            self._clear()
            self._stage = ""
            return
        if now - self._shown < pause:
            return
        self._shown = now
        left = f", {duration(elapsed / done * (total - done))} left" if done else ""
        line = f"  {stage}: {done} of {total}{left}"
        if not self._terminal:
            print(line, file=sys.stderr, flush=True)
            return
        padded = line.ljust(self._width)
        print(f"\r{padded}", end="", file=sys.stderr, flush=True)
        self._width = len(line)

    def outcome(self, outcome: Outcome) -> None:
        """Print that a run ended."""
        self.message(outcome.told)

    def _clear(self) -> None:
        if self._terminal and self._width:
            print("\r" + " " * self._width + "\r", end="", file=sys.stderr, flush=True)
            self._width = 0


def describe_dataset(facts: Mapping[str, Any]) -> str:
    """Say in a line what is known of a dataset.

    Parameters
    ----------
    facts
        Facts as they stand in a record's provenance.

    Returns
    -------
    The sentence.
    """
    told = (
        f"{facts['name']}: {facts['n_cells_input']} cells × {facts['n_genes_input']} genes, "
        f"K = {facts['n_clusters']}; dropped {facts['n_genes_dropped']} genes and "
        f"{facts['n_cells_dropped']} cells; {facts['n_genes']} highly variable genes used"
    )
    if facts.get("overridden"):
        told += f"; expected values replaced: {', '.join(facts['overridden'])}"
    return told
