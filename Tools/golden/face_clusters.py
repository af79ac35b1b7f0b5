"""Embeddings, and the groups that scikit-learn's average linkage makes of them, for Tests/CVFaceDatabaseTests."""

from pathlib import Path

import numpy as np
from sklearn.cluster import AgglomerativeClustering

from .json_text import to_json


def case(seed: int, people: int, faces: int, metric: str, threshold: float) -> dict:
    """Faces of some people, spread so widely that the groups of several touch."""
    random = np.random.default_rng(seed)
    centers = random.normal(0, 1, (people, 8))
    embeddings = centers[random.integers(0, people, faces)] + random.normal(0, 0.45, (faces, 8))
    # Sixteenths, which text holds exactly.
    embeddings = np.round(embeddings * 16) / 16
    labels = AgglomerativeClustering(
        n_clusters=None, distance_threshold=threshold, metric=metric, linkage="average").fit_predict(embeddings)
    return {
        "metric": metric,
        "threshold": threshold,
        "embeddings": embeddings.tolist(),
        "clusters": sorted(np.flatnonzero(labels == label).tolist() for label in set(labels)),
    }


def write_face_clusters(path: Path) -> None:
    """Cases of both metrics, with thresholds that leave many groups and few."""
    cases = [
        case(seed, people, faces, metric, threshold)
        for seed, (people, faces) in enumerate([(3, 12), (6, 40), (12, 90)])
        for metric, thresholds in (("cosine", (0.1, 0.3, 0.6)), ("euclidean", (1.0, 1.8, 2.6)))
        for threshold in thresholds
    ]
    path.write_text(to_json(cases, 2) + "\n")
