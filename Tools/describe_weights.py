#!/usr/bin/env python3
"""Says in a weight file that was trained here where it comes from and who may use it, as Weights/ wants it.

    python3 Tools/describe_weights.py run/best.safetensors -o Weights/unet-camvid.safetensors --half \\
        --source "trained by cvtool train segment on CamVid" --license "research use" --attribution "Brostow et al. 2009"

The tensors stay as they are, or are rounded to half precision by --half, as cvtool train writes them. Needs numpy.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from converters.safetensors_file import TYPE_NAMES, write_safetensors

TYPES = {name: dtype for dtype, name in TYPE_NAMES.items()}


def read(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The tensors in the order of the file, and the metadata."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        first, last = entry["data_offsets"]
        tensors[name] = np.frombuffer(data[start + first : start + last], TYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors, metadata


def halved(name: str, tensor: np.ndarray) -> np.ndarray:
    """In half precision; complains of what lies outside its range."""
    half = tensor.astype("<f2")
    if not np.isfinite(half).all():
        raise SystemExit(f"{name}: {np.abs(tensor).max()} is out of the range of half precision")
    return half


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    parser.add_argument("--half", action="store_true", help="round to half precision")
    for key in ("source", "license", "attribution"):
        parser.add_argument(f"--{key}", required=True, metavar="TEXT")
    arguments = parser.parse_args()
    tensors, metadata = read(arguments.weights)
    if arguments.half:
        tensors = {name: halved(name, tensor) for name, tensor in tensors.items()}
    metadata |= {key: getattr(arguments, key) for key in ("source", "license", "attribution")}
    write_safetensors(arguments.output, tensors, metadata)


if __name__ == "__main__":
    main()
