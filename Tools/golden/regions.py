"""R-CNN, Fast and Faster R-CNN of torchvision on the encoder of MobileNetV2, with their losses, for Tests/CVTrainingTests.

In double precision, with weights and images seeded as in `networks`; normalization in inference, as torchvision's detectors have it. All
anchors and regions are learned from, so that nothing is drawn by chance.
"""

from pathlib import Path

import torch
import torchvision
from torch import Tensor, nn
from torchvision import ops
from torchvision.models import detection
from torchvision.models.detection import anchor_utils, faster_rcnn, image_list, roi_heads

from .json_text import to_json
from .networks import Margin, fill, signed, summary

HEIGHT, WIDTH, CLASSES, SAMPLES = 64, 96, 3, 8
CANDIDATES, PROPOSALS = 100, 20
CLASS_SCALE = 0.02
# How near a rectifier may be to its kink. R-CNN runs its encoder so often that some always are.
MARGIN = {"r-cnn": 0, "fast-r-cnn": 1e-6, "faster-r-cnn": 1e-6}
# Left, top, right, bottom, class, of each image: one that fills the image, small ones, and none.
OBJECTS = [[(4, 6, 60, 58, 0), (30, 10, 52, 36, 2), (62, 30, 94, 62, 1)], []]
# Where a search has found something.
FOUND = [[(2, 2, 64, 60), (32, 8, 56, 40), (60, 26, 96, 64), (0, 0, 20, 20), (10, 30, 90, 50)], [(8, 8, 40, 40), (0, 0, 96, 64)]]


def faster() -> detection.FasterRCNN:
    """Faster R-CNN with one level of features, and a head of 256 numbers."""
    encoder = torchvision.models.mobilenet_v2().features[:14]
    encoder.out_channels = 96
    return detection.FasterRCNN(
        encoder, rpn_anchor_generator=anchor_utils.AnchorGenerator(((32, 64, 128, 256),), ((0.5, 1.0, 2.0),)),
        box_roi_pool=ops.MultiScaleRoIAlign(["0"], 7, 2), box_head=faster_rcnn.TwoMLPHead(96 * 49, 256),
        box_predictor=faster_rcnn.FastRCNNPredictor(256, CLASSES + 1),
        rpn_pre_nms_top_n_train=CANDIDATES, rpn_pre_nms_top_n_test=CANDIDATES,
        rpn_post_nms_top_n_train=PROPOSALS, rpn_post_nms_top_n_test=PROPOSALS,
        box_score_thresh=0.05, rpn_batch_size_per_image=100_000, box_batch_size_per_image=100_000, box_positive_fraction=0.5)


def targets() -> list[dict[str, Tensor]]:
    return [{"boxes": torch.tensor([box[:4] for box in image], dtype=torch.double).reshape(-1, 4),
             "labels": torch.tensor([box[4] + 1 for box in image], dtype=torch.long)} for image in OBJECTS]


def cut(network: detection.FasterRCNN, x: Tensor, boxes: list[Tensor]) -> Tensor:
    """The features of regions that are cut out of images, as R-CNN has them."""
    return network.backbone(ops.roi_align(x, boxes, (112, 112), 1.0, 2))


def losses(network: detection.FasterRCNN, kind: str, x: Tensor) -> dict[str, Tensor]:
    """The parts of the loss of a network in training."""
    network.rpn.train()
    network.roi_heads.train()
    images = image_list.ImageList(x, [(HEIGHT, WIDTH)] * len(x))
    found = [torch.tensor(boxes, dtype=torch.double) for boxes in FOUND]
    if kind == "r-cnn":
        proposals, _, labels, boxes = network.roi_heads.select_training_samples(found, targets())
        scores, deltas = network.roi_heads.box_predictor(network.roi_heads.box_head(cut(network, x, proposals)))
        classes, boxes = roi_heads.fastrcnn_loss(scores, deltas, labels, boxes)
        return {"classes": classes, "boxes": boxes}
    features, first = {"0": network.backbone(x)}, {}
    if kind == "faster-r-cnn":
        found, first = network.rpn(images, features, targets())
    _, second = network.roi_heads(features, found, images.image_sizes, targets())
    parts = {"classes": second["loss_classifier"], "boxes": second["loss_box_reg"]}
    if first:
        parts |= {"objectness": first["loss_objectness"], "proposal_boxes": first["loss_rpn_box_reg"]}
    return parts


def found_by(network: detection.FasterRCNN, x: Tensor) -> dict:
    """What Faster R-CNN proposes, and what it finds, in each image."""
    network.eval()
    # Or nearly all would be background.
    network.roi_heads.box_predictor.cls_score.weight.data *= CLASS_SCALE
    images = image_list.ImageList(x, [(HEIGHT, WIDTH)] * len(x))
    with torch.no_grad():
        features = {"0": network.backbone(x)}
        proposals, _ = network.rpn(images, features)
        results, _ = network.roi_heads(features, proposals, images.image_sizes)
    return {"proposals": [each.flatten().tolist() for each in proposals],
            "found": [{"boxes": each["boxes"].flatten().tolist(), "scores": each["scores"].tolist(),
                       "labels": (each["labels"] - 1).tolist()} for each in results]}


def ours(key: str) -> str:
    """The key in the toolkit."""
    return key.replace("backbone.", "encoder.features.", 1)


def case(kind: str, first_seed: int) -> dict:
    """One of the three networks with its losses and the gradients of their sum."""
    for seed in range(first_seed, first_seed + 200_000, 1000):
        network = faster()
        if kind != "faster-r-cnn":
            network.rpn = nn.Module()
        fill(network, seed)
        network.double().eval()
        x = signed(seed, 2, 3, HEIGHT, WIDTH).double()
        with Margin() as margin:
            parts = losses(network, kind, x)
        if margin.least > MARGIN[kind]:
            break
    else:
        raise SystemExit("no seed keeps all rectifiers away from their kinks")
    sum(parts.values()).backward()
    result = {"kind": kind, "seed": seed, "input": list(x.shape), "objects": OBJECTS, "regions": FOUND,
              **{key: part.item() for key, part in parts.items()},
              "gradients": {ours(key): summary(p.grad, SAMPLES) for key, p in sorted(network.named_parameters())}}
    if kind == "faster-r-cnn":
        result |= {"candidates": CANDIDATES, "count": PROPOSALS, **found_by(network, x)}
    return result


def write_regions(file: Path) -> None:
    """The three networks."""
    cases = [case(kind, 1_200_000 + 200_000 * number) for number, kind in enumerate(("r-cnn", "fast-r-cnn", "faster-r-cnn"))]
    file.write_text(to_json(cases, depth=3) + "\n")
