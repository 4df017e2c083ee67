"""The figures: what each one draws, what it needs, and the experiment that makes its runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from scinfovae.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

Needs = Literal["records", "embeddings", "data"]
ALL = "all"


@dataclass(frozen=True)
class FigureInfo:
    """What is known of a figure without drawing it.

    Attributes
    ----------
    name, title
        Its name in commands and files, and its heading.
    draws
        A sentence on what it shows.
    needs
        ``"records"``: scores, as the export holds them too. ``"embeddings"``: the results folder
        itself. ``"data"``: the data files, and no run.
    experiment
        Makes the runs it shows; empty where it needs none.
    module
        Of this package; its function ``draw`` makes the drawings.
    """

    name: str
    title: str
    draws: str
    needs: Needs
    experiment: str
    module: str

    @property
    def fixed_data(self) -> bool:
        """Whether its experiment is about certain data and methods, so that it has no narrower."""
        return self.experiment in ("figure4", "simulation", "fig6")

    @property
    def command(self) -> str:
        """What makes the runs, or fetches the data, of the figure."""
        if self.needs == "data":
            return "scinfovae-bench datasets fetch at_hand"
        return f"scinfovae-bench sweep experiment={self.experiment}"


FIGURES: dict[str, FigureInfo] = {
    info.name: info
    for info in (
        FigureInfo(
            "fig1b",
            "Fig. 1b: cells before and after filtering",
            "Genes per cell, counts per cell and, where gene names tell them, the share of "
            "mitochondrial counts, before and after the filters.",
            "data",
            "",
            "quality",
        ),
        FigureInfo(
            "fig1c",
            "Fig. 1c: highly variable genes",
            "Mean against dispersion of every gene that survives the filters; the 500 that are "
            "kept are marked.",
            "data",
            "",
            "variable_genes",
        ),
        *(
            FigureInfo(
                name,
                title,
                f"{what}, a panel a dataset, beside published values.",
                "records",
                "fig2",
                "score_bars",
            )
            for name, title, what in (
                ("fig2", "Fig. 2: adjusted Rand index", "ARI of every method"),
                ("supp3", "Supp. Fig. 3: normalised mutual information", "NMI of every method"),
                (
                    "supp4",
                    "Supp. Fig. 4: silhouette in each method's own embedding",
                    "Silhouette of predicted labels in each method's own embedding",
                ),
                (
                    "supp4_common",
                    "Supp. Fig. 4, comparable: silhouette in one space for all (PCA-50)",
                    "Silhouette of predicted labels in PCA-50",
                ),
                (
                    "supp5",
                    "Supp. Fig. 5: Calinski-Harabasz index in each method's own embedding",
                    "Calinski-Harabasz index of predicted labels in each method's own embedding",
                ),
                (
                    "supp5_common",
                    "Supp. Fig. 5, comparable: Calinski-Harabasz index in one space (PCA-50)",
                    "Calinski-Harabasz index of predicted labels in PCA-50",
                ),
            )
        ),
        FigureInfo(
            "stability",
            "Stability: coefficient of variation over seeds",
            "CV of ARI, NMI, CH and silhouette of every method, beside published values.",
            "records",
            "fig2",
            "stability",
        ),
        FigureInfo(
            "fig3",
            "Fig. 3: embeddings by predicted cluster",
            "t-SNE of the embeddings, datasets by methods, coloured by predicted cluster, with a "
            "column by reference class.",
            "embeddings",
            "fig3",
            "embedding_grid",
        ),
        FigureInfo(
            "fig4",
            "Fig. 4: simulated points and their embeddings",
            "a the points, b t-SNE of their nine dimensions, c ScInfoVAE in two dimensions, d the "
            "density of c.",
            "embeddings",
            "figure4",
            "simulated_points",
        ),
        FigureInfo(
            "supp6",
            "Supp. Fig. 6: six runs on the simulated points",
            "Six runs each of ScInfoVAE and t-SNE, with the mean disparity between runs.",
            "embeddings",
            "figure4",
            "repeated_runs",
        ),
        FigureInfo(
            "fig5",
            "Fig. 5: preservation of neighbourhoods",
            "Both definitions of kNN preservation against K with their chance lines, of all runs "
            "on the simulated points, and of 22 000 new points.",
            "records",
            "figure4",
            "neighbourhoods",
        ),
        FigureInfo(
            "fig6",
            "Fig. 6: Romanov, ScInfoVAE and t-SNE",
            "The seven cell types side by side, and the distances between the named ones in the "
            "embedding and in PCA-50.",
            "embeddings",
            "fig6",
            "cell_types",
        ),
        FigureInfo(
            "embedding",
            "One embedding in full",
            "Principal components, t-SNE and UMAP of an embedding by reference class and by "
            "predicted cluster, the confusion matrix, and the purity of each cluster.",
            "embeddings",
            "embedding",
            "one_embedding",
        ),
        FigureInfo(
            "simulation",
            "Simulation study",
            "ARI against K, imbalance, dropout and number of cells of simulated counts, with "
            "confidence bands.",
            "records",
            "simulation",
            "simulation_study",
        ),
        FigureInfo(
            "supp8",
            "Supp. Fig. 8: run time",
            "Seconds of every method by dataset, and their mean.",
            "records",
            "fig2",
            "run_time",
        ),
        FigureInfo(
            "supp9",
            "Supp. Fig. 9: InfoVAE against VAE, and the ablation",
            "ARI of InfoVAE and VAE by dataset; and of every objective with every reconstruction, "
            "with and without fine-tuning.",
            "records",
            "supp9",
            "ablation",
        ),
        FigureInfo(
            "training",
            "Training of single runs",
            "Losses, KL, divergence, active units, held-out likelihood and, where recorded, ARI "
            "against epoch; latent marginals against the prior.",
            "embeddings",
            "embedding",
            "training",
        ),
    )
}


def figures_of(names: Iterable[str]) -> list[FigureInfo]:
    """Find figures by name.

    Parameters
    ----------
    names
        Names, perhaps ``all``; none stands for all.

    Returns
    -------
    The figures, each once, in the order of the registry.

    Raises
    ------
    UsageError
        If there is no such figure.
    """
    wanted = [part for name in names for part in name.split(",")] or [ALL]
    for name in wanted:
        if name != ALL and name not in FIGURES:
            raise UsageError(
                f"there is no figure '{name}'.{did_you_mean(name, [*FIGURES, ALL])} Figures are "
                f"{', '.join(FIGURES)}, and {ALL}."
            )
    return [info for info in FIGURES.values() if ALL in wanted or info.name in wanted]
