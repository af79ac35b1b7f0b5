"""PyTorch's optimizers and schedules, step by step, for Tests/CVNNTests.

Every optimizer begins at the same seeded weights, a [3, 4] and b [4], and makes 20 steps on the loss

    Σ c (a - t)² / 2 + Σ (1 - b[:-1])² + 5 (b[1:] - b[:-1]²)²

a quadratic whose curvatures c lie in 0.1 ..< 3.1 and a chain of Rosenbrock's valleys. The weights after each step are
stored. L-BFGS is asked for one iteration at a time; max_eval also cuts its line search short, so it is set high.
"""

import json
from pathlib import Path
from typing import Callable

import torch
from torch import Tensor, optim

from . import seeded

STEPS = 20


def start() -> tuple[Tensor, Tensor]:
    """The weights at the beginning, in [-1, 1)."""
    return tuple(torch.from_numpy(seeded.uniform(seed, *shape) * 2 - 1).requires_grad_()
                 for seed, shape in ((1, (3, 4)), (2, (4,))))


def loss(a: Tensor, b: Tensor) -> Tensor:
    """See above."""
    curvature = torch.from_numpy(seeded.uniform(3, 3, 4) * 3 + 0.1)
    target = torch.from_numpy(seeded.uniform(4, 3, 4) * 2 - 1)
    valley = (1 - b[:-1]) ** 2 + 5 * (b[1:] - b[:-1] ** 2) ** 2
    return (curvature * (a - target) ** 2).sum() / 2 + valley.sum()


def run(name: str, make: Callable[[list[Tensor]], optim.Optimizer],
        before_step: Callable[[list[Tensor]], object] = lambda weights: None) -> dict:
    """The weights after each step, a before b."""
    weights = list(start())
    optimizer = make(weights)

    def closure() -> Tensor:
        optimizer.zero_grad()
        value = loss(*weights)
        value.backward()
        before_step(weights)
        return value

    rows = []
    for _ in range(STEPS):
        optimizer.step(closure)
        rows.append([float(f"{v:.7g}") for tensor in weights for v in tensor.detach().ravel()])
    return {"name": name, "steps": rows}


def optimizer_cases() -> list[dict]:
    """Every optimizer; the test makes the same by name."""
    clip = torch.nn.utils
    return [
        run("descent", lambda w: optim.SGD(w, 0.02)),
        run("momentum", lambda w: optim.SGD(w, 0.01, momentum=0.9)),
        run("nesterov", lambda w: optim.SGD(w, 0.01, momentum=0.9, nesterov=True)),
        run("momentum, l2", lambda w: optim.SGD(w, 0.01, momentum=0.9, weight_decay=0.1)),
        run("rmsprop", lambda w: optim.RMSprop(w, 0.01)),
        run("rmsprop, momentum", lambda w: optim.RMSprop(w, 0.005, alpha=0.9, momentum=0.8, weight_decay=0.05)),
        run("adam", lambda w: optim.Adam(w, 0.05)),
        run("adam, l2", lambda w: optim.Adam(w, 0.05, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1)),
        run("adamw", lambda w: optim.AdamW(w, 0.05, weight_decay=0.1)),
        run("clipped by norm", lambda w: optim.SGD(w, 0.05), lambda w: clip.clip_grad_norm_(w, 1.0)),
        run("clipped by value", lambda w: optim.SGD(w, 0.05), lambda w: clip.clip_grad_value_(w, 0.5)),
        run("lbfgs, fixed", lambda w: optim.LBFGS(w, 0.1, max_iter=1, history_size=5)),
        run("lbfgs, wolfe", lambda w: optim.LBFGS(w, 1, max_iter=1, max_eval=50, history_size=5,
                                               line_search_fn="strong_wolfe")),
    ]


def schedule_cases() -> list[dict]:
    """Learning rates of 30 steps."""
    schedules = optim.lr_scheduler
    makers = {
        "exponential": lambda o: schedules.ExponentialLR(o, 0.9),
        "staircase": lambda o: schedules.StepLR(o, 7, 0.5),
        "inverse": lambda o: schedules.LambdaLR(o, lambda t: 1 / (1 + 0.3 * t)),
        "inverseRoot": lambda o: schedules.LambdaLR(o, lambda t: 0.5 / max(t, 1) ** 0.5),
        "cosine": lambda o: schedules.CosineAnnealingLR(o, 29, 0.01),
        "oneCycle": lambda o: schedules.OneCycleLR(o, 0.4, total_steps=30),
        "warmUp": lambda o: schedules.LinearLR(o, 0.1, 1.0, 9),
        "manual": lambda o: schedules.MultiStepLR(o, [5, 20], 0.1),
    }
    cases = []
    for name, make in makers.items():
        optimizer = optim.SGD([torch.zeros(1, requires_grad=True)], 0.1)
        schedule = make(optimizer)
        rates = []
        for _ in range(30):
            rates.append(float(f"{optimizer.param_groups[0]['lr']:.8g}"))
            optimizer.step()
            schedule.step() if len(rates) < 30 else None
        cases.append({"name": name, "rates": rates})
    return cases


def write_optimizers(output: Path) -> None:
    """Writes both, a line for each case."""
    parts = []
    for key, cases in (("optimisers", optimizer_cases()), ("schedules", schedule_cases())):
        lines = [json.dumps(case, separators=(",", ":")) for case in cases]
        parts.append(f'"{key}": [\n' + ",\n".join(lines) + "\n]")
    output.write_text("{\n" + ",\n".join(parts) + "\n}\n")
