"""The cases of networks.py for the Inception networks, plain networks, YOLOv3 and further U-Nets: torchvision's, or reimplemented.

Each case comes in two sizes of input, one of them under a name with a suffix. The auxiliary heads are compared in training,
where the output is the logits plus the weighted sum of theirs, and dropout has probability 0.
"""

import torch
import torchvision
from torch import nn
from torch.nn import functional
from torchvision.models.resnet import BasicBlock

from reference.resnet20 import ResNet as CIFARResNet

CLASSES = 10


class GoogLeNet(torchvision.models.GoogLeNet):
    """In training: logits + 0.3 · those of each auxiliary head."""

    def __init__(self, **dropout):
        super().__init__(num_classes=CLASSES, aux_logits=True, init_weights=False, **dropout)

    def forward(self, x):
        y = super().forward(x)
        return y.logits + 0.3 * (y.aux_logits1 + y.aux_logits2) if self.training else y


class InceptionV3(torchvision.models.Inception3):
    """In training: logits + 0.4 · those of the auxiliary head."""

    def __init__(self, **dropout):
        super().__init__(num_classes=CLASSES, aux_logits=True, init_weights=False, **dropout)

    def forward(self, x):
        y = super().forward(x)
        return y.logits + 0.4 * y.aux_logits if self.training else y


def heads_only(network):
    """Only the heads are to learn: what is before them is large, and compared elsewhere."""
    for key, parameter in network.named_parameters():
        parameter.requires_grad_(key.startswith(("AuxLogits.", "fc.")))
    return network


class PlainBlock(BasicBlock):
    """torchvision's block without its shortcut."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.downsample = None

    def forward(self, x):
        return functional.relu(self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x))))))


def plain(depth):
    """ResNet-18 or 34 without shortcuts."""
    blocks = {18: [2, 2, 2, 2], 34: [3, 4, 6, 3]}[depth]
    return torchvision.models.ResNet(PlainBlock, blocks, num_classes=CLASSES)


def plain_cifar(depth):
    """The network for small images without shortcuts."""
    network = CIFARResNet(blocks=(depth - 2) // 6)
    for layer in (network.layer1, network.layer2, network.layer3):
        for block in layer:
            block.forward = PlainBlock.forward.__get__(block)
    return network


class DarknetBlock(nn.Module):
    """Convolution, batch-norm, leaky ReLU."""

    def __init__(self, cin, cout, kernel, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, kernel, stride, kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(cout, eps=1e-6)

    def forward(self, x):
        return functional.leaky_relu(self.bn(self.conv(x)), 0.1)


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = DarknetBlock(channels, channels // 2, 1)
        self.conv2 = DarknetBlock(channels // 2, channels, 3)

    def forward(self, x):
        return x + self.conv2(self.conv1(x))


class Stage(nn.Sequential):
    """Keys `conv`, `0`, `1`, …."""

    def __init__(self, cin, blocks):
        super().__init__()
        self.conv = DarknetBlock(cin, 2 * cin, 3, 2)
        for index in range(blocks):
            self.add_module(str(index), Residual(2 * cin))


class Darknet53(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv1 = DarknetBlock(3, width, 3)
        for index, blocks in enumerate([1, 2, 8, 8, 4]):
            setattr(self, f"layer{index + 1}", Stage(width << index, blocks))

    def forward(self, x):
        fine = self.layer3(self.layer2(self.layer1(self.conv1(x))))
        middle = self.layer4(fine)
        return fine, middle, self.layer5(middle)


class Scale(nn.Module):
    def __init__(self, cin, width, classes):
        super().__init__()
        for index, (inputs, outputs) in enumerate([(cin, width)] + [(width, 2 * width), (2 * width, width)] * 2):
            setattr(self, f"conv{index + 1}", DarknetBlock(inputs, outputs, 3 if index % 2 else 1))
        self.conv6 = DarknetBlock(width, 2 * width, 3)
        self.head = nn.Conv2d(2 * width, 3 * (5 + classes), 1)

    def forward(self, x):
        for index in range(5):
            x = getattr(self, f"conv{index + 1}")(x)
        return self.head(self.conv6(x)), x


class YOLOv3(nn.Module):
    """The three grids one after the other, [N, values]."""

    def __init__(self, classes=3, width=4):
        super().__init__()
        self.darknet = Darknet53(width)
        self.scale1 = Scale(32 * width, 16 * width, classes)
        self.up1 = DarknetBlock(16 * width, 8 * width, 1)
        self.scale2 = Scale(24 * width, 8 * width, classes)
        self.up2 = DarknetBlock(8 * width, 4 * width, 1)
        self.scale3 = Scale(12 * width, 4 * width, classes)

    def forward(self, x):
        fine, middle, coarse = self.darknet(x)
        head1, x = self.scale1(coarse)
        head2, x = self.scale2(torch.cat([functional.interpolate(self.up1(x), scale_factor=2), middle], 1))
        head3, _ = self.scale3(torch.cat([functional.interpolate(self.up2(x), scale_factor=2), fine], 1))
        return torch.cat([y.flatten(1) for y in (head1, head2, head3)], 1)


# Their gradients are taken in inference mode: see ResNet-50 in networks.py.
INFERENCE = {"yolov3", "yolov3-wide", "plain34", "plain34-wide"}
# Of thirty million inputs of rectifiers some are always near 0. No gradient is taken through them: PyTorch's own of the input
# differ by a hundredth in single and double precision.
HEADS_ONLY = {"inception_v3-training"}


def cases(unet):
    """As `networks()`; unet: the class there."""
    return [
        ("googlenet", [4, 3, 48, 48], 2, GoogLeNet(dropout=0.0, dropout_aux=0.0)),
        ("googlenet-wide", [1, 3, 33, 70], 1, GoogLeNet()),
        ("inception_v3", [1, 3, 75, 75], 1, InceptionV3()),
        ("inception_v3-wide", [1, 3, 80, 113], 1, InceptionV3()),
        ("plain18", [3, 3, 48, 48], 8, plain(18)),
        ("plain18-wide", [2, 3, 37, 66], 2, plain(18)),
        ("plain34", [4, 3, 48, 48], 4, plain(34)),
        ("plain34-wide", [1, 3, 39, 65], 1, plain(34)),
        ("plain20", [2, 3, 32, 32], 8, plain_cifar(20)),
        ("plain20-wide", [2, 3, 19, 38], 2, plain_cifar(20)),
        ("yolov3", [2, 3, 96, 64], 4, YOLOv3()),
        ("yolov3-wide", [1, 3, 64, 160], 1, YOLOv3()),
        ("unet-norm", [1, 3, 45, 50], 8, unet(3, 3, 4, False, True)),
        ("unet-bilinear", [2, 3, 26, 31], 16, unet(5, 2, 6, True, False)),
        ("unet-odd", [1, 3, 33, 19], 8, unet(2, 4, 3, False, False)),
        # The auxiliary head takes no smaller images in training.
        ("inception_v3-training", [3, 3, 299, 299], 4, heads_only(InceptionV3(dropout=0.0))),
    ]
