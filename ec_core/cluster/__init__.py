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
from ec_core.cluster.embedding import Embedding, pca, umap_embedding
from ec_core.cluster.plateau import Plateau, plateaus
from ec_core.cluster.statistics import BranchStatistics, branch_statistics
from ec_core.cluster.view import pack_map, pack_tree, pack_truth

__all__ = [
    "BranchStatistics",
    "Cluster",
    "Clusters",
    "Cut",
    "Dendrogram",
    "Embedding",
    "HeightCounts",
    "Plateau",
    "WeightCloud",
    "apply_cut",
    "automatic_cut",
    "branch_statistics",
    "build_tree",
    "counts",
    "pack_map",
    "pack_tree",
    "pack_truth",
    "paper_cut",
    "pca",
    "plateaus",
    "pool",
    "umap_embedding",
]
