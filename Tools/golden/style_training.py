"""The losses of the first steps of the training of a style network, for Tests/CVStyleTests.

The small network of the losses is that of `style`; the style network has a width of 4 and the seeded weights of
`networks.fill`. All in double precision.
"""

import json
from pathlib import Path

import torch

from .networks import fill
from .style import MEAN, STD, Features, gram, image, small_state, variation
from .transformers import Transformer

SEED, STEPS, RATE = 777, 8, 1e-3
WEIGHTS = (0.05, 1, 2)
CONTENT, STYLE = "conv3_2", ("conv1_1", "conv2_1", "conv3_1")


def write_style_training(output: Path) -> None:
    """Before each step of Adam: content, style, variation, sum. Two images of 32 × 32 in each step, always the same."""
    network = Transformer(4)
    with torch.no_grad():
        fill(network, SEED)
    network.double()
    features = Features(13, small_state(), MEAN, STD)
    batch = torch.cat([image(1, 32, 32), image(5, 32, 32)])
    with torch.no_grad():
        content = features(batch, {CONTENT})[CONTENT]
        style = {name: gram(maps) for name, maps in features(image(3, 32, 36), set(STYLE)).items()}
    adam = torch.optim.Adam(network.parameters(), RATE)
    rows = []
    for _ in range(STEPS):
        adam.zero_grad()
        stylized = network(batch)
        maps = features(stylized, {CONTENT, *STYLE})
        parts = (
            (maps[CONTENT] - content).square().sum() / (2 * content.square().sum()),
            # The mean over the images.
            sum((gram(maps[n]) - v).square().sum() / (4 * v.square().sum()) for n, v in style.items()) / (3 * len(batch)),
            variation(stylized))
        total = sum(w * p for w, p in zip(WEIGHTS, parts))
        total.backward()
        rows.append([float(f"{v.item():.8g}") for v in (*parts, total)])
        adam.step()
    output.write_text(json.dumps({"seed": SEED, "losses": rows}, separators=(",", ":")) + "\n")
