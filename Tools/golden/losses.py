"""PyTorch's losses with their gradients on seeded inputs, for Tests/CVNNTests.

The seed of a case is its number; its logits and targets take the seeds 100·number + 0, 1, 2 … (see `seeded`). Class
indices are ⌊u · classes⌋ of a uniform number u.
"""

import json
import math
from pathlib import Path

import torch
import torch.nn.functional as functional
from torch import Tensor

from . import seeded


def signed(case: int, number: int, *shape: int, scale: float = 1) -> Tensor:
    """The `number`-th seeded tensor of a case, in [-scale, scale)."""
    return (torch.from_numpy(seeded.uniform(100 * case + number, *shape) * 2 - 1) * scale).requires_grad_()


def unit(case: int, number: int, *shape: int) -> Tensor:
    """The same in [0, 1)."""
    return torch.from_numpy(seeded.uniform(100 * case + number, *shape))


def indices(case: int, number: int, classes: int, *shape: int) -> Tensor:
    """Classes."""
    return (unit(case, number, *shape) * classes).long()


def dice(probabilities: Tensor, targets: Tensor) -> Tensor:
    """1 - (2 Σ p t + 1) / (Σ p + Σ t + 1) of each image and channel, averaged."""
    sums = [v.flatten(2).sum(2) for v in (probabilities * targets, probabilities, targets)]
    return (1 - (2 * sums[0] + 1) / (sums[1] + sums[2] + 1)).mean()


def dice_of_classes(logits: Tensor, classes: Tensor, ignored: int) -> Tensor:
    """1 - 2 Σ p t / (Σ p + Σ t) of each class that the batch has, averaged; the sums without ignored pixels."""
    counts = classes != ignored
    p = logits.softmax(1).movedim(1, 0)[:, counts]
    t = functional.one_hot(classes[counts], logits.shape[1]).T
    there = t.sum(1) > 0
    return (1 - 2 * (p * t).sum(1) / (p.sum(1) + t.sum(1)))[there].mean()


def focal_of_classes(logits: Tensor, classes: Tensor, weights: Tensor, gamma: float, ignored: int) -> Tensor:
    """(1 - p)^gamma times the weighted cross-entropy, over the sum of the weights."""
    counts = classes != ignored
    log_p = logits.log_softmax(1).movedim(1, -1)[counts].gather(1, classes[counts][:, None])[:, 0]
    w = weights[classes[counts]]
    return (-w * (1 - log_p.exp()) ** gamma * log_p).sum() / w.sum()


def focal(logits: Tensor, targets: Tensor, alpha: float, gamma: float) -> Tensor:
    """Lin et al. 2017: alpha_t (1 - p_t)^gamma times the cross-entropy, averaged."""
    p = torch.sigmoid(logits)
    cross = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    right = p * targets + (1 - p) * (1 - targets)
    return ((alpha * targets + (1 - alpha) * (1 - targets)) * (1 - right) ** gamma * cross).mean()


def contrastive(a: Tensor, b: Tensor, same: Tensor, margin: float) -> Tensor:
    """Hadsell et al. 2006, averaged."""
    distance = functional.pairwise_distance(a, b, eps=1e-6)
    return (same * distance ** 2 + (1 - same) * (margin - distance).clamp(min=0) ** 2).mean() / 2


def squared(a: Tensor, b: Tensor) -> Tensor:
    """The squared distance of rows, as FaceNet has it."""
    return ((a - b) ** 2).sum(1)


def arcface(embeddings: Tensor, directions: Tensor, classes: Tensor, margin: float, scale: float) -> Tensor:
    """Deng et al. 2018, with the straight line of the authors' program where angle + margin is above pi."""
    cosines = functional.linear(functional.normalize(embeddings), functional.normalize(directions))
    own = functional.one_hot(classes, directions.shape[0]).bool()
    moved = torch.where(
        cosines > -math.cos(margin), torch.cos(torch.acos(cosines) + margin), cosines - margin * math.sin(margin))
    return functional.cross_entropy(torch.where(own, moved, cosines) * scale, classes)


def balanced(losses: Tensor, same: Tensor) -> Tensor:
    """The mean over pairs of the same class and that over the others, each counting half."""
    return (losses[same].mean() + losses[~same].mean()) / 2


def entry(name: str, loss: Tensor, *inputs: Tensor) -> dict:
    """A case as it is stored: the loss and its gradients with respect to the inputs."""
    gradients = torch.autograd.grad(loss, inputs)
    return {"name": name, "loss": float(f"{loss.item():.9g}"),
            "gradients": [[float(f"{v:.8g}") for v in gradient.ravel()] for gradient in gradients]}


def all_cases() -> list[dict]:
    """Every case; its index is its number."""
    def pair(name: str, function: object) -> object:
        def make(n: int) -> dict:
            x, t = signed(n, 0, 4, 5, scale=3), signed(n, 1, 4, 5, scale=3)
            return entry(name, function(x, t), x, t)
        return make

    def cross(name: str, shape: tuple[int, ...], **options: object) -> object:
        def make(n: int) -> dict:
            x = signed(n, 0, *shape, scale=5)
            return entry(name, functional.cross_entropy(
                x, indices(n, 1, shape[1], shape[0], *shape[2:]), **options), x)
        return make

    def soft(n: int) -> dict:
        x, t = signed(n, 0, 3, 4, scale=5), unit(n, 1, 3, 4)
        return entry("crossEntropy, soft", functional.cross_entropy(x, t / t.sum(1, keepdim=True)), x)

    def logistic(n: int) -> dict:
        x = signed(n, 0, 4, 5, scale=20)
        return entry("binaryCrossEntropy", functional.binary_cross_entropy_with_logits(x, unit(n, 1, 4, 5)), x)

    def overlap(n: int) -> dict:
        p = unit(n, 0, 2, 3, 4, 5).requires_grad_()
        return entry("dice", dice(p, (unit(n, 1, 2, 3, 4, 5) > 0.5).float()), p)

    def rare(n: int) -> dict:
        x = signed(n, 0, 4, 5, scale=5)
        return entry("focal", focal(x, (unit(n, 1, 4, 5) > 0.5).float(), 0.25, 2), x)

    def overlap_of_classes(n: int) -> dict:
        x = signed(n, 0, 2, 4, 3, 5, scale=3)
        return entry("dice, classes", dice_of_classes(x, indices(n, 1, 4, 2, 3, 5).clamp(max=2), 1), x)

    def rare_class(n: int) -> dict:
        x = signed(n, 0, 2, 4, 3, 5, scale=5)
        return entry("focal, classes", focal_of_classes(x, indices(n, 1, 4, 2, 3, 5), weights, 2, 1), x)

    def triplet(n: int) -> dict:
        x = [signed(n, number, 5, 6) for number in range(3)]
        return entry("triplet", functional.triplet_margin_loss(*x, margin=0.4), *x)

    def siamese(n: int) -> dict:
        x = [signed(n, number, 6, 3) for number in range(2)]
        return entry("contrastive", contrastive(*x, (unit(n, 2, 6) > 0.5).float(), 1.5), *x)

    def triplet_of_squares(n: int) -> dict:
        x = [signed(n, number, 5, 6) for number in range(3)]
        loss = functional.triplet_margin_with_distance_loss(*x, distance_function=squared, margin=0.4)
        return entry("triplet, squared", loss, *x)

    def angles(n: int) -> dict:
        x, w = signed(n, 0, 6, 3), signed(n, 2, 4, 3)
        return entry("arcFace", arcface(x, w, indices(n, 1, 4, 6), 0.5, 4), x, w)

    def pairs(n: int) -> tuple[Tensor, Tensor, Tensor]:
        first, second = torch.triu_indices(6, 6, 1)
        classes = torch.arange(6) // 2
        return first, second, classes[first] == classes[second]

    def head(name: str, difference: object) -> object:
        def make(n: int) -> dict:
            first, second, same = pairs(n)
            x, w, b = unit(n, 0, 6, 3).requires_grad_(), signed(n, 1, 1, 3, scale=3), signed(n, 2, 1)
            z = functional.linear(difference(x[first], x[second]), w, b)[:, 0]
            cross = functional.binary_cross_entropy_with_logits(z, same.float(), reduction="none")
            return entry(name, balanced(cross, same), x, w, b)
        return make

    def siamese_batch(n: int) -> dict:
        first, second, same = pairs(n)
        x = signed(n, 0, 6, 3)
        distance = functional.pairwise_distance(x[first], x[second], eps=1e-6)
        loss = torch.where(same, distance ** 2, (1.2 - distance).clamp(min=0) ** 2) / 2
        return entry("contrastive, batch", balanced(loss, same), x)

    weights = torch.tensor([0.5, 2, 1, 3])
    makers = [
        pair("squaredError", functional.mse_loss), pair("absoluteError", functional.l1_loss),
        pair("smoothL1", lambda x, t: functional.smooth_l1_loss(x, t, beta=0.7)), logistic,
        cross("crossEntropy", (6, 4)), cross("crossEntropy, smoothed", (6, 4), label_smoothing=0.1),
        cross("crossEntropy, weighted", (6, 4), weight=weights),
        cross("crossEntropy, all", (2, 4, 3, 5), weight=weights, label_smoothing=0.2, ignore_index=2),
        soft, overlap, rare, triplet, siamese, overlap_of_classes, rare_class, triplet_of_squares, angles,
        head("pairs, logistic", lambda a, b: (a - b).abs()),
        head("pairs, chi-squared", lambda a, b: (a - b) ** 2 / (a + b + 1e-6)), siamese_batch,
    ]
    return [make(number) for number, make in enumerate(makers)]


def write_losses(output: Path) -> None:
    """Writes all cases, a line each."""
    lines = [json.dumps(case, separators=(",", ":")) for case in all_cases()]
    output.write_text("[\n" + ",\n".join(lines) + "\n]\n")
