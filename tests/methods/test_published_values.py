"""Every default of a compared method as a number: what its authors' paper or code has."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

import pytest

from scinfovae.methods import METHODS

AUTHORS = {
    "contrastive_sc": {
        "hidden": (200, 40),
        "latent_dim": 60,
        "dropout": 0.9,
        "temperature": 0.07,
        "batch_size": 200,
        "epochs": 30,
        "learning_rate": 0.4,
        "schedule_epochs": 500,
    },
    "dca": {
        "hidden": (64, 32, 64),
        "likelihood": "zinb",
        "ridge": 0.0,
        "embed": "denoised",
        "n_components": 50,
        "batch_size": 32,
        "epochs": 300,
        "learning_rate": 1e-3,
        "clip_gradient": 5.0,
        "held_out_fraction": 0.1,
        "reduce_patience": 10,
        "stop_patience": 15,
    },
    "desc": {
        "hidden": (64,),
        "latent_dim": 32,
        "dropout": 0.2,
        "batch_size": 256,
        "pretrain_epochs": 300,
        "pretrain_patience": 10,
        "n_neighbors": 10,
        "resolution": 1.0,
        "search_resolution": False,
        "max_updates": 1000,
        "epochs_per_update": 5,
        "learning_rate": 0.01,
        "t_dof": 1.0,
        "tolerance": 0.005,
    },
    "graph_sc": {
        "n_features": 50,
        "hidden_dim": 200,
        "dense": (300,),
        "dropout": 0.1,
        "decoder_dropout": 0.1,
        "batch_size": 128,
        "epochs": 10,
        "learning_rate": 1e-5,
    },
    "scdeepcluster": {
        "hidden": (256, 64),
        "latent_dim": 32,
        "input_noise": 2.5,
        "hidden_noise": 0.0,
        "batch_size": 256,
        "pretrain_epochs": 300,
        "pretrain_learning_rate": 1e-3,
        "pretrain_patience": 0,
        "max_epochs": 2000,
        "learning_rate": 1.0,
        "gamma": 1.0,
        "t_dof": 1.0,
        "update_interval": 1,
        "tolerance": 0.001,
        "centre_starts": 20,
    },
    "scgnn": {
        "hidden": (512,),
        "latent_dim": 128,
        "reconstruction_weight": 0.1,
        "l1": 1.0,
        "l2": 0.0,
        "learning_rate": 1e-3,
        "batch_size": 6000,
        "pretrain_epochs": 500,
        "em_iterations": 2,
        "em_epochs": 20,
        "cluster_epochs": 0,
        "agreement": 0.99,
        "n_neighbors": 10,
        "community_share": 0.0,
        "most_clusters": 30,
        "least_members": 5,
        "embedding": "feature",
        "graph": {"hidden_dim": 32, "latent_dim": 16, "epochs": 200, "learning_rate": 0.01},
    },
    "scvae": {
        "latent": "gaussian_mixture",
        "latent_dim": 2,
        "hidden": (100,),
        "likelihood": "poisson",
        "encoder_input": "counts",
        "normalise": True,
        "warmup_epochs": 0,
        "batch_size": 100,
        "epochs": 200,
        "learning_rate": 1e-4,
        "clip_gradient": 1.0,
    },
    "scvi": {
        "latent_dim": 10,
        "hidden": 128,
        "n_layers": 1,
        "dropout": 0.1,
        "likelihood": "zinb",
        "max_epochs": None,
        "batch_size": 128,
        "learning_rate": 1e-3,
        "weight_decay": 1e-6,
        "kl_warmup_epochs": 400,
    },
    "sczidesk": {
        "hidden": (256, 64),
        "latent_dim": 32,
        "noise": 0.0,
        "ridge": 1.0,
        "kmeans_weight": 0.001,
        "self_training_weight": 0.001,
        "t_dof": 1.0,
        "batch_size": 256,
        "learning_rate": 1e-4,
        "pretrain_epochs": 1000,
        "max_epochs": 2000,
        "check_every": 10,
        "tolerance": 0.001,
        "centre_starts": 10,
    },
    "scanpy_leiden": {
        "n_components": 40,
        "n_neighbors": 10,
        "resolution": 1.0,
        "search_resolution": False,
        "use_weights": True,
    },
    "scanpy_louvain": {
        "n_components": 40,
        "n_neighbors": 10,
        "resolution": 1.0,
        "search_resolution": False,
        "use_weights": False,
    },
}


def test_every_compared_method_stands_here():
    compared = {n for n, info in METHODS.items() if info.kind == "learned" or "scanpy" in n}
    assert set(AUTHORS) == {n for n in compared if not n.startswith("scinfovae")}


def test_every_method_says_where_it_differs():
    page = (Path(__file__).resolve().parents[2] / "docs" / "methods.md").read_text()
    section = page.partition("## Where ours differs")[2].partition("\n## ")[0]
    told = {
        name
        for line in section.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    assert told == set(METHODS)


@pytest.mark.parametrize("name", AUTHORS)
def test_the_defaults_are_those_of_the_authors(name):
    assert asdict(METHODS[name].config_class()) == AUTHORS[name]
