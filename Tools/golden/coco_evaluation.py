"""Synthetic truth and results in COCO's format, and pycocotools' twelve numbers for them, for Tests/CVDetectionTests."""

import contextlib
import io
import json
import tempfile
from pathlib import Path

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

NAMES = ["AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl"]


def twelve(truth: dict, results: list) -> dict:
    """What pycocotools computes; None where it has -1."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        files = Path(folder, "truth.json"), Path(folder, "results.json")
        for file, content in zip(files, (truth, results)):
            file.write_text(json.dumps(content))
        coco = COCO(str(files[0]))
        evaluation = COCOeval(coco, coco.loadRes(str(files[1])), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return {name: None if value < 0 else float(value) for name, value in zip(NAMES, evaluation.stats)}


def rounded(values) -> list:
    return [round(float(v), 2) for v in values]


class Scene:
    """Objects of all sizes, and results around most of them; a part of the images and classes stays empty."""

    def __init__(self, seed: int, images: int, objects: int, classes: int, ties: bool = False):
        self.random = np.random.default_rng(seed)
        self.ties = ties
        self.images = [{"id": 7 * i + 3, "file_name": f"{i}.jpg"} for i in self.random.permutation(images).tolist()]
        self.categories = [{"id": 3 * i + 1, "name": f"class {i}"} for i in range(classes)]
        self.annotations, self.results = [], []
        for number in range(objects):
            self.add_object(number + 1)
        self.random.shuffle(self.results)

    def pick(self, elements: list) -> int:
        return elements[int(self.random.integers(max(1, len(elements) - 1)))]["id"]

    def score(self) -> float:
        return round(float(self.random.uniform(0.05, 1)), 1 if self.ties else 6)

    def add_object(self, number: int) -> None:
        random = self.random
        width, height = np.exp(random.uniform(np.log(6), np.log(300))) * random.uniform(0.6, 1.6, 2)
        x, y = random.uniform(0, 500, 2)
        image, category = self.pick(self.images), self.pick(self.categories)
        box = rounded([x, y, width, height])
        area = box[2] * box[3] * (1 if random.random() < 0.3 else random.uniform(0.4, 1))
        # The limits of the sizes belong to both sides.
        area = float(random.choice([1024, 9216])) if random.random() < 0.1 else round(area, 2)
        self.annotations.append({"id": number, "image_id": image, "category_id": category, "bbox": box, "area": area,
                                 "iscrowd": int(random.random() < 0.1)})
        for _ in range(random.poisson(1.3)):
            noise = random.normal(0, 0.12, 4)
            self.results.append({
                "image_id": image,
                "category_id": category if random.random() < 0.9 else self.pick(self.categories),
                "bbox": rounded([x + noise[0] * width, y + noise[1] * height,
                                 width * np.exp(noise[2]), height * np.exp(noise[3])]),
                "score": self.score()})

    def case(self, name: str) -> dict:
        truth = {"images": self.images, "categories": self.categories, "annotations": self.annotations}
        return {"name": name, "truth": truth, "results": self.results, "expected": twelve(truth, self.results)}


def cases() -> list:
    plain = Scene(1, 12, 60, 4)
    ties = Scene(2, 8, 60, 3, ties=True)
    many = Scene(3, 4, 20, 2)
    for _ in range(160):  # more than 100 of a class in an image: the surest count
        corner, size = many.random.uniform(0, 400, 2), many.random.uniform(5, 200, 2)
        many.results.append({"image_id": many.images[0]["id"], "category_id": 1, "bbox": rounded([*corner, *size]),
                             "score": many.score()})
    odd = Scene(4, 10, 50, 3, ties=True)
    for element in odd.images:
        element["id"] -= 20
    for element in odd.annotations + odd.results:
        element["image_id"] -= 20
    for number, element in enumerate(odd.annotations):  # the number 0, with which pycocotools finds nothing
        element["id"] = number * 1000
    odd.categories.append({"id": 2**40, "name": "absent"})
    odd.results.append({"image_id": odd.images[0]["id"], "category_id": 777, "bbox": [1, 1, 5, 5], "score": 0.5})
    crowds = Scene(5, 5, 40, 2)
    for element in crowds.annotations[::2]:
        element["iscrowd"] = 1
    missed = Scene(6, 3, 9, 2)
    missed.results = [dict(result, bbox=[600, 600, 5, 5]) for result in missed.results[:3]]
    return [plain.case("plain"), ties.case("equal scores"), many.case("more than 100"), odd.case("odd numbers"),
            crowds.case("crowds"), missed.case("nothing found")]


def write_coco_evaluation(path: Path) -> None:
    text = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases())
    path.write_text(f"[\n{text}\n]\n")
