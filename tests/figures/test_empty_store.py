"""Every figure can be asked for before anything was run: it says what is missing."""

from __future__ import annotations

import pytest

from scinfovae.figures.drawing import Drawing, NotDrawn
from scinfovae.figures.registry import FIGURES


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_drawn_from_an_empty_store_or_says_why_not(draw, name):
    pages = draw(name)
    assert pages
    for page in pages:
        if isinstance(page, NotDrawn):
            assert name in ("embedding", "training")
            assert page.reason == "there is no such run"
            continue
        assert isinstance(page, Drawing)
        assert page.stem == name
        if FIGURES[name].needs == "data":
            # simulated counts need neither a run nor a file
            assert set(page.data["dataset"]) == {"simulated"}
            if name == "fig1b":
                assert "no mitochondrial gene names" in set(page.data["problem"])
        elif name in ("stability", "supp8", "simulation", "fig5"):
            shown = page.data
            assert shown.empty or set(shown["kind"]) == {"published"}
            told = [
                text.get_text() for text in page.figure.findobj(lambda a: hasattr(a, "get_text"))
            ]
            assert any("not run" in text.lower() for text in told)
        else:
            assert "not run" in set(page.data["kind"])
            assert not set(page.data["kind"]) & {"measured", "cell", "point"}


def test_a_dataset_of_the_paper_that_was_not_run_has_an_empty_panel(draw):
    (page,) = draw("fig2")
    rows = page.data[page.data["kind"] == "not run"]
    assert len(rows) == 15
    titles = [
        axes.get_title("left") for axes in page.figure.findobj(lambda a: hasattr(a, "get_xlim"))
    ]
    assert sum("not run" in title for title in titles) == 15


def test_without_embeddings_a_figure_names_what_it_lacks(bench):
    from scinfovae.bench.records.frame import frame_of
    from scinfovae.figures import embedding_grid, simulated_points, training
    from scinfovae.figures.material import Material
    from scinfovae.figures.words import read_words

    bench.run("worm_neuron", "scinfovae", 0, {"kmeans": 0.5})
    material = Material(frame_of(bench.rows), None, read_words([]))
    for name, module in (
        ("fig3", embedding_grid),
        ("fig4", simulated_points),
        ("training", training),
    ):
        (page,) = module.draw(material, FIGURES[name])
        assert isinstance(page, NotDrawn)
        assert page.reason.startswith("the export holds no")
