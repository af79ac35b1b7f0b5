"""The results of ONNX Runtime for seeded images with the package's graph of 26 styles, for Tests/CVStyleTests.

An image of seed s is `seeded.uniform(s, 3, H, W)`. Stored are the norm of the result and its values at ⌊j · count / 150⌋.
"""

import json
from pathlib import Path

import numpy as np
import onnxruntime

from converters.multistyle26 import PACKAGE, STYLES, WEIGHTS

from . import seeded

SAMPLES = 150
# Styles with their parts; the image's height and width, one of them not a multiple of 4.
CASES = [({"crayon": 1}, 48, 64), ({"starry": 1}, 48, 64), ({"weave": 1}, 37, 51), ({"starry": 0.25, "ink": 0.75}, 37, 51)]


def write_multistyle(output: Path, folder: Path) -> None:
    """folder: with the package's archive."""
    session = onnxruntime.InferenceSession(PACKAGE.read(WEIGHTS, folder), providers=["CPUExecutionProvider"])
    cases = []
    for number, (styles, height, width) in enumerate(CASES):
        weights = np.zeros(len(STYLES), np.float32)
        for name, part in styles.items():
            weights[STYLES.index(name)] = part
        image = seeded.uniform(100 + number, 1, 3, height, width)
        (result,) = session.run(None, {"image": image, "style_weights": weights})
        flat = result.ravel().astype(np.float64)
        cases.append({
            "seed": 100 + number, "input": list(image.shape), "shape": list(result.shape), "styles": list(styles),
            "weights": list(styles.values()),
            "result": {"norm": float(f"{np.linalg.norm(flat):.7g}"),
                       "values": [float(f"{flat[j * flat.size // SAMPLES]:.7g}") for j in range(SAMPLES)]},
        })
    lines = [json.dumps(case, separators=(",", ":")) for case in cases]
    output.write_text("[\n" + ",\n".join(lines) + "\n]\n")
