"""Changes of color and blurs by Pillow, torchvision and Python's colorsys, for Tests/CVImageTests.

Only the results are stored: the image is made again from its seed (see `seeded`), as floor(256 · u), [H, W, 3].
"""

import base64
import colorsys
import json
import math
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageEnhance
from torchvision.transforms import functional

from . import seeded

SEED, WIDTH, HEIGHT = 7, 24, 16


def image() -> np.ndarray:
    """uint8 [H, W, 3]; its left quarter is gray, for which hue and saturation are undefined."""
    samples = np.floor(seeded.uniform(SEED, HEIGHT, WIDTH, 3) * 256).astype(np.uint8)
    samples[:, : WIDTH // 4] = samples[:, : WIDTH // 4, :1]
    return samples


def enhanced(kind: type, factor: float) -> np.ndarray:
    """A class of ImageEnhance."""
    return np.asarray(kind(Image.fromarray(image())).enhance(factor))


def gamma(exponent: float) -> np.ndarray:
    """torchvision's adjust_gamma of a PIL image."""
    return np.asarray(functional.adjust_gamma(Image.fromarray(image()), exponent))


def as_tensor() -> torch.Tensor:
    """uint8 [3, H, W]."""
    return torch.from_numpy(image().transpose(2, 0, 1).copy())


def hue(degrees: float) -> np.ndarray:
    """torchvision's adjust_hue of a tensor."""
    return functional.adjust_hue(as_tensor(), degrees / 360).numpy().transpose(1, 2, 0)


def blur(sigma: float) -> np.ndarray:
    """torchvision's gaussian_blur, the kernel cut off at three sigma."""
    size = 2 * math.ceil(3 * sigma) + 1
    return functional.gaussian_blur(as_tensor(), [size, size], [sigma, sigma]).numpy().transpose(1, 2, 0)


def hsv(degrees: float, saturation: float, value: float) -> np.ndarray:
    """Pixel by pixel with colorsys, rounded to the nearest level."""
    def change(pixel: np.ndarray) -> list[float]:
        h, s, v = colorsys.rgb_to_hsv(*(pixel / 255.0))
        return colorsys.hsv_to_rgb((h + degrees / 360) % 1, min(s * saturation, 1), min(v * value, 1))
    changed = np.apply_along_axis(change, 2, image().astype(np.float64))
    return np.floor(changed * 255 + 0.5).astype(np.uint8)


def all_cases() -> list[dict]:
    """Every case: an operation, its numbers, the samples of its result."""
    enhancers = {"brightness": ImageEnhance.Brightness, "contrast": ImageEnhance.Contrast,
                 "saturation": ImageEnhance.Color}
    cases = [(name, [factor], enhanced(kind, factor))
             for name, kind in enhancers.items() for factor in (0.0, 0.35, 1.0, 1.8)]
    cases += [("gamma", [exponent], gamma(exponent)) for exponent in (0.4, 1.0, 2.2)]
    cases += [("hue", [degrees], hue(degrees)) for degrees in (-170.0, -30.0, 100.0)]
    cases += [("hsv", list(numbers), hsv(*numbers)) for numbers in ((25.0, 0.5, 1.3), (-75.0, 1.6, 0.7))]
    cases += [("blur", [sigma], blur(sigma)) for sigma in (0.5, 1.3, 2.4)]
    return [{"operation": name, "numbers": numbers, "samples": base64.b64encode(samples.tobytes()).decode()}
            for name, numbers, samples in cases]


def write_augmentation(output: Path) -> None:
    """Writes all cases, a line each."""
    lines = [json.dumps(case, separators=(",", ":")) for case in all_cases()]
    output.write_text("[\n" + ",\n".join(lines) + "\n]\n")
