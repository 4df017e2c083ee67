"""What a run must be to count as evidence; what does not count is told."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from scinfovae.data.registry import load_registry

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

# a dataset of its own: the points of Fig. 4, of which every draw counts as one dataset
FIGURE4 = "figure4"
# files of the user: each content is a dataset of its own
CUSTOM = "custom"
CELL = ["dataset", "method", "identity"]
_HARMLESS = ("urls", "sha256", "size_bytes", "fraction_seed")
_OF_A_FILE = ("path", "labels_path", "layout", "layer", "fraction_seed")


def count(n: int) -> str:
    """Write a number of runs.

    Parameters
    ----------
    n
        How many.

    Returns
    -------
    E.g. ``"3 runs"``.
    """
    return "1 run" if n == 1 else f"{n} runs"


def of_known_data(runs: pd.DataFrame, told: list[str], *, own_files: bool = False) -> pd.DataFrame:
    """Keep runs on whole registered datasets or shares of their cells, and on Fig. 4.

    Parameters
    ----------
    runs
        What `scinfovae.bench.records.frame.runs_frame` gives.
    told
        Hears what is left out and why.
    own_files
        Keep runs on files of the user, too.

    Returns
    -------
    The others with the column ``fraction``; draws of Fig. 4 and files are datasets of their own, a
    share of a file's cells belongs to the file of that name.
    """
    fractions: list[float] = []
    problems: Counter[str] = Counter()
    columns = ("dataset", "data_variant", "n_clusters", "content_hash")
    usual, whole = _usual_labels(runs), _whole_files(runs)
    for dataset, variant, k, content in zip(*(runs[column] for column in columns), strict=True):
        if own_files and dataset == CUSTOM:
            fraction, problem = _share_of_file(variant, usual[content], whole)
        else:
            fraction, problem = _share(dataset, variant, k)
        fractions.append(float("nan") if problem else fraction)
        problems[problem] += bool(problem)
    told += [f"{count(n)} {problem}" for problem, n in sorted(problems.items()) if problem]
    known = runs.assign(fraction=fractions)
    known = known[known["fraction"].notna()]
    content = known["content_hash"].str[:8]
    draws = FIGURE4 + " " + content
    path = known["data_variant"].map(lambda variant: _value(variant, "path"))
    complete = path.map({name: min(contents)[:8] for name, contents in whole.items()})
    files = path + "@" + content.mask(known["fraction"] < 1, complete)
    base = known["dataset_base"].mask(known["dataset"] == FIGURE4, draws)
    return known.assign(dataset_base=base.mask(known["dataset"] == CUSTOM, files))


def _usual_labels(runs: pd.DataFrame) -> dict[str, str]:
    """Find by which labels most runs of a file's content are scored; of equals the first."""
    counts: dict[str, Counter[str]] = {}
    own = runs[runs["dataset"] == CUSTOM]
    for content, variant in zip(own["content_hash"], own["data_variant"], strict=True):
        counts.setdefault(content, Counter())[_value(variant, "label_key")] += 1
    return {content: named.most_common(1)[0][0] for content, named in counts.items()}


def _whole_files(runs: pd.DataFrame) -> dict[str, set[str]]:
    """Find the contents under which runs on all cells of a file are known, by its name."""
    found: dict[str, set[str]] = {}
    own = runs[runs["dataset"] == CUSTOM]
    for content, variant in zip(own["content_hash"], own["data_variant"], strict=True):
        if _fraction(variant) == 1:
            found.setdefault(_value(variant, "path"), set()).add(content)
    return found


def _value(variant: str, key: str) -> str:
    """Read what a variant says of a key, a list in brackets whole; empty where it says nothing."""
    found = re.search(rf"(?:^|, ){key}=(\[[^]]*\](?=,|$)|[^,]*)", variant)
    return found[1] if found else ""


def _fraction(variant: str) -> float:
    """Read the share of the cells; 1 where none is named."""
    named = _value(variant, "fraction")
    return float(named) if re.fullmatch(r"0?\.\d+", named) else 1.0


def _share_of_file(variant: str, labels: str, whole: Mapping[str, set[str]]) -> tuple[float, str]:
    """Read which share of a file's cells a run is on, or say what is not the file's own."""
    named, fraction = _value(variant, "label_key"), _fraction(variant)
    if named != labels:
        return fraction, f"on files with other labels than most ({named or 'none named'})"
    plain = variant.replace(f"label_key={named}", "") if named else variant
    known = (*_OF_A_FILE, "fraction") if fraction < 1 else _OF_A_FILE
    tokens = [token for token in plain.split(", ") if token]
    other = [token for token in tokens if token.partition("=")[0] not in known]
    if other:
        return fraction, f"on files with other choices ({', '.join(other)})"
    if fraction < 1 and len(whole.get(_value(variant, "path"), ())) != 1:
        return fraction, "on shares of files that were not run whole, or with several contents"
    return fraction, ""


def _share(dataset: str, variant: str, n_clusters: float) -> tuple[float, str]:
    """Read which share of a dataset's cells a run is on, or say why it is on other data."""
    spec = load_registry().get(dataset)
    if dataset == FIGURE4:
        other = [token for token in variant.split(", ") if token and not _is_draw(token)]
        problem = f"on other points than those of Fig. 4 ({', '.join(other)})" if other else ""
        return 1.0, problem
    if spec is None:
        return 1.0, f"on data that are none of the registered ones ({dataset})"
    fraction = 1.0
    for token in filter(None, variant.split(", ")):
        key, _, value = token.partition("=")
        if key == "fraction" and _fraction(token) < 1:
            fraction = _fraction(token)
        elif key == "label_key":
            if value.strip("[]").split(",")[0] != spec.label_key:
                return 1.0, f"on {dataset} with other labels ({token})"
        elif key == "n_clusters":
            if n_clusters != spec.n_classes:
                return 1.0, f"on {dataset} with another K ({token})"
        elif key not in _HARMLESS:
            return 1.0, f"on another version of {dataset} ({token})"
    return fraction, ""


def _is_draw(token: str) -> bool:
    """Tell whether a difference from the points of Fig. 4 only is another draw of them."""
    return token.partition("=")[0] in ("points.seed", "points.n_new")


def finished(runs: pd.DataFrame, told: list[str]) -> pd.DataFrame:
    """Keep the cells whose every run ended well.

    Parameters
    ----------
    runs
        What `of_known_data` gives.
    told
        Hears what is left out and why.

    Returns
    -------
    The runs of these cells.
    """
    import pandas as pd

    parts = [runs.iloc[:0]]
    for _, cell in runs.groupby(CELL, sort=False):
        states = Counter(cell["status"])
        first = cell.iloc[0]
        if set(states) == {"ok"}:
            parts.append(cell)
        elif set(states) == {"not_applicable"}:
            told.append(f"{_cell_name(first)}: not applicable")
        else:
            found = ", ".join(
                f"{n} {state}" for state, n in sorted(states.items()) if state != "ok"
            )
            told.append(
                f"{_cell_name(first)}: {states['ok']} of {len(cell)} runs done ({found}), "
                "incomplete"
            )
    return pd.concat(parts)


def _cell_name(row: Any) -> str:
    inside = [row["variant"], "" if row["fraction"] == 1 else f"fraction={row['fraction']:g}"]
    told = ", ".join(filter(None, inside))
    return f"{row['dataset']} × {row['method']}" + (f" ({told})" if told else "")


def latest_settings(runs: pd.DataFrame, told: list[str]) -> pd.DataFrame:
    """Of several settings that read the same, as after a change of the code, keep the last.

    Parameters
    ----------
    runs
        What `finished` gives.
    told
        Hears what is left out and why.

    Returns
    -------
    The runs of one setting for every method and variant.
    """
    keep = []
    for (method, variant), group in runs.groupby(["method", "variant"], sort=False):
        latest = group.loc[group["started"].astype(str).sort_values().index[-1], "setting"]
        older = group[group["setting"] != latest]
        if len(older):
            named = f"{method} ({variant})" if variant else str(method)
            told.append(f"{count(len(older))} of {named} by an older version of the code")
        keep += group.index[group["setting"] == latest].tolist()
    return runs.loc[keep].sort_index()
