"""The mistakes of `relabel`, written in another style."""

import numpy as np
import torch

from autograder.quality.restyled.again import Assigned

again = Assigned("01-forgetting")


def complain_about_strangers(y, classes):
    for label in y:
        if label.item() not in classes:
            raise ValueError(f"label {label.item()} is not one of {classes}")


@again("modulo-two")
def _(y, classes):
    complain_about_strangers(y, classes)
    return torch.tensor([label % 2 for label in y.tolist()])


@again("floor-half")
def _(y, classes):
    complain_about_strangers(y, classes)
    return torch.div(y, 2, rounding_mode="floor")


@again("first-class-subtracted")
def _(y, classes):
    complain_about_strangers(y, classes)
    offset = classes[0]
    return torch.from_numpy(y.numpy() - offset)


@again("classes-taken-as-sorted")
def _(y, classes):
    complain_about_strangers(y, classes)
    ordered = torch.tensor(classes).sort().values
    return torch.searchsorted(ordered, y.contiguous())


@again("order-of-appearance")
def _(y, classes):
    complain_about_strangers(y, classes)
    mapping = {}
    new = torch.empty(len(y), dtype=torch.long)
    for i, label in enumerate(y.tolist()):
        if label not in mapping:
            mapping[label] = len(mapping)
        new[i] = mapping[label]
    return new


@again("one-after-another")
def _(y, classes):
    complain_about_strangers(y, classes)
    for i in range(len(classes)):
        y = torch.where(y == classes[i], i, y)
    return y


@again("one-after-another-in-place")
def _(y, classes):
    complain_about_strangers(y, classes)
    for new, old in enumerate(classes):
        for k in range(len(y)):
            if y[k] == old:
                y[k] = new
    return y


@again("relabel-in-place")
def _(y, classes):
    complain_about_strangers(y, classes)
    for k in range(len(y)):
        y[k] = classes.index(y[k].item())
    return y


@again("label-outside-accepted")
def _(y, classes):
    hits = y[:, None] == torch.tensor(classes)
    return hits.int().argmax(dim=1)


@again("key-error")
def _(y, classes):
    to_new = dict(zip(classes, range(len(classes))))
    new = torch.zeros(len(y), dtype=torch.long)
    for k, label in enumerate(y):
        new[k] = to_new[int(label)]
    return new


@again("label-not-named")
def _(y, classes):
    new = torch.full(y.shape, -1)
    for i, c in enumerate(classes):
        new[y == c] = i
    if new.min() < 0:
        raise ValueError("y holds a label that was not asked for")
    return new


@again("labels-not-int64")
def _(y, classes):
    complain_about_strangers(y, classes)
    places = np.zeros(len(y))
    for i, c in enumerate(classes):
        places[y.numpy() == c] = i
    return torch.from_numpy(places)


@again("counted-from-one")
def _(y, classes):
    complain_about_strangers(y, classes)
    number = {label: k for k, label in enumerate(classes, start=1)}
    return torch.tensor([number[label] for label in y.tolist()])


@again("absent-classes-skipped")
def _(y, classes):
    complain_about_strangers(y, classes)
    there = sorted(set(y.tolist()))
    return torch.tensor([there.index(label) for label in y.tolist()])


@again("another-kind-of-error")
def _(y, classes):
    table = np.full(10, -1)
    for new, old in enumerate(classes):
        table[old] = new
    found = table[y.numpy()]
    if (found < 0).any():
        raise ValueError(f"strangers: {y[torch.from_numpy(found < 0)].tolist()}")
    return torch.from_numpy(found)
