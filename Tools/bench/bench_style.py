#!/usr/bin/env python3
"""A step of style transfer on the pixels of a picture, forward, backward and Adam: `cvtool` against PyTorch, in float32.

    swift build -c release --product cvtool
    pip install -r Tools/bench/requirements.txt
    python3 Tools/bench/bench_style.py

Both run a VGG-19 of random weights up to conv5_1 with Gram matrices of conv1_1 to conv5_1, the maps of conv4_2 and total
variation, each turn in a process of its own. PyTorch has a turn with its usual layout and one with channels last. Rounds are
interleaved; the ratio is the median over the rounds of the ratio within a round. Memory is the most that a process held at
a time.
"""

import json
import resource
import subprocess
import sys

from common import Rounds, Turn, argument_parser, print_machine, print_table, take_turn, wait_for_quiet

SIZES = [256, 512]
LAYOUTS = ["torch", "torch channels last"]
# Places of the ReLUs after conv1_1, …, conv5_1 and conv4_2 in torchvision's `vgg19().features`.
STYLE, CONTENT = (1, 6, 11, 20, 29), 22


def torch_step(size: int, channels_last: bool):
    """A function that makes one step."""
    import torch
    import torchvision

    torch.manual_seed(1)
    net = torchvision.models.vgg19(weights=None).features[:max(STYLE) + 1].eval().requires_grad_(False)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    net = net.to(memory_format=layout)
    scale, mean = 255 / 57, torch.tensor([0.485, 0.456, 0.406]).reshape(1, 3, 1, 1) / 0.225

    def maps(x):
        kept = []
        x = torch.nn.functional.pad(x * scale - mean, (1, 1, 1, 1), mode="replicate").to(memory_format=layout)
        for place, layer in enumerate(net):
            if place == 0:
                x = torch.nn.functional.conv2d(x, layer.weight, layer.bias)
            else:
                x = layer(x)
            if place in (*STYLE, CONTENT):
                kept.append(x)
        # conv4_2 stands before conv5_1.
        return [*kept[:4], kept[5]], kept[4]

    def gram(x):
        f = x.flatten(2)
        return f @ f.mT / f.shape[2]

    with torch.no_grad():
        style, content = maps(torch.rand(1, 3, size, size))
        grams = [gram(x) for x in style]
        _, content = maps(torch.rand(1, 3, size, size))
        factors = [1 / (20 * g.square().sum()) for g in grams]
    picture = torch.rand(1, 3, size, size).requires_grad_()
    adam = torch.optim.Adam([picture], 0.02, betas=(0.9, 0.99))

    def step() -> None:
        adam.zero_grad()
        found, own = maps(picture)
        loss = sum(f * (gram(x) - g).square().sum() for x, g, f in zip(found, grams, factors))
        loss = loss + 0.05 * (own - content).square().sum() / content.square().sum() / 2
        loss = loss + (picture.diff(dim=3).square().mean() + picture.diff(dim=2).square().mean()) / 2
        (loss * picture.numel()).backward()
        adam.step()
        with torch.no_grad():
            picture.clamp_(0, 1)

    return step


def torch_turn(size: int, layout: str, threads: int, runs: int) -> None:
    """What the process of a turn does: prints its times and memory."""
    import torch

    torch.set_num_threads(threads)
    turn = take_turn(torch_step(size, layout == LAYOUTS[1]), runs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"median": turn.median, "fastest": turn.fastest, "memory": peak}))


def measure(arguments, size: int) -> list[str]:
    """All rounds at a size; a row of the table."""
    rounds, memory = Rounds(), {}
    for number in range(arguments.rounds):
        names = ["cvtool", *LAYOUTS]
        start = number % len(names)
        wait_for_quiet(arguments.patience)
        for name in names[start:] + names[:start]:
            if name == "cvtool":
                command = [arguments.cvtool, "benchmark", "--json", "--style", str(size), "--runs",
                           str(arguments.runs), "--threads", str(arguments.threads)]
            else:
                command = [sys.executable, __file__, "--turn", str(size), name, "--threads", str(arguments.threads),
                           "--runs", str(arguments.runs)]
            found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            if name == "cvtool":
                times = found["milliseconds"]["step"]
                found = {"median": times["median"], "fastest": times["minimum"], "memory": found["peakMegabytes"]}
            rounds.add(name, Turn(found["median"], found["fastest"]))
            memory[name] = max(memory.get(name, 0), found["memory"])
    best = min(LAYOUTS, key=rounds.median)
    return [
        f"{size}²", f"{rounds.ratio('cvtool', LAYOUTS[0]):.2f}", rounds.ratio_range("cvtool", LAYOUTS[0]),
        f"{rounds.ratio('cvtool', LAYOUTS[1]):.2f}", f"{rounds.fastest_ratio('cvtool', best):.2f}",
        " / ".join(f"{rounds.median(name):.0f}" for name in ["cvtool", *LAYOUTS]),
        " / ".join(f"{memory[name]:.0f}" for name in ["cvtool", *LAYOUTS]),
        f"{memory['cvtool'] / memory[LAYOUTS[0]]:.2f}",
    ]


def main() -> None:
    parser = argument_parser(__doc__)
    parser.set_defaults(rounds=5, runs=5)
    parser.add_argument("--threads", type=int, default=2, metavar="N")
    parser.add_argument("--only", type=int, metavar="SIZE", help="one of them alone")
    parser.add_argument("--turn", nargs=2, metavar=("SIZE", "LAYOUT"), help="used by the script itself")
    arguments = parser.parse_args()
    if arguments.turn:
        torch_turn(int(arguments.turn[0]), arguments.turn[1], arguments.threads, arguments.runs)
        return
    print_machine()
    rows = [measure(arguments, size) for size in SIZES if arguments.only in (None, size)]
    print_table(
        ["a step at", "cvtool / torch", "middle half", "cvtool / channels last", "fastest runs (best layout)",
         "ms: cvtool / torch / channels last", "MiB of memory", "cvtool / torch"], rows)


if __name__ == "__main__":
    main()
