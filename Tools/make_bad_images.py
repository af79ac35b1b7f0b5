#!/usr/bin/env python3
"""Makes the images that the codec tests read: odd but valid ones with the pixels to expect, and broken ones.

    make_bad_images.py Tests/CVImageTests/Golden

Needs Pillow, numpy, and cjpeg of libjpeg-turbo-progs. Beside each valid image `a.png` stands `a.png.pam` (Netpbm's
PAM: a short header of text, then raw samples) with what it decodes to, by Pillow or from the samples themselves.
"""
import io
import os
import struct
import subprocess
import sys
import zlib

import numpy as np
from PIL import Image, ImageOps

OUT = sys.argv[1]
W, H = 37, 29  # not a multiple of any block


def save(name, data):
    with open(os.path.join(OUT, name), "wb") as file:
        file.write(data)


def expect(name, pixels):
    pixels = np.ascontiguousarray(pixels, np.uint8)
    h, w, depth = pixels.shape
    kind = {3: "RGB", 4: "RGB_ALPHA"}[depth]
    head = f"P7\nWIDTH {w}\nHEIGHT {h}\nDEPTH {depth}\nMAXVAL 255\nTUPLTYPE {kind}\nENDHDR\n"
    save(name + ".pam", head.encode() + pixels.tobytes())


def image(w=W, h=H):
    """Smooth colors and a hard edge, [h, w, 3]."""
    y, x = np.mgrid[0:h, 0:w].astype(np.float64)
    rgb = np.stack([128 + 100 * np.sin(x / 7 + y / 9), 255 * x / max(w - 1, 1), 255 * y / max(h - 1, 1)], -1)
    rgb[(x - w / 2) ** 2 + (y - h / 2) ** 2 < 36] = [220, 40, 60]
    return np.clip(rgb, 0, 255).astype(np.uint8)


# --- JPEG ---------------------------------------------------------------------------------------------------------


def pillow_jpeg(image, **options):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **options)
    return buffer.getvalue()


def cjpeg(pixels, *options):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PPM")
    return subprocess.run(["cjpeg", "-quality", "85", *options], input=buffer.getvalue(), capture_output=True,
                          check=True).stdout


def valid_jpeg(name, data, pixels=None):
    save(name, data)
    expect(name, pixels if pixels is not None else Image.open(io.BytesIO(data)).convert("RGB"))


def segments(data):
    """(marker, start, end) of each segment up to and with the first SOS."""
    at = 2
    while True:
        marker, length = struct.unpack(">HH", data[at:at + 4])
        yield marker, at, at + 2 + length
        if marker == 0xFFDA:
            return
        at += 2 + length


def segment(data, *markers):
    return next((a, b) for m, a, b in segments(data) if m in markers)


def patched(data, at, new):
    return data[:at] + new + data[at + len(new):]


SOF = (0xFFC0, 0xFFC1, 0xFFC2)


def with_adobe_transform(data, transform):
    """The APP14 marker's transform changed; None: the marker removed."""
    start, end = segment(data, 0xFFEE)
    return data[:start] + data[end:] if transform is None else patched(data, end - 1, bytes([transform]))


def without_jfif(data):
    start, end = segment(data, 0xFFE0)
    return data[:start] + data[end:]


def jpegs():
    rgb = image()
    for name, sample in {"444": "1x1", "422": "2x1", "420": "2x2", "440": "1x2", "411": "4x1", "410": "4x2"}.items():
        valid_jpeg(f"sampling-{name}.jpg", cjpeg(rgb, "-sample", sample))
    valid_jpeg("progressive.jpg", cjpeg(rgb, "-progressive"))
    valid_jpeg("arithmetic.jpg", cjpeg(rgb, "-arithmetic"))
    valid_jpeg("arithmetic-progressive.jpg", cjpeg(rgb, "-arithmetic", "-progressive"))
    valid_jpeg("restart.jpg", cjpeg(rgb, "-restart", "1B"))
    valid_jpeg("grey.jpg", pillow_jpeg(Image.fromarray(rgb).convert("L")))
    valid_jpeg("rgb.jpg", cjpeg(rgb, "-rgb"))
    valid_jpeg("1x1.jpg", pillow_jpeg(Image.fromarray(image(1, 1))))
    valid_jpeg("1x10000.jpg", pillow_jpeg(Image.fromarray(image(1, 10000)), quality=30))
    valid_jpeg("10000x1.jpg", pillow_jpeg(Image.fromarray(image(10000, 1)), quality=30))
    valid_jpeg("trailing-junk.jpg", cjpeg(rgb) + b"junk \xff\xd8\xff\xe1" * 20)


def inks():
    """Four components, with each Adobe transform and without the marker."""
    rgb = image().astype(np.int32)
    cmyk = np.dstack([255 - rgb, (rgb[..., :1] + rgb[..., 1:2]) // 5]).astype(np.uint8)
    data = pillow_jpeg(Image.fromarray(cmyk, "CMYK"), quality=90)  # stored inverted, marker with transform 0
    valid_jpeg("cmyk-adobe0.jpg", data)
    ycck = with_adobe_transform(data, 2)  # the same samples, now read as Y, Cb, Cr, K
    valid_jpeg("cmyk-adobe2.jpg", ycck)
    valid_jpeg("cmyk-adobe1.jpg", with_adobe_transform(data, 1))
    valid_jpeg("cmyk-plain.jpg", with_adobe_transform(data, None))


def bad_jpegs():
    data = cjpeg(image())
    start, _ = segment(data, *SOF)
    save("bad-65500x65500.jpg", patched(data, start + 5, struct.pack(">HH", 65500, 65500)))
    save("bad-12bit.jpg", patched(data, start + 1, b"\xc1")[:start + 4] + b"\x0c" + data[start + 5:])
    save("bad-lossless.jpg", patched(data, start + 1, b"\xc3"))
    save("bad-0x0.jpg", patched(data, start + 5, struct.pack(">HH", 0, 0)))
    save("bad-no-tables.jpg", data[:2] + data[start:])
    save("bad-tables-only.jpg", data[:start] + b"\xff\xd9")
    save("bad-scans.jpg", scan_bomb())


def scan_bomb(scans=1000):
    """A gray progressive image of 1000 × 1000 whose last scan, of a few bytes, comes again and again."""
    data = pillow_jpeg(Image.new("L", (1000, 1000), 128), progressive=True)
    last = data[data.rindex(b"\xff\xda"):-2]
    return data[:-2] + last * scans + b"\xff\xd9"


# --- PNG ----------------------------------------------------------------------------------------------------------

ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
GRAY, RGB, PALETTE, GRAY_ALPHA, RGBA = 0, 2, 3, 4, 6


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def rows(samples, bits):
    """Samples [h, w, c] as rows of PNG, each with the filter type 0."""
    out = b""
    for row in samples:
        flat = row.reshape(-1)
        if bits == 16:
            packed = flat.astype(">u2").tobytes()
        else:
            each = ((flat[:, None] >> np.arange(bits - 1, -1, -1)) & 1).astype(np.uint8)
            packed = np.packbits(each.reshape(-1)).tobytes()
        out += b"\0" + packed
    return out


def png(samples, bits, kind, *extra, interlaced=False):
    h, w, _ = samples.shape
    passes = [samples[y::dy, x::dx] for x, y, dx, dy in ADAM7] if interlaced else [samples]
    raw = b"".join(rows(p, bits) for p in passes if p.size)
    head = struct.pack(">IIBBBBB", w, h, bits, kind, 0, 0, int(interlaced))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(extra) + chunk(b"IDAT", zlib.compress(raw, 9)) +
            chunk(b"IEND", b""))


def to8(samples, bits):
    """Full range to 0…255, rounded."""
    return ((samples.astype(np.int64) * 255 * 2 + (1 << bits) - 1) // (2 * ((1 << bits) - 1))).astype(np.uint8)


def valid_png(name, samples, bits, kind, *extra, pixels, check=True):
    for interlaced in (False, True):
        full = name + ("-interlaced" if interlaced else "") + ".png"
        data = png(samples, bits, kind, *extra, interlaced=interlaced)
        save(full, data)
        expect(full, pixels)
        if check:  # what is written here is what Pillow reads
            mode = "RGB" if pixels.shape[2] == 3 else "RGBA"
            assert np.array_equal(np.asarray(Image.open(io.BytesIO(data)).convert(mode)), pixels), full


def pngs():
    rng = np.random.default_rng(1)
    w, h = 19, 13
    for bits in (1, 2, 4, 8, 16):
        gray = rng.integers(0, 1 << bits, (h, w, 1))
        valid_png(f"grey{bits}", gray, bits, GRAY, pixels=to8(gray, bits).repeat(3, 2), check=bits < 16)
        key = int(gray[3, 3, 0])
        alpha = np.where(gray == key, 0, 255)
        valid_png(f"grey{bits}-trns", gray, bits, GRAY, chunk(b"tRNS", struct.pack(">H", key)),
                  pixels=np.dstack([to8(gray, bits).repeat(3, 2), alpha]), check=bits in (1, 8))
    for bits in (8, 16):
        rgba = rng.integers(0, 1 << bits, (h, w, 4))
        rgb = rgba[..., :3]
        valid_png(f"rgb{bits}", rgb, bits, RGB, pixels=to8(rgb, bits), check=bits == 8)
        valid_png(f"rgba{bits}", rgba, bits, RGBA, pixels=to8(rgba, bits), check=bits == 8)
        both = rgba[..., 2:]
        valid_png(f"grey-alpha{bits}", both, bits, GRAY_ALPHA, pixels=to8(both, bits)[..., [0, 0, 0, 1]],
                  check=bits == 8)
        key = rgb[5, 5]
        alpha = np.where((rgb == key).all(2, keepdims=True), 0, 255)
        valid_png(f"rgb{bits}-trns", rgb, bits, RGB, chunk(b"tRNS", struct.pack(">3H", *map(int, key))),
                  pixels=np.dstack([to8(rgb, bits), alpha]), check=bits == 8)
    for bits in (1, 2, 4, 8):
        palette = rng.integers(0, 256, (1 << bits, 4))
        index = rng.integers(0, 1 << bits, (h, w, 1))
        table = chunk(b"PLTE", palette[:, :3].astype(np.uint8).tobytes())
        valid_png(f"palette{bits}", index, bits, PALETTE, table, pixels=palette[index[..., 0], :3])
        # Fewer alphas than colors: the rest is opaque.
        given = max(1, (1 << bits) - 1)
        palette[given:, 3] = 255
        alpha = chunk(b"tRNS", palette[:given, 3].astype(np.uint8).tobytes())
        valid_png(f"palette{bits}-trns", index, bits, PALETTE, table, alpha, pixels=palette[index[..., 0]])
    for w, h in ((1, 1), (1, 10000)):
        pixels = image(w, h)
        save(f"{w}x{h}.png", png(pixels, 8, RGB))
        expect(f"{w}x{h}.png", pixels)


def bombs():
    """Text and a color profile that would unpack to 10 MB each, before the image."""
    zeros = zlib.compress(bytes(10_000_000), 9)
    pixels = image(8, 8)
    extra = [chunk(b"iCCP", b"profile\0\0" + zeros), chunk(b"zTXt", b"Comment\0\0" + zeros),
             chunk(b"iTXt", b"Comment\0\1\0\0\0" + zeros)]
    data = png(pixels, 8, RGB, *extra)
    many = png(pixels, 8, RGB, *[chunk(b"tEXt", b"k\0v")] * 1200)
    for name, bytes_ in (("bomb-chunks.png", data), ("bomb-many-chunks.png", many)):
        save(name, bytes_)
        expect(name, pixels)


def bad_pngs():
    pixels = image(8, 8)
    data = png(pixels, 8, RGB)

    def header(w, h, bits=8, kind=RGB):
        return data[:8] + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, bits, kind, 0, 0, 0)) + data[33:]

    save("bad-65500x65500.png", header(65500, 65500))
    save("bad-2147483647.png", header(2**31 - 1, 2**31 - 1))
    save("bad-0x8.png", header(0, 8))
    save("bad-depth.png", header(8, 8, bits=3))
    save("bad-kind.png", header(8, 8, kind=5))
    save("bad-taller.png", header(8, 9))  # a row less than the header says
    save("bad-no-idat.png", data[:33] + data[-12:])
    save("bad-no-palette.png", header(8, 8, kind=PALETTE))
    save("bad-deflate.png", data[:33] + chunk(b"IDAT", b"\x78\x9c" + b"\xff" * 40) + data[-12:])
    index = np.arange(64).reshape(8, 8, 1)
    save("odd-index.png", png(index, 8, PALETTE, chunk(b"PLTE", bytes(range(9)))))  # indices beyond the palette


# --- EXIF ---------------------------------------------------------------------------------------------------------


def orientations():
    stored = Image.fromarray(image(5, 3))
    for value in range(10):
        exif = Image.Exif()
        exif[0x0112] = value
        buffer = io.BytesIO()
        stored.save(buffer, "PNG", exif=exif)
        name = f"orientation-{value}.png"
        save(name, buffer.getvalue())
        expect(name, np.asarray(ImageOps.exif_transpose(Image.open(buffer))))


os.makedirs(OUT, exist_ok=True)
for make in (jpegs, inks, bad_jpegs, pngs, bombs, bad_pngs, orientations):
    make()
