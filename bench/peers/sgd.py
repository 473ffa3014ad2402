"""Softmax regression by torch.optim.SGD, step by step, from a given start and in a given order of rows.

Usage: sgd.py problem.json. The problem names files of float32 and int32 numbers next to it:
features [rows, width], labels [rows], orders [passes, rows], weights [classes, width], bias [classes].
Prints, as JSON, the mean loss of each step by setting, and the weights and biases at the end.
"""

import json
import math
import os
import sys

import numpy as np
import torch


class LARS(torch.optim.Optimizer):
    """As facebookresearch/moco-v3 defines it: vectors have no decay and no ratio."""

    def __init__(self, params, lr, momentum, weight_decay, trust):
        super().__init__(params, dict(lr=lr, momentum=momentum, weight_decay=weight_decay, trust=trust))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                step = p.grad
                if p.ndim > 1:
                    step = step + group["weight_decay"] * p
                    long, steep = p.norm(), step.norm()
                    if long > 0 and steep > 0:
                        step = step * (group["trust"] * long / steep)
                buffer = self.state[p].setdefault("buffer", torch.zeros_like(p))
                buffer.mul_(group["momentum"]).add_(step)
                p.sub_(group["lr"] * buffer)


def scheduler(optimizer, schedule, steps_per_epoch, epochs):
    """A PyTorch scheduler that is stepped after each step, or after each epoch."""
    unit = steps_per_epoch if schedule["every"] == "step" else 1
    warm, total = schedule["warmUp"] * unit, epochs * unit
    if schedule["shape"] == "steps":
        return torch.optim.lr_scheduler.MultiStepLR(optimizer, schedule["milestones"], schedule["factor"])
    if schedule["shape"] == "cosine" and warm == 0:
        return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, total, eta_min=0)

    def factor(done):
        if done < warm:
            return done / warm if schedule["every"] == "step" else (done + 1) / (warm + 1)
        if schedule["shape"] == "constant":
            return 1.0
        return 0.5 * (1 + math.cos(math.pi * (done - warm) / (total - warm)))

    return torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


def train(problem, setting, features, labels, orders, weights, bias):
    linear = torch.nn.Linear(problem["width"], problem["classes"])
    with torch.no_grad():
        linear.weight.copy_(weights)
        linear.bias.copy_(bias)
    kind = problem["batchNorm"]
    norm = None if kind == "none" else torch.nn.BatchNorm1d(problem["width"], affine=kind == "affine")
    groups = [{"params": list(linear.parameters())}]
    if kind == "affine":
        groups.append({"params": list(norm.parameters()), "weight_decay": 0.0})
    rate, decay, momentum = setting["rate"], setting["decay"], problem["momentum"]
    if problem["trust"] is None:
        optimizer = torch.optim.SGD(groups, rate, momentum, 0, decay, problem["nesterov"])
    else:
        optimizer = LARS(groups, rate, momentum, decay, problem["trust"])
    batch, epochs = problem["batch"], problem["epochs"]
    per_epoch = problem["stepsPerEpoch"] or math.ceil(len(labels) / batch)
    schedule = scheduler(optimizer, problem["schedule"], per_epoch, epochs)
    losses = []
    for order in orders:
        for start in range(0, len(order), batch):
            if len(losses) == per_epoch * epochs:
                break
            rows = order[start : start + batch]
            x = features[rows]
            loss = torch.nn.functional.cross_entropy(linear(x if norm is None else norm(x)), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            if problem["clip"] is not None:
                torch.nn.utils.clip_grad_norm_([p for g in groups for p in g["params"]], problem["clip"])
            optimizer.step()
            losses.append(loss.item())
            if problem["schedule"]["every"] == "step" or len(losses) % per_epoch == 0:
                schedule.step()
    w, b = linear.weight.detach(), linear.bias.detach()
    if kind == "affine":
        b = b + w @ norm.bias.detach()
        w = w * norm.weight.detach()
    running = [] if norm is None else [norm.running_mean.tolist(), norm.running_var.tolist()]
    return {"losses": losses, "weights": w.flatten().tolist(), "bias": b.tolist(), "running": running}


def main():
    with open(sys.argv[1]) as file:
        problem = json.load(file)
    folder = os.path.dirname(sys.argv[1])

    def read(name, dtype, *shape):
        return torch.from_numpy(np.fromfile(os.path.join(folder, problem[name]), dtype).reshape(*shape))

    width, classes = problem["width"], problem["classes"]
    labels = read("labels", np.int32, -1).long()
    parts = (
        read("features", np.float32, -1, width),
        labels,
        read("orders", np.int32, -1, len(labels)).long(),
        read("weights", np.float32, classes, width),
        read("bias", np.float32, classes),
    )
    print(json.dumps([train(problem, setting, *parts) for setting in problem["settings"]]))


main()
