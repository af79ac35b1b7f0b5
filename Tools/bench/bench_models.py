#!/usr/bin/env python3
"""Forward passes of thirteen networks: `cvtool` against ONNX Runtime, OpenVINO and ncnn.

    swift build -c release --product cvtool
    pip install -r Tools/bench/requirements.txt
    python3 Tools/bench/bench_models.py --models .build-models --patience 10

The competitors run the same weights, from a seed, on the same input, and are compared with PyTorch first; cvtool runs
random weights of its own. The rounds are interleaved; what counts is the median over the rounds of the ratio within a
round, to the best competitor that computes in the same precision.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench_networks import NETWORKS, Network, exported
from common import Turn, argument_parser, cvtool_report, print_machine, wait_for_quiet
from models_report import Case, print_report, write_json
from peers import PEERS, Peer, PeerFailed

DEFAULT_PEERS = {"float32": [peer for peer in PEERS if peer != "torch"], "bf16": ["openvino-default"]}


def run_cvtool(arguments: argparse.Namespace, case: Case, runs: int) -> dict:
    """What `cvtool benchmark` says of the network."""
    options = [case.network.name, "--imgsz", str(case.network.side), "--threads", str(case.threads),
               "--runs", str(runs)]
    if case.batch > 1:
        options += ["--batch", str(case.batch)]
    if case.precision != "float32":
        options += ["--precision", case.precision]
    return cvtool_report(arguments.cvtool, *options)


def start_cvtool(arguments: argparse.Namespace, case: Case) -> bool:
    """Has cvtool run the network twice, for the time from the start of its process to the first result.

    Returns: whether it can run it.
    """
    start = time.monotonic()
    try:
        report = run_cvtool(arguments, case, runs=1)
    except (OSError, subprocess.CalledProcessError) as error:
        text = getattr(error, "stderr", None) or str(error)
        case.failures["cvtool"] = text.strip().splitlines()[0]
        return False
    case.startup["cvtool"] = time.monotonic() - start - report["milliseconds"]["network"]["median"] / 1e3
    return True


def start_peers(arguments: argparse.Namespace, case: Case, folder: Path) -> list[Peer]:
    """Those that can run the network."""
    peers = []
    for name in arguments.peers or DEFAULT_PEERS[case.precision]:
        if name == "ncnn" and not (folder / "model.ncnn.param").exists():
            case.failures[name] = "pnnx cannot export the network"
            continue
        try:
            peer = Peer(name, folder, case.threads)
        except PeerFailed as failure:
            case.failures[name] = str(failure)
            continue
        peers.append(peer)
        case.versions[name], case.errors[name], case.startup[name] = peer.version, peer.error, peer.startup
    return peers


def cvtool_turn(arguments: argparse.Namespace, case: Case, runs: int) -> tuple[Turn, float]:
    """Its times, and the most memory that it held."""
    report = run_cvtool(arguments, case, runs)
    times = report["milliseconds"]["network"]
    return Turn(times["median"], times["minimum"]), report["peakMegabytes"]


def measure(arguments: argparse.Namespace, case: Case, folder: Path) -> None:
    """All rounds of a case."""
    runs = max(2, round(arguments.runs * case.network.share))
    turns: list[tuple[str, Callable[[], tuple[Turn, float]]]] = []
    if start_cvtool(arguments, case):
        turns.append(("cvtool", lambda: cvtool_turn(arguments, case, runs)))
    peers = start_peers(arguments, case, folder)
    turns += [(peer.name, lambda peer=peer: (peer.turn(runs), peer.memory)) for peer in peers]
    try:
        for number in range(arguments.rounds if turns else 0):
            # Each round starts with another competitor, so that none always follows the same one.
            start = number % len(turns)
            wait_for_quiet(arguments.patience)
            for name, turn in turns[start:] + turns[:start]:
                case.add(name, *turn())
    finally:
        for peer in peers:
            peer.end()


def chosen(only: list[str] | None) -> list[Network]:
    """The networks of these names, with or without their side; all for None."""
    known = {name for network in NETWORKS for name in (network.name, network.label)}
    for name in only or []:
        if name not in known:
            raise SystemExit(f"no network {name}; there are {', '.join(network.label for network in NETWORKS)}")
    return [network for network in NETWORKS if not only or {network.name, network.label} & set(only)]


def run(arguments: argparse.Namespace, models: Path) -> None:
    """All networks with each number of threads; tables at the end."""
    cases: list[Case] = []
    for network in chosen(arguments.only):
        folder = exported(network, arguments.batch, models)
        for threads in arguments.threads:
            case = Case(network, threads, arguments.batch, arguments.precision)
            measure(arguments, case, folder)
            cases.append(case)
            print(case.line(), file=sys.stderr, flush=True)
            if arguments.json:
                # After each: a run of all takes long, and may be stopped.
                write_json(arguments.json, cases)
    print_report(cases)


def main() -> None:
    parser = argument_parser(__doc__)
    parser.set_defaults(rounds=7, runs=6)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these networks, such as unet or unet@256")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], metavar="N", help="(default: 1 2)")
    parser.add_argument("--batch", type=int, default=1, metavar="N", help="images at a time (default: 1)")
    parser.add_argument("--precision", choices=list(DEFAULT_PEERS), default="float32",
                        help="what cvtool computes in; bf16 is compared with OpenVINO's default (default: float32)")
    parser.add_argument("--peers", nargs="+", choices=PEERS, metavar="PEER",
                        help=f"of {', '.join(PEERS)} (default: those of the precision, without torch)")
    parser.add_argument("--models", type=Path, metavar="DIR",
                        help="keep the exported networks there (2 GB) and use those that are there; delete them when "
                             "a definition changes (default: a temporary folder)")
    arguments = parser.parse_args()
    print_machine()
    if arguments.models:
        return run(arguments, arguments.models)
    with tempfile.TemporaryDirectory() as scratch:
        run(arguments, Path(scratch))


if __name__ == "__main__":
    main()
