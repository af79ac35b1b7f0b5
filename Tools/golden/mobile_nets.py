"""PyTorch implementations of the small networks that torchvision does not have."""

from torch import nn
from torch.nn import functional


def block(cin: int, cout: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution, normalization, ReLU."""
    return nn.Sequential(
        nn.Conv2d(cin, cout, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(cout), nn.ReLU())


class SeparableConv(nn.Module):
    """3×3 on each channel apart, then 1×1 over all of them."""

    def __init__(self, cin, cout, stride):
        super().__init__()
        self.depthwise, self.pointwise = block(cin, cin, 3, stride, groups=cin), block(cin, cout, 1)

    def forward(self, x):
        return self.pointwise(self.depthwise(x))


class MobileNetV1(nn.Module):
    """Howard et al. 2017, table 1."""

    def __init__(self, num_classes):
        super().__init__()
        widths = [32, 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024]
        strides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1]
        self.features = nn.Sequential(
            block(3, 32, 3, 2), *(SeparableConv(*sizes) for sizes in zip(widths, widths[1:], strides)))
        self.fc = nn.Linear(1024, num_classes)

    def forward(self, x):
        return self.fc(self.features(x).mean((2, 3)))


class SameConv2d(nn.Conv2d):
    """Padded as TensorFlow's SAME: ⌈size / stride⌉ outputs, and of an odd padding the one more is after the last."""

    def forward(self, x):
        for dimension in (3, 2):
            size, kernel, stride = x.shape[dimension], self.kernel_size[dimension - 2], self.stride[dimension - 2]
            padding = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            sides = [padding // 2, padding - padding // 2]
            x = functional.pad(x, sides if dimension == 3 else [0, 0, *sides])
        return super().forward(x)


def same(cin: int, cout: int, kernel: int, stride: int = 1, groups: int = 1) -> tuple[nn.Module, nn.Module]:
    """A convolution and its normalization."""
    return SameConv2d(cin, cout, kernel, stride, groups=groups, bias=False), nn.BatchNorm2d(cout, eps=1e-3, momentum=0.01)


class MBConv(nn.Module):
    """Wide and depthwise within."""

    def __init__(self, cin, cout, kernel, stride, expansion):
        super().__init__()
        wide = cin * expansion
        if expansion > 1:
            self._expand_conv, self._bn0 = same(cin, wide, 1)
        self._depthwise_conv, self._bn1 = same(wide, wide, kernel, stride, groups=wide)
        self._project_conv, self._bn2 = same(wide, cout, 1)
        self.expands, self.adds = expansion > 1, stride == 1 and cin == cout

    def forward(self, x):
        y = functional.hardtanh(self._bn0(self._expand_conv(x)), 0, 6) if self.expands else x
        y = functional.hardtanh(self._bn1(self._depthwise_conv(y)), 0, 6)
        y = self._bn2(self._project_conv(y))
        return x + y if self.adds else y


class EfficientNetLite0(nn.Module):
    """With the keys of the package efficientnet_lite_pytorch."""

    def __init__(self, num_classes):
        super().__init__()
        self._conv_stem, self._bn0 = same(3, 32, 3, 2)
        blocks, cin = [], 32
        for repeats, kernel, stride, expansion, cout in (
                (1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112),
                (4, 5, 2, 6, 192), (1, 3, 1, 6, 320)):
            for index in range(repeats):
                blocks.append(MBConv(cin, cout, kernel, stride if index == 0 else 1, expansion))
                cin = cout
        self._blocks = nn.Sequential(*blocks)
        self._conv_head, self._bn1 = same(320, 1280, 1)
        self._dropout, self._fc = nn.Dropout(0.2), nn.Linear(1280, num_classes)

    def forward(self, x):
        x = self._blocks(functional.hardtanh(self._bn0(self._conv_stem(x)), 0, 6))
        x = functional.hardtanh(self._bn1(self._conv_head(x)), 0, 6)
        return self._fc(self._dropout(x.mean((2, 3))))
