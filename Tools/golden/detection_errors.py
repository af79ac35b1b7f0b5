"""Synthetic truth and results, and what tidecv 1.0.1 says of the errors among them, for Tests/CVDetectionTests."""

import json
import random
import sys
from pathlib import Path
from unittest.mock import MagicMock

KINDS = {"Cls": "class", "Loc": "localization", "Both": "both", "Dupe": "duplicate", "Bkg": "background", "Miss": "missed"}
SIDE = 200


def tidecv():
    """tidecv without what it draws with."""
    for name in ["cv2", "seaborn", "pandas", "matplotlib", "matplotlib.pyplot", "matplotlib.lines", "matplotlib.patches",
                 "appdirs"]:
        sys.modules.setdefault(name, MagicMock())
    import tidecv as module
    return module


def box(generator: random.Random) -> list:
    width, height = generator.randint(10, 60), generator.randint(10, 60)
    return [generator.randint(0, SIDE - width), generator.randint(0, SIDE - height), width, height]


def scene(generator: random.Random) -> tuple[dict, list]:
    """Objects of three classes, and results that err in every way."""
    images, annotations, results = [], [], []

    def add(image: int, category: int, place: list, score: float) -> None:
        results.append({"image_id": image, "category_id": category, "bbox": place, "score": round(score, 6)})

    for image in range(1, 41):
        images.append({"id": image, "file_name": f"{image}.png"})
        for _ in range(generator.randint(0, 5)):
            place, category = box(generator), generator.randint(1, 3)
            annotations.append({"id": len(annotations) + 1, "image_id": image, "category_id": category, "bbox": place})
            for _ in range(generator.choice([0, 1, 1, 2])):
                shift = generator.choice([1, 4, 14])
                moved = [side + generator.randint(-shift, shift) for side in place]
                found = category if generator.random() < 0.8 else generator.randint(1, 3)
                add(image, found, moved[:2] + [max(2, side) for side in moved[2:]], generator.random())
        for _ in range(generator.randint(0, 2)):
            add(image, generator.randint(1, 3), box(generator), 0.7 * generator.random())
    categories = [{"id": number, "name": f"class {number}"} for number in (1, 2, 3)]
    return {"images": images, "annotations": annotations, "categories": categories}, results


def expected(truth: dict, results: list) -> dict:
    """The average precision, and of each kind of error its number and what it costs."""
    module = tidecv()
    objects, found = module.Data("truth"), module.Data("results")
    for data in (objects, found):
        for image in truth["images"]:
            data.add_image(image["id"], image["file_name"])
    for each in truth["annotations"]:
        objects.add_ground_truth(each["image_id"], each["category_id"], each["bbox"])
    for each in results:
        found.add_detection(each["image_id"], each["category_id"], each["score"], each["bbox"])
    tide = module.TIDE()
    run = tide.evaluate(objects, found, mode=module.TIDE.BOX)
    gains, special = tide.get_main_errors()["results"], tide.get_special_errors()["results"]
    return {
        "AP50": run.ap / 100,
        "counts": {KINDS[kind.short_name]: len(errors) for kind, errors in run.error_dict.items()},
        "gains": {KINDS[name]: gain / 100 for name, gain in gains.items()},
        "falsePositives": special["FalsePos"] / 100, "falseNegatives": special["FalseNeg"] / 100,
    }


def write_detection_errors(output: Path) -> None:
    truth, results = scene(random.Random(7))
    cases = {"truth": truth, "results": results, "expected": expected(truth, results)}
    output.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
