#!/usr/bin/env python3
"""YOLOv3-tiny, one image of 416 × 416, float32: `cvtool` against ONNX Runtime, OpenVINO, ncnn and PyTorch.

    swift build -c release --product cvtool
    pip install -r Tools/bench/requirements.txt
    python3 Tools/bench/bench_detect.py

All run the same weights on the same input; every competitor's result is compared with PyTorch's first. The rounds are
interleaved; what counts is the median over the rounds of the ratio within a round.
"""

import json
import tempfile
from pathlib import Path

from bench_networks import export, make_input
from common import ROOT, Rounds, Turn, argument_parser, cvtool_benchmark, print_machine, print_table, wait_for_quiet
from peers import PEERS, SAME_PRECISION, Peer

SIDE = 416


def export_weights(weights: Path, folder: Path) -> None:
    """Writes the network for all competitors into `folder`, and what PyTorch makes of the input."""
    from golden.yolov3_tiny import YOLOv3Tiny
    from safetensors.torch import load_file

    model = YOLOv3Tiny().eval()
    _, unexpected = model.load_state_dict(load_file(weights), strict=False)
    if unexpected:
        raise SystemExit(f"{weights}: not the weights of yolov3-tiny: {', '.join(unexpected[:3])}")
    export(model, make_input(SIDE), folder)


def measure(arguments, folder: Path, threads: int) -> tuple[Rounds, list[Peer]]:
    """All rounds with this number of threads."""
    rounds = Rounds()
    peers = [Peer(name, folder, threads) for name in arguments.peers]

    def cvtool() -> Turn:
        return cvtool_benchmark(arguments.cvtool, "--model", str(arguments.weights), "--imgsz", str(SIDE),
                                "--threads", str(threads), "--runs", str(arguments.runs))["network"]

    turns = [("cvtool", cvtool)] + [(peer.name, lambda peer=peer: peer.turn(arguments.runs)) for peer in peers]
    try:
        for number in range(arguments.rounds):
            # Each round starts with another competitor, so that none always follows the same one.
            start = number % len(turns)
            wait_for_quiet(arguments.patience)
            for name, turn in turns[start:] + turns[:start]:
                rounds.add(name, turn())
    finally:
        for peer in peers:
            peer.end()
    return rounds, peers


def report(rounds: Rounds, peers: list[Peer], threads: int) -> None:
    """Prints the table of one number of threads."""
    rows = [["cvtool", "", "", "", f"{rounds.median('cvtool'):.1f} / {rounds.fastest('cvtool'):.1f}", ""]]
    for peer in peers:
        name = f"{peer.name} {peer.version}" + ("" if peer.name in SAME_PRECISION else " (bfloat16: not the same work)")
        rows.append([name, f"{rounds.ratio('cvtool', peer.name):.2f}", rounds.ratio_range("cvtool", peer.name),
                     f"{rounds.fastest_ratio('cvtool', peer.name):.2f}",
                     f"{rounds.median(peer.name):.1f} / {rounds.fastest(peer.name):.1f}", f"{peer.error:.0e}"])
    print(f"yolov3-tiny@{SIDE}, {threads} thread{'s' if threads > 1 else ''}\n")
    print_table(["", "cvtool / peer", "middle half", "fastest runs", "ms (median / fastest)", "relative error"], rows)
    equals = [peer.name for peer in peers if peer.name in SAME_PRECISION]
    if equals:
        best = min(equals, key=rounds.fastest)
        print(f"cvtool / best peer ({best}): {rounds.ratio('cvtool', best):.2f}, "
              f"fastest runs {rounds.fastest_ratio('cvtool', best):.2f}\n")


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--weights", type=Path, default=ROOT / "Weights" / "yolov3-tiny.safetensors", metavar="FILE",
                        help="the weights that all run (default: those of this package)")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], metavar="N", help="(default: 1 2)")
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=PEERS, metavar="PEER",
                        help=f"of {', '.join(PEERS)} (default: all)")
    arguments = parser.parse_args()
    print_machine()
    with tempfile.TemporaryDirectory() as scratch:
        export_weights(arguments.weights, Path(scratch))
        results = {}
        for threads in arguments.threads:
            rounds, peers = measure(arguments, Path(scratch), threads)
            report(rounds, peers, threads)
            results[threads] = rounds.turns
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
