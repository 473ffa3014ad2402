"""Scores of predictions by scikit-learn: reads cases as JSON from standard input, prints answers as JSON.

A case has `scores` [images][classes] (logits) and `labels`, a list of classes for each image.
"""
import json
import sys
import warnings

import numpy as np
from scipy.special import softmax
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_recall_fscore_support,
)

warnings.filterwarnings("ignore")


def expected_calibration_error(hit, confidence, bins):
    # calibration_curve has the bins (low, high] of equal width, and leaves out empty ones.
    right, said = calibration_curve(hit, confidence, n_bins=bins)
    edges = np.linspace(0, 1, bins + 1)
    sizes = np.bincount(np.searchsorted(edges[1:-1], confidence), minlength=bins)
    sizes = sizes[sizes > 0]
    return float(np.sum(sizes * np.abs(right - said)) / len(hit))


def answer(case):
    scores = np.array(case["scores"], dtype=np.float64)
    images, classes = scores.shape
    truth = np.zeros((images, classes), dtype=int)
    for row, labels in enumerate(case["labels"]):
        truth[row, labels] = 1
    present = [c for c in range(classes) if truth[:, c].any()]
    found = {"ap": {str(c): average_precision_score(truth[:, c], scores[:, c]) for c in present}}
    found["map"] = average_precision_score(truth[:, present], scores[:, present], average="macro")
    if all(len(labels) == 1 for labels in case["labels"]):
        y = np.array([labels[0] for labels in case["labels"]])
        best = scores.argmax(axis=1)
        chances = softmax(scores, axis=1)
        precision, recall, f1, _ = precision_recall_fscore_support(y, best, zero_division=0)
        occurring = sorted(set(y) | set(best))
        found["meanClass"] = balanced_accuracy_score(y, best)
        found["macroF1"] = f1_score(y, best, average="macro")
        found["confusion"] = confusion_matrix(y, best, labels=occurring).tolist()
        found["classes"] = [int(c) for c in occurring]
        found["precision"] = precision.tolist()
        found["recall"] = recall.tolist()
        found["f1"] = f1.tolist()
        found["ece"] = expected_calibration_error((y == best).astype(int), chances.max(axis=1), 15)
        if classes > 1:
            found["nll"] = log_loss(y, chances, labels=list(range(classes)))
    return found


json.dump([answer(case) for case in json.load(sys.stdin)], sys.stdout)
