"""One module for each model that can be converted.

A converter module has
    PACKAGE    the pinned package the weights come in (converters.package.Package),
    PRECISION  "f32" or "f16": how convolution weights are stored unless the caller says otherwise,
    convert(folder, precision) -> (tensors by key in network order, metadata), both ready for the safetensors writer.
"""

from types import ModuleType

from . import yolov3_tiny

MODELS: dict[str, ModuleType] = {
    "yolov3-tiny": yolov3_tiny,
}
