"""Every run that is asked for with its name and what has become of it so far; trains nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scinfovae.bench.planning.variant import data_variant_of, setting_of_recipe, variant_of
from scinfovae.bench.records.manifest import ExpectedRun, Manifest
from scinfovae.bench.running.lookup import identity_of, n_clusters_of, records_of, state_of
from scinfovae.errors import DataError, ScInfoVAEError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from scinfovae.bench.planning.plan import Recipe, RunGroup
    from scinfovae.bench.records.record import Record
    from scinfovae.bench.running.listener import RunLog
    from scinfovae.bench.running.loading import DataCache

IMPORTED = "imported"
STATES = ("done", IMPORTED, "clusterings to do", "failed before", "to do")
THERE = ("done", IMPORTED)
WITHOUT_DATA, WITHOUT_PLAN = "whose data cannot be had", "that cannot be planned"


@dataclass(frozen=True)
class SurveyedGroup:
    """A recipe and its seeds, with their records.

    Attributes
    ----------
    group
        What is asked for.
    identity, n_clusters
        Its name up to the seed, and K.
    records, states
        By seed; the states are those of `scinfovae.bench.running.lookup.state_of`, and "imported"
        for runs that are left as they came (`scinfovae.bench.running.imports.with_imports`).
    imported
        By seed what ``metrics.json`` would hold of those.
    """

    group: RunGroup
    identity: str
    n_clusters: int
    records: dict[int, Record]
    states: dict[int, str]
    imported: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)

    def metrics(self, seed: int) -> Mapping[str, Any]:
        """Give the scores of a run, from its record or as they came; empty without."""
        return self.imported.get(seed) or self.records[seed].metrics()

    @property
    def recipe(self) -> Recipe:
        """What the runs share."""
        return self.group.recipe

    @property
    def different(self) -> str:
        """What differs from the registered dataset and the method's defaults, for people."""
        resolved = self.recipe.resolved
        return ", ".join(filter(None, (data_variant_of(resolved), variant_of(resolved))))

    def expected(self) -> Iterator[ExpectedRun]:
        """Write the runs as a manifest lists them."""
        recipe = self.recipe
        setting, variant = setting_of_recipe(recipe), variant_of(recipe.resolved)
        data_variant = data_variant_of(recipe.resolved)
        for seed in self.group.seeds:
            yield ExpectedRun(
                dataset=recipe.dataset.name,
                method=recipe.method.name,
                identity=self.identity,
                seed=seed,
                preset=recipe.preset,
                short=recipe.short,
                clusterers=tuple(clusterer.key for clusterer in recipe.clusterers),
                setting=setting,
                variant=variant,
                data_variant=data_variant,
            )


@dataclass
class Survey:
    """A plan held against the store.

    Attributes
    ----------
    groups
        What could be named.
    errors
        What could not: groups whose data cannot be had, each with the reason.
    """

    groups: list[SurveyedGroup] = field(default_factory=list)
    errors: list[tuple[RunGroup, ScInfoVAEError]] = field(default_factory=list)

    @property
    def n_runs(self) -> int:
        """How many runs are asked for, those that cannot be named included."""
        unnamed = sum(len(group.seeds) for group, _ in self.errors)
        return unnamed + sum(len(group.states) for group in self.groups)

    @property
    def n_there(self) -> int:
        """How many runs are done, here or elsewhere."""
        return sum(self.counts.get(state, 0) for state in THERE)

    @property
    def counts(self) -> dict[str, int]:
        """How many runs there are of each state, in the order of `STATES`."""
        found = Counter(state for group in self.groups for state in group.states.values())
        return {state: found[state] for state in STATES if found[state]}

    @property
    def told(self) -> str:
        """All runs that are asked for by what is known of them, for people."""
        unnamed: Counter[str] = Counter()
        for group, error in self.errors:
            is_data = isinstance(error, DataError)
            unnamed[WITHOUT_DATA if is_data else WITHOUT_PLAN] += len(group.seeds)
        counts = {**self.counts, **unnamed}
        return ", ".join(f"{count} {what}" for what, count in counts.items())

    def manifest(self, command: str, experiment: str) -> Manifest:
        """Write down what is asked for.

        Parameters
        ----------
        command, experiment
            The command line, and the experiment it names.

        Returns
        -------
        The manifest, each run once.
        """
        runs = dict.fromkeys(run for group in self.groups for run in group.expected())
        return Manifest(tuple(runs), command=command, experiment=experiment)


def survey(groups: Sequence[RunGroup], cache: DataCache, log: RunLog) -> Survey:
    """Name every run of a plan and look at its record.

    Parameters
    ----------
    groups
        The plan.
    cache
        Where data are kept if they must be read: own files whose labels give K.
    log
        Hears progress.

    Returns
    -------
    What is there and what is not.
    """
    found = Survey()
    for group in groups:
        recipe = group.recipe
        try:
            n_clusters = n_clusters_of(recipe, cache, log)
            name = identity_of(recipe, cache, log)
            records = records_of(recipe, name, group.seeds)
            states = {seed: state_of(record, recipe) for seed, record in records.items()}
        except ScInfoVAEError as error:
            found.errors.append((group, error))
            continue
        found.groups.append(SurveyedGroup(group, name, n_clusters, records, states))
    return found
