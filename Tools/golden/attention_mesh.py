"""MediaPipe's face mesh with attention, computed from its TensorFlow Lite graph operator by operator with PyTorch in double precision.

The runtime of TensorFlow Lite lacks three of the graph's operators, which MediaPipe brings along. They are written here as what they
compute: the rectangle around some points, level by two of them; a bilinear crop of feature maps; points of a crop as points of the input.
The result was compared once with MediaPipe 0.10.14's own inference of the same file on four crops: none of the results differs by more
than 2e-4 pixels.
"""

import sys
from pathlib import Path

import numpy as np
import tflite
import torch
import torch.nn.functional as F
from flatbuffers import flexbuffers

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from converters import face_mesh_attention  # noqa: E402

TYPES = {tflite.TensorType.FLOAT32: "<f4", tflite.TensorType.FLOAT16: "<f2", tflite.TensorType.INT32: "<i4"}
NAMES = {value: name for name, value in vars(tflite.BuiltinOperator).items() if isinstance(value, int)}


class Graph:
    """A graph and the values of its tensors."""

    def __init__(self, data: bytes):
        self.model = tflite.Model.GetRootAs(data, 0)
        self.graph = self.model.Subgraphs(0)
        self.values: dict[int, torch.Tensor] = {}

    def value(self, index: int) -> torch.Tensor:
        """A tensor that was computed or that the file stores."""
        if index not in self.values:
            tensor = self.graph.Tensors(index)
            data = self.model.Buffers(tensor.Buffer()).DataAsNumpy().tobytes()
            array = np.frombuffer(data, TYPES[tensor.Type()]).reshape(tensor.ShapeAsNumpy())
            self.values[index] = torch.from_numpy(array.astype(np.float64))
        return self.values[index]

    def run(self, x: torch.Tensor) -> dict[str, np.ndarray]:
        """The outputs by name. x: [1, H, W, 3]."""
        self.values[self.graph.Inputs(0)] = x
        for position in range(self.graph.OperatorsLength()):
            operator = self.graph.Operators(position)
            code = self.model.OperatorCodes(operator.OpcodeIndex())
            name = NAMES[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
            name = code.CustomCode().decode() if name == "CUSTOM" else name
            inputs = [self.value(index) for index in operator.InputsAsNumpy()]
            result = OPERATORS[name](operator, *inputs)
            shape = self.graph.Tensors(operator.Outputs(0)).ShapeAsNumpy().tolist()
            self.values[operator.Outputs(0)] = result.reshape(shape)
        return {self.graph.Tensors(index).Name().decode(): self.values[index].numpy() for index in self.graph.OutputsAsNumpy()}


def custom_options(operator) -> dict:
    """What the file says about an operator of MediaPipe's."""
    return flexbuffers.Loads(operator.CustomOptionsAsNumpy().tobytes())


def padded(x: torch.Tensor, kernel: tuple[int, int], stride: int) -> torch.Tensor:
    """TensorFlow's padding SAME: the larger half behind. x: [N, C, H, W]."""
    pads = []
    for size, length in zip((x.shape[3], x.shape[2]), (kernel[1], kernel[0])):
        total = max((-(-size // stride) - 1) * stride + length - size, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads)


def convolution(operator, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, depthwise: bool = False) -> torch.Tensor:
    """CONV_2D and DEPTHWISE_CONV_2D."""
    options = (tflite.DepthwiseConv2DOptions if depthwise else tflite.Conv2DOptions)()
    options.Init(operator.BuiltinOptions().Bytes, operator.BuiltinOptions().Pos)
    weight = weight.permute(3, 0, 1, 2) if depthwise else weight.permute(0, 3, 1, 2)
    x = x.permute(0, 3, 1, 2)
    if options.Padding() == tflite.Padding.SAME:
        x = padded(x, tuple(weight.shape[2:]), options.StrideH())
    return F.conv2d(x, weight, bias, options.StrideH(), groups=x.shape[1] if depthwise else 1).permute(0, 2, 3, 1)


def transform_matrix(operator, points: torch.Tensor) -> torch.Tensor:
    """Landmarks2TransformMatrix: from cells of a crop to the unit of the points."""
    options = custom_options(operator)
    points = points[0, :, :2].numpy()
    across = points[options["right_rotation_idx"]] - points[options["left_rotation_idx"]]
    axes = np.stack([across, [-across[1], across[0]]]) / np.hypot(*across)
    turned = points[options["subset_idxs"]] @ axes.T
    low, high = turned.min(0), turned.max(0)
    size = (high - low) * [options["scale_x"], options["scale_y"]]
    cells = axes.T * size / [options["output_width"], options["output_height"]]
    matrix = np.eye(4)
    matrix[:2, :2] = cells
    matrix[:2, 3] = (low + high) / 2 @ axes - axes.T @ size / 2
    return torch.from_numpy(matrix)


def crop(operator, maps: torch.Tensor, matrix: torch.Tensor) -> torch.Tensor:
    """TransformTensorBilinear: between the centers of the cells, zeros outside."""
    options = custom_options(operator)
    rows, columns = torch.meshgrid(*(torch.arange(options[key]) + 0.5 for key in ("output_height", "output_width")), indexing="ij")
    places = torch.stack([columns, rows], -1).double() @ matrix[0, :2, :2].T + matrix[0, :2, 3]
    size = torch.tensor([maps.shape[2], maps.shape[1]])
    # From pixels to grid_sample's -1 … 1, the edges of the maps.
    grid = places * 2 / size - 1
    return F.grid_sample(maps.permute(0, 3, 1, 2), grid[None], align_corners=False).permute(0, 2, 3, 1)


OPERATORS = {
    "DEQUANTIZE": lambda operator, x: x,
    "CONV_2D": convolution,
    "DEPTHWISE_CONV_2D": lambda operator, *inputs: convolution(operator, *inputs, depthwise=True),
    "PRELU": lambda operator, x, slopes: torch.where(x >= 0, x, x * slopes),
    "ADD": lambda operator, a, b: a + b,
    "MUL": lambda operator, a, b: a * b,
    "MAX_POOL_2D": lambda operator, x: F.max_pool2d(x.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1),
    "PAD": lambda operator, x, pads: F.pad(x, (int(pads[3, 0]), int(pads[3, 1]))),
    "RESHAPE": lambda operator, x: x,
    # Of all points: it copies.
    "STRIDED_SLICE": lambda operator, x, *_: x,
    "Landmarks2TransformMatrix": transform_matrix,
    "TransformTensorBilinear": crop,
    "TransformLandmarks": lambda operator, points, matrix: points[0] @ matrix[0, :2, :2].T + matrix[0, :2, 3],
}


def run(folder: Path, levels: np.ndarray) -> tuple[np.ndarray, float]:
    """x, y and depth of the 478 points in pixels, put together as MediaPipe does, and the logit of the presence.

    levels: [192, 192, 3].
    """
    graph = Graph(face_mesh_attention.PACKAGE.read(face_mesh_attention.WEIGHTS, folder))
    outputs = graph.run(torch.from_numpy(levels.astype(np.float64) / 255)[None])
    subsets = [custom_options(graph.graph.Operators(index))["subset_idxs"] for index in range(graph.graph.OperatorsLength())
               if graph.graph.Operators(index).CustomOptionsLength() and "subset_idxs" in custom_options(graph.graph.Operators(index))]
    points = np.zeros((478, 3))
    points[:468] = outputs["output_mesh_identity"].reshape(468, 3)
    for index, (subset, part) in enumerate(zip(subsets, ("lips", "left_eye", "right_eye"))):
        depth = points[subset[:16], 2].mean()
        points[subset, :2] = outputs[f"output_{part}"].reshape(-1, 2)
        if index:
            # The graph calls the eyes by the side of the image that they are on.
            iris = outputs[f"output_{part.replace('eye', 'iris')}"].reshape(5, 2)
            points[463 + 5 * index:468 + 5 * index] = np.column_stack([iris, np.full(5, depth)])
    presence = next(value for name, value in outputs.items() if value.size == 1)
    return points, float(presence.item())
