"""ScInfoVAE's own network with other regularisers: the paper's question what each is good for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scinfovae.methods._ablation_configs import (
    AEConfig,
    BetaVAEConfig,
    InfoVAEJSConfig,
    InfoVAEMMDConfig,
    InfoVAESteinConfig,
    VAEConfig,
)
from scinfovae.methods._trunk import TrunkMethod
from scinfovae.methods.base import MethodInfo

if TYPE_CHECKING:
    from scinfovae.methods._ablation_configs import TrunkConfig


def _build(config: TrunkConfig) -> TrunkMethod:
    return TrunkMethod(config.model())


def _info(name: str, title: str, config_class: type, summary: str, citation: str) -> MethodInfo:
    return MethodInfo(
        name=name,
        title=title,
        version=1,
        citation=citation,
        summary=summary,
        needs_k=True,
        stochastic=True,
        kind="ablation",
        config_class=config_class,
        method_class=_build,
    )


_INFOVAE = "Zhao, Song & Ermon 2019, AAAI 33:5885, doi 10.1609/aaai.v33i01.33015885"

INFO = (
    _info(
        "ae",
        "AE",
        AEConfig,
        "ScInfoVAE's network as a deterministic denoising autoencoder, fine-tuned likewise.",
        "Hinton & Salakhutdinov 2006, Science 313:504, doi 10.1126/science.1127647",
    ),
    _info(
        "vae",
        "VAE",
        VAEConfig,
        "ScInfoVAE's network with KL(q(z|x) || p(z)) for its regularisers, fine-tuned likewise.",
        "Kingma & Welling 2014, ICLR, arXiv 1312.6114",
    ),
    _info(
        "beta_vae",
        "β-VAE",
        BetaVAEConfig,
        "As vae, with beta times the KL.",
        "Higgins et al. 2017, ICLR, beta-VAE: learning basic visual concepts with a constrained "
        "variational framework",
    ),
    _info(
        "infovae_mmd",
        "InfoVAE (MMD)",
        InfoVAEMMDConfig,
        "ScInfoVAE's network with the MMD of q(z) to the prior for its only regulariser.",
        _INFOVAE,
    ),
    _info(
        "infovae_js",
        "InfoVAE (JS)",
        InfoVAEJSConfig,
        "As infovae_mmd, with an adversarial Jensen-Shannon divergence for the MMD.",
        _INFOVAE,
    ),
    _info(
        "infovae_stein",
        "InfoVAE (Stein)",
        InfoVAESteinConfig,
        "As infovae_mmd, with the Stein variational gradient for the MMD.",
        _INFOVAE,
    ),
)
