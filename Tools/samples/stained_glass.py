"""A window of stained glass, to take a style from: panes of strong colors with lead between them."""

import numpy as np
from PIL import Image

PALETTE = np.array([
    [196, 30, 42], [232, 116, 32], [247, 190, 56], [250, 226, 140], [24, 110, 82], [44, 160, 120],
    [20, 66, 150], [48, 128, 206], [120, 190, 226], [92, 40, 120], [236, 234, 214],
])
LEAD = np.array([22, 20, 24])
MARGIN = 40


def centers(random: np.random.Generator, panes: int, side: int) -> np.ndarray:
    """Points [panes, 2] at about the same distances (Lloyd's algorithm on samples), some of them outside."""
    span = side + 2 * MARGIN
    points = random.random((panes, 2)) * span - MARGIN
    for _ in range(3):
        samples = random.random((20000, 2)) * span - MARGIN
        nearest = ((samples[:, None] - points) ** 2).sum(-1).argmin(-1)
        for pane in range(panes):
            if (nearest == pane).any():
                points[pane] = samples[nearest == pane].mean(0)
    return points


def stained_glass(side: int = 512, panes: int = 170, seed: int = 7) -> Image.Image:
    """Drawn at twice the size: Voronoi cells of a warped plane, colored along a spiral, each with its own shading."""
    random = np.random.default_rng(seed)
    large = 2 * side
    y, x = np.mgrid[0:large, 0:large].astype(np.float64)
    across = x + 18 * np.sin(y / 90 + 1) + 9 * np.sin(x / 47 + y / 61)
    down = y + 18 * np.sin(x / 80) + 9 * np.sin(y / 53 - x / 71)
    points = centers(random, panes, large)
    near, second = np.full((large, large), 1e9), np.full((large, large), 1e9)
    pane = np.zeros((large, large), int)
    for index, (row, column) in enumerate(points):
        distance = np.hypot(down - row, across - column)
        closer = distance < near
        second = np.where(closer, near, np.minimum(second, distance))
        pane[closer], near = index, np.where(closer, distance, near)

    row, column = points[:, 0] - 0.45 * large, points[:, 1] - 0.55 * large
    turn = np.arctan2(row, column) / (2 * np.pi) + 1.6 * np.hypot(row, column) / large
    position = (turn % 1 * len(PALETTE) + random.normal(0, 0.9, panes)) % len(PALETTE)
    colors = PALETTE[position.astype(int)] * random.uniform(0.82, 1.12, (panes, 1))
    light = 1 + 0.18 * np.sin(across / 26 + 1.7 * pane) * np.sin(down / 33 + 2.3 * pane)
    light = (light + 0.1 * np.sin((across + down) / 11 + pane)) * (1 - 0.21 * np.clip((near - 20) / 90, 0, 1))
    glass = np.clip((second - near - 7) / 4, 0, 1)[..., None]
    window = colors[pane] * light[..., None] * glass + LEAD * (1 - glass) + random.normal(0, 3, (large, large, 1))
    image = Image.fromarray(np.clip(window, 0, 255).astype(np.uint8))
    return image.resize((side, side), Image.Resampling.LANCZOS)
