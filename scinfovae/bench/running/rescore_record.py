"""Score one record again from what is stored in it."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scinfovae.bench.planning.clusterers import ClustererRequest
from scinfovae.bench.records.frame import METRICS
from scinfovae.bench.records.status import Status
from scinfovae.bench.running.changes import changes_between
from scinfovae.bench.running.scoring import (
    OWN,
    cluster_stage,
    column_of,
    entry_of,
    missing_clusterings,
    references_of,
    score,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np

    from scinfovae.bench.planning.plan import Recipe
    from scinfovae.bench.records.record import Record

_EXTERNAL = METRICS[: METRICS.index("silhouette")]
_OWN = ("silhouette", "calinski_harabasz")
_COMMON = tuple(f"{metric}_common" for metric in _OWN)


@dataclass(frozen=True)
class ScoreRequest:
    """What is to be done with every run.

    Attributes
    ----------
    recipe
        Where data come from, and the parameters of clusterers.
    clusterers
        To be added where a record lacks them.
    recompute
        Compute every metric of the labels that are stored, not only what is lacking.
    recluster
        Compute the labels of every clusterer anew, and their metrics.
    """

    recipe: Recipe
    clusterers: tuple[ClustererRequest, ...] = ()
    recompute: bool = False
    recluster: bool = False


@dataclass
class Rescoring:
    """One record in the doing; the caller holds its lock.

    Attributes
    ----------
    record, seed, config
        The record, and what of it is at hand.
    request
        What is to be done.
    common_space
        Gives the place of the record's cells in the common space, or None and why not.
    """

    record: Record
    seed: int
    config: Mapping[str, Any]
    request: ScoreRequest
    common_space: Callable[[Mapping[str, Any], str, list[int]], tuple[np.ndarray | None, str]]

    def do(self) -> dict[str, Any]:
        """Score the record and write it if anything changed.

        Returns
        -------
        The members of `scinfovae.bench.running.rescore.Rescored` beyond the name of the run.

        Raises
        ------
        ScInfoVAEError
            If the record is damaged, or the disk refuses; then it is as it was.
        """
        self.metrics, status = self.record.metrics(), self.record.status() or Status("ok")
        if self._is_complete() and self._status(status) == status:
            return {}
        self.labels, self.stages = self.record.labels(), self.record.embeddings()
        self.relabelled: dict[str, int] = {}
        self.problem = self.without_data = ""
        old = copy.deepcopy(self.metrics["clusterings"])
        if self.request.recluster:
            self._recluster()
        added = self._add()
        for entry in self.metrics["clusterings"]:
            self._score(entry)
        changes = changes_between(old, self.metrics["clusterings"])
        now = self._status(status)
        if changes or added or any(self.relabelled.values()) or now != status:
            self.record.update(self.labels, self.metrics, now)
        return {
            "changes": changes,
            "relabelled": self.relabelled,
            "problem": self.problem,
            "without_data": self.without_data,
        }

    @property
    def _anew(self) -> bool:
        return self.request.recompute or self.request.recluster

    def _is_complete(self) -> bool:
        """Tell whether there is nothing to do, from the scores alone."""
        stages, entries = self.record.stages(), self.metrics["clusterings"]
        wanted = missing_clusterings(self.metrics, stages, self.request.clusterers)
        return not (self._anew or wanted or any(self._lacks(e) for e in entries))

    def _lacks(self, entry: Mapping[str, Any], *, common: bool = False) -> bool:
        """Tell whether any score is wanting, or any in the common space."""
        keys = self.metrics["label_keys"]
        keys = [*keys, *(["max"] if len(keys) > 1 else [])]
        external, internal = entry.get("external") or {}, entry.get("internal") or {}
        lacks_common = any(metric not in internal for metric in _COMMON)
        if common or lacks_common:
            return lacks_common
        return any(metric not in internal for metric in _OWN) or any(
            metric not in external.get(key, {}) for key in keys for metric in _EXTERNAL
        )

    def _recluster(self) -> None:
        for i, entry in enumerate(self.metrics["clusterings"]):
            if entry["key"] != OWN.key:
                default = entry["key"] == entry["clusterer"]
                clusterer = ClustererRequest(entry["clusterer"], entry["params"], default)
                fresh = self._cluster(entry["stage"], clusterer)
                if fresh is not None and self.relabelled.get(fresh["column"]) != 0:
                    self.metrics["clusterings"][i] = fresh

    def _add(self) -> int:
        wanted = missing_clusterings(self.metrics, self.stages, self.request.clusterers)
        fresh = [self._cluster(stage, clusterer) for stage, clusterer in wanted]
        done = [entry for entry in fresh if entry is not None]
        self.metrics["clusterings"] += done
        return len(done)

    def _cluster(self, stage: str, clusterer: ClustererRequest) -> dict[str, Any] | None:
        column, k = column_of(stage, clusterer), self.metrics["n_clusters"]
        try:
            predicted, said = cluster_stage(self.stages[stage], clusterer, k, self.seed)
        except Exception as error:
            self.problem = f"{clusterer.key} failed on {stage}: {error}"
            return None
        if column in self.labels:
            self.relabelled[column] = int((self.labels[column].to_numpy() != predicted).sum())
        self.labels[column] = predicted
        return entry_of(stage, clusterer, predicted, said)

    def _score(self, entry: dict[str, Any]) -> None:
        """Fill in what an entry lacks, or all of it."""
        if not (self._anew or self._lacks(entry)):
            return
        external, internal = entry.get("external") or {}, entry.get("internal") or {}
        common = None
        if self._anew or self._lacks(entry, common=True):
            dataset = self.record.provenance().get("dataset") or {}
            common, self.without_data = self.common_space(
                self.config, dataset.get("content_hash", ""), self.labels["row"].tolist()
            )
        fresh = score(
            self.labels[entry["column"]].to_numpy(),
            embedding=self.stages.get(entry["stage"]),
            common=common,
            references=references_of(self.labels),
            seed=self.seed,
        )
        # what cannot be computed now stays as it was, and so does what is there unless asked for
        both = [(external.get(key, {}), scores) for key, scores in fresh["external"].items()]
        merged = [{**was, **now} if self._anew else {**now, **was} for was, now in both]
        entry["external"] = {**external, **dict(zip(fresh["external"], merged, strict=True))}
        now = fresh["internal"]
        entry["internal"] = {**internal, **now} if self._anew else {**now, **internal}

    def _status(self, status: Status) -> Status:
        """Say how the run stands: a clusterer that failed once and is there now is no failure."""
        there = {f"cluster {e['stage']}.{e['key']}" for e in self.metrics["clusterings"]}
        return Status("ok", collapsed=status.collapsed) if status.stage in there else status
