"""What the PyTorch twin of ResNet-20 sees on the sample pictures, with the weights that come with the library."""

import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from safetensors import safe_open
from safetensors.torch import load_file

from twins.resnet20 import ResNet


def write_cifar(output: Path, weights: Path, pictures: Path) -> None:
    """The probabilities of the ten classes for each picture, resized by Pillow."""
    with safe_open(weights, "pt") as file:
        metadata = file.metadata()
    preparation = json.loads(metadata["preprocessing"])
    network = ResNet().eval()
    state = {key: value.float() for key, value in load_file(weights).items()}
    missing, unexpected = network.load_state_dict(state, strict=False)
    if unexpected or any(not key.endswith("num_batches_tracked") for key in missing):
        raise SystemExit(f"{weights}: not the weights of ResNet-20: {missing} {unexpected}")
    size = preparation["width"], preparation["height"]
    found = {}
    for path in sorted(pictures.glob("*.jpg")):
        upright = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
        small = np.asarray(upright.resize(size, Image.Resampling.BILINEAR))
        x = (small - np.float32(preparation["mean"])) / np.float32(preparation["std"])
        with torch.inference_mode():
            scores = network(torch.from_numpy(x.astype(np.float32).transpose(2, 0, 1)[None].copy()))
        found[path.name] = [float(f"{value:.7f}") for value in scores.softmax(1)[0]]
    lines = [f"  {json.dumps(name)}: {json.dumps(values)}" for name, values in found.items()]
    output.write_text("{\n" + ",\n".join(lines) + "\n}\n")
