#!/usr/bin/env python3
"""Makes the images of SampleImages/ from the packages that their README names.

    apt-get download plasma-workspace-data && dpkg-deb -x plasma-workspace-data_*.deb plasma
    apt-get download libjxl-testdata && dpkg-deb -x libjxl-testdata_*.deb jxl
    apt-get download gcompris-qt-data && dpkg-deb -x gcompris-qt-data_*.deb gcompris
    python3 Tools/sample_images.py --avatars plasma/usr/share/plasma/avatars/photos \
        --room jxl/usr/share/libjxl-testdata/jxl/hdr_room.png \
        --gcompris gcompris/usr/share/gcompris-qt/rcc -o SampleImages

The stained glass is drawn here; the other images come from the installed scikit-image. Needs Pillow, numpy and
scikit-image 0.26.
"""

import argparse
import io
from pathlib import Path

from PIL import Image, ImageCms
from skimage import data

from samples.qt_resources import file_of
from samples.stained_glass import stained_glass

QUALITY = 92
AVATARS = ("Cat", "Dog", "Parrot", "Astronaut")


def as_srgb(image: Image.Image) -> Image.Image:
    """RGB in the sRGB color space: an image's own profile is applied, for what is written carries none."""
    profile = image.info.get("icc_profile")
    rgb = image.convert("RGB")
    if not profile:
        return rgb
    return ImageCms.profileToProfile(rgb, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"))


def collage(images: list[Image.Image]) -> Image.Image:
    """Four square images of one size, two by two."""
    side = images[0].width
    sheet = Image.new("RGB", (2 * side, 2 * side))
    for index, image in enumerate(images):
        sheet.paste(image, (index % 2 * side, index // 2 * side))
    return sheet


def side_by_side(paths: list[Path], side: int = 360) -> Image.Image:
    """Square images that are already written, in one row."""
    row = Image.new("RGB", (side * len(paths), side))
    for index, path in enumerate(paths):
        row.paste(Image.open(path).resize((side, side), Image.Resampling.LANCZOS), (index * side, 0))
    return row


def of_gcompris(folder: Path, activity: str, name: str) -> Image.Image:
    """An image of one of the activities of GCompris."""
    path = f"/gcompris/src/activities/{activity}/resource/{name}.webp"
    return as_srgb(Image.open(io.BytesIO(file_of((folder / f"{activity}.rcc").read_bytes(), path))))


def make(avatars: Path, room: Path, gcompris: Path, output: Path) -> None:
    """Writes all images as JPEG."""
    photo = {name: as_srgb(Image.open(avatars / f"{name}.png")) for name in AVATARS}
    coffee = Image.fromarray(data.coffee())
    cup = coffee.crop((100, 0, 500, 400)).resize(photo["Cat"].size, Image.Resampling.LANCZOS)
    images = {
        "cat": photo["Cat"],
        "parrot": photo["Parrot"],
        "retriever": photo["Dog"],
        "moonwalk": photo["Astronaut"],
        "collage": collage([photo["Dog"], photo["Parrot"], cup, photo["Cat"]]),
        "coffee": coffee,
        # Hybrid log-gamma is made to be shown as it is where a display knows only the usual range.
        "room": Image.open(room).convert("RGB"),
        "portrait": Image.fromarray(data.astronaut()),
        "great_wall": of_gcompris(gcompris, "explore_monuments", "wonders/greatWallofChina"),
        "styles/church_at_auvers": of_gcompris(gcompris, "details", "image/Eglise_dAuvers-sur-Oise_background"),
        "styles/cafe_terrace": of_gcompris(gcompris, "details", "image/Gogh4_background"),
        "styles/stained_glass": stained_glass(),
    }
    (output / "styles").mkdir(parents=True, exist_ok=True)
    for name, image in images.items():
        image.save(output / f"{name}.jpg", quality=QUALITY, optimize=True)
    astronauts = side_by_side([output / "portrait.jpg", output / "moonwalk.jpg"])
    astronauts.save(output / "astronauts.jpg", quality=QUALITY, optimize=True)


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--avatars", type=Path, required=True, metavar="DIR",
                        help="the photos of plasma-workspace-data")
    parser.add_argument("--room", type=Path, required=True, metavar="FILE", help="hdr_room.png of libjxl-testdata")
    parser.add_argument("--gcompris", type=Path, required=True, metavar="DIR",
                        help="the resource files of gcompris-qt-data")
    parser.add_argument("-o", "--output", type=Path, default=Path("SampleImages"), metavar="DIR")
    arguments = parser.parse_args()
    make(arguments.avatars, arguments.room, arguments.gcompris, arguments.output)


if __name__ == "__main__":
    main()
