"""Multinomial logistic regression by scikit-learn's lbfgs.

Usage: logistic.py folder. The folder has meta.json ({"rows", "width", "classes", "fits": [{"C", "tol"}]}),
features.f32 [rows, width] and labels.i32 [rows]. Prints, as JSON, for each fit the seconds, the
iterations, the objective in float64, and the coefficients and intercepts where "coefficients" is true.
"""

import json
import os
import sys
import time
import warnings

import numpy as np
from scipy.special import logsumexp
from sklearn.linear_model import LogisticRegression, RidgeClassifier

warnings.filterwarnings("ignore")


def objective(x, y, c, weights, bias):
    logits = x @ weights.T + bias
    return c * (logsumexp(logits, axis=1) - logits[np.arange(len(y)), y]).sum() + 0.5 * (weights**2).sum()


def main():
    folder = sys.argv[1]
    with open(os.path.join(folder, "meta.json")) as file:
        meta = json.load(file)
    x = np.fromfile(os.path.join(folder, "features.f32"), np.float32).reshape(-1, meta["width"]).astype(np.float64)
    y = np.fromfile(os.path.join(folder, "labels.i32"), np.int32)
    results = []
    for fit in meta["fits"]:
        if "alpha" in fit:
            model = RidgeClassifier(alpha=fit["alpha"])
        else:
            model = LogisticRegression(
                C=fit["C"], multi_class="multinomial", solver="lbfgs", tol=fit["tol"], max_iter=20000
            )
        before = time.perf_counter()
        model.fit(x, y)
        result = {"seconds": time.perf_counter() - before}
        if "C" in fit:
            result["iterations"] = int(model.n_iter_[0])
            if len(model.coef_) == meta["classes"]:
                result["objective"] = objective(x, y, fit["C"], model.coef_, model.intercept_)
        if meta.get("coefficients"):
            result["weights"] = model.coef_.flatten().tolist()
            result["bias"] = np.atleast_1d(model.intercept_).tolist()
        results.append(result)
    print(json.dumps(results))


main()
