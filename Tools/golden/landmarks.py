"""Landmarks: the wing loss, soft-argmax and Gaussian heat maps with PyTorch's gradients, and NumPy's metrics.

Inputs are seeded, see `seeded`. Writes Tests/CVModelsTests/Golden/landmarks.json and
Tests/CVLandmarksTests/Golden/metrics.json.
"""

import json
from pathlib import Path

import numpy as np
import torch

from . import seeded

#: Points of the metrics' faces, and the outer corners of the eyes among them.
POINTS, CORNERS = 68, (36, 45)


def wing(x: torch.Tensor, t: torch.Tensor, width: float, curvature: float) -> torch.Tensor:
    """Feng et al. 2018, equation 5, averaged."""
    distance = (x - t).abs()
    offset = width - width * np.log1p(width / curvature)
    return torch.where(distance < width, width * torch.log1p(distance / curvature), distance - offset).mean()


def soft_argmax(maps: torch.Tensor, sharpness: float) -> torch.Tensor:
    """Sun et al. 2018: the mean position under the softmax of each map, as fractions of width and height."""
    _, _, height, width = maps.shape
    weights = (sharpness * maps).flatten(2).softmax(2).view_as(maps)
    x = (weights.sum(2) * (torch.arange(width) + 0.5) / width).sum(2)
    y = (weights.sum(3) * (torch.arange(height) + 0.5) / height).sum(2)
    return torch.stack([x, y], 2)


def gaussians(positions: torch.Tensor, height: int, width: int, deviation: float) -> torch.Tensor:
    """exp(-d² / 2σ²) at the centers of the cells."""
    x = positions[..., 0, None, None] * width - 0.5
    y = positions[..., 1, None, None] * height - 0.5
    columns, rows = torch.arange(width)[None, :], torch.arange(height)[:, None]
    return torch.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * deviation ** 2))


def numbers(values: torch.Tensor) -> list[float]:
    """As they are stored."""
    return [float(f"{value:.8g}") for value in values.detach().double().ravel()]


def signed(seed: int, *shape: int, scale: float = 1) -> torch.Tensor:
    """Seeded numbers in [-scale, scale), in double precision."""
    return (torch.from_numpy(seeded.uniform(seed, *shape)).double() * 2 - 1) * scale


def losses() -> dict:
    """Values and gradients."""
    x, t = signed(1, 4, 6, scale=20).requires_grad_(), signed(2, 4, 6, scale=20).requires_grad_()
    loss = wing(x, t, 10, 2)
    by_wing = torch.autograd.grad(loss, (x, t))
    maps = signed(3, 2, 3, 4, 5).requires_grad_()
    positions = soft_argmax(maps, 3)
    weights = signed(4, 2, 3, 2)
    (by_position,) = torch.autograd.grad((positions * weights).sum(), maps)
    targets = gaussians(torch.from_numpy(seeded.uniform(5, 2, 3, 2)).double() * 1.4 - 0.2, 4, 5, 1.5)
    return {
        "wing": float(f"{loss.item():.9g}"), "wingGradients": [numbers(g) for g in by_wing],
        "positions": numbers(positions), "positionsGradient": numbers(by_position), "gaussians": numbers(targets),
    }


def faces(images: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Seeded true points, found points with errors of a few percent, and which of the true ones are known."""
    truth = seeded.uniform(11, images, POINTS, 2).astype(np.float32) * np.float32(100)
    noise = (seeded.uniform(12, images, POINTS, 2).astype(np.float32) - np.float32(0.5))
    size = seeded.uniform(13, images, 1, 1).astype(np.float32) * np.float32(20)
    return truth, truth + noise * size, seeded.uniform(14, images, POINTS) > 0.1


def metrics(images: int = 40) -> dict:
    """NME by the outer corners of the eyes and by the box, with AUC and failure rate at 0.08."""
    truth, found, known = (array for array in faces(images))
    known[:, CORNERS] = True
    distance = np.linalg.norm(found.astype(np.float64) - truth, axis=2)
    mean = np.array([d[k].mean() for d, k in zip(distance, known)])
    corners = np.linalg.norm(truth[:, CORNERS[0]].astype(np.float64) - truth[:, CORNERS[1]], axis=1)
    sides = np.array([np.ptp(t[k], axis=0) for t, k in zip(truth, known)]).astype(np.float64)

    def summary(errors: np.ndarray) -> dict:
        grid = np.linspace(0, 0.08, 800_001)
        share = np.searchsorted(np.sort(errors), grid, side="right") / len(errors)
        return {"nme": errors.mean(), "median": np.median(errors), "auc": np.trapezoid(share, grid) / 0.08,
                "failureRate": (errors > 0.08).mean()}

    normalized = np.where(known, distance / corners[:, None], np.nan)
    return {
        "images": images, "interOcular": summary(mean / corners), "box": summary(mean / np.sqrt(sides.prod(1))),
        "points": np.nanmean(normalized, axis=0).tolist(),
    }


def write_landmarks(tests: Path) -> None:
    """Both files."""
    for path, content in [("CVModelsTests/Golden/landmarks.json", losses()),
                          ("CVLandmarksTests/Golden/metrics.json", metrics())]:
        (tests / path).parent.mkdir(exist_ok=True)
        (tests / path).write_text(json.dumps(content, separators=(",", ":")) + "\n")
