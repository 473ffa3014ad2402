"""Writes one small set in the formats of other tools, into the folder given: 12 images of 32 x 32 in 3 classes."""

import gzip
import io
import json
import os
import struct
import sys
import tarfile

import numpy as np
import scipy.io
from PIL import Image

folder = sys.argv[1]
rng = np.random.default_rng(0)
pixels = rng.integers(0, 256, (12, 32, 32, 3), dtype=np.uint8)
labels = np.arange(12, dtype=np.uint8) % 3


def at(*names):
    path = os.path.join(folder, *names)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path


def png(i):
    file = io.BytesIO()
    Image.fromarray(pixels[i]).save(file, "PNG")
    return file.getvalue()


# Pillow: a folder a class. Tar: the same, as each format of the standard library. WebDataset: beside a class.
formats = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}
for i in range(12):
    Image.fromarray(pixels[i]).save(at("folder", f"class{labels[i]}", f"{i:02d}.png"))
for name, form in formats.items():
    with tarfile.open(at(f"{name}.tar"), "w", format=form) as tar:
        tar.add(at("folder", ""), arcname=".")


def add(tar, name, data):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


for shard in range(2):
    with tarfile.open(at(f"web-{shard}.tar"), "w") as tar:
        for i in range(shard * 6, shard * 6 + 6):
            add(tar, f"{i:02d}.png", png(i))
            add(tar, f"{i:02d}.cls", str(labels[i]).encode())
            add(tar, f"{i:02d}.json", json.dumps({"label": int(labels[i])}).encode())

# CIFAR's layout, from numpy: a byte of label, then the image channel by channel.
planes = pixels.transpose(0, 3, 1, 2).reshape(12, -1)
np.concatenate([labels[:, None], planes], axis=1).astype(np.uint8).tofile(at("cifar.bin"))
np.concatenate([labels[:, None] * 0, labels[:, None], planes], axis=1).astype(np.uint8).tofile(at("cifar100.bin"))

# IDX, from numpy: big endian shape, then the values. Grey as the green channel has it.
grey = pixels[:, :, :, 1]
with open(at("images-idx3-ubyte"), "wb") as file:
    file.write(struct.pack(">HBB3I", 0, 8, 3, *grey.shape) + grey.tobytes())
with gzip.open(at("images-idx3-ubyte.gz"), "wb") as file:
    file.write(struct.pack(">HBB3I", 0, 8, 3, *grey.shape) + grey.tobytes())
with open(at("labels-idx1-ubyte"), "wb") as file:
    file.write(struct.pack(">HBBI", 0, 8, 1, 12) + labels.tobytes())

# The devkit's classes, as SciPy writes MATLAB's files.
wnids = [f"n{i * 7:08d}" for i in range(1000)]
synsets = np.zeros((1000, 1), dtype=[("ILSVRC2012_ID", object), ("WNID", object), ("words", object)])
for i, wnid in enumerate(reversed(wnids)):
    synsets[i, 0] = (float(i + 1), wnid, "a word, another")
for compressed in (False, True):
    path = at(f"devkit{int(compressed)}", "data", "meta.mat")
    scipy.io.savemat(path, {"synsets": synsets}, do_compression=compressed)
    with open(at(f"devkit{int(compressed)}", "data", "ILSVRC2012_validation_ground_truth.txt"), "w") as file:
        file.write("1000\n1\n2\n")
for i in range(3):
    Image.fromarray(pixels[i]).save(at("val", f"ILSVRC2012_val_{i + 1:08d}.JPEG"), "JPEG")

pixels.tofile(at("pixels.bin"))
