"""PyTorch implementations of the feed-forward style networks: the layout and the keys of pytorch/examples' fast_neural_style."""

import torch
from torch import nn
from torch.nn import functional


class ReflectedConv(nn.Module):
    """Nearest-neighbor upsampled, reflected at the borders, convolved."""

    def __init__(self, cin: int, cout: int, kernel: int, stride: int = 1, upsampling: int = 1) -> None:
        super().__init__()
        self.upsampling, self.padding = upsampling, kernel // 2
        self.conv2d = nn.Conv2d(cin, cout, kernel, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.upsampling > 1:
            x = functional.interpolate(x, scale_factor=self.upsampling, mode="nearest")
        return self.conv2d(functional.pad(x, [self.padding] * 4, mode="reflect"))


class Residual(nn.Module):
    """x and what two convolutions make of it."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1, self.in1 = ReflectedConv(width, width, 3), nn.InstanceNorm2d(width, affine=True)
        self.conv2, self.in2 = ReflectedConv(width, width, 3), nn.InstanceNorm2d(width, affine=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.in2(self.conv2(functional.relu(self.in1(self.conv1(x)))))


class Transformer(nn.Module):
    """Johnson's network; the colors by a sigmoid."""

    def __init__(self, width: int) -> None:
        super().__init__()
        w = width
        down = [(3, w, 9, 1), (w, 2 * w, 3, 2), (2 * w, 4 * w, 3, 2)]
        up = [(4 * w, 2 * w, 3, 1, 2), (2 * w, w, 3, 1, 2), (w, 3, 9)]
        for number, sizes in enumerate(down, 1):
            setattr(self, f"conv{number}", ReflectedConv(*sizes))
            setattr(self, f"in{number}", nn.InstanceNorm2d(sizes[1], affine=True))
        for number in range(1, 6):
            setattr(self, f"res{number}", Residual(4 * w))
        for number, sizes in enumerate(up, 1):
            setattr(self, f"deconv{number}", ReflectedConv(*sizes))
        self.in4, self.in5 = (nn.InstanceNorm2d(up[i][1], affine=True) for i in range(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for number in range(1, 4):
            x = functional.relu(getattr(self, f"in{number}")(getattr(self, f"conv{number}")(x)))
        for number in range(1, 6):
            x = getattr(self, f"res{number}")(x)
        x = functional.relu(self.in4(self.deconv1(x)))
        x = functional.relu(self.in5(self.deconv2(x)))
        return torch.sigmoid(self.deconv3(x))
