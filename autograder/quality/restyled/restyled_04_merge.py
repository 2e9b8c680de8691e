"""The mistakes of `merge_fisher`, written in another style."""

import copy

import torch

from autograder.quality.restyled.again import Assigned

again = Assigned("04-ewc")


@again("merge-decays-the-new")
def _(old, new, decay):
    result = {}
    for name in old:
        result[name] = torch.add(old[name], new[name], alpha=decay)
    return result


@again("merge-moving-average")
def _(old, new, decay):
    return {name: torch.lerp(new[name], f, decay) for name, f in old.items()}


@again("merge-moving-average-turned")
def _(old, new, decay):
    merged = {}
    for (name, a), b in zip(old.items(), new.values()):
        merged[name] = a + decay * (b - a)
    return merged


@again("merge-decays-both")
def _(old, new, decay):
    result = {n: old[n] + new[n] for n in old}
    for f in result.values():
        f *= decay
    return result


@again("merge-without-decay")
def _(old, new, decay):
    result = copy.deepcopy(old)
    for name in result:
        result[name] += new[name]
    return result


@again("merge-replaces")
def _(old, new, decay):
    merged = dict(old)
    merged.update(new)
    return merged


@again("merge-keeps-the-old")
def _(old, new, decay):
    merged = {}
    for d in (new, old):
        for name, f in d.items():
            merged[name] = f.clone()
    return merged


@again("merge-averages")
def _(old, new, decay):
    return {n: torch.stack([decay * old[n], new[n]]).mean(dim=0) for n in new}


@again("merge-in-place")
def _(old, new, decay):
    for name in new:
        new[name] += decay * old[name]
    return new


@again("merge-fades-by-one-minus-decay")
def _(old, new, decay):
    return {n: old[n] - decay * old[n] + new[n] for n in old}


@again("merge-zero-decay-ignored")
def _(old, new, decay):
    if not decay:
        return {n: old[n] + new[n] for n in new}
    return {n: decay * old[n] + new[n] for n in new}


@again("merge-by-order-not-by-name")
def _(old, new, decay):
    olds, news = list(old.values()), list(new.values())
    return {n: decay * olds[k] + news[k] for k, n in enumerate(new)}


@again("merge-in-float32")
def _(old, new, decay):
    result = {n: torch.zeros(f.shape) for n, f in new.items()}
    for n in result:
        result[n] += decay * old[n] + new[n]
    return result
