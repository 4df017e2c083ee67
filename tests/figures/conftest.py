"""Runs built by hand, with and without files, for figures to be drawn from."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from scinfovae.bench.records.frame import frame_of
from scinfovae.bench.records.store import RecordStore
from scinfovae.figures.material import Material
from scinfovae.figures.registry import FIGURES
from scinfovae.figures.style import FONT_SIZE, WIDTH, styled
from scinfovae.figures.words import read_words


def _bench_class() -> Any:
    """Take the store that exists only as rows from the tests of the tables."""
    path = Path(__file__).parents[1] / "tables" / "conftest.py"
    spec = importlib.util.spec_from_file_location("tables_conftest", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Bench


Bench = _bench_class()


class Shelf(Bench):
    """Runs whose embeddings, labels and curves lie in a folder, as the store keeps them."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root

    def put(
        self,
        dataset: str,
        method: str,
        seed: int,
        embedding: np.ndarray,
        labels: dict[str, Any],
        *,
        metrics: dict[str, Any] | None = None,
        history: dict[str, Any] | None = None,
        log_variance: np.ndarray | None = None,
        config: dict[str, Any] | None = None,
        **columns: Any,
    ) -> None:
        """Add a run with its files; `labels` by column, as in ``labels.parquet``."""
        keys = [name.removeprefix("label.") for name in labels if name.startswith("label.")]
        clusterings = [
            {
                "stage": "final",
                "key": name.removeprefix("final."),
                "column": name,
                "external": {keys[0]: {"ari": 0.5}} if keys else {},
                "internal": {},
            }
            for name in labels
            if name.startswith("final.")
        ]
        told = {"label_keys": keys, "clusterings": clusterings, **(metrics or {})}
        self.run(dataset, method, seed, {"kmeans": 0.5}, n_cells=len(embedding), **columns)
        row = self.rows[-1]
        row["metrics"] = json.dumps(told)
        row["config"] = json.dumps(config or {})
        name = (dataset, method, row["identity"], seed)
        folder = RecordStore(self.root).record(*name).folder
        folder.mkdir(parents=True)
        row["folder"] = folder.relative_to(self.root).as_posix()
        (folder / "status.json").write_text('{"status": "ok"}')
        (folder / "metrics.json").write_text(json.dumps(told))
        np.save(folder / "embedding.npy", np.asarray(embedding, np.float32))
        cells = {"cell_id": [f"c{i}" for i in range(len(embedding))], "row": range(len(embedding))}
        pd.DataFrame({**cells, **labels}).to_parquet(folder / "labels.parquet")
        if history:
            curves = {key: pd.Series(list(values)) for key, values in history.items()}
            pd.DataFrame(curves).to_parquet(folder / "history.parquet")
        if log_variance is not None:
            np.save(folder / "posterior_log_variance.npy", np.asarray(log_variance, np.float32))


@pytest.fixture
def bench():
    return Bench()


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "results")


@pytest.fixture
def draw():
    """Draw a figure from runs built by hand; on request checks how every page looks."""

    def draw_one(name, runs=None, *words, look=False):
        rows = [] if runs is None else runs.rows
        root = getattr(runs, "root", Path("nowhere"))
        material = Material(frame_of(rows), root, read_words(words))
        info = FIGURES[name]
        module = importlib.import_module(f"scinfovae.figures.{info.module}")
        with styled():
            pages = module.draw(material, info)
            for page in pages:
                if look:
                    check_look(page.figure)
        return pages

    return draw_one


def check_look(figure: Any) -> None:
    """See that a page can be read: width, fonts, nothing cut off, no text or legend on another."""
    from matplotlib.text import Text

    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    page = figure.bbox
    assert figure.get_figwidth() * 25.4 == pytest.approx(WIDTH, abs=0.1)
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text().strip():
            assert text.get_fontsize() >= FONT_SIZE, text
    panels = [axes.get_tightbbox(renderer) for axes in figure.findobj(_is_axes)]
    panels = [panel for panel in panels if panel is not None]
    boxes = [legend.get_window_extent(renderer) for legend in figure.legends]
    boxes += [text.get_window_extent(renderer) for text in figure.texts if text.get_text()]
    for box in [*panels, *boxes]:
        inside = box.x0 > -3 and box.y0 > -3 and box.x1 < page.x1 + 3 and box.y1 < page.y1 + 3
        assert inside, f"cut off at the edge: {box}"
    for i, box in enumerate(boxes):
        for other in [*boxes[i + 1 :], *panels]:
            width, height = _common(box, other)
            assert width <= 3 or height <= 3, f"{box} lies on {other}"
    check_texts(figure)


def check_texts(figure: Any) -> None:
    """See that no title, tick or other text of a page lies on another or beyond the edge."""
    texts = shown_texts(figure)
    renderer, page = figure.canvas.get_renderer(), figure.bbox
    boxes = [text.get_window_extent(renderer) for text in texts]
    for text, box in zip(texts, boxes, strict=True):
        assert box.x0 > -1, f"'{text.get_text()}' is cut off at the left"
        assert box.x1 < page.x1 + 1, f"'{text.get_text()}' is cut off at the right"
    for i, box in enumerate(boxes):
        for other, text in zip(boxes[i + 1 :], texts[i + 1 :], strict=True):
            width, height = _common(box, other)
            # boxes of lines of text hold the room for letters above and below as well
            assert width <= 0.5 or height <= 3, f"'{texts[i].get_text()}' on '{text.get_text()}'"


def shown_texts(figure: Any) -> list[Any]:
    """Collect what is written on a page, ticks beyond the end of their axis left out."""
    from matplotlib.text import Text

    unseen = set()
    for axes in figure.findobj(_is_axes):
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if not low <= tick.get_loc() <= high or not axes.axison:
                    unseen |= {tick.label1, tick.label2}
    found = dict.fromkeys(figure.findobj(Text))
    return [t for t in found if t.get_visible() and t.get_text().strip() and t not in unseen]


def _common(box: Any, other: Any) -> tuple[float, float]:
    width = min(box.x1, other.x1) - max(box.x0, other.x0)
    return width, min(box.y1, other.y1) - max(box.y0, other.y0)


def _is_axes(artist: Any) -> bool:
    from matplotlib.axes import Axes

    return isinstance(artist, Axes)
