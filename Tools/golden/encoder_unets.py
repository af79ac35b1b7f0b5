"""PyTorch implementations of the U-Nets whose encoder is a classifier's backbone."""

import torch
import torchvision
from torch import nn
from torch.nn import functional

from .mobile_nets import EfficientNetLite0


class MobileNetV2Encoder(nn.Module):
    """torchvision's, up to its last convolution; feature maps at 1/2 to 1/32."""

    widths, positions = [16, 24, 32, 96, 320], [1, 3, 6, 13, 17]

    def __init__(self):
        super().__init__()
        self.features = torchvision.models.mobilenet_v2().features[:-1]

    def forward(self, x):
        maps = []
        for index, layer in enumerate(self.features):
            x = layer(x)
            maps += [x] * (index in self.positions)
        return maps


class EfficientNetLiteEncoder(nn.Module):
    """EfficientNet-Lite0 up to its last block."""

    widths, positions = [16, 24, 40, 112, 320], [0, 2, 4, 10, 15]

    def __init__(self):
        super().__init__()
        whole = EfficientNetLite0(1)
        self._conv_stem, self._bn0, self._blocks = whole._conv_stem, whole._bn0, whole._blocks

    def forward(self, x):
        x, maps = functional.hardtanh(self._bn0(self._conv_stem(x)), 0, 6), []
        for index, block in enumerate(self._blocks):
            x = block(x)
            maps += [x] * (index in self.positions)
        return maps


class DecoderBlock(nn.Module):
    """Upsampled to the size of the skip connection, and two convolutions."""

    def __init__(self, cin, cout):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(cin, cout, 3, padding=1, bias=False), nn.BatchNorm2d(cout)
        self.conv2, self.bn2 = nn.Conv2d(cout, cout, 3, padding=1, bias=False), nn.BatchNorm2d(cout)

    def forward(self, x, skip):
        x = functional.interpolate(x, skip.shape[2:], mode="bilinear", align_corners=False)
        x = functional.relu(self.bn1(self.conv1(torch.cat([x, skip], 1))))
        return functional.relu(self.bn2(self.conv2(x)))


class EncoderUNet(nn.Module):
    """Logits at half size, upsampled to the image."""

    def __init__(self, encoder, classes):
        super().__init__()
        self.encoder = encoder
        widths = [128, 64, 48, 32]
        below, skips = [encoder.widths[-1], *widths], encoder.widths[-2::-1]
        self.decoder = nn.ModuleList(DecoderBlock(a + b, c) for a, b, c in zip(below, skips, widths))
        self.out = nn.Conv2d(widths[-1], classes, 1)

    def forward(self, x):
        size, maps = x.shape[2:], self.encoder(x)
        y = maps.pop()
        for block in self.decoder:
            y = block(y, maps.pop())
        return functional.interpolate(self.out(y), size, mode="bilinear", align_corners=False)
