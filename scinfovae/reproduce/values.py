"""One number per dataset for each side of a comparison, and the paired difference of two sides."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from scinfovae.reproduce.evidence import cells_of
from scinfovae.reproduce.verdict import NO_WORSE, Comparison, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from scinfovae.reproduce.evidence import Cell, Evidence

    # one value a run; fewer values than runs make the cell incomplete
    PerRun = Callable[[Evidence, Cell], list[float]]

NAN = float("nan")
FEWEST_SEEDS = 3


def mean(values: Sequence[float]) -> float:
    """Average; NaN of nothing.

    Parameters
    ----------
    values
        Numbers.

    Returns
    -------
    Their mean.
    """
    return math.fsum(values) / len(values) if values else NAN


@dataclass(frozen=True)
class CellValue:
    """One number of one dataset.

    Attributes
    ----------
    dataset, base
        The dataset, and the full one it is a variant of.
    value
        The number.
    n_seeds
        On how many seeds it rests.
    by_seed
        The values it is the summary of; empty where there is no such, as over several methods.
    summary
        Reduces them.
    """

    dataset: str
    base: str
    value: float
    n_seeds: int
    by_seed: Mapping[int, float] = field(default_factory=dict)
    summary: Callable[[Sequence[float]], float] = mean

    def of_seeds(self, seeds: Collection[int]) -> CellValue:
        """Reduce it to some of its seeds."""
        kept = {seed: value for seed, value in self.by_seed.items() if seed in seeds}
        return replace(self, value=self.summary([*kept.values()]), n_seeds=len(kept), by_seed=kept)


@dataclass
class Side:
    """One side of a comparison.

    Attributes
    ----------
    values
        A number for every dataset that has one; several draws of one dataset are averaged.
    notes
        Cells without a number and why.
    """

    values: list[CellValue] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def side(
    evidence: Evidence,
    method: str,
    per_run: PerRun,
    summary: Callable[[Sequence[float]], float] = mean,
    *,
    variant: str = "",
    fraction: float = 1.0,
    fewest_seeds: int = 1,
) -> Side:
    """Reduce the runs of a method to one number per dataset.

    Parameters
    ----------
    evidence
        What counts.
    method, variant, fraction
        Which runs.
    per_run
        Gives the values of a cell's runs.
    summary
        Reduces the values of the seeds.
    fewest_seeds
        Cells with fewer seeds are left out.

    Returns
    -------
    The side.
    """
    found = Side()
    for cell in cells_of(evidence, method, variant, fraction):
        name = f"{cell.dataset} × {method}" + (f" ({variant})" if variant else "")
        values = [value for value in per_run(evidence, cell) if math.isfinite(value)]
        if len(values) < len(cell.keys):
            found.notes.append(f"{name}: {len(values)} of {len(cell.keys)} runs have this value")
        elif len(values) < fewest_seeds:
            found.notes.append(f"{name}: {len(values)} of at least {fewest_seeds} seeds")
        elif math.isfinite(value := summary(values)):
            by_seed = dict(zip((key[-1] for key in cell.keys), values, strict=True))
            found.values.append(
                CellValue(cell.dataset, cell.base, value, len(values), by_seed, summary)
            )
        else:
            found.notes.append(f"{name}: not defined (mean too close to 0)")
    return found


def compare(
    label: str,
    unit: str,
    left: Side,
    right: Side,
    *,
    margin: float = NO_WORSE,
    rule: Rule = "above",
    notes: Iterable[str] = (),
) -> Comparison:
    """Pair two sides over the datasets, and on each the seeds, that both have.

    Parameters
    ----------
    label, unit, margin, rule
        As in `Comparison`; the difference is left minus right.
    left, right
        The two sides.
    notes
        What else a reader should know.

    Returns
    -------
    The comparison; variants of one dataset count once, and a dataset with fewer than three common
    seeds not at all. The interval is the wider one of the bootstrap and of Student's t: of five
    normal differences the bootstrap's alone holds the truth in 83 of 100 cases instead of 95.
    """
    from scinfovae.tables.statistics import widest_interval

    left, right = on_common_seeds(left, right)
    told = tuple(dict.fromkeys([*notes, *left.notes, *right.notes]))
    pairs = _paired(left.values, right.values)
    if not pairs:
        return Comparison(label, unit, NAN, NAN, NAN, margin, rule, notes=told)
    interval = widest_interval([first - second for _, first, second in pairs])
    used = {name for names, _, _ in pairs for name in names}
    seeds = [v.n_seeds for v in (*left.values, *right.values) if v.dataset in used]
    return Comparison(
        label,
        unit,
        interval.mean,
        interval.low,
        interval.high,
        margin,
        rule,
        datasets=tuple("+".join(names) for names, _, _ in pairs),
        seeds=(min(seeds), max(seeds)),
        notes=told,
    )


def on_common_seeds(left: Side, right: Side) -> tuple[Side, Side]:
    """Let both sides rest on the same seeds of every dataset.

    Parameters
    ----------
    left, right
        The two sides; numbers that are no summary over seeds stay as they are.

    Returns
    -------
    The sides, without datasets that have fewer than three seeds in common; a note tells.
    """
    others = {one.dataset: one for one in right.values}
    first, second = Side(notes=[*left.notes]), Side(notes=[*right.notes])
    for one in left.values:
        other = others.pop(one.dataset, None)
        if other is None or not (one.by_seed and other.by_seed):
            first.values.append(one)
            second.values += [] if other is None else [other]
            continue
        common = one.by_seed.keys() & other.by_seed.keys()
        if len(common) < FEWEST_SEEDS:
            told = f"{one.dataset}: {len(common)} of at least {FEWEST_SEEDS} seeds in common"
            first.notes.append(told)
            continue
        first.values.append(one.of_seeds(common))
        second.values.append(other.of_seeds(common))
    second.values += others.values()
    return first, second


def _paired(
    left: Sequence[CellValue], right: Sequence[CellValue]
) -> list[tuple[tuple[str, ...], float, float]]:
    """Pair two sides dataset by dataset; of one with variants, those that both have."""
    found = []
    for base in sorted({one.base for one in left} & {one.base for one in right}):
        sides = [[one for one in values if one.base == base] for values in (left, right)]
        names = {one.dataset for values in sides for one in values}
        if len(names) > 1:
            used, first, second = _collapsed(sides)
        else:
            used, (first, second) = tuple(names), (mean([v.value for v in s]) for s in sides)
        if used:
            found.append((used, first, second))
    return sorted(found)


def _collapsed(sides: Sequence[Sequence[CellValue]]) -> tuple[tuple[str, ...], float, float]:
    """Let the variants of one dataset count once, by the same rule as in the tables."""
    import pandas as pd

    from scinfovae.tables.statistics import collapse_variants

    rows = [
        {"entry": entry, "dataset": one.dataset, "dataset_base": one.base, "value": one.value}
        for entry, values in enumerate(sides)
        for one in values
    ]
    one = collapse_variants(pd.DataFrame(rows), by=["entry"]).set_index("entry")
    if not {0, 1} <= set(one.index):
        return (), NAN, NAN
    used = tuple(str(one.loc[0, "datasets"]).split(","))
    values = one["value"].to_dict()
    return used, float(values[0]), float(values[1])
