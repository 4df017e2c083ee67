"""What figures are drawn from: runs and scores, the records behind them, and the data."""

from __future__ import annotations

import contextlib
import functools
import json
import warnings
from typing import TYPE_CHECKING, Any

from scinfovae.bench.records.scrub import scrub_text
from scinfovae.bench.records.store import RecordStore
from scinfovae.errors import DataError, ScInfoVAEWarning, UsageError
from scinfovae.figures.stored import Stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from scinfovae.bench.running.loading import LoadedData
    from scinfovae.figures.words import Choice
    from scinfovae.tables.board import Board, Stage
    from scinfovae.tables.records import Records

NO_COUNTS = "the points of Fig. 4 have neither genes nor counts"


class Material:
    """Everything figures are drawn from.

    Attributes
    ----------
    runs
        Rows of `scinfovae.bench.records.frame.runs_frame` that were chosen.
    root
        The results folder; None if all there is is an export, which holds no embeddings.
    choice
        The words of the command.
    """

    def __init__(self, runs: pd.DataFrame, root: Path | None, choice: Choice) -> None:
        self.root, self.choice = root, choice
        self._all = runs
        self.runs = choice.runs(runs)
        self._boards: dict[tuple[str, ...], Mapping[Stage, Board]] = {}
        self._loaded: dict[tuple[str, ...], LoadedData] = {}

    @functools.cached_property
    def records(self) -> Records | None:
        """Runs with names and scores; None if there is no run."""
        from scinfovae.tables.records import prepare

        return None if self.runs.empty else prepare(self.runs)

    def board(self, *measures: str, stage: Stage = "final") -> Board | None:
        """Lay the scores out as the tables do.

        Parameters
        ----------
        *measures
            Metrics.
        stage
            After fine-tuning or before it.

        Returns
        -------
        None if there is no run, or none with that stage.
        """
        from scinfovae.tables.board import make_boards

        if self.records is None:
            return None
        if measures not in self._boards:
            self._boards[measures] = make_boards(self.records, measures)
        return self._boards[measures].get(stage)

    def chosen(self, key: str) -> list[str]:
        """Expand what the words say of a key, such as ``dataset``; empty if nothing."""
        return self.choice.names(key, self._all)

    def stored(self, **wanted: str) -> list[Stored]:
        """Find finished runs whose files are at hand.

        Parameters
        ----------
        **wanted
            Values of columns, as ``method="tsne"``.

        Returns
        -------
        Runs, those with full presets first, then in the order of the frame. Of a method whose
        runs on some data have several settings, those with its defaults come first.
        """
        if self.root is None or self.records is None:
            return []
        frame = self.records.runs
        # a run that was imported has no folder
        frame = frame[(frame["status"] == "ok") & (frame["folder"] != "")]
        for key, value in wanted.items():
            frame = frame[frame[key] == value]
        if self.choice.seed is not None:
            frame = frame[frame["seed"] == self.choice.seed]
        order = frame.assign(_varied=frame["variant"] != "").sort_values(
            ["short", "_varied", "setting", "seed"], kind="stable"
        )
        store = RecordStore(self.root)
        return [
            Stored(
                row, store.record(*(row[key] for key in ("dataset", "method", "identity", "seed")))
            )
            for row in rows_of(order.drop(columns="_varied"))
        ]

    def why_none(self, **wanted: str) -> str:
        """Say why `stored` finds nothing.

        Parameters
        ----------
        **wanted
            As for `stored`.

        Returns
        -------
        The end of a sentence.
        """
        frame = self.runs[self.runs["status"] == "ok"]
        for key, value in wanted.items():
            frame = frame[frame[key] == value]
        if self.root is not None and len(frame) and frame["folder"].eq("").all():
            return "such runs were imported, and an import holds no embedding"
        return "there is no such run"

    def first(self, **wanted: str) -> Stored | None:
        """Give the first of `stored`, or None."""
        return next(iter(self.stored(**wanted)), None)

    @property
    def which_seed(self) -> str:
        """Say why a seed is shown where one run stands for all."""
        if self.choice.seed is not None:
            return "the one that was asked for"
        return "the lowest seed whose embedding is at hand, not the best"

    def config(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Read the configuration of a run."""
        return dict(json.loads(row["config"]))

    def data_sources(self) -> Iterator[tuple[str, list[str]]]:
        """List the data that figures of the data themselves may show.

        Yields
        ------
        Name, and the words of a plan that loads them: those chosen by words, else those of the
        records, simulated ones only where there are no others, else the simulated counts of the
        default run. The points of Fig. 4 are left out: they have neither genes nor counts.
        """
        from scinfovae.bench.planning.dataset_config import CONTINUOUS_DATASETS
        from scinfovae.bench.planning.repeat import words_of
        from scinfovae.tables.data_names import data_order

        named: dict[str, list[str]] = {}
        if self.records is not None:
            runs = self.records.runs
            known = runs[runs["config"] != "{}"].drop_duplicates("data")
            rows = {str(row["data"]): row for row in rows_of(known)}
            for data in data_order(rows, runs):
                words = words_of(self.config(rows[data]))
                named[data] = [w for w in words if w.startswith(("dataset=", "dataset."))]
        datasets = {words[0].partition("=")[2] for words in named.values()}
        chosen = self.chosen("dataset")
        named |= {name: [f"dataset={name}"] for name in chosen if name not in datasets}
        points = [f"dataset={name}" for name in CONTINUOUS_DATASETS]
        found = {name: words for name, words in named.items() if words[0] not in points}
        if not chosen:
            simulated = "dataset=simulated"
            real = {name: words for name, words in found.items() if words[0] != simulated}
            found = real or found or {"simulated": [simulated]}
        yield from found.items()

    def load(self, words: Sequence[str]) -> LoadedData:
        """Load and preprocess data that are at hand; nothing is downloaded unless asked for.

        Parameters
        ----------
        words
            As `data_sources` gives them.

        Returns
        -------
        The data.

        Raises
        ------
        DataError
            If they are not at hand.
        """
        from scinfovae.bench.planning.plan import make_plan
        from scinfovae.bench.running.listener import Listener, RunLog
        from scinfovae.bench.running.loading import DataCache

        places = {"data.offline": "true", **self.choice.places}
        given = [f"{key}={value}" for key, value in places.items()]
        key = tuple(words)
        if key not in self._loaded:
            try:
                recipe = make_plan([*words, "method=pca", *given])[0].recipe
                self._loaded[key] = DataCache().prepared(recipe, RunLog(Listener()))
            except UsageError as error:
                raise DataError(str(error)) from error
        return self._loaded[key]

    def measured(
        self, measure: Callable[[LoadedData], pd.DataFrame], most: int
    ) -> tuple[dict[str, pd.DataFrame | str], list[str]]:
        """Measure the first of the data that figures of the data themselves may show.

        Parameters
        ----------
        measure
            What is computed of them.
        most
            Of how many.

        Returns
        -------
        By name what was found, or the sentence that says why the data are not at hand; and notes
        on those and on data that are left out.
        """
        found: dict[str, pd.DataFrame | str] = {}
        notes = []
        sources = list(self.data_sources())
        if len(sources) > most:
            notes.append(f"The first {most} of {len(sources)} datasets; dataset=NAME shows others.")
        for name, words in sources[:most]:
            try:
                with quietly():
                    found[name] = measure(self.load(words))
            except DataError as error:
                reason = scrub_text(str(error))
                found[name] = reason
                notes.append(f"{name}: {reason}")
        return found, notes


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Take a frame apart.

    Parameters
    ----------
    frame
        Any.

    Returns
    -------
    Its rows, values by column.
    """
    rows: list[dict[str, Any]] = frame.to_dict("records")  # type: ignore[assignment]
    return rows


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Keep back what a run has said already, such as that counts were rounded up."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ScInfoVAEWarning)
        yield
