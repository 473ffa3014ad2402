"""Decoding and preprocessing by Pillow, one process a core, as a data loader of PyTorch does it.

Usage: pillow.py folder processes filter. The folder has the images. First prints, as JSON, the SHA-256 of
each image's result, in order of name. Then reads how many images a walk has, a line a walk, and prints
its seconds and the seconds of a processor it took. Each image: Image.open(…).convert("RGB"), the short
side to 256, the long one by torchvision's rule, and the middle 224 x 224.
"""

import hashlib
import io
import json
import multiprocessing
import os
import sys
import time

from PIL import Image

folder, processes, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
filters = {"bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC, "nearest": Image.NEAREST}
files = []
for one in sorted(os.listdir(folder)):
    with open(os.path.join(folder, one), "rb") as file:
        files.append(file.read())


def pixels(data):
    image = Image.open(io.BytesIO(data)).convert("RGB")
    short, long = min(image.size), max(image.size)
    other = int(256 * long / short)
    size = (256, other) if image.width <= image.height else (other, 256)
    image = image.resize(size, filters[name])
    top, left = int(round((image.height - 224) / 2.0)), int(round((image.width - 224) / 2.0))
    return image.crop((left, top, left + 224, top + 224)).tobytes()


def walk(span):
    start = time.process_time()
    for i in range(*span):
        pixels(files[i % len(files)])
    return time.process_time() - start


if __name__ == "__main__":
    with multiprocessing.Pool(processes) as pool:
        print(json.dumps([hashlib.sha256(pixels(data)).hexdigest() for data in files]), flush=True)
        for line in sys.stdin:
            count = int(line)
            ends = [count * i // processes for i in range(processes + 1)]
            start = time.perf_counter()
            work = sum(pool.map(walk, list(zip(ends, ends[1:])), chunksize=1))
            print(json.dumps([time.perf_counter() - start, work]), flush=True)
