"""The settings of the study: `preset=paper` with one choice changed at a time, by what they change.

What the paper states is changed in one group only, and for context: a smaller network, which the
suite's own preset uses.
"""

from __future__ import annotations

from typing import Any

BASE = "base"
GROUPS: dict[str, dict[str, dict[str, Any]]] = {
    "noise": {
        "no noise": {"input_noise": 0.0},
        "noise 2.5": {"input_noise": 2.5},
        "noise 10": {"input_noise": 10.0},
        "hidden noise 1": {"hidden_noise": 1.0},
    },
    "divergence": {
        "lambda 1": {"lambda_": 1.0},
        "lambda 100": {"lambda_": 100.0},
        "RBF kernel": {"mmd_kernel": "rbf"},
        "inverse multiquadratic": {"mmd_kernel": "imq"},
        "unbiased MMD": {"mmd_estimator": "u"},
    },
    "encoder": {
        "alpha 0.9": {"alpha": 0.9},
        "VAE": {"alpha": 0.0, "lambda_": 1.0},
        "deterministic": {"stochastic": False},
        "variance HVG": {"hvg_flavor": "variance"},
    },
    "optimiser": {
        "decay 0.1": {"weight_decay": 0.1},
        "AMSGrad": {"amsgrad": True},
        "cosine": {"schedule": "cosine"},
        "batch 128": {"batch_size": 128},
        "batch 512": {"batch_size": 512},
    },
    "small network": {
        "small": {"hidden": (128,)},
        # the models of the own preset that are clustered by what they decode
        "small, noise 2.5, lambda 1, RBF kernel": {
            "hidden": (128,),
            "input_noise": 2.5,
            "lambda_": 1.0,
            "mmd_kernel": "rbf",
        },
    },
}
SETTINGS: dict[str, dict[str, Any]] = {BASE: {}} | {
    name: changes for group in GROUPS.values() for name, changes in group.items()
}
