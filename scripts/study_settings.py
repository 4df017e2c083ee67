"""The settings of the study: one choice changed at a time, by what they change.

They start from what `preset=paper` was when the study was begun, written out here, so that rows
in its table keep their meaning when defaults change.

What the paper states is changed in one group only, and for context: a smaller network, which the
suite's own preset uses.
"""

from __future__ import annotations

from typing import Any

BASE = "base"
START: dict[str, Any] = {
    "latent_dim": 10,
    "hidden": (500, 256, 256),
    "likelihood": "zinb",
    "alpha": 1.0,
    "lambda_": 10.0,
    "mmd_kernel": "mq",
    "mmd_estimator": "v",
    "input_noise": 5.0,
    "hidden_noise": 0.0,
    "weight_decay": 0.0,
    "amsgrad": False,
    "weight_average": 0.999,
    "batch_size": 256,
    "held_out_fraction": 0.05,
    "initial_log_variance": -4.0,
}
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
