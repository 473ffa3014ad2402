"""What Pillow and torchvision's rules make of the images of a task: resizePillow.test.ts asks, and compares.

Reads {"images": [{"width", "height", "mode", "format", "params"}]} from the standard input. Prints for each the
file, in base64, the size of the result and its SHA-256.
"""

import base64
import hashlib
import io
import json
import sys

from PIL import Image

filters = {"bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC, "nearest": Image.NEAREST}
bands = {"RGB": 3, "L": 1, "RGBA": 4, "LA": 2, "P": 1, "1": 1, "CMYK": 4}


def drawn(width, height, mode, seed):
    """Noise, which has every value and every slope."""
    data, state = bytearray(), seed + 1
    for _ in range(width * height * bands[mode]):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        data.append(state >> 23)
    if mode == "1":
        return Image.frombytes("L", (width, height), bytes(data)).convert("1")
    if mode == "P":
        return Image.frombytes("L", (width, height), bytes(data)).convert("RGB").quantize(32)
    return Image.frombytes(mode, (width, height), bytes(data))


def centre(image, side, offset):
    """torchvision.transforms.functional.center_crop, or as it was before its 0.2 and is in TensorFlow's codes."""
    width, height = image.size
    half = {"half-even": lambda rest: int(round(rest / 2.0)), "half-up": lambda rest: int((rest + 1) * 0.5)}[offset]
    top, left = half(height - side), half(width - side)
    return image.crop((left, top, left + side, top + side))


def squared(image):
    """torchvision.transforms.functional.center_crop to the long side: it pads in black, the odd pixel right and below."""
    side = max(image.size)
    square = Image.new("RGB", (side, side))
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square


def answer(seed, asked):
    params = asked["params"]
    buffer = io.BytesIO()
    drawn(asked["width"], asked["height"], asked["mode"], seed).save(buffer, asked["format"], **asked.get("save", {}))
    image = Image.open(io.BytesIO(buffer.getvalue())).convert("RGB")
    offset = params.get("offset", "half-even")
    if "cropFirst" in params:
        image = centre(image, max(1, round(min(image.size) * params["cropFirst"])), offset)
    if "pad" in params:
        image = squared(image)
    resize = params["resize"]
    if isinstance(resize, int):
        short, long = min(image.size), max(image.size)
        other = int(resize * long / short)
        size = (resize, other) if image.width <= image.height else (other, resize)
    else:
        size = (resize[1], resize[0])
    image = image.resize(size, filters[params["filter"]])
    if "crop" in params:
        image = centre(image, params["crop"], offset)
    return {
        "file": base64.b64encode(buffer.getvalue()).decode(),
        "size": list(image.size),
        "sha256": hashlib.sha256(image.tobytes()).hexdigest()[:32],
    }


print(json.dumps([answer(seed, asked) for seed, asked in enumerate(json.load(sys.stdin)["images"])]))
