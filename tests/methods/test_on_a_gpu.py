"""Everything that trains, on a CUDA device."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from scinfovae.bench.planning.plan import make_plan
from scinfovae.methods import METHODS, create, missing_packages

TRAINED = [name for name, info in METHODS.items() if info.kind in ("learned", "ablation")]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("name", TRAINED)
def test_a_gpu_trains_as_well(name, tiny):
    if missing_packages(METHODS[name]):
        pytest.skip(f"{name} is not installed")
    recipe = make_plan([f"method={name}", "preset=quick"])[0].recipe
    method = create(METHODS[name], recipe.method_config)
    (result,) = method.fit(
        tiny.prepared, n_clusters=3, seeds=[0], device="cuda", progress=lambda *_: None
    )
    assert result.status == "ok"
    assert result.stages
    for embedding in result.stages.values():
        assert embedding.shape[0] == len(tiny.prepared.cell_index)
        assert np.isfinite(embedding).all()
    if METHODS[name].own_labels:
        assert result.own_labels.shape == tiny.truth.shape
