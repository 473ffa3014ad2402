"""Samples a second of a linear classifier's training in PyTorch: the median epoch.

Usage: torch_linear.py rows width classes batch epochs. Nesterov's momentum .9, as linear/cole has it.
"""

import os
import statistics
import sys
import time

import torch

rows, width, classes, batch, epochs = map(int, sys.argv[1:])
torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
features = torch.rand(rows, width)
labels = torch.arange(rows) % classes
linear = torch.nn.Linear(width, classes)
optimizer = torch.optim.SGD(linear.parameters(), 0.1, momentum=0.9, nesterov=True)
rates = []
for _ in range(epochs + 1):
    before = time.perf_counter()
    for chosen in torch.randperm(rows).split(batch):
        loss = torch.nn.functional.cross_entropy(linear(features[chosen]), labels[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    rates.append(rows / (time.perf_counter() - before))
print(statistics.median(rates[1:]))
