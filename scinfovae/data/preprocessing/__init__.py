"""From counts to the input and the target of the network (paper section "Data preprocessing")."""

from scinfovae.data.preprocessing.config import CONTINUOUS, PreprocessingConfig
from scinfovae.data.preprocessing.pca import (
    Components,
    pca_components,
    pca_space,
    principal_components,
)
from scinfovae.data.preprocessing.pipeline import preprocess
from scinfovae.data.preprocessing.prepared import Prepared
from scinfovae.data.preprocessing.reference import PreprocessingReference

__all__ = [
    "CONTINUOUS",
    "Components",
    "Prepared",
    "PreprocessingConfig",
    "PreprocessingReference",
    "pca_components",
    "pca_space",
    "preprocess",
    "principal_components",
]
