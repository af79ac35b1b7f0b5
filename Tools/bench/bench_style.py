#!/usr/bin/env python3
"""A step of style transfer on the pixels of an image, forward, backward and Adam: `cvtool` against PyTorch, in float32.

    swift build -c release --product cvtool
    pip install -r Tools/bench/requirements.txt
    python3 Tools/bench/bench_style.py

Both run a VGG-19 of random weights up to conv5_1 with Gram matrices of conv1_1 to conv5_1, the feature maps of conv4_2 and total
variation, each turn in a process of its own. PyTorch has a turn with its usual layout and one with channels last. Rounds are
interleaved; the ratio is the median over the rounds of the ratio within a round. Memory is the most that a process held at
a time.
"""

from common import print_machine, print_table
from torch_steps import HEADING, LAYOUTS, measure, memory_format, print_turn, step_parser

SIZES = [256, 512]
# Places of the ReLUs after conv1_1, …, conv5_1 and conv4_2 in torchvision's `vgg19().features`.
STYLE, CONTENT = (1, 6, 11, 20, 29), 22


def torch_step(size: int, channels_last: bool):
    """A function that makes one step."""
    import torch
    import torchvision

    torch.manual_seed(1)
    net = torchvision.models.vgg19(weights=None).features[:max(STYLE) + 1].eval().requires_grad_(False)
    layout = memory_format(channels_last)
    net = net.to(memory_format=layout)
    scale, mean = 255 / 57, torch.tensor([0.485, 0.456, 0.406]).reshape(1, 3, 1, 1) / 0.225

    def features(x):
        kept = []
        x = torch.nn.functional.pad(x * scale - mean, (1, 1, 1, 1), mode="replicate").to(memory_format=layout)
        for position, layer in enumerate(net):
            if position == 0:
                x = torch.nn.functional.conv2d(x, layer.weight, layer.bias)
            else:
                x = layer(x)
            if position in (*STYLE, CONTENT):
                kept.append(x)
        # conv4_2 stands before conv5_1.
        return [*kept[:4], kept[5]], kept[4]

    def gram(x):
        f = x.flatten(2)
        return f @ f.mT / f.shape[2]

    with torch.no_grad():
        style, content = features(torch.rand(1, 3, size, size))
        grams = [gram(x) for x in style]
        _, content = features(torch.rand(1, 3, size, size))
        factors = [1 / (20 * g.square().sum()) for g in grams]
    image = torch.rand(1, 3, size, size).requires_grad_()
    adam = torch.optim.Adam([image], 0.02, betas=(0.9, 0.99))

    def step() -> None:
        adam.zero_grad()
        found, own = features(image)
        loss = sum(f * (gram(x) - g).square().sum() for x, g, f in zip(found, grams, factors))
        loss = loss + 0.05 * (own - content).square().sum() / content.square().sum() / 2
        loss = loss + (image.diff(dim=3).square().mean() + image.diff(dim=2).square().mean()) / 2
        (loss * image.numel()).backward()
        adam.step()
        with torch.no_grad():
            image.clamp_(0, 1)

    return step


def row(arguments, size: int) -> list[str]:
    """A row of the table."""
    steps = measure(arguments, str(size), arguments.runs, ["--style", str(size)])
    return [f"{size}²", *steps.cells(), f"{steps.memory['cvtool'] / steps.memory[LAYOUTS[0]]:.2f}"]


def main() -> None:
    parser = step_parser(__doc__, "SIZE", int)
    parser.set_defaults(runs=5)
    arguments = parser.parse_args()
    if arguments.turn:
        return print_turn(arguments, lambda channels_last: torch_step(int(arguments.turn[0]), channels_last))
    print_machine()
    rows = [row(arguments, size) for size in SIZES if arguments.only in (None, size)]
    print_table(["a step at", *HEADING, "cvtool / torch"], rows)


if __name__ == "__main__":
    main()
