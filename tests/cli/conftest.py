"""The command line as a function, and small files of counts."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from scinfovae.cli.main import main


@pytest.fixture
def results(tmp_path):
    return tmp_path / "results"


@pytest.fixture
def cli(capsys):
    """Run a command line; gives exit code, output and error output."""

    def run(*words):
        code = main(list(words))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def counts():
    """Make counts of 90 cells in three clear types, with labels of several kinds."""
    generator = np.random.default_rng(0)
    types = np.repeat(np.arange(3), 30)
    means = generator.gamma(2.0, 1.0, size=(3, 80))
    matrix = sparse.csr_matrix(generator.poisson(means[types]).astype(np.float32))
    obs = pd.DataFrame(
        {
            "cell_type": pd.Categorical([f"type {t}" for t in types]),
            "coarse": pd.Categorical(np.where(types < 2, "x", "y")),
            "one": pd.Categorical(["same"] * 90),
        },
        index=[f"cell_{i}" for i in range(90)],
    )
    var = pd.DataFrame(index=[f"gene_{i}" for i in range(80)])
    return ad.AnnData(matrix, obs=obs, var=var)


@pytest.fixture
def counts_file(counts, tmp_path):
    path = tmp_path / "counts.h5ad"
    counts.write_h5ad(path)
    return path


@pytest.fixture
def change_counts(counts, counts_file):
    """Set some of the counts in the file to a value."""

    def change(where, value):
        dense = counts.X.toarray()
        dense[where] = value
        counts.X = sparse.csr_matrix(dense)
        counts.write_h5ad(counts_file)

    return change
