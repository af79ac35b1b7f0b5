"""One module for each model that can be converted.

A converter module has
    PACKAGES   the pinned packages its files come in (converters.package.Package),
    PRECISION  "f32" or "f16": how the weights of convolutions and linear layers are stored unless the caller says otherwise,
    convert(folder, precision) -> (tensors by key in network order, metadata), both ready for the safetensors writer.
"""

from types import ModuleType

from . import (
    blazeface_full, blazeface_short, dlib_face, efficientnet_lite0, face_mesh, face_mesh_attention, mobilenet_v2_features,
    multistyle26, selfie_segmentation, sface, ssd_mobilenet_v2, vgg16_hed, yolov3_tiny, yunet,
)

MODELS: dict[str, ModuleType] = {
    "blazeface-full": blazeface_full,
    "blazeface-short": blazeface_short,
    "dlib-face": dlib_face,
    "efficientnet-lite0": efficientnet_lite0,
    "face-mesh": face_mesh,
    "face-mesh-attention": face_mesh_attention,
    "mobilenet_v2-features": mobilenet_v2_features,
    "multistyle26": multistyle26,
    "selfie-segmentation": selfie_segmentation,
    "sface": sface,
    "ssd-mobilenetv2": ssd_mobilenet_v2,
    "vgg16-hed": vgg16_hed,
    "yolov3-tiny": yolov3_tiny,
    "yunet": yunet,
}
