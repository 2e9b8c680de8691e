"""The mistakes of `choose_informative` about classes, written in another style."""

import torch

from autograder.quality.restyled.again import Assigned
from autograder.quality.restyled.restyled_02_informative import (
    features_of,
    herded,
    logits_of,
    of_each_class,
    quotas,
)

again = Assigned("02-replay")


@again("all-of-one-class")
def _(model, x, y, n, generator):
    features = features_of(model, x)
    own = (y == y[0]).nonzero()[:, 0]
    rows = own[herded(features[own], n)]
    return x[rows], y[rows]


@again("rest-left-out")
def _(model, x, y, n, generator):
    labels = y.unique().tolist()
    each = int(n / len(labels))
    rows = of_each_class(features_of(model, x), y, {label: each for label in labels})
    return x[rows], y[rows]


@again("rest-to-the-last-class")
def _(model, x, y, n, generator):
    labels = y.unique().tolist()
    due = {label: n // len(labels) for label in labels}
    due[labels[0]] += n % len(labels)
    rows = of_each_class(features_of(model, x), y, due)
    return x[rows], y[rows]


@again("n-rows-of-each-class")
def _(model, x, y, n, generator):
    features = features_of(model, x)
    xs, ys = [], []
    for label in y.unique():
        own_x, own_y, own = x[y == label], y[y == label], features[y == label]
        best = (own - own.mean(0)).square().sum(1).argsort()[:n]
        xs.append(own_x[best])
        ys.append(own_y[best])
    return torch.cat(xs), torch.cat(ys)


@again("classes-as-in-the-data")
def _(model, x, y, n, generator):
    labels, counts = y.unique(return_counts=True)
    due = {int(label): int(n * count / len(y)) for label, count in zip(labels, counts)}
    for label in labels[counts.argsort(descending=True)].tolist() * n:
        if sum(due.values()) < n:
            due[label] += 1
    rows = of_each_class(features_of(model, x), y, due)
    return x[rows], y[rows]


@again("model-says-the-class")
def _(model, x, y, n, generator):
    said = logits_of(model, x).argmax(1)
    rows = of_each_class(features_of(model, x), said, quotas(said, n))
    return x[rows], y[rows]


@again("each-share-rounded-up")
def _(model, x, y, n, generator):
    labels = y.unique().tolist()
    each = (n + len(labels) - 1) // len(labels)
    rows = of_each_class(features_of(model, x), y, dict.fromkeys(labels, each))
    return x[rows], y[rows]


@again("labels-counted-from-outputs")
def _(model, x, y, n, generator):
    features, rows = features_of(model, x), []
    classes = logits_of(model, x[:1]).shape[1]
    for label in range(classes):
        own = (y == label).nonzero()[:, 0]
        if len(own):
            rows += own[herded(features[own], (n + classes - 1 - label) // classes)].tolist()
    return x[rows], y[rows]


@again("labels-from-the-model")
def _(model, x, y, n, generator):
    rows = of_each_class(features_of(model, x), y, quotas(y, n))
    return x[rows], logits_of(model, x[rows]).argmax(1)
