from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread
from sklearn.neighbors import NearestNeighbors

from scinfovae.figures.embedding import match_clusters, ordered, two_dimensions


def test_run_draws_the_first_embedding_beside_its_numbers(toy, bench, results):
    code, out, _ = bench("method=toy", "seed=0,1", "clusterers=[kmeans,ward]", "figures=true")
    first, second = sorted(results.glob("runs/simulated/toy/*/seed=*"))
    assert code == 0
    assert str(first / "embedding_plot.png") in out
    assert not (second / "embedding_plot.png").exists()
    assert imread(first / "embedding_plot.png").std() > 0.01
    assert (first / "embedding_plot.pdf").read_bytes().startswith(b"%PDF")
    cells = pd.read_csv(first / "embedding_plot.csv")
    assert list(cells) == ["cell_id", "x", "y", "label.cluster", "final.kmeans", "final.ward"]
    np.testing.assert_allclose(cells[["x", "y"]], np.load(first / "embedding.npy"), rtol=1e-6)


def test_the_picture_is_drawn_again_only_when_it_would_change(toy, bench, results):
    bench("method=toy", "clusterers=[kmeans]", "figures=true")
    (plot,) = results.rglob("embedding_plot.png")
    drawn = plot.stat().st_mtime_ns
    bench("method=toy", "clusterers=[kmeans]", "figures=true")
    assert plot.stat().st_mtime_ns == drawn
    bench("method=toy", "clusterers=[kmeans,ward]", "figures=true")
    assert plot.stat().st_mtime_ns > drawn


def test_a_picture_that_fails_does_not_fail_the_run(toy, bench, results, monkeypatch):
    def refuse(*_):
        raise RuntimeError("no ink")

    monkeypatch.setattr("scinfovae.figures.embedding.draw_record", refuse)
    code, _, err = bench("method=toy", "figures=true")
    assert code == 0
    assert "could not be drawn: no ink" in err


def test_more_dimensions_are_brought_to_two_with_neighbours_kept():
    generator = np.random.default_rng(0)
    centres = generator.normal(size=(4, 8)) * 20
    classes = np.repeat(np.arange(4), 30)
    points = centres[classes] + generator.normal(size=(120, 8))
    flat = two_dimensions(points, seed=0)
    assert flat.shape == (120, 2)
    near = NearestNeighbors(n_neighbors=6).fit(flat).kneighbors(return_distance=False)
    assert (classes[near] == classes[:, None]).mean() > 0.99
    np.testing.assert_array_equal(flat, two_dimensions(points, seed=0))


@pytest.mark.parametrize("shape", [(10, 1), (10, 2), (3, 5), (10, 5)])
def test_small_and_collapsed_embeddings_can_be_drawn(shape):
    flat = two_dimensions(np.zeros(shape), seed=0)
    assert flat.shape == (shape[0], 2)
    assert np.isfinite(flat).all()


def test_clusters_take_the_colour_of_the_class_they_share_most_cells_with():
    reference = np.array(["10", "10", "10", "2", "2", "2", "2"])
    predicted = np.array([5, 5, 6, 7, 7, 7, 6])
    assert ordered(reference) == ["2", "10"]
    assert match_clusters(reference, predicted) == {5: 1, 7: 0, 6: 2}
