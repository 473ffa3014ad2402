"""Makes pillow.json: what Pillow makes of small images, for the tests of decode and preprocess.

Run with Pillow 9.4 or later: python3 test/peers/pillow.py > test/peers/pillow.json
"""

import base64
import hashlib
import io
import json

import PIL
from PIL import Image


def pattern(width, height, bands=3):
    """An image by formula, so that no file is needed: the tests compute the same."""
    return bytes(
        (x * x * 3 + y * y * 5 + x * y * 7 + band * 91) % 256
        for y in range(height)
        for x in range(width)
        for band in range(bands)
    )


def sha(data):
    return hashlib.sha256(data).hexdigest()[:32]


filters = {"bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC, "nearest": Image.NEAREST}


def resized(image, resize):
    """torchvision.transforms.functional.resize on PIL images."""
    width, height = image.size
    if isinstance(resize, int):
        short, long = min(width, height), max(width, height)
        other = int(resize * long / short)
        size = (resize, other) if width <= height else (other, resize)
    else:
        size = (resize[1], resize[0])
    return size


def center_crop(image, size):
    """torchvision.transforms.functional.center_crop where the image is at least as large."""
    width, height = image.size
    top, left = int(round((height - size) / 2.0)), int(round((width - size) / 2.0))
    return image.crop((left, top, left + size, top + size))


def preprocess(width, height, params):
    image = Image.frombytes("RGB", (width, height), pattern(width, height))
    if "cropFirst" in params:
        image = center_crop(image, round(min(width, height) * params["cropFirst"]))
    if "resize" in params:
        image = image.resize(resized(image, params["resize"]), filters[params["filter"]])
    if "crop" in params:
        image = center_crop(image, params["crop"])
    data = image.tobytes()
    out = {"width": width, "height": height, "params": params, "size": list(image.size), "sha256": sha(data)}
    if len(data) <= 100:
        out["bytes"] = base64.b64encode(data).decode()
    return out


cases = []
for name in filters:
    for width, height, params in [
        (500, 375, {"resize": 256, "crop": 224}),
        (375, 500, {"resize": 256, "crop": 224}),
        (1000, 333, {"resize": 64, "crop": 56}),
        (333, 500, {"cropFirst": 0.875, "resize": 224}),
        (41, 30, {"resize": 8}),
        (7, 5, {"resize": [10, 9]}),
        (90, 61, {"resize": [5, 7]}),
        (60, 8, {"resize": [8, 9]}),
        (8, 60, {"resize": [9, 8]}),
        (300, 200, {"resize": 9, "crop": 6}),
        (3, 3, {"resize": 8}),
        (1, 1, {"resize": 4}),
        (13, 64, {"resize": 64, "crop": 33}),
    ]:
        cases.append(preprocess(width, height, {**params, "filter": name}))


def encoded(name, image, format, **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    data = buffer.getvalue()
    decoded = Image.open(io.BytesIO(data))
    rgb = decoded.convert("RGB")
    return {
        "name": name,
        "mode": decoded.mode,
        "file": base64.b64encode(data).decode(),
        "width": rgb.width,
        "height": rgb.height,
        "sha256": sha(rgb.tobytes()),
    }


def of(mode, width=11, height=7):
    bands = len(mode) if mode != "P" else 1
    return Image.frombytes(mode, (width, height), pattern(width, height, bands))


palette = of("RGB").quantize(16)
orientation = Image.Exif()
orientation[0x0112] = 6
sixteen = Image.new("I;16", (8, 1))
for x, value in enumerate([0, 1, 255, 256, 257, 32767, 32768, 65535]):
    sixteen.putpixel((x, 0), value)
# Pillow reads 16-bit grey as numbers over 255, which convert("RGB") clips: only the file is of use.
images = [
    encoded("JPEG 4:2:0", of("RGB"), "JPEG", quality=80, subsampling=2),
    encoded("JPEG 4:4:4", of("RGB"), "JPEG", quality=95, subsampling=0),
    encoded("JPEG progressive", of("RGB"), "JPEG", quality=60, progressive=True),
    encoded("JPEG grey", of("L"), "JPEG", quality=80),
    encoded("JPEG CMYK", of("CMYK"), "JPEG", quality=90),
    encoded("JPEG orientation 6", of("RGB"), "JPEG", quality=80, exif=orientation),
    encoded("PNG", of("RGB"), "PNG"),
    encoded("PNG grey", of("L"), "PNG"),
    encoded("PNG grey and alpha", of("LA"), "PNG"),
    encoded("PNG alpha", of("RGBA"), "PNG"),
    encoded("PNG palette", palette, "PNG"),
    encoded("PNG palette with transparency", palette, "PNG", transparency=3),
    encoded("PNG 1 bit", of("L").convert("1"), "PNG"),
    encoded("PNG 16-bit grey", sixteen, "PNG"),
    encoded("GIF", palette, "GIF"),
    encoded("GIF of two frames", palette, "GIF", save_all=True, append_images=[palette.rotate(180)]),
    encoded("TIFF", of("RGB"), "TIFF"),
    encoded("TIFF deflate", of("RGB"), "TIFF", compression="tiff_adobe_deflate"),
    encoded("TIFF CMYK", of("CMYK"), "TIFF"),
    encoded("WebP lossless", of("RGB"), "WEBP", lossless=True),
    encoded("WebP", of("RGB"), "WEBP", quality=80),
]



def lines(items):
    return "[\n" + ",\n".join(json.dumps(item) for item in items) + "\n]"


print(f'{{"pillow": "{PIL.__version__}",\n"preprocess": {lines(cases)},\n"decode": {lines(images)}}}')
