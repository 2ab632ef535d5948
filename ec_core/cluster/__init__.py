"""Cluster: which neurons do independent students agree on?"""

from ec_core.cluster.cloud import WeightCloud, pool
from ec_core.cluster.cut import (
    Cluster,
    Clusters,
    Cut,
    apply_cut,
    automatic_cut,
    paper_cut,
)
from ec_core.cluster.dendrogram import Dendrogram, HeightCounts, build_tree, counts
from ec_core.cluster.embedding import pca, umap_embedding
from ec_core.cluster.plateau import Plateau, plateaus

__all__ = [
    "Cluster",
    "Clusters",
    "Cut",
    "Dendrogram",
    "HeightCounts",
    "Plateau",
    "WeightCloud",
    "apply_cut",
    "automatic_cut",
    "build_tree",
    "counts",
    "paper_cut",
    "pca",
    "plateaus",
    "pool",
    "umap_embedding",
]
