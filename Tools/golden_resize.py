#!/usr/bin/env python3
"""Makes the golden files of ResizeTests and GeometryTests with Pillow.

    golden_resize.py Tests/CVImageTests/Golden

Writes resize/<filter>-<mode>.json and affine/bilinear-<mode>.json: a list of cases, the pictures in them as base64 of their samples.
The same version of Pillow gives the same bytes (the committed files are of Pillow 13.0).
"""
import base64
import json
import math
import pathlib
import sys

import numpy
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


def picture(size, channels, seed):
    """Noise on a gradient, with hard edges; alpha from clear to opaque, both ends included."""
    random = numpy.random.default_rng(seed)
    width, height = size
    y, x = numpy.mgrid[0:height, 0:width]
    planes = [
        (x * 255 // max(width - 1, 1) + random.integers(-40, 40, (height, width))).clip(0, 255),
        (y * 255 // max(height - 1, 1) + random.integers(-40, 40, (height, width))).clip(0, 255),
        ((x // 3 + y // 2) % 2 * 255),
        (random.integers(-60, 320, (height, width))).clip(0, 255),
    ]
    samples = numpy.stack(planes[:channels], axis=-1).astype(numpy.uint8)
    return Image.fromarray(samples, "RGB" if channels == 3 else "RGBA")


def encoded(image):
    return {
        "width": image.width,
        "height": image.height,
        "channels": len(image.getbands()),
        "samples": base64.b64encode(image.tobytes()).decode(),
    }


def resize_cases(resample, channels):
    jobs = [(old, new, None) for old, new in SIZES] + REGIONS
    for seed, (old, new, region) in enumerate(jobs):
        source = picture(old, channels, seed)
        target = source.resize(new, resample, box=region)
        yield {"source": encoded(source), "target": encoded(target), "region": region}


def affine_cases(channels):
    maps = [
        (1, 0, 0, 0, 1, 0),
        (1, 0, 0.5, 0, 1, -3.25),
        (0.5, 0, 2, 0, 0.5, 3),
        (math.cos(0.4), math.sin(0.4), -3, -math.sin(0.4), math.cos(0.4), 6),
        (-1.3, 0.2, 30, 0.35, 0.8, -4),
    ]
    fill = (10, 200, 90, 255)[:channels]
    for seed, matrix in enumerate(maps):
        source = picture((29, 21), channels, seed)
        target = source.transform((33, 25), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR, fillcolor=fill)
        yield {"source": encoded(source), "target": encoded(target), "matrix": matrix}


def write(path, cases):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(list(cases)) + "\n")
    print(f"{path}: {path.stat().st_size} bytes")


def main():
    folder = pathlib.Path(sys.argv[1])
    for mode, channels in (("rgb", 3), ("rgba", 4)):
        for name, resample in FILTERS.items():
            write(folder / "resize" / f"{name}-{mode}.json", resize_cases(resample, channels))
        write(folder / "affine" / f"bilinear-{mode}.json", affine_cases(channels))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main()
