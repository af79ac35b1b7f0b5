"""What reference runtimes make of portraits, for Tests/CVFacesTests: ONNX Runtime with YuNet and SFace, the runtime of TensorFlow
Lite with BlazeFace and the face mesh, PyTorch with dlib's network.

The portraits are parts of a sample image in several sizes, made by Pillow, whose resizing the toolkit repeats exactly: so
only the networks and what reads them are compared. The block-quantized files are restored to float32 first, since ONNX
Runtime does not run them.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import torch
import torch.nn.functional as F
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from converters import blazeface_full, blazeface_short, dlib_face, face_mesh, sface, yunet  # noqa: E402
from converters.dlib_file import read_layers  # noqa: E402
from converters.onnx_file import read_model  # noqa: E402

from . import attention_mesh  # noqa: E402

SAMPLES = Path(__file__).resolve().parents[2] / "SampleImages"

# Image, part (left, top, right, bottom), width and height, whether it is mirrored. Sides are multiples of 32.
PORTRAITS = [
    ("portrait.jpg", (0, 0, 512, 512), (512, 512), False),
    ("portrait.jpg", (0, 0, 512, 512), (256, 256), True),
    ("portrait.jpg", (0, 0, 512, 512), (128, 128), False),
    ("portrait.jpg", (0, 0, 512, 512), (64, 64), False),
    ("portrait.jpg", (100, 0, 340, 240), (320, 320), False),
    ("portrait.jpg", (140, 30, 310, 200), (160, 160), True),
    ("portrait.jpg", (140, 30, 310, 200), (352, 352), False),
    ("portrait.jpg", (160, 50, 290, 190), (96, 128), False),
    ("portrait.jpg", (60, 0, 400, 255), (640, 480), True),
    ("portrait.jpg", (20, 0, 420, 320), (224, 160), False),
    ("astronauts.jpg", (0, 0, 360, 360), (736, 736), False),
    ("collage.jpg", (0, 0, 512, 512), (288, 288), False),
]

# Parts for networks whose input has one size: faces that take more or less of it.
SQUARES = [((0, 0, 512, 512), False), ((0, 0, 512, 512), True), ((100, 0, 340, 240), False), ((140, 30, 310, 200), True),
           ((140, 30, 310, 200), False), ((160, 50, 290, 190), False), ((60, 0, 400, 255), True), ((20, 0, 420, 320), False),
           ((120, 10, 320, 210), True), ((80, 0, 380, 300), False), ((0, 0, 420, 420), False), ((150, 40, 300, 190), True)]

# Near the template of ArcFace; parts of the portrait, whether mirrored.
ALIGNED = [((166, 69, 280, 183), False), ((166, 69, 280, 183), True), ((160, 62, 284, 186), False),
           ((172, 74, 276, 178), False)]
# Near dlib's chips, and near the crops of the mesh.
CHIPS = [((163, 53, 285, 175), False), ((163, 53, 285, 175), True), ((158, 46, 290, 178), False)]
MESHES = [((140, 36, 308, 204), False), ((150, 50, 300, 200), True)]
# Whole images with the box of a face and its eyes, that on the left of the image first, in pixels.
WHOLE_MESHES = [("portrait.jpg", (180, 63, 269, 176), ((203, 100), (245, 103))),
                ("astronauts.jpg", (124, 44, 191, 124), ((143, 74), (172, 75)))]


def portrait(name: str, part: tuple, size: tuple, mirrored: bool) -> np.ndarray:
    """Levels [height, width, 3] in the order RGB."""
    image = Image.open(SAMPLES / name).convert("RGB").crop(part).resize(size, Image.Resampling.BILINEAR)
    return np.asarray(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else image)


def session(converter, folder: Path, any_size: bool = False) -> onnxruntime.InferenceSession:
    """The network of a converter's file."""
    model = read_model(converter.PACKAGE.read(converter.WEIGHTS, folder))
    if any_size:
        for axis in (2, 3):
            model.graph.input[0].type.tensor_type.shape.dim[axis].dim_param = f"side{axis}"
        for output in model.graph.output:
            output.type.tensor_type.shape.dim[1].dim_param = output.name
    options = onnxruntime.SessionOptions()
    # It warns of each output of another size than the file's.
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options)


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """IoU of two boxes."""
    width, height = (min(a[i + 2], b[i + 2]) - max(a[i], b[i]) for i in (0, 1))
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return width * height / (sum(areas) - width * height)


def suppressed(found: list[tuple[float, np.ndarray, np.ndarray]]) -> list[dict]:
    """The most confident of boxes that overlap by more than 0.3."""
    kept: list[tuple[float, np.ndarray, np.ndarray]] = []
    for face in sorted(found, key=lambda each: -each[0]):
        if all(overlap(face[1], other[1]) <= 0.3 for other in kept):
            kept.append(face)
    return [{"confidence": round(float(score), 5), "box": np.round(box, 3).tolist(), "points": np.round(points, 3).tolist()}
            for score, box, points in kept]


def yunet_faces(network: onnxruntime.InferenceSession, levels: np.ndarray, threshold: float = 0.5) -> list[dict]:
    """Faces as OpenCV's FaceDetectorYN reads the network's outputs."""
    names = [output.name for output in network.get_outputs()]
    outputs = dict(zip(names, network.run(None, {"input": levels[None, :, :, ::-1].transpose(0, 3, 1, 2).astype(np.float32)})))
    found = []
    for stride in (8, 16, 32):
        cls, obj = (np.clip(outputs[f"{name}_{stride}"][0, :, 0], 0, 1) for name in ("cls", "obj"))
        for cell in np.flatnonzero(np.sqrt(cls * obj) >= threshold):
            at = np.array([cell % (levels.shape[1] // stride), cell // (levels.shape[1] // stride)])
            box, points = outputs[f"bbox_{stride}"][0, cell], outputs[f"kps_{stride}"][0, cell].reshape(5, 2)
            center, size = (at + box[:2]) * stride, np.exp(box[2:]) * stride
            found.append((np.sqrt(cls[cell] * obj[cell]), np.concatenate([center - size / 2, center + size / 2]),
                          (at + points) * stride))
    return suppressed(found)


def tflite(converter, folder: Path, levels: np.ndarray) -> list[np.ndarray]:
    """What the runtime makes of an image of the input's size, output by output."""
    preprocessing = converter.PREPROCESSING
    interpreter = Interpreter(model_content=converter.PACKAGE.read(converter.WEIGHTS, folder))
    interpreter.allocate_tensors()
    values = (levels.astype(np.float32) - preprocessing["mean"][0]) / preprocessing["std"][0]
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], values[None].astype(np.float32))
    interpreter.invoke()
    return [interpreter.get_tensor(output["index"])[0] for output in interpreter.get_output_details()]


def blazeface_faces(converter, strides: dict[int, int], folder: Path, levels: np.ndarray, threshold: float = 0.5) -> list[dict]:
    """Faces as MediaPipe decodes them, but for its suppression, which averages.

    strides: the anchors of a cell by the stride of its grid.
    """
    outputs = sorted(tflite(converter, folder, levels), key=lambda each: each.shape[-1])
    scores, values = 1 / (1 + np.exp(-np.clip(outputs[0][:, 0].astype(np.float64), -100, 100))), outputs[1]
    centers = np.concatenate([
        np.repeat(np.stack(np.meshgrid(cells, cells), -1).reshape(-1, 2), anchors, 0)
        for stride, anchors in strides.items() for cells in [(np.arange(levels.shape[0] // stride) + 0.5) * stride]])
    found = []
    for index in np.flatnonzero(scores >= threshold):
        center, size = centers[index] + values[index, :2], values[index, 2:4]
        found.append((scores[index], np.concatenate([center - size / 2, center + size / 2]),
                      centers[index] + values[index, 4:].reshape(6, 2)))
    return suppressed(found)


def dlib_embedding(folder: Path, levels: np.ndarray) -> np.ndarray:
    """dlib's network in PyTorch, layer by layer as dlib defines it; the affine layers are not folded here."""
    convolutions, fc = read_layers(dlib_face.PACKAGE.read(dlib_face.WEIGHTS, folder))
    preprocessing = dlib_face.PREPROCESSING
    x = torch.from_numpy((levels - np.array(preprocessing["mean"])) / preprocessing["std"][0]).permute(2, 0, 1)[None]

    def convolved(layer, x: torch.Tensor, stride: int, padding: int) -> torch.Tensor:
        y = F.conv2d(x, torch.from_numpy(layer.weight.astype(np.float64)), torch.from_numpy(layer.bias.astype(np.float64)),
                     stride, padding)
        scale, shift = (torch.from_numpy(each.astype(np.float64))[:, None, None] for each in (layer.scale, layer.shift))
        return y * scale + shift

    y = F.max_pool2d(F.relu(convolved(convolutions[0], x, 2, 0)), 3, 2)
    for first, second in zip(convolutions[1::2], convolutions[2::2]):
        index = int(first.key.split(".")[1])
        stride = 2 if index in (3, 7, 10, 13) else 1
        z = convolved(second, F.relu(convolved(first, y, stride, 2 - stride)), 1, 1)
        shortcut = F.avg_pool2d(y, 2) if stride == 2 else y
        size = [max(a, b) for a, b in zip(z.shape, shortcut.shape)]
        y = F.relu(sum(F.pad(each, (0, size[3] - each.shape[3], 0, size[2] - each.shape[2], 0, size[1] - each.shape[1]))
                       for each in (z, shortcut)))
    return (y.mean((2, 3)) @ torch.from_numpy(fc.astype(np.float64)).T)[0].numpy()


def whole_mesh(folder: Path, name: str, box: tuple, eyes: tuple) -> dict:
    """The mesh in pixels of a whole image, from a crop as MediaPipe makes it: 1.5 times the longer side of the box, the eyes level,
    edges repeated."""
    side = 1.5 * max(box[2] - box[0], box[3] - box[1])
    across = np.subtract(eyes[1], eyes[0]) / np.hypot(*np.subtract(eyes[1], eyes[0])) * side / 192
    linear = np.stack([across, [-across[1], across[0]]], 1)
    origin = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]) - linear @ [96, 96]
    image = np.asarray(Image.open(SAMPLES / name).convert("RGB"))
    border = round(side)
    image = Image.fromarray(np.pad(image, ((border, border), (border, border), (0, 0)), mode="edge"))
    crop = image.transform((192, 192), Image.Transform.AFFINE, np.column_stack([linear, origin + border]).ravel().tolist(),
                           Image.Resampling.BILINEAR)
    points, _ = sorted(tflite(face_mesh, folder, np.asarray(crop)), key=lambda each: -each.size)
    points = points.reshape(468, 3)
    found = np.column_stack([points[:, :2] @ linear.T + origin, points[:, 2] * side / 192])
    return {"image": name, "box": box, "eyes": eyes, "points": [round(float(value), 2) for value in found.ravel()]}


def write_faces(folder: Path, packages: Path) -> None:
    """A file for each network."""
    folder.mkdir(parents=True, exist_ok=True)
    network = session(yunet, packages, any_size=True)
    write(folder / "yunet.json", [
        {"image": name, "part": part, "size": size, "mirrored": mirrored,
         "faces": yunet_faces(network, portrait(name, part, size, mirrored))}
        for name, part, size, mirrored in PORTRAITS])
    network = session(sface, packages)
    cases = []
    for part, mirrored in ALIGNED:
        levels = portrait("portrait.jpg", part, (112, 112), mirrored).transpose(2, 0, 1)[None].astype(np.float32)
        embedding = network.run(None, {"data": levels})[0][0]
        cases.append({"part": part, "mirrored": mirrored,
                      "embedding": np.round(embedding / np.linalg.norm(embedding), 6).tolist()})
    write(folder / "sface.json", cases)
    for name, converter, strides in (("short", blazeface_short, {8: 2, 16: 6}), ("full", blazeface_full, {4: 1})):
        side = converter.PREPROCESSING["width"]
        write(folder / f"blazeface-{name}.json", [
            {"image": "portrait.jpg", "part": part, "size": (side, side), "mirrored": mirrored,
             "faces": blazeface_faces(converter, strides, packages, portrait("portrait.jpg", part, (side, side), mirrored))}
            for part, mirrored in SQUARES])
    write(folder / "dlib-face.json", [
        {"part": part, "mirrored": mirrored,
         "embedding": np.round(dlib_embedding(packages, portrait("portrait.jpg", part, (150, 150), mirrored)), 6).tolist()}
        for part, mirrored in CHIPS])
    cases = []
    for part, mirrored in MESHES:
        points, presence = sorted(
            tflite(face_mesh, packages, portrait("portrait.jpg", part, (192, 192), mirrored)), key=lambda each: -each.size)
        cases.append({"part": part, "mirrored": mirrored, "presence": round(float(presence.item()), 4),
                      "points": [round(float(value), 2) for value in points.ravel()]})
    write(folder / "face-mesh.json", cases)
    write(folder / "face-mesh-whole.json", [whole_mesh(packages, *case) for case in WHOLE_MESHES])
    cases = []
    for part, mirrored in MESHES:
        points, presence = attention_mesh.run(packages, portrait("portrait.jpg", part, (192, 192), mirrored))
        cases.append({"part": part, "mirrored": mirrored, "presence": round(presence, 4),
                      "points": [round(float(value), 3) for value in points.ravel()]})
    write(folder / "face-mesh-attention.json", cases)


def write(path: Path, cases: list[dict]) -> None:
    """A case a line."""
    path.write_text("[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]\n")
