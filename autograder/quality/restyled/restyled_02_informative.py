"""The mistakes of `choose_informative`, written in another style."""

import copy
import random

import torch

from autograder.quality.restyled.again import Assigned

again = Assigned("02-replay")


@torch.no_grad()
def features_of(model, x):
    return copy.deepcopy(model).eval().features(x)


@torch.no_grad()
def logits_of(model, x):
    return copy.deepcopy(model).eval()(x)


def quotas(y, n):
    """How many rows each class is due, by label."""
    labels = sorted(set(y.tolist()))
    due = dict.fromkeys(labels, 0)
    for k in range(n):
        due[labels[k % len(labels)]] += 1
    return due


def herded(features, count):
    """Greedy: each next row brings the mean of the chosen ones closest to the class mean."""
    mean, total, chosen = features.mean(0), 0, []
    for k in range(1, min(count, len(features)) + 1):
        gap = (mean - (total + features) / k).pow(2).sum(1)
        gap[chosen] = float("inf")
        chosen.append(int(gap.argmin()))
        total = total + features[chosen[-1]]
    return chosen


def of_each_class(features, y, due):
    """Row numbers, herded class by class."""
    chosen = []
    for label, count in due.items():
        own = torch.nonzero(y == label)[:, 0]
        chosen += own[herded(features[own], count)].tolist()
    return chosen


@again("random-rows")
def _(model, x, y, n, generator):
    rows = torch.rand(len(x), generator=generator).argsort()[:n]
    return x[rows], y[rows]


@again("random-rows-of-each-class")
def _(model, x, y, n, generator):
    due, rows = quotas(y, n), []
    for i in torch.rand(len(y), generator=generator).argsort().tolist():
        if due[int(y[i])] > 0:
            due[int(y[i])] -= 1
            rows.append(i)
    return x[rows], y[rows]


@again("pixels-instead-of-features")
def _(model, x, y, n, generator):
    rows = of_each_class(x.flatten(1), y, quotas(y, n))
    return x[rows], y[rows]


@again("first-rows-of-each-class")
def _(model, x, y, n, generator):
    due, rows = quotas(y, n), []
    for i, label in enumerate(y.tolist()):
        if due[label]:
            due[label] -= 1
            rows.append(i)
    return x[rows], y[rows]


@again("most-uncertain-rows")
def _(model, x, y, n, generator):
    log_p = torch.log_softmax(logits_of(model, x), dim=1)
    entropy = -(log_p.exp() * log_p).sum(dim=1)
    rows = entropy.topk(n).indices
    return x[rows], y[rows]


@again("most-certain-rows")
def _(model, x, y, n, generator):
    top = torch.softmax(logits_of(model, x), dim=1).max(dim=1).values
    rows = top.topk(n).indices
    return x[rows], y[rows]


@again("largest-loss-rows")
def _(model, x, y, n, generator):
    log_p = logits_of(model, x).log_softmax(1)
    losses = [-float(log_p[i, y[i]]) for i in range(len(y))]
    rows = sorted(range(len(y)), key=lambda i: losses[i], reverse=True)[:n]
    return x[rows], y[rows]


@again("nearest-to-the-mean-of-all")
def _(model, x, y, n, generator):
    features = features_of(model, x)
    distance = torch.cdist(features, features.mean(0, keepdim=True)).squeeze(1)
    rows = distance.topk(n, largest=False).indices
    return x[rows], y[rows]


@again("farthest-from-the-mean-of-all")
def _(model, x, y, n, generator):
    features = features_of(model, x)
    distance = ((features - features.mean(0)) ** 2).sum(1)
    rows = distance.topk(n).indices
    return x[rows], y[rows]


@again("means-instead-of-rows")
def _(model, x, y, n, generator):
    xs, ys = [], []
    for label, count in quotas(y, n).items():
        xs.append(x[y == label].mean(dim=0).repeat(count, 1))
        ys.append(y[y == label][:1].repeat(count))
    return torch.cat(xs), torch.cat(ys)


@again("features-instead-of-images")
def _(model, x, y, n, generator):
    features = features_of(model, x)
    rows = of_each_class(features, y, quotas(y, n))
    return features[rows], y[rows]


@again("same-row-again-and-again")
def _(model, x, y, n, generator):
    features, rows = features_of(model, x), []
    for label, count in quotas(y, n).items():
        own = (y == label).nonzero()[:, 0]
        mean, total = features[own].mean(0), 0
        for k in range(1, count + 1):
            best = own[(mean - (total + features[own]) / k).norm(dim=1).argmin()]
            total = total + features[best]
            rows.append(int(best))
    return x[rows], y[rows]


@again("labels-sorted-apart")
def _(model, x, y, n, generator):
    rows = of_each_class(features_of(model, x), y, quotas(y, n))
    order = torch.randperm(len(rows), generator=generator)
    return x[rows][order], y[rows].sort().values


@again("chosen-by-global-random-state")
def _(model, x, y, n, generator):
    features, rows = features_of(model, x), []
    for label, count in quotas(y, n).items():
        own = [i for i in range(len(y)) if y[i] == label]
        own = random.sample(own, min(len(own), 10 * count))
        rows += [own[k] for k in herded(features[own], count)]
    return x[rows], y[rows]


@again("left-in-evaluation-mode")
def _(model, x, y, n, generator):
    model.train(False)
    rows = of_each_class(features_of(model, x), y, quotas(y, n))
    return x[rows], y[rows]


@again("always-back-to-training")
def _(model, x, y, n, generator):
    model.eval()
    rows = of_each_class(features_of(model, x), y, quotas(y, n))
    model.train()
    return x[rows], y[rows]


@again("dropout-left-on")
def _(model, x, y, n, generator):
    with torch.no_grad():
        features = model.features(x)
    rows = of_each_class(features, y, quotas(y, n))
    return x[rows], y[rows]


@again("model-trained-while-choosing")
def _(model, x, y, n, generator):
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
    rows = of_each_class(features_of(model, x), y, quotas(y, n))
    return x[rows], y[rows]


@again("place-in-class-taken-for-row")
def _(model, x, y, n, generator):
    features, rows = features_of(model, x), []
    for label, count in quotas(y, n).items():
        rows += herded(features[y == label], count)
    return x[rows], y[rows]
