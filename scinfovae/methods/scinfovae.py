"""ScInfoVAE (Pan, Long & Pan 2023) as a method of the benchmark."""

from __future__ import annotations

from scinfovae.methods._trunk import TrunkMethod
from scinfovae.methods.base import MethodInfo
from scinfovae.model.config import ModelConfig

INFO = MethodInfo(
    name="scinfovae",
    title="ScInfoVAE",
    version=1,
    citation="Pan, Long & Pan 2023, BioData Mining 16:17, doi 10.1186/s13040-023-00333-1",
    summary=(
        "Variational autoencoder of the counts with extended mutual information "
        "regularisation, fine-tuned by self-training on K clusters."
    ),
    needs_k=True,
    stochastic=True,
    config_class=ModelConfig,
    method_class=TrunkMethod,
)
