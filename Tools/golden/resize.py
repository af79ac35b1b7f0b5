"""Images that Pillow has resized and warped, for Tests/CVImageTests.

resize/<filter>-<mode>.json and affine/bilinear-<mode>.json each hold a list of cases, the images in them as base64 of
their samples. The same version of Pillow gives the same bytes (the committed files are of Pillow 13.0).
"""

import base64
import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}

# Old size, new size: up, down, mixed, odd, one pixel, one line, extreme ratios.
SIZES = [
    ((13, 9), (29, 17)),
    ((23, 27), (11, 10)),
    ((31, 17), (12, 23)),
    ((17, 23), (17, 9)),
    ((17, 23), (8, 23)),
    ((1, 1), (5, 3)),
    ((1, 40), (3, 7)),
    ((40, 1), (7, 3)),
    ((150, 2), (2, 30)),
    ((32, 24), (1, 1)),
    ((7, 5), (8, 6)),
    ((13, 29), (19, 7)),
    ((15, 33), (11, 5)),
]
REGIONS = [
    ((31, 23), (13, 17), (2.5, 3.25, 20.75, 22.5)),
    ((31, 23), (31, 23), (4, 4, 20, 20)),
    ((31, 23), (40, 9), (0, 10, 31, 23)),
]


def image(size: tuple[int, int], channels: int, seed: int) -> Image.Image:
    """Noise on a gradient, with hard edges; alpha from clear to opaque, both ends included."""
    random = np.random.default_rng(seed)
    width, height = size
    y, x = np.mgrid[0:height, 0:width]
    planes = [
        (x * 255 // max(width - 1, 1) + random.integers(-40, 40, (height, width))).clip(0, 255),
        (y * 255 // max(height - 1, 1) + random.integers(-40, 40, (height, width))).clip(0, 255),
        ((x // 3 + y // 2) % 2 * 255),
        (random.integers(-60, 320, (height, width))).clip(0, 255),
    ]
    samples = np.stack(planes[:channels], axis=-1).astype(np.uint8)
    return Image.fromarray(samples, "RGB" if channels == 3 else "RGBA")


def encoded(image: Image.Image) -> dict:
    """An image as the tests read it."""
    return {
        "width": image.width,
        "height": image.height,
        "channels": len(image.getbands()),
        "samples": base64.b64encode(image.tobytes()).decode(),
    }


def resize_cases(resample: Image.Resampling, channels: int) -> Iterator[dict]:
    """Every pair of sizes, then every region."""
    jobs = [(old, new, None) for old, new in SIZES] + REGIONS
    for seed, (old, new, region) in enumerate(jobs):
        source = image(old, channels, seed)
        target = source.resize(new, resample, box=region)
        yield {"source": encoded(source), "target": encoded(target), "region": region}


def affine_cases(channels: int) -> Iterator[dict]:
    """Identity, a shift, a scale, a turn, and a mixture."""
    maps = [
        (1, 0, 0, 0, 1, 0),
        (1, 0, 0.5, 0, 1, -3.25),
        (0.5, 0, 2, 0, 0.5, 3),
        (math.cos(0.4), math.sin(0.4), -3, -math.sin(0.4), math.cos(0.4), 6),
        (-1.3, 0.2, 30, 0.35, 0.8, -4),
    ]
    fill = (10, 200, 90, 255)[:channels]
    for seed, matrix in enumerate(maps):
        source = image((29, 21), channels, seed)
        target = source.transform((33, 25), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR, fillcolor=fill)
        yield {"source": encoded(source), "target": encoded(target), "matrix": matrix}


def write(path: Path, cases: Iterable[dict]) -> None:
    """Writes a list of cases."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(list(cases)) + "\n")


def write_images(output: Path) -> None:
    """Writes all files into the folder."""
    for mode, channels in (("rgb", 3), ("rgba", 4)):
        for name, resample in FILTERS.items():
            write(output / "resize" / f"{name}-{mode}.json", resize_cases(resample, channels))
        write(output / "affine" / f"bilinear-{mode}.json", affine_cases(channels))
