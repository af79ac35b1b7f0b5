"""Metrics of face verification by scikit-learn, and by counting all choices, for Tests/CVTaskTests."""

import json
from itertools import combinations, product
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score, roc_curve
from sklearn.model_selection import KFold

RATES = (1e-2, 1e-3, 1e-4)


def pairs(count: int, same: float, seed: int, levels: int | None = None) -> dict:
    """Distances of pairs; with `levels` they are rounded to so many, so that there are ties."""
    random = np.random.default_rng(seed)
    is_same = random.random(count) < same
    distances = random.normal(np.where(is_same, 0.8, 1.3), 0.22).clip(0)
    if levels:
        distances = np.round(distances * levels) / levels
    scores = -distances
    far, tar, thresholds = roc_curve(is_same, scores, drop_intermediate=False)
    return {
        "distances": distances.tolist(), "same": is_same.tolist(), "auc": float(roc_auc_score(is_same, scores)),
        "far": far.tolist(), "tar": tar.tolist(), "thresholds": (-thresholds[1:]).tolist(),
        "eer": equal_error(far, tar), "tar_at_far": [at_rate(far, tar, rate, int((~is_same).sum())) for rate in RATES],
        "folds": folds(distances, is_same), "decidability": decidability(distances, is_same),
    }


def decidability(distances: np.ndarray, is_same: np.ndarray) -> float:
    """Daugman 2000."""
    same, different = distances[is_same], distances[~is_same]
    return float((different.mean() - same.mean()) / np.sqrt((same.var() + different.var()) / 2))


def equal_error(far: np.ndarray, tar: np.ndarray) -> float:
    """Where the polygon of the curve meets the line FAR = 1 - TAR, by bisection."""
    low, high = 0.0, 1.0
    # The length along the polygon, on which both rates are piecewise linear.
    length = np.linspace(0, 1, len(far))
    for _ in range(200):
        middle = (low + high) / 2
        if np.interp(middle, length, far) < 1 - np.interp(middle, length, tar):
            low = middle
        else:
            high = middle
    return float(np.interp(high, length, far))


def at_rate(far: np.ndarray, tar: np.ndarray, rate: float, different: int) -> float | None:
    """The largest TAR at a FAR of at most `rate`; None where one pair is more than that."""
    return float(tar[far <= rate].max()) if rate * different >= 1 - 1e-9 else None


def folds(distances: np.ndarray, is_same: np.ndarray) -> dict:
    """LFW's protocol: the threshold of each fold is the best on the others, the middle one of equals."""
    accuracies, chosen = [], []
    for others, mine in KFold(10).split(distances):
        levels = np.unique(distances[others])
        middles = np.concatenate([[levels[0] - 1], (levels[:-1] + levels[1:]) / 2, [levels[-1] + 0.5]])
        right = [((distances[others] <= t) == is_same[others]).sum() for t in middles]
        best = middles[np.array(right) == max(right)]
        threshold = best[len(best) // 2]
        chosen.append(float(threshold))
        accuracies.append(float(((distances[mine] <= threshold) == is_same[mine]).mean()))
    error = float(np.std(accuracies, ddof=1) / np.sqrt(len(accuracies)))
    return {"mean": float(np.mean(accuracies)), "standard_error": error, "thresholds": chosen}


def identities(seed: int) -> dict:
    """Five people with two or three images: all choices of people and of their images, one by one."""
    random = np.random.default_rng(seed)
    people = np.array([0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 4])
    points = random.normal(size=(5, 3))[people] + random.normal(size=(len(people), 3)) * 0.6
    # Rounded, so that there are ties.
    table = np.round(np.linalg.norm(points[:, None] - points[None], axis=2), 1)
    images = [np.flatnonzero(people == person) for person in range(5)]

    def galleries(image: int, size: int) -> list[list[float]]:
        others = [person for person in range(5) if person != people[image]]
        return [[[float(table[image, i]) for i in choice] for choice in product(*(images[p] for p in chosen))]
                for chosen in combinations(others, size)]

    def mean(image: int, size: int, test: object) -> float:
        # People are drawn first, then an image of each.
        return float(np.mean([np.mean([test(gallery) for gallery in of_people]) for of_people in galleries(image, size)]))

    def of_members(size: int, test: object) -> float:
        values = [mean(i, size, lambda gallery, d=table[i, j]: test(d, gallery))
                  for i in range(len(people)) for j in images[people[i]] if i != j]
        return float(np.mean(values))

    threshold = 1.25
    nearest = [of_members(ways - 1, lambda d, gallery: all(other > d for other in gallery)) for ways in range(2, 6)]
    strangers = [float(np.mean([mean(i, size, lambda gallery: min(gallery) <= threshold)
                                for i in range(len(people))])) for size in range(1, 5)]
    missed = [1 - of_members(size - 1, lambda d, gallery: d <= threshold and all(other > d for other in gallery))
              for size in range(1, 6)]
    upper = np.triu_indices(len(people), 1)
    return {"people": people.tolist(), "distances": table[upper].tolist(), "threshold": threshold,
            "one_shot": nearest, "strangers": strangers, "missed": missed}


def write_verification(output: Path) -> None:
    """Pairs as they come, with many ties, and few of them; and people."""
    cases = {"pairs": [pairs(400, 0.5, 1), pairs(300, 0.3, 2, levels=12), pairs(25, 0.5, 3)],
             "identities": identities(4)}
    output.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
