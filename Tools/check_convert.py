#!/usr/bin/env python3
"""Converts checkpoints of torchvision with random weights, and compares the results of `cvtool classify` with torchvision.

    python3 Tools/check_convert.py --cvtool .build/release/cvtool resnet18 resnet50 mobilenet_v2 vgg16

Each network is saved in three ways: as it is, in the format before torch 1.6, and as scripts of training do, with
`module.` before each name and beside an optimizer. The weights in each converted file must
be equal to the bit, and the logits (from the probabilities of all classes, so up to a constant) agree within 1e-3 of
their standard deviation. Time and the most memory of each conversion are printed.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
import torchvision
from PIL import Image
from safetensors.torch import load_file
from torchvision.transforms import CenterCrop, Compose, Normalize, Resize, ToTensor

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ["coffee", "cat", "room"]
TOLERANCE = 1e-3
# In a process of its own: a child counts the memory of its parent until it has become another program, and this one
# holds the networks.
MEASURE = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:]).returncode
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(usage.ru_maxrss, round(usage.ru_utime + usage.ru_stime, 2))
sys.exit(status)
"""


def network(name: str) -> torch.nn.Module:
    """Random weights and statistics, and scores that spread over a few units."""
    torch.manual_seed(len(name))
    # The published weights of these two want their input as it was in TensorFlow.
    options = {"transform_input": True, "init_weights": True} if name in ("googlenet", "inception_v3") else {}
    model = torchvision.models.get_model(name, weights=None, **options).eval()
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.5, 1.5)
                module.weight.uniform_(0.7, 1.3)
                module.bias.normal_(0, 0.1)
        last = [module for module in model.modules() if isinstance(module, (torch.nn.Linear, torch.nn.Conv2d))][-1]
        last.weight.mul_(3 / max(float(logits(model, sample_image(IMAGES[0]), name).std()), 1e-6))
    return model


def sample_image(name: str) -> Image.Image:
    """A sample image."""
    return Image.open(ROOT / "SampleImages" / f"{name}.jpg").convert("RGB")


def logits(model: torch.nn.Module, image: Image.Image, name: str) -> torch.Tensor:
    """What torchvision's evaluation gives."""
    side = 299 if name == "inception_v3" else 224
    prepare = Compose([
        Resize(342 if side == 299 else 256), CenterCrop(side), ToTensor(),
        Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ])
    with torch.no_grad():
        return model(prepare(image)[None])[0].double()


def save(model: torch.nn.Module, folder: Path) -> list[Path]:
    """The three checkpoints."""
    state = model.state_dict()
    paths = [folder / f"{name}.pth" for name in ("plain", "legacy", "training")]
    torch.save(state, paths[0])
    torch.save(state, paths[1], _use_new_zipfile_serialization=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9).state_dict()
    wrapped = {f"module.{key}": value for key, value in state.items()}
    torch.save({"epoch": 90, "state_dict": wrapped, "optimizer": optimizer}, paths[2])
    return paths


def convert(cvtool: Path, name: str, checkpoint: Path, output: Path) -> str:
    """Seconds and memory of the conversion, as a text."""
    command = [cvtool, "convert", checkpoint, "--model", name, "-o", output, "--quiet"]
    start = time.monotonic()
    run = subprocess.run([sys.executable, "-S", "-c", MEASURE, *command], capture_output=True, text=True)
    seconds = time.monotonic() - start
    if run.returncode != 0:
        sys.exit(f"{name}: cvtool convert {checkpoint.name} failed: {run.stderr}")
    kilobytes, processor = run.stdout.split()
    size = checkpoint.stat().st_size / 1e6
    memory = float(kilobytes) * 1024 / 1e6 / size
    return f"{checkpoint.stem} {size:.0f} MB in {seconds:.1f} s ({processor} s of processor), {memory:.2f} x its size"


def worst_difference(cvtool: Path, model: torch.nn.Module, name: str, weights: Path, folder: Path) -> float:
    """Of the logits on the sample images, in standard deviations."""
    worst = 0.0
    for title in IMAGES:
        image = sample_image(title)
        path = folder / f"{title}.png"
        image.save(path)
        expected = logits(model, image, name)
        top = str(len(expected))
        run = subprocess.run(
            [cvtool, "classify", path, "--weights", weights, "--json", "--top", top], check=True, capture_output=True)
        found = torch.zeros_like(expected)
        for item in json.loads(run.stdout)["classes"]:
            found[item["class"]] = math.log(item["probability"])
        difference = (found - found.mean()) - (expected - expected.mean())
        worst = max(worst, float(difference.abs().max() / expected.std()))
    return worst


def check(cvtool: Path, name: str) -> bool:
    """Whether one network comes through."""
    model = network(name)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for checkpoint in save(model, folder):
            output = folder / f"{checkpoint.stem}.safetensors"
            print(f"{name}: {convert(cvtool, name, checkpoint, output)}")
            found = load_file(output)
            expected = {k: v for k, v in model.state_dict().items() if not k.endswith("num_batches_tracked")}
            if found.keys() != expected.keys() or not all(torch.equal(found[k], v) for k, v in expected.items()):
                print(f"{name}: the weights in {output.name} are others")
                return False
            checkpoint.unlink()
        worst = worst_difference(cvtool, model, name, folder / "training.safetensors", folder)
    print(f"{name}: logits within {worst:.1e} standard deviations of torchvision's")
    return worst <= TOLERANCE


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cvtool", type=Path, required=True, metavar="FILE", help="the command, as it was built")
    parser.add_argument("names", nargs="+", metavar="NAME", help="networks by torchvision's names")
    arguments = parser.parse_args()
    failed = [name for name in arguments.names if not check(arguments.cvtool.resolve(), name)]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
