"""The linear protocols as their authors' code trains them, in PyTorch, on given features.

Usage: linear.py task.json. The task names files of float32 and int32 numbers next to it: features
[rows, width], labels [rows], testFeatures, testLabels; and the protocol and the seeds.
Prints, as JSON, the top-1 accuracy on the test rows by seed, in percent.
"""

import json
import math
import os
import sys

import numpy as np
import torch

CosineAnnealingLR = torch.optim.lr_scheduler.CosineAnnealingLR
MultiStepLR = torch.optim.lr_scheduler.MultiStepLR
LambdaLR = torch.optim.lr_scheduler.LambdaLR


def normal(linear):
    linear.weight.data.normal_(mean=0.0, std=0.01)
    linear.bias.data.zero_()


def zeros(linear):
    linear.weight.data.zero_()
    linear.bias.data.zero_()


def marks(done, warm=5, epochs=100):
    if done < warm:
        return (done + 1) / (warm + 1)
    return (1 + math.cos(math.pi * (done - warm) / (epochs - warm))) / 2


def by_epoch(epochs):
    return dict(epochs=epochs, schedule=lambda optimizer, _: CosineAnnealingLR(optimizer, epochs))


def by_step(epochs):
    return dict(epochs=epochs, each=True, schedule=lambda optimizer, steps: CosineAnnealingLR(optimizer, steps * epochs))


def milestones(epochs, *at):
    return dict(epochs=epochs, schedule=lambda optimizer, _: MultiStepLR(optimizer, list(at), gamma=0.1))


PROTOCOLS = {
    "linear/cole": dict(batch=1024, rate=0.1 * 1024 / 256, nesterov=True, start=zeros, **by_step(90)),
    "linear/simclr": dict(batch=4096, rate=0.1 * 4096 / 256, nesterov=True, decay=1e-6, start=zeros, **by_step(90)),
    "linear/moco-v2": dict(batch=256, rate=30.0, **milestones(100, 60, 80)),
    "linear/moco-v3": dict(batch=1024, rate=0.1 * 1024 / 256, **by_epoch(90)),
    "linear/swav": dict(batch=256, rate=0.3, decay=1e-6, **by_epoch(100)),
    "linear/barlow": dict(batch=256, rate=0.3, decay=1e-6, **by_epoch(100)),
    "linear/vicreg": dict(batch=256, rate=0.02, decay=1e-6, **by_epoch(100)),
    "linear/dino": dict(batch=1024, rate=0.001 * 1024 / 256, **by_epoch(100)),
    "linear/vissl": dict(
        batch=256, rate=0.01, nesterov=True, decay=5e-4, norm=True, start=lambda _: None, **milestones(28, 8, 16, 24)
    ),
    "linear/marks": dict(
        batch=1024, rate=0.1 * 1024 / 256, clip=0.5, epochs=100, schedule=lambda optimizer, _: LambdaLR(optimizer, marks)
    ),
}
# DINOv2 trains one classifier a rate, for 10 epochs of 1250 batches, drawn on and on.
RATES = [1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1]


def accuracy(model, features, labels):
    model.eval()
    with torch.no_grad():
        return (model(features).argmax(1) == labels).float().mean().item() * 100


def train(features, labels, classes, batch, rate, epochs, schedule, each=False, nesterov=False, decay=0.0, clip=None,
          norm=False, start=normal):
    linear = torch.nn.Linear(features.shape[1], classes)
    start(linear)
    batch_norm = [torch.nn.BatchNorm1d(features.shape[1])] if norm else []
    model = torch.nn.Sequential(*batch_norm, linear)
    groups = [{"params": linear.parameters()}, *({"params": n.parameters(), "weight_decay": 0.0} for n in batch_norm)]
    optimizer = torch.optim.SGD(groups, rate, momentum=0.9, nesterov=nesterov, weight_decay=decay)
    scheduler = schedule(optimizer, math.ceil(len(labels) / batch))
    for _ in range(epochs):
        for rows in torch.randperm(len(labels)).split(batch):
            loss = torch.nn.functional.cross_entropy(model(features[rows]), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            if clip is not None:
                torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
            if each:
                scheduler.step()
        if not each:
            scheduler.step()
    return model


def dinov2(features, labels, classes, batch=1024, steps=12500, share=0.1):
    order = torch.randperm(len(labels))
    held, rest = order[: round(share * len(order))], order[round(share * len(order)) :]
    models = [torch.nn.Linear(features.shape[1], classes) for _ in RATES]
    for model in models:
        normal(model)
    groups = [{"params": m.parameters(), "lr": rate * batch / 256} for m, rate in zip(models, RATES)]
    optimizer = torch.optim.SGD(groups, momentum=0.9, lr=0.1)
    scheduler = CosineAnnealingLR(optimizer, steps)
    stream = torch.empty(0, dtype=torch.long)
    for _ in range(steps):
        while len(stream) < batch:
            stream = torch.cat([stream, rest[torch.randperm(len(rest))]])
        rows, stream = stream[:batch], stream[batch:]
        x, y = features[rows], labels[rows]
        loss = sum(torch.nn.functional.cross_entropy(model(x), y) for model in models)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
    return max(models, key=lambda model: accuracy(model, features[held], labels[held]))


def main():
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    with open(sys.argv[1]) as file:
        task = json.load(file)
    folder = os.path.dirname(sys.argv[1])

    def read(name, dtype, *shape):
        return torch.from_numpy(np.fromfile(os.path.join(folder, task[name]), dtype).reshape(*shape))

    def pair(features, labels):
        return read(features, np.float32, -1, task["width"]), read(labels, np.int32, -1).long()

    features, labels = pair("features", "labels")
    found = []
    for seed in task["seeds"]:
        torch.manual_seed(seed)
        if task["protocol"] == "linear/dinov2":
            model = dinov2(features, labels, task["classes"])
        else:
            model = train(features, labels, task["classes"], **PROTOCOLS[task["protocol"]])
        found.append(accuracy(model, *pair("testFeatures", "testLabels")))
    print(json.dumps(found))


main()
