"""Exports a network with PyTorch, once for each opset it knows, and prints what the network's parts give by themselves.

Usage: onnxTorch.py FOLDER OPSET...
"""

import json
import sys
import warnings

import torch
from torch import nn


class Network(nn.Module):
    """Convolutions, then attention over their places and a class token."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.patches = nn.Conv2d(8, 16, 4, 4)
        self.attend = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
        self.norm = nn.LayerNorm(16)
        self.head = nn.Linear(16, 5)

    def forward(self, x):
        x = self.patches(self.stem(x)).flatten(2).transpose(1, 2)
        x = torch.cat([x.mean(1, keepdim=True), x], 1)
        return self.head(self.norm(self.attend(x))[:, 0])


def main(folder, opsets):
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    network = Network()
    with torch.no_grad():
        network(torch.randn(64, 3, 32, 32))  # running statistics
    network.eval()
    pixels = torch.arange(10 * 32 * 32 * 3)
    images = ((pixels * 7 + pixels // 97 * 13) % 256).reshape(10, 32, 32, 3).permute(0, 3, 1, 2)
    found = {}
    for name in ("stem", "norm"):
        getattr(network, name).register_forward_hook(lambda _, __, out, name=name: found.update({name: out}))
    x = (images / 255 - 0.5) / 0.25
    with torch.no_grad():
        logits = network(x)
    print(
        json.dumps(
            {
                "logits": logits.tolist(),
                "stem": found["stem"].mean((2, 3)).tolist(),
                "first": found["norm"][:, 0].tolist(),
                "mean": found["norm"].mean(1).tolist(),
            }
        )
    )
    for opset in opsets:
        torch.onnx.export(
            network,
            x[:2],
            f"{folder}/{opset}.onnx",
            opset_version=opset,
            input_names=["x"],
            output_names=["logits"],
            dynamic_axes={"x": {0: "batch"}, "logits": {0: "batch"}},
        )


main(sys.argv[1], [int(opset) for opset in sys.argv[2:]])
