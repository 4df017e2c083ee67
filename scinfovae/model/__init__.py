"""The paper's network and objective: torch only, no dataset and no benchmark in sight.

Every array carries a leading axis of seeds, so that several independent models train as one
stack of batched matrix products. Read `training` first, it tells the story.
"""

from scinfovae.model.config import FineTuneConfig, ModelConfig, PretrainConfig

__all__ = ["FineTuneConfig", "ModelConfig", "PretrainConfig"]
