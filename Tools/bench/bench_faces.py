#!/usr/bin/env python3
"""A face and its mesh in one frame of 640 × 480: `cvtool` against the TensorFlow Lite runtime with XNNPACK.

    swift build -c release --product cvtool
    pip install ai-edge-litert==2.3.0 numpy pillow tflite
    python3 Tools/bench/bench_faces.py

Both run the same files' weights (BlazeFace for short distances, the face mesh) from pixels to points in pixels: the frame is fitted into
128 × 128, the most confident face is chosen from all anchors, a square of 1.5 times its side is turned until the eyes are level
and resized to 192 × 192, and the points are mapped back. The runtime comes with nothing but the networks: what is around them is
done by Pillow and NumPy, and reported apart. So two ratios count: with everything, and cvtool with everything over the two networks
of the runtime alone. The points of both are compared first.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from common import ROOT, Rounds, Turn, argument_parser, cvtool_benchmark, print_machine, print_table, wait_for_quiet

sys.path.insert(0, str(ROOT / "Tools"))
from converters import blazeface_short, face_mesh  # noqa: E402


def make_frame() -> Image.Image:
    """The portrait of the samples, 640 × 480."""
    portrait = Image.open(ROOT / "SampleImages" / "portrait.jpg").convert("RGB")
    return portrait.crop((60, 0, 400, 255)).resize((640, 480), Image.Resampling.BILINEAR)


class Runtime:
    """Both networks in the TensorFlow Lite runtime, and what is around them."""

    def __init__(self, packages: Path, threads: int):
        from ai_edge_litert.interpreter import Interpreter

        self.networks = {}
        for name, converter in (("faces", blazeface_short), ("mesh", face_mesh)):
            # XNNPACK is the default.
            interpreter = Interpreter(
                model_content=converter.PACKAGE.read(converter.WEIGHTS, packages), num_threads=threads)
            interpreter.allocate_tensors()
            self.networks[name] = interpreter
        cells = [np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2).repeat(anchors, 0)
                 for stride, anchors in ((8, 2), (16, 6)) for axis in [(np.arange(128 // stride) + 0.5) * stride]]
        self.anchors = np.concatenate(cells)
        self.seconds = 0.0

    def outputs(self, name: str, x: np.ndarray) -> list[np.ndarray]:
        """The outputs of a network, the smallest first."""
        network = self.networks[name]
        network.set_tensor(network.get_input_details()[0]["index"], x[None])
        start = time.perf_counter()
        network.invoke()
        self.seconds += time.perf_counter() - start
        return sorted((network.get_tensor(each["index"])[0] for each in network.get_output_details()), key=lambda each: each.size)

    def face(self, frame: Image.Image) -> tuple[np.ndarray, np.ndarray]:
        """The center and the longer side of the most confident face, and its eyes, in pixels."""
        scale = max(frame.size) / 128
        width, height = (round(side / scale) for side in frame.size)
        left, top = (128 - width) // 2, (128 - height) // 2
        levels = np.zeros((128, 128, 3), np.float32)
        levels[top:top + height, left:left + width] = np.asarray(frame.resize((width, height), Image.Resampling.BILINEAR))
        scores, values = self.outputs("faces", (levels - 127.5) / np.float32(127.5))
        best = int(scores[:, 0].argmax())
        points = (values[best, [0, 1, 4, 5, 6, 7]].reshape(3, 2) + self.anchors[best] - [left, top]) * scale
        return np.array([*points[0], values[best, 2:4].max() * scale]), points[1:]

    def points(self, frame: Image.Image) -> np.ndarray:
        """x, y and depth of the 468 points in pixels of the frame."""
        (x, y, side), eyes = self.face(frame)
        axis = (eyes[1] - eyes[0]) / np.hypot(*(eyes[1] - eyes[0])) * (1.5 * side / 192)
        linear = np.stack([axis, [-axis[1], axis[0]]], 1)
        origin = [x, y] - linear @ [96, 96]
        crop = frame.transform((192, 192), Image.Transform.AFFINE, np.column_stack([linear, origin]).ravel().tolist(),
                               Image.Resampling.BILINEAR)
        found = self.outputs("mesh", np.asarray(crop, np.float32) / np.float32(255))[1].reshape(468, 3)
        return np.column_stack([found[:, :2] @ linear.T + origin, found[:, 2] * np.hypot(*axis)])

    def turn(self, frame: Image.Image, runs: int) -> tuple[Turn, Turn]:
        """Everything, and the networks alone."""
        whole, networks = [], []
        for number in range(runs + 3):
            self.seconds, start = 0.0, time.perf_counter()
            self.points(frame)
            if number >= 3:
                whole.append((time.perf_counter() - start) * 1e3)
                networks.append(self.seconds * 1e3)
        return Turn.of(whole), Turn.of(networks)


def compare(command: Path, path: Path, runtime: Runtime) -> None:
    """Prints how far apart the points are: those of cvtool begin with another detector's box, so more than one pass is made."""
    result = subprocess.run([command, "landmarks", path, "-w", "face-mesh", "--json", "--no-image"], check=True,
                            capture_output=True, text=True)
    found = np.array(json.loads(result.stdout)["landmarks"][0]["points"])
    expected = runtime.points(Image.open(path))
    distances = np.linalg.norm(found[:, :2] - expected[:, :2], axis=1) / np.ptp(expected[:, 0])
    print(f"points of cvtool landmarks and of the runtime: {distances.mean():.2%} of the face's width apart\n")


def main() -> None:
    """Entry point."""
    parser = argument_parser(__doc__)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], metavar="N", help="(default: 1 2)")
    parser.add_argument("--package-dir", type=Path, metavar="DIR",
                        help="a folder with the archive of the runtime's networks (default: download it)")
    parser.set_defaults(runs=15)
    arguments = parser.parse_args()
    print_machine()
    results = {}
    with tempfile.TemporaryDirectory() as scratch:
        packages = arguments.package_dir or face_mesh.PACKAGE.download(Path(scratch))
        path = Path(scratch) / "frame.png"
        frame = make_frame()
        frame.save(path)
        compare(arguments.cvtool, path, Runtime(packages, 1))
        for threads in arguments.threads:
            rounds, runtime = Rounds(), Runtime(packages, threads)

            def cvtool() -> None:
                steps = cvtool_benchmark(
                    arguments.cvtool, "--model", "blazeface-short", "--mesh", "face-mesh", "--image", str(path), "--no-network",
                    "--threads", str(threads), "--runs", str(arguments.runs))
                for step in ("faces", "mesh", "faces + mesh"):
                    rounds.add(f"cvtool: {step}", steps[step])

            def tflite() -> None:
                for name, turn in zip(("tflite: everything", "tflite: networks"), runtime.turn(frame, arguments.runs)):
                    rounds.add(name, turn)

            for number in range(arguments.rounds):
                wait_for_quiet(arguments.patience)
                for turn in (cvtool, tflite) if number % 2 else (tflite, cvtool):
                    turn()
            print(f"one frame of 640 × 480, {threads} thread{'s' if threads > 1 else ''}\n")
            print_table(["", "ms (median / fastest)"],
                        [[name, f"{rounds.median(name):.2f} / {rounds.fastest(name):.2f}"] for name in sorted(rounds.turns)])
            for other in ("tflite: everything", "tflite: networks"):
                print(f"cvtool: faces + mesh / {other}: {rounds.ratio('cvtool: faces + mesh', other):.2f} "
                      f"({rounds.ratio_range('cvtool: faces + mesh', other)}), "
                      f"fastest runs {rounds.fastest_ratio('cvtool: faces + mesh', other):.2f}")
            print()
            results[threads] = rounds.turns
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
