"""Preservation of neighbourhoods against K, in both definitions: Fig. 5."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from scinfovae.figures.colours import OURS, look
from scinfovae.figures.drawing import Drawing
from scinfovae.figures.page import Page
from scinfovae.figures.simulated_points import DATASET
from scinfovae.figures.style import INK, MUTED, letter, not_run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from scinfovae.figures.material import Material
    from scinfovae.figures.registry import FigureInfo

MEASURES = {
    "overlap": ("share of the K neighbours that is kept", 100.0),
    "agreement": ("equal entries of the two kNN graphs", 1.0),
}
# nine dimensions have no more than nine principal components
_TITLES = {"pca_umap": "UMAP"}
_OF_THE_DATA = "preprocessing.values=continuous"
_COLUMNS = ("points", "label", "method", "setting", "seed", "data", "k", "definition", "percent")


def draw(material: Material, info: FigureInfo) -> list[Drawing]:
    """Draw a line per run and their mean, for the points and for new ones.

    Parameters
    ----------
    material
        Runs with structure scores.
    info
        The figure.

    Returns
    -------
    One page.
    """
    from matplotlib.lines import Line2D

    data = structure_table(material)
    labels = list(dict.fromkeys(data["label"]))
    labels.sort(key=lambda name: not name.startswith("ScInfoVAE"))
    looks = _looks(data, labels)
    legend = [
        (Line2D([], [], **looks[name], markersize=4), _counted(data, name)) for name in labels
    ]
    chance = Line2D([], [], color=INK, linestyle=(0, (1, 1.2)))
    legend.append((chance, "chance"))
    notes = [
        "Thin lines: single runs; thick: their mean. Neighbours in the nine dimensions of the "
        "data. Left: mean share of the K nearest neighbours that are among the K nearest in the "
        "embedding; right: Heiser & Lau's share of equal entries of the binary kNN graphs, which "
        "counts pairs that are neighbours in neither. Chance: K/(n − 1), and 1 − 2p(1 − p)."
    ]
    notes += _told_new(material, data) + _told_settings(material, data)
    page = Page(122.0, info.title, notes, legend, columns=3)
    grid = page.body.subplots(2, 2, sharex=True)
    letters = iter("abcd")
    for line, points in zip(grid, ("trained", "new"), strict=True):
        for axes, (name, (title, _)) in zip(line, MEASURES.items(), strict=True):
            own = data[(data["points"] == points) & (data["definition"] == name)]
            _draw_panel(axes, own, labels, looks)
            letter(axes, next(letters))
            n = int(own["n_points"].max()) if len(own) else 0
            kind = "points trained on" if points == "trained" else "new points"
            axes.set_title(f"{n} {kind}" if n else kind)
            axes.set_ylabel(f"{title}, %")
    for axes in grid[1]:
        axes.set_xlabel("number of neighbours K")
    return [Drawing(info.name, info.title, page.figure, data, tuple(notes))]


def structure_table(material: Material) -> Any:
    """Collect the structure scores of all runs on the simulated points.

    Parameters
    ----------
    material
        The runs.

    Returns
    -------
    One row per run, set of points (``trained`` or ``new``), K and definition, with ``percent``
    and ``chance``, both in percent.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    if material.records is not None:
        runs = material.records.runs
        labels = {(e["method"], e["setting"]): e for e in _entries(material)}
        own = runs[(runs["dataset"] == DATASET) & (runs["status"] == "ok")]
        # other draws of the points are other data
        own = own[~own["data_variant"].str.contains("points.", regex=False)]
        for row in own.to_dict("records"):
            metrics = json.loads(row["metrics"])
            entry = labels[row["method"], row["setting"]]
            named = {"label": entry["label"], "method": row["method"], "setting": row["setting"]}
            named |= {"seed": row["seed"], "data": row["data"]}
            new = metrics.get("structure_new") or {}
            sets = {
                "trained": ((metrics.get("structure") or {}).get("final"), row["n_cells"]),
                "new": (new.get("final"), new.get("n_cells")),
            }
            for points, (scores, n) in sets.items():
                rows += _rows({**named, "points": points, "n_points": n}, scores or {})
    return pd.DataFrame(rows, columns=[*_COLUMNS, "chance", "n_points"])


def _entries(material: Material) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        [] if material.records is None else material.records.entries.to_dict("records")  # type: ignore[assignment]
    )
    titled = [{**one, "title": _TITLES.get(one["method"], one["title"])} for one in found]
    return [{**one, "label": _label(one)} for one in titled]


@functools.cache
def _planned() -> dict[str, str]:
    """Take the settings of the experiment, in the words of records, by method."""
    from scinfovae.bench.planning.plan import make_plan
    from scinfovae.bench.planning.variant import variant_of

    recipes = [group.recipe for group in make_plan(["experiment=figure4"])]
    return {recipe.method.name: variant_of(recipe.resolved) for recipe in recipes}


def _label(entry: dict[str, Any]) -> str:
    """Name a method; by its title as the experiment runs it, else with what is different."""
    usual, variant = (
        _tokens(one) for one in (_planned().get(entry["method"], ""), entry["variant"])
    )
    keys = {token.partition("=")[0] for token in variant}
    absent = [token.partition("=")[0] for token in usual if token.partition("=")[0] not in keys]
    rest = [token for token in variant if token not in usual]
    rest += [f"{key} by default" for key in absent]
    return f"{entry['title']} ({', '.join(rest)})" if rest else str(entry["title"])


def _tokens(variant: str) -> list[str]:
    return [token for token in variant.split(", ") if token and token != _OF_THE_DATA]


def _told_settings(material: Material, data: Any) -> list[str]:
    """Say which settings a title stands for, those of several methods once."""
    shown = set(zip(data["method"], data["setting"], strict=True))
    plain = [
        entry
        for entry in _entries(material)
        if (entry["method"], entry["setting"]) in shown and entry["label"] == entry["title"]
    ]
    whose: dict[str, list[str]] = {}
    for entry in plain:
        for token in _tokens(entry["variant"]):
            whose.setdefault(token, []).append(entry["label"])
    groups: dict[str, list[str]] = {}
    for token, labels in whose.items():
        groups.setdefault(", ".join(labels), []).append(token)
    parts = [f"{', '.join(tokens)} ({labels})" for labels, tokens in groups.items()]
    notes = [f"Settings that are not defaults: {'; '.join(parts)}."] if parts else []
    if any(entry["method"] == "pca_umap" for entry in plain):
        notes.append("UMAP starts from all nine principal components.")
    return notes


def _rows(named: dict[str, Any], scores: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for name, (_, scale) in MEASURES.items():
        columns = (scores.get(key) or [] for key in ("k", name, f"chance_{name}"))
        for k, value, chance in zip(*columns, strict=True):
            told = {"k": k, "definition": name, "percent": scale * value, "chance": scale * chance}
            found.append({**named, **told})
    return found


def _looks(data: Any, labels: list[str]) -> dict[str, dict[str, Any]]:
    """Give every line its look; two settings of one method differ in their dashes."""
    dashes = ["-", (0, (4, 1.5)), (0, (1.5, 1)), (0, (6, 1, 1, 1))]
    seen: dict[str, int] = {}
    looks = {}
    for name in labels:
        method = str(data.loc[data["label"] == name, "method"].iloc[0])
        turn = seen[method] = seen.get(method, -1) + 1
        style = look(method)
        how = {"color": style.colour, "marker": style.marker, "linestyle": dashes[turn % 4]}
        looks[name] = how
    return looks


def _draw_panel(axes: Axes, own: Any, labels: list[str], looks: dict[str, dict[str, Any]]) -> None:
    if own.empty:
        not_run(axes)
        axes.set_xticks([])
        axes.set_yticks([])
        return
    chance = own.groupby("k")["chance"].mean()
    axes.plot(chance.index, chance, color=INK, linestyle=(0, (1, 1.2)), linewidth=1.0)
    for name in reversed(labels):
        lines = own[own["label"] == name]
        for _, run in lines.groupby(["data", "seed"]):
            axes.plot(
                run["k"], run["percent"], color=looks[name]["color"], linewidth=0.4, alpha=0.45
            )
        mean = lines.groupby("k")["percent"].mean()
        wide = 1.7 if looks[name]["color"] == look(OURS).colour else 1.2
        axes.plot(mean.index, mean, linewidth=wide, markersize=2.8, **looks[name])
    axes.grid(color="#E2E2E2", linewidth=0.4)
    low = min(float(own["percent"].min()), float(own["chance"].min()))
    axes.set_ylim(max(0.0, np.floor(low / 10) * 10), 101)
    axes.tick_params(labelbottom=True)
    axes.spines["left"].set_color(MUTED)


def _counted(data: Any, name: str) -> str:
    own = data[(data["label"] == name) & (data["points"] == "trained")]
    n = len(own.drop_duplicates(["data", "seed"]))
    return f"{name} (n = {n})"


def _told_new(material: Material, data: Any) -> list[str]:
    """Say which methods embed no new points."""
    if data.empty:
        return ["Not run."]
    held = set(data.loc[data["points"] == "new", "label"])
    lone = [name for name in dict.fromkeys(data["label"]) if name not in held]
    return [f"Without new points (they cannot embed them): {', '.join(lone)}."] if lone else []
