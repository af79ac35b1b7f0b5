"""The networks of bench_models.py in PyTorch, with weights from a seed, and how all competitors get them.

`python bench_networks.py NETWORK BATCH DIR` writes one into DIR: in a process of its own, so that PyTorch stays out of
the benchmark's.
"""

import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from common import ROOT

sys.path.insert(0, str(ROOT / "Tools"))


class Network(NamedTuple):
    """A network of the comparison.

    name: the one by which `cvtool` knows it. make: gives it in PyTorch. share: of the runs that are asked for; fast
    networks have more, slow ones fewer.
    """

    name: str
    side: int
    make: Callable
    share: float = 1

    @property
    def label(self) -> str:
        return f"{self.name}@{self.side}"


def torchvision_network(name: str, **options) -> Callable:
    """A function that makes this network of torchvision's."""
    def make():
        import torchvision

        return getattr(torchvision.models, name)(weights=None, **options)

    return make


def mobilenet_v1():
    from golden.mobile_nets import MobileNetV1
    from torch import nn

    network = MobileNetV1(1000)
    # A pooling layer instead of a mean, which competitors know better.
    return nn.Sequential(network.features, nn.AdaptiveAvgPool2d(1), nn.Flatten(), network.fc)


def efficientnet_lite0():
    """With the padding of each convolution as numbers: exporters write what computes it as nodes of the network."""
    import torch
    from golden.mobile_nets import EfficientNetLite0, SameConv2d

    network = EfficientNetLite0(1000)
    sizes = {}
    for name, module in network.named_modules():
        if isinstance(module, SameConv2d):
            module.register_forward_pre_hook(lambda _, inputs, name=name: sizes.update({name: inputs[0].shape[2:]}))
    with torch.no_grad():
        network.eval()(torch.zeros(1, 3, 224, 224))
    for name, size in sizes.items():
        parent, _, attribute = name.rpartition(".")
        setattr(network.get_submodule(parent), attribute, padded(network.get_submodule(name), size))
    return network


def padded(conv, size):
    """A convolution with the padding that TensorFlow's SAME means for inputs of this size."""
    from torch import nn

    amounts = [max((-(-side // stride) - 1) * stride + kernel - side, 0)
               for side, kernel, stride in zip(size, conv.kernel_size, conv.stride)]
    result = nn.Conv2d(conv.in_channels, conv.out_channels, conv.kernel_size, conv.stride,
                       [amount // 2 for amount in amounts], groups=conv.groups, bias=False)
    bottom, right = (amount % 2 for amount in amounts)
    return nn.Sequential(nn.ZeroPad2d((0, right, 0, bottom)), result) if bottom or right else result


def vgg19_features():
    """Up to the ReLU after conv5_1."""
    import torchvision

    return torchvision.models.vgg19(weights=None, init_weights=False).features[:30]


def unet():
    """Of the paper's size, with batch normalization, for sides that are multiples of 16: nothing has to be filled."""
    import torch
    from golden.networks import UNet
    from torch.nn import functional

    class EvenUNet(UNet):
        def forward(self, x):
            skips = []
            for index, block in enumerate(self.down):
                x = block(functional.max_pool2d(x, 2) if index else x)
                skips.append(x)
            skips.pop()
            for upsample, block in zip(self.up, self.dec):
                x = block(torch.cat([skips.pop(), upsample(x)], 1))
            return self.out(x)

    return EvenUNet(classes=2, depth=4, width=64, bilinear=False, norm=True)


def yolov3_tiny():
    from golden.yolov3_tiny import YOLOv3Tiny

    return YOLOv3Tiny()


def yolox_nano():
    """With PyTorch's layer for 2×2 pixels as channels of one, since ncnn does not know slices with steps.

    Its order of channels is another, which does not matter to random weights.
    """
    from golden.yolox import YOLOX
    from torch import nn

    network = YOLOX()
    network.backbone.backbone.stem = nn.Sequential(nn.PixelUnshuffle(2), network.backbone.backbone.stem.conv)
    return network


NETWORKS = [
    Network("resnet18", 224, torchvision_network("resnet18")),
    Network("resnet50", 224, torchvision_network("resnet50")),
    Network("googlenet", 224, torchvision_network("googlenet", init_weights=False)),
    Network("inception_v3", 299, torchvision_network("inception_v3", init_weights=False)),
    Network("mobilenet_v1", 224, mobilenet_v1, 3),
    Network("mobilenet_v2", 224, torchvision_network("mobilenet_v2"), 3),
    Network("mobilenet_v3_large", 224, torchvision_network("mobilenet_v3_large"), 3),
    Network("efficientnet-lite0", 224, efficientnet_lite0, 3),
    Network("vgg19-relu5_1", 256, vgg19_features, 0.5),
    Network("unet", 256, unet, 0.5),
    Network("unet", 512, unet, 0.25),
    Network("yolov3-tiny", 416, yolov3_tiny),
    Network("yolox-nano", 416, yolox_nano, 3),
]


def make_input(side: int, batch: int = 1):
    """The numbers that `cvtool benchmark` uses: a multiplicative hash of the index, as a fraction."""
    import numpy as np

    index = np.arange(batch * 3 * side * side, dtype=np.uint64)
    values = (index * 2654435761 % (1 << 32)) >> 8
    return (values.astype(np.float32) / np.float32(1 << 24)).reshape(batch, 3, side, side)


def seeded(network: Network):
    """The network with weights from a seed, and statistics such that all feature maps are of about the same magnitude."""
    import torch
    from torch import nn

    torch.manual_seed(1)
    model = network.make().eval()
    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.1)
            module.momentum = 1  # keep the statistics of the last batch
            module.train()
    with torch.no_grad():
        model(torch.from_numpy(make_input(network.side)))
    return model.eval()


def export(model, x, folder: Path) -> None:
    """Writes a model for all competitors into `folder`, and what PyTorch makes of the input `x`, [N, 3, H, W]."""
    import numpy as np
    import torch

    class Tuple(torch.nn.Module):
        """All outputs as a tuple: what is traced must not return a list."""

        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, x):
            outputs = self.model(x)
            return (outputs,) if isinstance(outputs, torch.Tensor) else tuple(outputs)

    network, input = Tuple().eval(), torch.from_numpy(x)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outputs = {f"output{index}": output.numpy() for index, output in enumerate(network(input))}
        np.savez(folder / "data.npz", x=x, **outputs)
        torch.onnx.export(network, (input,), folder / "model.onnx", opset_version=17, dynamo=False,
                          input_names=["input"], output_names=list(outputs))
        torch.jit.save(torch.jit.trace(network, input[:1], check_trace=False), folder / "model.pt")
    export_ncnn(folder, x.shape[2:])


def export_ncnn(folder: Path, size: tuple[int, int]) -> None:
    """Writes the traced model in `folder` for ncnn, or nothing if it cannot be."""
    import pnnx

    arguments = [pnnx.EXEC_PATH, "model.pt", f"inputshape=[1,3,{size[0]},{size[1]}]", "fp16=0"]
    status = subprocess.run(arguments, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
    parameters = folder / "model.ncnn.param"
    if status != 0:
        parameters.unlink(missing_ok=True)
    elif parameters.exists():
        # ncnn does not read the infinity that pnnx writes as the padding before a pooling.
        parameters.write_text(parameters.read_text().replace("5=-inf", "5=-3.4e38"))
    for file in [*folder.glob("*pnnx*"), *folder.glob("model_ncnn.py")]:
        file.unlink()


def exported(network: Network, batch: int, models: Path) -> Path:
    """The folder below `models` with the network for all competitors, written unless it is there."""
    folder = models / f"{network.label}-batch{batch}"
    if not folder.exists():
        # Under its name only when it is complete.
        part = folder.with_name(folder.name + ".part")
        part.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-W", "ignore", __file__, network.label, str(batch), str(part)], check=True,
                       stdout=subprocess.DEVNULL)
        part.rename(folder)
    return folder


def main() -> None:
    label, batch, folder = sys.argv[1:]
    network = next(network for network in NETWORKS if network.label == label)
    export(seeded(network), make_input(network.side, int(batch)), Path(folder))


if __name__ == "__main__":
    main()
