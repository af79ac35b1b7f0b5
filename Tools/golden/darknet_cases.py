"""Small darknet networks that between them have every layer the toolkit reads, each with what is easily mistaken.

A case is written as a list of short lines instead of a cfg: `section key=value …`. Three classes and two anchors a head
give heads of 16 channels.
"""

ANCHORS = "anchors=6,8,12,9,16,24,30,20"
BN = "batch_normalize=1"


def yolo(mask: str, extra: str = "") -> str:
    """A yolo section with these of the four anchors."""
    return f"yolo mask={mask} {ANCHORS} classes=3 num=4 {extra}"


HEAD = "convolutional filters=16 size=1 stride=1 pad=1 activation=linear"

CASES: dict[str, list[str]] = {
    # Width and height differ; strided, valid and explicitly padded convolutions; a bias without batch-norm.
    "plain": [
        "net width=64 height=48 channels=3",
        f"convolutional {BN} filters=8 size=3 stride=2 pad=1 activation=leaky",
        "convolutional filters=8 size=5 stride=1 padding=2 activation=relu",
        "maxpool size=2 stride=2",
        f"convolutional {BN} filters=12 size=3 stride=1 pad=0 activation=linear",
        "convolutional filters=12 size=3 padding=1 activation=logistic",
        HEAD, yolo("0,1"),
    ],
    # Grouped and depthwise convolutions, relu6, dropout.
    "groups": [
        "net width=48 height=48 channels=3",
        f"convolutional {BN} filters=8 size=3 stride=2 pad=1 activation=relu6",
        f"convolutional {BN} filters=8 size=3 stride=2 pad=1 groups=8 activation=relu6",
        "convolutional filters=16 size=1 activation=relu",
        "dropout probability=.5",
        f"convolutional {BN} filters=24 size=3 stride=1 pad=1 groups=4 activation=leaky",
        HEAD, yolo("1,2"),
    ],
    # As in YOLOv4-tiny: half of the channels go another way; two heads, the finer from an upsampled route; scale_x_y.
    "partial": [
        "net width=48 height=48 channels=3",
        f"convolutional {BN} filters=8 size=3 stride=2 pad=1 activation=leaky",
        f"convolutional {BN} filters=12 size=3 stride=2 pad=1 activation=leaky",
        "route layers=-1 groups=2 group_id=1",
        f"convolutional {BN} filters=6 size=3 pad=1 activation=leaky",
        f"convolutional {BN} filters=6 size=3 pad=1 activation=leaky",
        "route layers=-1,-2",
        f"convolutional {BN} filters=12 size=1 pad=1 activation=mish",
        "route layers=-6,-1",
        "maxpool size=2 stride=2",
        f"convolutional {BN} filters=10 size=3 pad=1 activation=leaky",
        HEAD, yolo("2,3", "scale_x_y=1.05"),
        "route layers=9",
        f"convolutional {BN} filters=8 size=1 pad=1 activation=leaky",
        "upsample stride=2",
        "route layers=-1,7",
        HEAD, yolo("0,1", "scale_x_y=1.2"),
    ],
    # Spatial pyramid pooling: max-pools of stride 1 that keep the size, joined by a route of four.
    "pyramid": [
        "net width=56 height=56 channels=3",
        f"convolutional {BN} filters=8 size=3 stride=2 pad=1 activation=swish",
        f"convolutional {BN} filters=8 size=3 stride=2 pad=1 activation=swish",
        "maxpool size=5 stride=1",
        "route layers=-2",
        "maxpool size=9 stride=1",
        "route layers=1",
        "maxpool size=13 stride=1",
        "route layers=-1,-3,-5,-6",
        f"convolutional {BN} filters=16 size=1 activation=swish",
        HEAD, yolo("0,3"),
    ],
    # Shortcuts with and without activation, over fewer and over more channels than the previous layer has.
    "shortcuts": [
        "net width=48 height=32 channels=3",
        f"convolutional {BN} filters=8 size=3 stride=2 pad=1 activation=mish",
        f"convolutional {BN} filters=8 size=3 stride=1 pad=1 activation=mish",
        "shortcut from=-2 activation=linear",
        f"convolutional {BN} filters=12 size=3 stride=1 pad=1 activation=linear",
        "shortcut from=-2 activation=leaky",
        f"convolutional {BN} filters=8 size=3 stride=1 pad=1 activation=linear",
        "shortcut from=3 activation=relu",
        f"convolutional {BN} filters=12 size=3 stride=2 pad=1 activation=mish",
        HEAD, yolo("1,3"),
    ],
    # Max-pools of every parity, on odd sizes too: where darknet pads is easily mistaken.
    "pools": [
        "net width=44 height=36 channels=3",
        f"convolutional {BN} filters=8 size=3 stride=1 pad=1 activation=leaky",
        "maxpool size=2 stride=2",
        f"convolutional {BN} filters=8 size=3 stride=2 pad=1 activation=leaky",
        "maxpool size=2 stride=1",
        "convolutional filters=8 size=1 activation=linear",
        "maxpool size=3 stride=1",
        f"convolutional {BN} filters=8 size=3 pad=1 activation=linear",
        "maxpool size=2 stride=2",
        "upsample stride=4",
        "maxpool size=3 stride=2",
        HEAD, yolo("0,2"),
    ],
    # Scaled-YOLOv4: the sigmoid is in the head's convolution, not in the yolo layer; weights with the older, shorter header.
    "new-coords": [
        "net width=32 height=32 channels=3",
        f"convolutional {BN} filters=8 size=3 stride=2 pad=1 activation=swish",
        f"convolutional {BN} filters=8 size=3 stride=2 pad=1 activation=leaky",
        "route layers=0",
        "convolutional filters=8 size=2 stride=2 activation=relu",
        "route layers=-1,1",
        "convolutional filters=16 size=1 stride=1 pad=1 activation=logistic",
        yolo("0,1", "scale_x_y=2.0 new_coords=1"),
    ],
}


def cfg_text(lines: list[str]) -> str:
    """The case as a darknet cfg."""
    sections = []
    for kind, *options in (line.split() for line in lines):
        sections.append("\n".join([f"[{kind}]", *options]))
    return "# Made by Tools/golden.py darknet\n" + "\n\n".join(sections) + "\n"
