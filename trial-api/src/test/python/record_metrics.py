"""Records what scikit-learn and numpy make of 61 examples: the tables of RecordedMetricsTest.

    python record_metrics.py ../resources/dev/muster/trial/metric

Recorded with scikit-learn 1.9.1 and numpy on a CPU; the data are float32 and are computed with in float64.
"""

import sys
from pathlib import Path

import numpy as np
import sklearn.metrics as sk

folder = Path(sys.argv[1])
random = np.random.default_rng(325)
n, classes = 61, 4
label = random.integers(0, 3, n)  # class 3 is predicted, but never a label
scores = random.normal(size=(n, classes)).astype(np.float32)
scores[np.arange(n), label] += 1
scores[:, 3] -= 0.5
positive = random.integers(0, 2, n)
score = 1 / (1 + np.exp(-(random.normal(size=n) + 1.2 * positive - 0.6)))
score = np.round(score * 32) / 32  # ties
score[40:] += random.uniform(0, 1 / 64, n - 40)
score = np.clip(score, 0, 1).astype(np.float32)
y = (random.normal(size=n) * 3 + 100).astype(np.float32)
prediction = (y + random.normal(size=n)).astype(np.float32)
weight = random.choice([0, 0.25, 1, 1.5, 3], n).astype(np.float32)

with open(folder / "examples.tsv", "w") as out:
    header = ["label"] + [f"scores{c}" for c in range(classes)]
    print("\t".join(header + ["positive", "score", "y", "prediction", "weight"]), file=out)
    for i in range(n):
        row = [label[i], *scores[i], positive[i], score[i], y[i], prediction[i], weight[i]]
        print("\t".join(repr(float(value)) for value in row), file=out)

scores, score, y, prediction = (a.astype(np.float64) for a in (scores, score, y, prediction))
predicted = scores.argmax(1)
found = score > 0.5
SHARES = [0, 0.1, 0.25, 0.5, 0.9, 1]


def rows(w):
    """Name and values of each metric, with these weights or None."""
    yield "mean", np.average(y, weights=w)
    yield "sum", np.sum(y if w is None else y * w)
    yield "min", y.min() if w is None else y[w > 0].min()
    yield "max", y.max() if w is None else y[w > 0].max()
    yield "accuracy", sk.accuracy_score(label, predicted, sample_weight=w)
    yield "topKAccuracy", sk.top_k_accuracy_score(
        label, scores, k=2, labels=range(classes), sample_weight=w)
    yield "confusionMatrix", sk.confusion_matrix(
        label, predicted, labels=range(classes), sample_weight=w).ravel()
    for name in "macro", "micro", "weighted":
        p, r, f, _ = sk.precision_recall_fscore_support(
            label, predicted, average=name, sample_weight=w, zero_division=0)
        yield f"precision_{name}", p
        yield f"recall_{name}", r
        yield f"f1_{name}", f
    yield "binaryAccuracy", sk.accuracy_score(positive, found, sample_weight=w)
    yield "precision", sk.precision_score(positive, found, sample_weight=w)
    yield "recall", sk.recall_score(positive, found, sample_weight=w)
    yield "f1", sk.f1_score(positive, found, sample_weight=w)
    yield "recall_at_0.75", sk.recall_score(positive, score > 0.75, sample_weight=w)
    yield "rocAuc", sk.roc_auc_score(positive, score, sample_weight=w)
    yield "prAuc", sk.average_precision_score(positive, score, sample_weight=w)
    yield "meanSquaredError", sk.mean_squared_error(y, prediction, sample_weight=w)
    yield "rootMeanSquaredError", sk.root_mean_squared_error(y, prediction, sample_weight=w)
    yield "meanAbsoluteError", sk.mean_absolute_error(y, prediction, sample_weight=w)
    yield "r2", sk.r2_score(y, prediction, sample_weight=w)
    yield "quantiles", np.quantile(
        y if w is None else y[w > 0], SHARES, method="inverted_cdf",
        weights=None if w is None else w[w > 0])


with open(folder / "expected.tsv", "w") as out:
    for kind, w in ("plain", None), ("weighted", weight.astype(np.float64)):
        for name, values in rows(w):
            print("\t".join([kind, name] + [repr(float(v)) for v in np.ravel(values)]), file=out)
