"""The results of PyTorch implementations of the shipped classifiers on the sample images, with the weights that come with the library."""

import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn
from torchvision.transforms import CenterCrop, InterpolationMode, Resize

from reference.resnet20 import ResNet

from .mobile_nets import EfficientNetLite0


def write_cifar(output: Path, weights: Path, images: Path) -> None:
    """The probabilities of the ten classes for each image."""
    found = probabilities(ResNet(), weights, images)
    write(output, {name: [float(f"{value:.7f}") for value in values] for name, values in found.items()})


def write_imagenet(output: Path, weights: Path, images: Path) -> None:
    """The ten most probable of the 1000 classes for each image."""
    found = probabilities(EfficientNetLite0(1000), weights, images)
    best = {name: values.topk(10) for name, values in found.items()}
    write(output, {name: {"indices": top.indices.tolist(), "values": [float(f"{v:.7f}") for v in top.values]}
                   for name, top in best.items()})


def probabilities(network: nn.Module, weights: Path, images: Path) -> dict[str, torch.Tensor]:
    """The probabilities of all classes, by the name of the image; prepared by Pillow and torchvision."""
    with safe_open(weights, "pt") as file:
        preparation = json.loads(file.metadata()["preprocessing"])
    state = {key: value.float() for key, value in load_file(weights).items()}
    missing, unexpected = network.eval().load_state_dict(state, strict=False)
    if unexpected or any(not key.endswith("num_batches_tracked") for key in missing):
        raise SystemExit(f"{weights}: weights of another network: {missing} {unexpected}")
    found = {}
    for path in sorted(images.glob("*.jpg")):
        small = np.asarray(resized(ImageOps.exif_transpose(Image.open(path)).convert("RGB"), preparation))
        x = (small - np.float32(preparation["mean"])) / np.float32(preparation["std"])
        with torch.inference_mode():
            scores = network(torch.from_numpy(x.astype(np.float32).transpose(2, 0, 1)[None].copy()))
        found[path.name] = scores.softmax(1)[0]
    return found


def resized(image: Image.Image, preparation: dict) -> Image.Image:
    """At the size of the input."""
    size = preparation["width"], preparation["height"]
    if preparation["resize"] == "crop":
        side = preparation.get("shorter_side", min(size))
        return CenterCrop(size[::-1])(Resize(side, InterpolationMode(preparation["filter"]))(image))
    return image.resize(size, Image.Resampling[preparation["filter"].upper()])


def write(output: Path, found: dict) -> None:
    """A line for each image."""
    lines = [f"  {json.dumps(name)}: {json.dumps(values)}" for name, values in found.items()]
    output.write_text("{\n" + ",\n".join(lines) + "\n}\n")
