"""From an address on a web server to a scored ScInfoVAE run, as `run dataset=muraro` goes."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pandas as pd
import pytest
import safetensors.numpy


def blob_sha1(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@pytest.mark.slow
def test_muraro_with_the_quick_preset(cli, local_server, muraro_shaped_file, results, tmp_path):
    content = muraro_shaped_file.read_bytes()
    local_server.serve("/broken", content[:-100])
    urls = f"[{local_server.url('/gone')},{local_server.url('/broken')}"
    urls += f",{local_server.serve('/data.h5', content)}]"
    words = (
        "dataset=muraro",
        "preset=quick",
        "device=cpu",
        f"dataset.urls={urls}",
        f"dataset.git_blob_sha1={blob_sha1(content)}",
        f"data.cache_dir={tmp_path / 'cache'}",
        f"results.dir={results}",
    )
    code, out, err = cli("run", *words)
    assert code == 0, err
    assert "muraro: 2122 cells × 19046 genes, K = 9" in out
    (record,) = results.glob("runs/muraro/scinfovae/*/seed=0")
    assert json.loads((record / "status.json").read_text())["status"] == "ok"
    labels = pd.read_parquet(record / "labels.parquet")
    assert labels["label.cell_type1"].nunique() == 9
    metrics = json.loads((record / "metrics.json").read_text())
    scored = {(entry["stage"], entry["key"]) for entry in metrics["clusterings"]}
    clusterers = ("kmeans", "spectral", "rsc")
    assert scored == {(stage, c) for stage in ("pretrained", "final") for c in clusterers}
    assert metrics["diagnostics"]["final"]["active_units"] is not None
    history = pd.read_parquet(record / "history.parquet")
    pretrain = history["pretrain.total"].to_numpy()
    assert len(pretrain) == 60
    assert history["fine_tune.clustering"].notna().sum() == 20
    assert np.isfinite(pretrain).all()
    assert pretrain[-1] < pretrain[0]
    model = safetensors.numpy.load_file(record / "model.safetensors")
    assert model["centres"].shape == (9, 10)
    provenance = json.loads((record / "provenance.json").read_text())
    assert set(provenance["dataset"]["overridden"]) >= {"urls", "git_blob_sha1"}
    assert (record / "embedding_plot.png").read_bytes().startswith(b"\x89PNG")
    assert "short preset" in out

    # the same command finds it finished, and needs neither training nor network
    hits = dict(local_server.hits)
    code, out, _ = cli("run", *words)
    assert code == 0
    assert "already finished" in out
    assert dict(local_server.hits) == hits
