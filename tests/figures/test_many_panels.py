"""Pages with all 15 datasets and more than 25 methods can be read."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from scinfovae.data.registry import group_members
from scinfovae.figures.colours import LOOKS
from scinfovae.figures.fitting import spaced_ticks, wrapped
from scinfovae.figures.short_names import shortened
from scinfovae.figures.style import short_number, text_width

BARS = [
    "fig2",
    *(pytest.param(name, marks=pytest.mark.slow) for name in ("supp3", "supp4", "supp4_common")),
    "supp5",
    pytest.param("supp5_common", marks=pytest.mark.slow),
]


@pytest.fixture
def crowded(bench):
    """Run every method on every dataset, with scores from one end of each scale to the other."""
    for i, (dataset, method) in enumerate(itertools.product(group_members("paper15"), LOOKS)):
        if method == "scvae":
            bench.run(dataset, method, 0, status="oom", message="no")
            continue
        for seed in range(1 + i % 3):
            x = ((7 * i + 3 * seed) % 41) / 40
            scores = {"ari": x, "nmi": 1 - x, "silhouette": 1.3 * x - 0.32}
            scores |= {"silhouette_common": 0.5 * x - 0.15}
            scores |= {"calinski_harabasz": 10 ** (1 + 5 * x)}
            scores |= {"calinski_harabasz_common": 10 ** (1.5 + 2 * x)}
            bench.run(dataset, method, seed, dict.fromkeys(("kmeans", "spectral", "rsc"), scores))
        if method == "nmf":
            bench.run(dataset, method, 9, status="oom", message="no")
    return bench


@pytest.mark.parametrize("name", BARS)
def test_no_text_of_a_crowded_page_lies_on_another(draw, crowded, name):
    (page,) = draw(name, crowded, look=True)
    panels = page.figure.findobj(lambda artist: hasattr(artist, "get_xlim"))
    assert len(panels) == 15
    renderer = page.figure.canvas.get_renderer()
    for axes in panels:
        # ranks and numbers of seeds stand beside what is drawn, never on it
        beside = [text for text in axes.texts if text.get_text()]
        assert len(beside) >= 25
        starts = [text.get_window_extent(renderer).x0 for text in beside]
        assert min(starts) >= axes.bbox.x1
        low, high = axes.get_xlim()
        dots = [one for one in axes.collections if hasattr(one, "get_sizes")]
        drawn = [one.get_offsets()[:, 0] for one in dots]
        assert low <= np.concatenate(drawn).min()
        assert np.concatenate(drawn).max() <= high


def test_names_of_panels_are_broken_where_they_fit():
    for text in ("Quake Smart-seq2 limb muscle", "a_dataset_of_mine_top2000", "x" * 60):
        lines = wrapped(text, 20.0)
        assert len(lines) <= 3
        assert all(text_width(line) <= 20.0 for line in lines)
    assert wrapped("Quake Smart-seq2 limb muscle", 26.0) == ["Quake Smart-seq2", "limb muscle"]
    assert wrapped("Muraro", 26.0) == ["Muraro"]
    assert wrapped("paul15.h5ad", 11.0) == ["paul15", ".h5ad"]
    assert wrapped("q=0.25", 26.0) == ["q=0.25"]


def test_names_of_panels_keep_the_end_by_which_variants_differ():
    lines = wrapped("a_file_of_mine_with_a_long_name.h5ad (simulation.n_clusters=16)", 20.0)
    assert len(lines) == 3
    assert lines[-1].startswith("…")
    assert lines[-1].endswith("=16)")


def test_names_that_are_shortened_stay_different_and_keep_their_ends():
    same = "x" * 30
    names = [f"{same}{i}{same}" for i in range(40)] + ["Scanpy", same + "0" + same]
    ends = [" (KM)", " (a long end)"] * 21
    found = shortened(names, 24, ends)
    assert all(name.endswith(end) for name, end in zip(found, ends, strict=True))
    assert max(map(len, found)) <= 24
    assert found[40] == "Scanpy (KM)"
    assert len(set(found)) == 42
    assert shortened(["a" * 50] * 2, 9) == ["aaaa…aaaa"] * 2


@pytest.mark.parametrize("room", [8.0, 15.0, 30.0, 90.0])
@pytest.mark.parametrize(
    ("low", "high", "is_log"),
    [(0.0, 1.03, False), (-0.17, 0.31, False), (10.0, 3e6, True), (30.0, 80.0, True)],
)
def test_ticks_never_touch(low, high, is_log, room):
    ticks = spaced_ticks(low, high, room, is_log)
    assert ticks
    assert all(low <= tick <= high for tick in ticks)
    scale = np.log10 if is_log else np.asarray
    places = (scale(ticks) - scale(low)) / (scale(high) - scale(low)) * room
    halves = np.array([text_width(short_number(tick)) / 2 for tick in ticks])
    assert (np.diff(places) > halves[1:] + halves[:-1]).all()
