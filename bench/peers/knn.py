"""Nearest neighbours by faiss' flat index, and votes by scikit-learn.

Usage: knn.py folder. The folder has meta.json ({"width", "k", "metric": "cosine" | "euclidean", "rounds",
"votes"}), training.f32 [rows, width], queries.f32 [queries, width] and, for votes, labels.i32 [rows]. Rows
are brought to length 1 for the cosine and compared as they are for the distance. Prints, as JSON, the
seconds of each round, of which `search` are faiss' search alone and `whole` what leads from features to
neighbours: normalise, fill the index, search. The last round's neighbours stand in rows.i64 and near.f32 [queries, k], scikit-learn's class
probabilities by weights="distance" in votes.f64 [queries, classes].
"""

import json
import os
import sys
import time

import numpy as np


def main():
    folder = sys.argv[1]
    path = lambda name: os.path.join(folder, name)
    with open(path("meta.json")) as file:
        meta = json.load(file)
    width, k = meta["width"], meta["k"]
    training = np.fromfile(path("training.f32"), np.float32).reshape(-1, width)
    queries = np.fromfile(path("queries.f32"), np.float32).reshape(-1, width)
    search, whole = [], []
    if meta.get("votes"):
        from sklearn.neighbors import KNeighborsClassifier

        labels = np.fromfile(path("labels.i32"), np.int32)
        model = KNeighborsClassifier(n_neighbors=k, weights="distance", algorithm="brute").fit(
            training.astype(np.float64), labels
        )
        model.predict_proba(queries.astype(np.float64)).tofile(path("votes.f64"))
    else:
        import faiss

        faiss.omp_set_num_threads(2)
        cosine = meta["metric"] == "cosine"
        for _ in range(meta["rounds"]):
            # The caller's arrays stay as they are, as a user's would.
            own = (training.copy(), queries.copy())
            began = time.perf_counter()
            if cosine:
                for one in own:
                    faiss.normalize_L2(one)
            index = faiss.IndexFlatIP(width) if cosine else faiss.IndexFlatL2(width)
            index.add(own[0])
            before = time.perf_counter()
            near, rows = index.search(own[1], k)
            search.append(time.perf_counter() - before)
            whole.append(time.perf_counter() - began)
        rows.astype(np.int64).tofile(path("rows.i64"))
        near.astype(np.float32).tofile(path("near.f32"))
    print(json.dumps({"search": search, "whole": whole}))


main()
