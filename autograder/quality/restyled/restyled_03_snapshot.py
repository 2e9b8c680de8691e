"""The mistakes of `snapshot`, written in another style."""

import copy
import functools

import torch

from autograder.quality.restyled.again import Assigned

again = Assigned("03-l2")


@again("parameters-themselves")
def _(model):
    weights = {}
    for name, weight in model.named_parameters():
        weights[name] = weight
    return weights


@again("detached-but-not-copied")
def _(model):
    return model.state_dict()


@again("copied-but-not-detached")
def _(model):
    return copy.deepcopy(dict(model.named_parameters()))


@again("whole-model-copied")
def _(model):
    old = copy.deepcopy(model)
    old.eval()
    for weight in old.parameters():
        weight.requires_grad = False
    return old


@again("list-instead-of-dict")
def _(model):
    kept = []
    for weight in model.parameters():
        kept.append(torch.clone(weight.data))
    return kept


@again("pairs-instead-of-dict")
def _(model):
    state = copy.deepcopy(model.state_dict())
    return [(name, state[name]) for name in state]


@again("one-long-vector")
def _(model):
    with torch.no_grad():
        return torch.cat([weight.reshape(-1) for weight in model.parameters()])


@again("flattened-copies")
def _(model):
    kept = {}
    for name, weight in model.named_parameters():
        kept[name] = weight.data.clone().view(-1)
    return kept


@again("names-of-its-own")
def _(model):
    kept = {}
    for k, weight in enumerate(model.parameters()):
        kept[f"param_{k}"] = weight.clone().detach()
    return kept


@again("part-of-the-name")
def _(model):
    kept = {}
    for layer in model.modules():
        for name, weight in layer.named_parameters(recurse=False):
            kept[name] = weight.data.clone()
    return kept


@again("snapshot-without-biases")
def _(model):
    kept = {}
    for name, layer in model.named_modules():
        if isinstance(layer, torch.nn.Linear):
            kept[f"{name}.weight"] = layer.weight.detach().clone()
    return kept


@again("inner-layers-left-out")
def _(model):
    kept = {}
    for place, layer in model.named_children():
        for name, weight in layer._parameters.items():
            kept[f"{place}.{name}"] = weight.data.clone()
    return kept


@again("lists-of-numbers")
def _(model):
    kept = {}
    with torch.no_grad():
        for name, weight in model.named_parameters():
            kept[name] = weight.numpy().tolist()
    return kept


@again("numpy-arrays")
def _(model):
    kept = {}
    with torch.no_grad():
        for name, weight in model.named_parameters():
            kept[name] = weight.cpu().numpy().copy()
    return kept


@again("copied-as-float32")
def _(model):
    kept = {}
    for name, weight in model.named_parameters():
        kept[name] = torch.empty(weight.shape)
        kept[name].copy_(weight.detach())
    return kept


@again("empty-copies")
def _(model):
    kept = {}
    for name, weight in model.named_parameters():
        kept[name] = weight.data.new_zeros(weight.shape)
    return kept


@again("gradients-instead-of-values")
def _(model):
    return {name: weight.grad.clone() for name, weight in model.named_parameters()}


@again("snapshot-clears-gradients")
def _(model):
    for weight in model.parameters():
        weight.grad = None
    return copy.deepcopy(model.state_dict())


@again("one-dict-for-all-snapshots")
@functools.cache
def _(model):
    return copy.deepcopy(model.state_dict())


@again("model-frozen")
def _(model):
    for weight in model.parameters():
        weight.requires_grad = False
    return copy.deepcopy(model.state_dict())


@again("left-in-evaluation-mode")
def _(model):
    model.train(False)
    kept = {}
    with torch.no_grad():
        for name, weight in model.named_parameters():
            kept[name] = weight.clone()
    return kept
