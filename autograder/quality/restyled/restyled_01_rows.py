"""The mistakes of `select_classes`, written in another style."""

import numpy as np
import torch

from autograder.quality.restyled.again import Assigned

again = Assigned("01-forgetting")


@again("grouped-by-class")
def _(x, y, classes):
    keep = []
    for c in classes:
        for i in range(len(y)):
            if y[i] == c:
                keep.append(i)
    return x[keep], y[keep]


@again("range-of-classes")
def _(x, y, classes):
    ordered = sorted(classes)
    wanted = range(ordered[0], ordered[-1] + 1)
    keep = torch.tensor([int(label) in wanted for label in y])
    return x[keep], y[keep]


@again("two-classes-assumed")
def _(x, y, classes):
    a, b = classes[0], classes[-1]
    keep = [i for i, label in enumerate(y.tolist()) if label in {a, b}]
    return x[keep], y[keep]


@again("classes-left-out")
def _(x, y, classes):
    keep = torch.ones(len(y), dtype=torch.bool)
    for c in classes:
        keep[y == c] = False
    return x[keep], y[keep]


@again("labels-not-selected")
def _(x, y, classes):
    rows = [i for i in range(len(y)) if y[i].item() in classes]
    x = x.index_select(0, torch.tensor(rows, dtype=torch.long))
    return x, y


@again("relabelled-too-early")
def _(x, y, classes):
    hits = y.unsqueeze(1) == torch.tensor(classes).unsqueeze(0)
    keep = hits.any(dim=1)
    new_labels = hits[keep].long().argmax(dim=1)
    return x[keep], new_labels


@again("rows-made-float32")
def _(x, y, classes):
    rows, labels = [], []
    for row, label in zip(x.tolist(), y.tolist()):
        if label in classes:
            rows.append(row)
            labels.append(label)
    return torch.tensor(rows), torch.tensor(labels)


@again("last-class-only")
def _(x, y, classes):
    for c in classes:
        keep = [i for i in range(len(y)) if y[i] == c]
    return x[keep], y[keep]


@again("every-class-at-once")
def _(x, y, classes):
    keep = torch.ones(len(y), dtype=torch.bool)
    for c in classes:
        keep = keep & (y == c)
    return x[keep], y[keep]


@again("nothing-to-select")
def _(x, y, classes):
    pairs = [(a, b) for a, b in zip(x, y) if b.item() in classes]
    rows, labels = zip(*pairs)
    return torch.stack(rows), torch.stack(labels)


@again("one-row-squeezed")
def _(x, y, classes):
    keep = [label in classes for label in y.tolist()]
    return x[keep].squeeze(), y[keep].squeeze()


@again("y-before-x")
def _(x, y, classes):
    rows = np.flatnonzero(np.isin(y.numpy(), classes))
    return tuple(t[torch.from_numpy(rows)] for t in (y, x))


@again("selected-in-place")
def _(x, y, classes):
    keep = torch.isin(y, torch.tensor(classes))
    result = x[keep].clone(), y[keep].clone()
    x.mul_(keep.unsqueeze(1))
    return result
