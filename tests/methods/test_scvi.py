"""scVI: the package itself, seeded, quiet, and absent where it is not installed."""

from __future__ import annotations

import dataclasses
import json
import random

import numpy as np
import pytest
import torch

from scinfovae.cli.main import main
from scinfovae.methods import METHODS, missing_packages
from scinfovae.seeds import derive_seed

TINY = (
    "dataset=simulated",
    "dataset.simulation.n_cells=60",
    "dataset.simulation.n_genes=80",
    "dataset.simulation.n_clusters=3",
    "clusterers=[kmeans]",
    "figures=false",
)
needs_scvi = pytest.mark.skipif(
    bool(missing_packages(METHODS["scvi"])), reason="scvi-tools is not installed (extra 'scvi')"
)


@pytest.mark.slow
@needs_scvi
@pytest.mark.filterwarnings("ignore")
def test_it_is_the_packages_own_training(tiny, fit):
    import anndata as ad
    import scvi

    (result,) = fit("scvi", tiny, max_epochs=3)
    scvi.settings.seed = derive_seed(0, "scvi") % 2**31
    adata = ad.AnnData(tiny.prepared.counts.copy())
    scvi.model.SCVI.setup_anndata(adata)
    model = scvi.model.SCVI(adata)
    model.train(max_epochs=3, accelerator="cpu", enable_progress_bar=False)
    np.testing.assert_array_equal(
        result.stages["final"], model.get_latent_representation().astype(np.float32)
    )
    losses = model.history["elbo_train"].iloc[:, 0].to_numpy()
    assert result.history["train.elbo_train"] == pytest.approx(losses)
    assert len(losses) == 3
    assert result.posterior_log_variance.shape == (60, 10)


@pytest.mark.slow
@needs_scvi
def test_the_process_is_left_as_it_was(tiny, fit, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    random.seed(1), np.random.seed(1), torch.manual_seed(1)  # noqa: NPY002
    untouched = (random.random(), np.random.random(), torch.rand(1).item())  # noqa: NPY002
    random.seed(1), np.random.seed(1), torch.manual_seed(1)  # noqa: NPY002
    fit("scvi", tiny, max_epochs=1)
    assert (random.random(), np.random.random(), torch.rand(1).item()) == untouched  # noqa: NPY002
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@needs_scvi
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("n_cells", [60, 4186, 20_000, 50_001, 10**7])
def test_the_number_of_epochs_is_the_packages_own(n_cells):
    from scvi.model._utils import get_max_epochs_heuristic

    from scinfovae.methods._scvi_training import default_epochs

    assert default_epochs(n_cells) == get_max_epochs_heuristic(n_cells)


@pytest.mark.slow
@needs_scvi
def test_it_is_quiet(tiny, fit, capfd):
    fit("scvi", tiny, max_epochs=1)
    captured = capfd.readouterr()
    assert captured.out + captured.err == ""


@pytest.mark.slow
@needs_scvi
def test_it_finds_the_clusters(cells, fit):
    (result,) = fit("scvi", cells, max_epochs=100)
    assert cells.kmeans_ari(result.stages["final"]) > 0.7
    assert result.diagnostics["final"]["active_units"] > 1


@pytest.mark.slow
@needs_scvi
def test_a_cell_without_counts_in_the_chosen_genes_is_no_trouble(tiny, fit):
    counts = tiny.prepared.counts.copy()
    counts[7] = 0
    empty = dataclasses.replace(tiny, prepared=dataclasses.replace(tiny.prepared, counts=counts))
    (result,) = fit("scvi", empty, max_epochs=2)
    assert np.isfinite(result.stages["final"]).all()


def test_without_the_package_the_run_is_not_applicable_until_it_is_there(
    tmp_path, monkeypatch, capsys
):
    info = METHODS["pca"]
    lacking = dataclasses.replace(info, packages=("no_such_package",), extra="scvi")
    monkeypatch.setitem(METHODS, "pca", lacking)
    words = ["run", "method=pca", *TINY, "seed=0,1", f"results.dir={tmp_path}"]
    assert main(words) == 0
    told = capsys.readouterr()
    assert "Traceback" not in told.out + told.err
    assert "pip install -e '.[scvi]' in the folder of the clone." in told.out
    statuses = [json.loads(path.read_text()) for path in tmp_path.glob("runs/*/*/*/*/status.json")]
    assert [status["status"] for status in statuses] == ["not_applicable"] * 2
    assert {status["traceback"] for status in statuses} == {""}
    assert main([*words, "--dry-run"]) == 0
    assert "2 done" in capsys.readouterr().out

    monkeypatch.setitem(METHODS, "pca", info)
    assert main([*words, "--dry-run"]) == 0
    assert "2 done" not in capsys.readouterr().out
    assert main(words) == 0
    statuses = [json.loads(path.read_text()) for path in tmp_path.glob("runs/*/*/*/*/status.json")]
    assert [status["status"] for status in statuses] == ["ok"] * 2
