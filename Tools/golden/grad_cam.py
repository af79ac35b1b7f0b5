"""Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391) by PyTorch, for Tests/CVClassificationTests.

Of the weights that come with the library on sample images, and of seeded networks on seeded images of 64 × 64 (see
`networks` for their weights): pixels ⌊256 · u⌋ of the case's seed, divided by 255. In double precision.
"""

import json
from pathlib import Path

import numpy as np
import torch
import torchvision
from PIL import Image, ImageOps
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn

from reference.resnet20 import ResNet as CIFARResNet

from . import seeded
from .networks import fill


def grad_cam(network: nn.Module, layer: str, x: torch.Tensor, label: int | None) -> tuple[int, np.ndarray]:
    """The class (the most probable, if none is given), and ReLU(Σ mean gradient · map) of the layer's output."""
    kept = {}
    module = network.get_submodule(layer)
    handle = module.register_forward_hook(lambda _module, _input, output: kept.update(maps=output))
    scores = network(x)
    handle.remove()
    label = int(scores.argmax()) if label is None else label
    gradient, = torch.autograd.grad(scores[0, label], kept["maps"])
    weights = gradient.mean((2, 3), keepdim=True)
    return label, torch.relu((weights * kept["maps"]).sum(1))[0].detach().numpy()


def case(network: nn.Module, x: np.ndarray, layer: str, label: int | None, **more) -> dict:
    """One map as it is stored."""
    found, values = grad_cam(network.double().eval(), layer, torch.from_numpy(x).double()[None], label)
    return {**more, "layer": layer, "label": found, "height": values.shape[0], "width": values.shape[1],
            "values": [float(f"{value:.6g}") for value in values.ravel()]}


def shipped(weights: Path, images: Path) -> list[dict]:
    """ResNet-20 on two images."""
    with safe_open(weights, "pt") as file:
        preparation = json.loads(file.metadata()["preprocessing"])
    network = CIFARResNet()
    network.load_state_dict({key: value.float() for key, value in load_file(weights).items()}, strict=False)
    cases = []
    for name, layer, label in [("retriever.jpg", "layer3", None), ("cat.jpg", "layer3", 3), ("cat.jpg", "layer2", 5)]:
        upright = ImageOps.exif_transpose(Image.open(images / name)).convert("RGB")
        small = np.asarray(upright.resize((preparation["width"], preparation["height"]), Image.Resampling.BILINEAR))
        x = (small - np.float32(preparation["mean"])) / np.float32(preparation["std"])
        cases.append(case(network, x.astype(np.float32).transpose(2, 0, 1), layer, label, weights=weights.stem,
                          picture=name))
    return cases


def seeded_cases() -> list[dict]:
    """Networks whose blocks end in a sum, or concatenate feature maps."""
    tv = torchvision.models
    cases = []
    # The name of a layer here, and the module that gives the same there: an activation goes with the layer before it.
    for model, make, layer, module, seed in [
        ("resnet18", tv.resnet18, "layer2.1.bn2", "layer2.1", 11),
        ("squeezenet1_0", tv.squeezenet1_0, "features.10", "features.10", 12),
        ("squeezenet1_0", tv.squeezenet1_0, None, "features", 13),
    ]:
        network = make(num_classes=10)
        with torch.no_grad():
            fill(network, 1000 * seed)
        pixels = np.floor(seeded.uniform(seed, 64, 64, 3) * np.float32(256))
        x = (pixels / np.float32(255)).astype(np.float32).transpose(2, 0, 1)
        cases.append({**case(network, x, module, None, model=model, seed=seed), "layer": layer})
    return cases


def write_grad_cam(output: Path, weights: Path, images: Path) -> None:
    """A line for each case."""
    cases = shipped(weights, images) + seeded_cases()
    output.write_text("[\n" + ",\n".join(json.dumps(item) for item in cases) + "\n]\n")
