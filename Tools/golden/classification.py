"""Seeded scores and labels, and what scikit-learn says about them: accuracy, top-5, the scores of classes, confusion."""

import json
from pathlib import Path

import numpy as np
from sklearn.metrics import (
    accuracy_score, confusion_matrix, log_loss, precision_recall_fscore_support, top_k_accuracy_score,
)


def case(classes: int, count: int, predicted: int, seed: int) -> dict:
    """`count` images of `classes` classes; those from `predicted` on have scores too low to be predicted."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, count)
    logits = random.normal(size=(count, classes)).astype(np.float32)
    logits[np.arange(count), labels] += random.normal(1, 1, count).astype(np.float32)
    logits[:, predicted:] -= 10
    guesses, names = logits.argmax(1), np.arange(classes)
    precision, recall, f1, support = precision_recall_fscore_support(labels, guesses, labels=names, zero_division=0)
    macro = precision_recall_fscore_support(labels, guesses, average="macro", zero_division=0)[:3]
    double = logits.astype(np.float64)
    probabilities = np.exp(double - double.max(1, keepdims=True))
    probabilities /= probabilities.sum(1, keepdims=True)
    return {
        "classes": classes,
        "labels": labels.tolist(),
        "logits": [float(f"{value:.9g}") for value in logits.ravel()],
        "accuracy": accuracy_score(labels, guesses),
        "top_five": top_k_accuracy_score(labels, logits, k=5, labels=names),
        "loss": log_loss(labels, probabilities, labels=names),
        "precision": precision.tolist(),
        "recall": recall.tolist(),
        "f1": f1.tolist(),
        "support": support.tolist(),
        "macro": [float(value) for value in macro],
        "confusion": confusion_matrix(labels, guesses, labels=names).tolist(),
    }


def write_classification(output: Path) -> None:
    """The second case has classes that are never predicted, and with seven images of eight classes some without any."""
    output.parent.mkdir(parents=True, exist_ok=True)
    cases = [case(10, 120, 10, 1), case(8, 7, 6, 2)]
    output.write_text(json.dumps({"cases": cases}) + "\n")
