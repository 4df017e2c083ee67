"""From counts to the input and the target of the network (paper section "Data preprocessing")."""

from scinfovae.data.preprocessing.config import PreprocessingConfig
from scinfovae.data.preprocessing.pca import pca_space
from scinfovae.data.preprocessing.pipeline import preprocess
from scinfovae.data.preprocessing.prepared import Prepared
from scinfovae.data.preprocessing.reference import PreprocessingReference

__all__ = [
    "Prepared",
    "PreprocessingConfig",
    "PreprocessingReference",
    "pca_space",
    "preprocess",
]
