"""YOLOv3-tiny in PyTorch, loaded from the original darknet file: the reference that the toolkit's network is compared with.

Batch-norm is y = gamma · (x − mean) / sqrt(variance + 1e-6) + beta, as in OpenCV's darknet importer. Darknet itself
divides by sqrt(variance) + 1e-6, which moves the raw heads by less than 1e-3; its later forks divide by
sqrt(variance + 1e-5), which moves them by up to 5e-3 (of about 20). `golden.py check` prints both.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from converters.darknet_weights import DarknetWeights
from converters.yolov3_tiny import CONVOLUTIONS, read_tensors

BATCH_NORM_EPSILON = 1e-6
LEAKY_SLOPE = 0.1


class ConvBlock(nn.Module):
    """Convolution without bias, batch-norm, leaky ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=BATCH_NORM_EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(self.bn(self.conv(x)), LEAKY_SLOPE)


class YOLOv3Tiny(nn.Module):
    """[N, 3, 416, 416] in 0…1 -> raw heads [N, 255, 13, 13] (stride 32) and [N, 255, 26, 26] (stride 16)."""

    def __init__(self) -> None:
        super().__init__()
        for layer in CONVOLUTIONS:
            block = ConvBlock(layer.inputs, layer.outputs, layer.kernel) if layer.batch_norm else \
                nn.Conv2d(layer.inputs, layer.outputs, layer.kernel)
            self.add_module(layer.name, block)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        for block in (self.conv1, self.conv2, self.conv3, self.conv4):
            x = F.max_pool2d(block(x), 2)
        fine = self.conv5(x)
        x = self.conv6(F.max_pool2d(fine, 2))
        # Stride 1 keeps the size: one row and column of −inf to the right and at the bottom.
        x = F.max_pool2d(F.pad(x, (0, 1, 0, 1), value=float("-inf")), 2, stride=1)
        coarse = self.conv8(self.conv7(x))
        head1 = self.head1(self.conv9(coarse))
        up = F.interpolate(self.conv10(coarse), scale_factor=2, mode="nearest")
        head2 = self.head2(self.conv11(torch.cat([up, fine], dim=1)))
        return head1, head2


def load(weights: bytes) -> YOLOv3Tiny:
    """The network in evaluation mode with the values of a darknet `.weights` file."""
    model = YOLOv3Tiny()
    state = {key: torch.tensor(array) for key, array in read_tensors(DarknetWeights(weights)).items()}
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not unexpected and all(key.endswith("num_batches_tracked") for key in missing), (missing, unexpected)
    return model.eval()
