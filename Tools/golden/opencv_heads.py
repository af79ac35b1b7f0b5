"""Runs a darknet network in OpenCV 4 and saves the inputs of its yolo layers; check.py starts it.

    python opencv_heads.py net.cfg net.weights input.npy heads.npz
"""

import sys

import cv2
import numpy as np


def main(cfg: str, weights: str, pixels: str, output: str) -> None:
    """Reads, runs, writes."""
    net = cv2.dnn.readNetFromDarknet(cfg, weights)
    net.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
    net.enableFusion(False)
    net.setInput(np.load(pixels))
    # The importer calls layer n of the cfg conv_n, relu_n … and the layer of a yolo section permute_n; what stands
    # before the latter is the raw head.
    names = net.getLayerNames()
    raw = [names[i - 1] for i, name in enumerate(names) if name.startswith("permute_")]
    np.savez(output, *net.forward(raw))


if __name__ == "__main__":
    main(*sys.argv[1:])
