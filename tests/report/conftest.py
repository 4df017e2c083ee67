"""A store that exists only as rows, the page made of it, and a browser to look at it."""

from __future__ import annotations

import importlib.util
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from scinfovae.bench.planning.plan import make_plan
from scinfovae.bench.records.columns import empty_row
from scinfovae.bench.records.frame import frame_of
from scinfovae.cli.main import main
from scinfovae.methods import METHODS

SPEC = importlib.util.spec_from_file_location("browser", Path(__file__).with_name("browser.py"))
browser_module = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(browser_module)


def config_of(dataset, method, seed, *words):
    """Compose what the config.yaml of a run holds."""
    recipe = make_plan([f"dataset={dataset}", f"method={method}", *words])[0].recipe
    return json.loads(json.dumps({"seed": seed, **recipe.resolved}, default=str))


class Store:
    """Rows as the store gives them; every run is said in one call."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def run(self, dataset, method, seed, scores=None, *, pretrained=None, config=None, **columns):
        """Add a run; `scores` are an ARI by clusterer."""
        row = empty_row(dataset, method, f"{dataset}|{method}", seed)
        row |= {"setting": f"{method}-set"[:8], "preset": "paper", "status": "ok"}
        row |= {"title": METHODS[method].title if method in METHODS else method}
        if columns.get("status") != "missing":
            row |= {"content_hash": f"bytes of {dataset}", "n_clusters": 5.0, "n_cells": 90.0}
            row |= {"n_genes": 80.0, "device": "cpu", "numerics": "feedbeef", "version": "0.1.0"}
            row |= {"threads": 1.0, "stack_width": 1.0, "seconds_fit": 2.0, "seconds_load": 0.5}
            row |= {"seconds_preprocess": 0.25, "peak_memory_bytes": 1e9}
            row |= {"started": f"2026-03-0{seed + 1}T10:00:00+00:00", "git_commit": "c0ffee" * 6}
            row["config"] = json.dumps(config or {})
            numerics = {"hash": "feedbeef", "device": "cpu", "packages": {"torch": "2.13.0"}}
            row["provenance"] = json.dumps({"numerics": numerics, "python": "3.11.7"})
        stages = {"final": scores or {}, "pretrained": pretrained or {}}
        entries = [
            {
                "stage": stage,
                "key": key,
                "external": {"Y": {"ari": ari, "nmi": ari / 2}},
                "internal": {"silhouette": 0.1, "silhouette_common": 0.2},
                "seconds": 0.25,
                "clusters_found": 5,
            }
            for stage, by_key in stages.items()
            for key, ari in by_key.items()
        ]
        if entries:
            row["metrics"] = json.dumps({"label_keys": ["Y"], "clusterings": entries})
        self.rows.append({**row, **columns})

    def write(self, folder: Path) -> Path:
        """Write an export."""
        folder.mkdir(parents=True, exist_ok=True)
        frame_of(self.rows).to_parquet(folder / "records.parquet")
        return folder


def usual() -> Store:
    """Two datasets, three methods, two seeds; one run failed, one is missing, one collapsed."""
    store = Store()
    for dataset, ahead in (("worm_neuron", 0.2), ("adam", 0.1)):
        for seed in (0, 1):
            for method, ari in (("pca", 0.4), ("scinfovae", 0.4 + ahead)):
                config = config_of(dataset, method, seed)
                scores = {"kmeans": ari + 0.1 * seed, "rsc": 0.1}
                before = {"kmeans": 0.3, "rsc": 0.05} if method == "scinfovae" else None
                collapsed = (dataset, method, seed) == ("adam", "scinfovae", 1)
                store.run(
                    dataset,
                    method,
                    seed,
                    scores,
                    pretrained=before,
                    config=config,
                    collapsed=collapsed,
                    sweep="aaaa11112222",
                )
    store.run(
        "adam",
        "dca",
        0,
        status="oom",
        stage="pretrain",
        message="no memory for /home/somebody/x.h5",
        config=config_of("adam", "dca", 0),
        sweep="aaaa11112222",
    )
    store.run("adam", "dca", 1, status="missing", sweep="aaaa11112222")
    quick = {"preset": "quick", "short": True, "setting": "vaequick"}
    store.run("worm_neuron", "vae", 0, {"kmeans": 0.99}, variant="pretrain.epochs=60", **quick)
    return store


class Page(HTMLParser):
    """What a reader of HTML finds: texts, tags with attributes, cells of tables."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.html, self.tags, self.texts, self.words = html, [], [], []
        self._inside = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._inside = tag
        if tag in ("td", "th", "tr", "p", "li", "div", "summary", "dd", "h4", "code"):
            self.texts.append("")

    def handle_data(self, data):
        if self._inside not in ("script", "style"):
            if not self.texts:
                self.texts.append("")
            self.texts[-1] += data

    def handle_endtag(self, tag):
        if tag in ("script", "style"):
            self._inside = ""

    @property
    def text(self) -> str:
        """All that is written, a space for any white space."""
        return " ".join(" ".join(self.texts).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """List the attributes of all tags of a name."""
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def store():
    return Store()


@pytest.fixture(scope="session")
def usual_folder(tmp_path_factory):
    return usual().write(tmp_path_factory.mktemp("report") / "results")


@pytest.fixture(scope="session")
def page(usual_folder):
    """Write the report of the usual store."""
    assert main(["report", "--from", str(usual_folder / "records.parquet")]) == 0
    return Page((usual_folder / "report.html").read_text(encoding="utf-8"))


@pytest.fixture
def report(capsys):
    """Write the report of an export; gives the page and what was printed."""

    def make(folder, *words):
        out = folder / "report.html"
        code = main(["report", "--from", str(folder / "records.parquet"), *words])
        captured = capsys.readouterr()
        assert code == 0, captured.err
        return Page(out.read_text(encoding="utf-8")), captured.out

    return make


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Start a browser, or skip the test."""
    program = browser_module.find_chromium()
    if program is None:
        pytest.skip("no Chromium here: apt-get install chromium, or name one in SCINFOVAE_CHROMIUM")
    found = browser_module.Browser(program, tmp_path_factory.mktemp("profile"))
    yield found
    found.close()
