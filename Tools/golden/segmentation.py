"""Seeded masks of classes, and what torchmetrics says about them: IoU, Dice, recall, precision, accuracy, confusion."""

import json
from pathlib import Path

import numpy as np
import torch
from torchmetrics.classification import (
    MulticlassAccuracy, MulticlassConfusionMatrix, MulticlassF1Score, MulticlassJaccardIndex, MulticlassPrecision,
    MulticlassRecall,
)

IGNORE = 255


def case(classes: int, there: int, seed: int, *, images: int = 3, height: int = 5, width: int = 8) -> dict:
    """Masks of the first `there` classes with pixels to be ignored, and predictions that are right in some two thirds."""
    random = np.random.default_rng(seed)
    shape = (images, height, width)
    truth = random.integers(0, there, shape)
    predicted = np.where(random.random(shape) < 0.6, truth, random.integers(0, there, shape))
    truth[random.random(shape) < 0.15] = IGNORE

    def score(metric: type, average: str | None = "none") -> list[float] | float:
        made = metric(num_classes=classes, average=average, ignore_index=IGNORE)
        for guess, target in zip(predicted, truth):
            made.update(torch.from_numpy(guess)[None], torch.from_numpy(target)[None])
        return made.compute().double().tolist()

    confusion = MulticlassConfusionMatrix(num_classes=classes, ignore_index=IGNORE)
    confusion.update(torch.from_numpy(predicted), torch.from_numpy(truth))
    return {
        "classes": classes, "width": width, "height": height,
        "predicted": predicted.reshape(images, -1).tolist(), "truth": truth.reshape(images, -1).tolist(),
        "pixel_accuracy": score(MulticlassAccuracy, "micro"),
        "mean_iou": score(MulticlassJaccardIndex, "macro"), "mean_dice": score(MulticlassF1Score, "macro"),
        "iou": score(MulticlassJaccardIndex), "dice": score(MulticlassF1Score),
        "recall": score(MulticlassRecall), "precision": score(MulticlassPrecision),
        "confusion": confusion.compute().tolist(),
    }


def write_segmentation(output: Path) -> None:
    """The second case has classes that are neither there nor predicted, the third has two classes."""
    cases = [case(5, 5, 1), case(11, 8, 2), case(2, 2, 3)]
    output.write_text(json.dumps({"cases": cases}, separators=(",", ":")) + "\n")
