"""PyTorch's results and gradients of layers and whole networks, for Tests/CVNNTests and Tests/CVModelsTests.

Nothing but results is stored: weights and inputs are made from seeds (see `seeded`) in Python and Swift alike. A case has
the input of its seed, and its i-th tensor of the state, in the order of the sorted keys, that of the seed + 1 + i:

    rank 2 and more       (2u - 1) · √(6 / fan-in), fan-in being the product of all dimensions but the first
    weight of rank 1      u + 0.5           (a normalization)
    running_var           u + 0.5
    bias, running_mean    (2u - 1) · 0.1

The inputs are 2u - 1. Gradients are those of Σ w · y, where the weights w are 2u - 1 of the seed + 9999, in training
mode; those of ResNet-50 and of the U-Nets on MobileNetV2 and EfficientNet-Lite0 in inference mode: with the statistics of
such a small batch rounding moves values of their small maps across the kinks of rectifiers, by one processor's kernels and
not by another's, and one such value changes gradients by a hundredth; and those of networks with dropout, whose random
numbers are each library's own: training is not compared for them. More cases stand in networks_inception.py.

Of each tensor the Euclidean norm is stored, and at most `samples` values, at the positions ⌊j · count / samples⌋. All is
computed in double precision from the float32 weights and inputs.

A rectifier's input that is 0 up to rounding has one gradient or another, by the order of a sum. So seeds are tried until
the nearest to 0 is further away than that.
"""

from pathlib import Path

import torch
import torchvision
from torch import nn
from torch.nn import functional

from reference.resnet20 import ResNet as CIFARResNet

from . import networks_inception, seeded
from .encoder_unets import EfficientNetLiteEncoder, EncoderUNet, MobileNetV2Encoder
from .json_text import to_json
from .transformers import Transformer


class LeNet5(nn.Module):
    """As CVModels has it: mean pooling without parameters, full connections, a linear output."""

    def __init__(self, activation):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.conv3 = nn.Conv2d(16, 120, 5)
        self.fc1, self.fc2 = nn.Linear(120, 84), nn.Linear(84, 10)
        self.activation = activation

    def forward(self, x):
        f = self.activation
        x = functional.avg_pool2d(f(self.conv1(x)), 2)
        x = functional.avg_pool2d(f(self.conv2(x)), 2)
        return self.fc2(f(self.fc1(f(self.conv3(x)).flatten(1))))


class SmallCNN(nn.Module):
    """conv32, conv64, pool, fc128, fc10."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 32, 3), nn.Conv2d(32, 64, 3)
        self.fc1, self.fc2 = nn.Linear(9216, 128), nn.Linear(128, 10)

    def forward(self, x):
        x = functional.max_pool2d(functional.relu(self.conv2(functional.relu(self.conv1(x)))), 2)
        return self.fc2(functional.relu(self.fc1(x.flatten(1))))


class Linears(nn.Module):
    """Linear layers over the pixels with ReLU between them."""

    def __init__(self, names, widths):
        super().__init__()
        for name, cin, cout in zip(names, widths, widths[1:]):
            setattr(self, name, nn.Linear(cin, cout))
        self.names = names

    def forward(self, x):
        x = x.flatten(1)
        for name in self.names[:-1]:
            x = functional.relu(getattr(self, name)(x))
        return getattr(self, self.names[-1])(x)


class UNet(nn.Module):
    """Down and up `depth` times; what comes up is filled at the bottom and on the right where a side was odd."""

    def __init__(self, classes, depth, width, bilinear, norm):
        super().__init__()
        widths = [width << i for i in range(depth + 1)]

        def block(cin, cout):
            parts = []
            for c in (cin, cout):
                parts += [nn.Conv2d(c, cout, 3, padding=1, bias=not norm)]
                parts += [nn.BatchNorm2d(cout)] * norm + [nn.ReLU()]
            return nn.Sequential(*parts)

        def upsample(cin, cout):
            return nn.Conv2d(cin, cout, 1) if bilinear else nn.ConvTranspose2d(cin, cout, 2, 2)

        self.down = nn.ModuleList(block(a, b) for a, b in zip([3] + widths, widths))
        self.up = nn.ModuleList(upsample(b, a) for a, b in reversed(list(zip(widths, widths[1:]))))
        self.dec = nn.ModuleList(block(2 * c, c) for c in reversed(widths[:-1]))
        self.out = nn.Conv2d(width, classes, 1)
        self.bilinear = bilinear

    def forward(self, x):
        skips = []
        for i, block in enumerate(self.down):
            x = block(functional.max_pool2d(x, 2) if i else x)
            skips.append(x)
        skips.pop()
        for upsample, block in zip(self.up, self.dec):
            x, skip = upsample(x), skips.pop()
            if self.bilinear:
                x = functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = functional.pad(x, (0, skip.shape[3] - x.shape[3], 0, skip.shape[2] - x.shape[2]))
            x = block(torch.cat([skip, x], 1))
        return self.out(x)


GRADIENTS_IN_INFERENCE = {"resnet50", "unet-mobilenet_v2", "unet-efficientnet-lite0"}


def networks():
    """The cases of CVModelsTests: name, input shape, samples of each tensor, network."""
    tv = torchvision.models
    return [
        ("logistic", [3, 1, 28, 28], 32, Linears(["fc"], [784, 10])),
        ("fully-connected", [3, 1, 28, 28], 32, Linears(["fc1", "fc2", "fc3"], [784, 256, 128, 10])),
        ("lenet5", [2, 1, 28, 28], 32, LeNet5(torch.tanh)),
        ("lenet5-relu", [2, 1, 28, 28], 32, LeNet5(torch.relu)),
        ("small-cnn", [2, 1, 28, 28], 32, SmallCNN()),
        ("resnet20", [2, 3, 32, 32], 16, CIFARResNet()),
        ("resnet18", [3, 3, 64, 64], 16, tv.resnet18(num_classes=10)),
        ("resnet50", [3, 3, 64, 64], 8, tv.resnet50(num_classes=10)),
        ("alexnet", [1, 3, 70, 64], 16, tv.alexnet(num_classes=10)),
        ("vgg11_bn", [1, 3, 32, 39], 8, tv.vgg11_bn(num_classes=10)),
        ("squeezenet1_0", [2, 3, 45, 51], 8, tv.squeezenet1_0(num_classes=10)),
        ("squeezenet1_1", [1, 3, 64, 64], 8, tv.squeezenet1_1(num_classes=10)),
        ("mobilenet_v2", [1, 3, 64, 64], 4, tv.mobilenet_v2(num_classes=10)),
        ("unet", [2, 3, 32, 48], 32, UNet(3, 2, 8, False, False)),
        ("unet-bilinear-norm", [2, 3, 37, 29], 16, UNet(4, 3, 4, True, True)),
        ("unet-mobilenet_v2", [2, 3, 70, 67], 2, EncoderUNet(MobileNetV2Encoder(), 4)),
        ("unet-efficientnet-lite0", [2, 3, 67, 70], 2, EncoderUNet(EfficientNetLiteEncoder(), 4)),
        ("transformer", [2, 3, 20, 28], 16, Transformer(4)),
        ("transformer-odd", [1, 3, 17, 22], 8, Transformer(3)),
    ]


class Upsample(nn.Sequential):
    """Two ways of enlarging, one after the other."""

    def __init__(self):
        super().__init__(nn.Upsample(scale_factor=2), nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True))


def layers():
    """The cases of CVNNTests."""
    image = [2, 4, 7, 6]
    squeeze = torchvision.ops.SqueezeExcitation
    return [
        ("Conv2d", image, nn.Conv2d(4, 6, 3, stride=2, padding=2, dilation=2, groups=2)),
        ("ConvTranspose2d", image, nn.ConvTranspose2d(4, 6, 3, 2, 1, output_padding=1, groups=2)),
        ("Linear", [5, 9], nn.Linear(9, 7)),
        ("Linear without bias", [2, 5, 9], nn.Linear(9, 7, bias=False)),
        ("BatchNorm2d", image, nn.BatchNorm2d(4, eps=1e-3, momentum=0.3)),
        ("GroupNorm", image, nn.GroupNorm(2, 4, eps=1e-3)),
        ("InstanceNorm2d", image, nn.InstanceNorm2d(4)),
        ("InstanceNorm2d affine", image, nn.InstanceNorm2d(4, affine=True)),
        ("LocalResponseNorm", image, nn.LocalResponseNorm(3, alpha=0.5, beta=0.6, k=2)),
        ("MaxPool2d", image, nn.MaxPool2d(3, 2, 1, ceil_mode=True)),
        ("AvgPool2d", image, nn.AvgPool2d(3, 2, 1, count_include_pad=False)),
        ("AdaptiveAvgPool2d", image, nn.AdaptiveAvgPool2d((3, 4))),
        ("GlobalAvgPool", image, nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())),
        ("Upsample", image, Upsample()),
        ("SqueezeExcitation", image, squeeze(4, 2)),
        ("SqueezeExcitation, SiLU and hard-swish", image, squeeze(4, 2, nn.SiLU, nn.Hardswish)),
        ("Sequential", image, nn.Sequential(
            nn.Conv2d(4, 3, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(12, 5), nn.Dropout(0))),
    ]


def signed(seed: int, *shape: int) -> torch.Tensor:
    """Values in [-1, 1)."""
    return torch.from_numpy(seeded.uniform(seed, *shape) * 2 - 1)


def fill(network: nn.Module, seed: int) -> None:
    """Sets all weights and statistics, as the head of this file says."""
    state = {key: value for key, value in network.state_dict().items() if not key.endswith("num_batches_tracked")}
    for index, (key, value) in enumerate(sorted(state.items())):
        numbers = signed(seed + 1 + index, *value.shape)
        if value.ndim > 1:
            numbers = numbers * (6 / value[0].numel()) ** 0.5
        elif key.endswith("running_var") or key.endswith("weight"):
            numbers = (numbers + 1) / 2 + 0.5
        else:
            numbers = numbers * 0.1
        value.copy_(numbers)


def summary(value: torch.Tensor, samples: int) -> dict:
    """Norm and samples of a tensor."""
    flat = value.detach().ravel()
    positions = [j * len(flat) // samples for j in range(samples)] if len(flat) > samples else range(len(flat))
    return {"norm": float(f"{flat.norm():.7g}"), "values": [float(f"{flat[p]:.7g}") for p in positions]}


class Margin:
    """While it lasts: how near a rectifier's input is to a kink, in units of the standard deviation of its inputs."""

    NAMES = ("relu", "hardtanh", "hardswish", "hardsigmoid")

    def __enter__(self):
        self.least, self.originals = 1.0, {name: getattr(functional, name) for name in self.NAMES}
        functional.relu = lambda x, inplace=False: self.watched(x, [0]).clamp(min=0)
        functional.hardtanh = lambda x, low, high, inplace=False: self.watched(x, [low, high]).clamp(low, high)
        functional.hardswish = lambda x, inplace=False: self.watched(x, [-3, 3]) * (x + 3).clamp(0, 6) / 6
        functional.hardsigmoid = lambda x, inplace=False: (self.watched(x, [-3, 3]) + 3).clamp(0, 6) / 6
        return self

    def watched(self, x, kinks):
        for kink in kinks:
            self.least = min(self.least, ((x.detach() - kink).abs().min() / x.detach().std()).item())
        return x

    def __exit__(self, *_):
        for name, original in self.originals.items():
            setattr(functional, name, original)


def entry(number: int, name: str, shape: list[int], samples: int, network: nn.Module) -> dict:
    """A case as it is stored."""
    for attempt in range(200):
        made, margin = attempted(10000 * (number + 100 * attempt), name, shape, samples, network)
        if margin > 2e-6 or name in networks_inception.HEADS_ONLY:
            return made
    raise SystemExit(f"{name}: no seed keeps all rectifiers away from their kinks")


def attempted(seed: int, name: str, shape: list[int], samples: int, network: nn.Module) -> tuple[dict, float]:
    """The case with this seed, and how far its rectifiers are from their kinks where gradients are taken."""
    drops = any(isinstance(module, nn.Dropout) and module.p > 0 for module in network.modules())
    infers = drops or name in {*GRADIENTS_IN_INFERENCE, *networks_inception.INFERENCE}
    mode = "inference" if infers else "training"
    fill(network, seed)
    network.double()
    network.zero_grad()
    x = signed(seed, *shape).double().requires_grad_(name not in networks_inception.HEADS_ONLY)
    outputs = {}
    # In this order: training moves the running statistics, which the gradient in inference reads.
    for name_of_mode in ("inference",) if drops else ("inference", "training"):
        with Margin() as margin:
            y = outputs[name_of_mode] = network.train(name_of_mode == "training")(x)
        if name_of_mode == mode:
            least = margin.least
            (y * signed(seed + 9999, *y.shape)).sum().backward()
    case = {
        "name": name, "seed": seed, "input": shape, "shape": list(y.shape), "gradient_mode": mode,
        **{key: summary(y, max(samples, 64)) for key, y in outputs.items()},
        "input_gradient": None if x.grad is None else summary(x.grad, max(samples, 64)),
        # None for the weights of auxiliary heads in inference, and frozen ones.
        "gradients": {key: None if p.grad is None else summary(p.grad, samples)
                      for key, p in sorted(network.named_parameters())},
        "buffers": {key: summary(b, samples) for key, b in sorted(network.named_buffers())
                    if not key.endswith("num_batches_tracked")},
    }
    return case, least


def write_networks(networks_folder: Path, layers_file: Path) -> None:
    """One file for each network, and one for all layers."""
    torch.manual_seed(0)
    networks_folder.mkdir(parents=True, exist_ok=True)
    cases = [*enumerate(networks()), *enumerate(networks_inception.cases(UNet), 50)]
    for number, (name, shape, samples, network) in cases:
        text = to_json(entry(number, name, shape, samples, network), depth=2)
        (networks_folder / f"{name}.json").write_text(text + "\n")
    cases = [entry(number, name, shape, 64, layer) for number, (name, shape, layer) in enumerate(layers())]
    layers_file.write_text(to_json(cases, depth=2) + "\n")
