"""The mistakes of `fisher_diagonal` in rows, mode and size, written in another style."""

import torch

from autograder.quality.restyled.again import Assigned

again = Assigned("04-ewc")


def sum_of(model, x):
    """The exact diagonal, added up over rows: p and the Jacobian of all log-probabilities."""
    total = {n: torch.zeros_like(p) for n, p in model.named_parameters()}
    for row in x:
        log_p = model(row[None]).log_softmax(dim=1)[0]
        units = torch.eye(len(log_p), dtype=log_p.dtype)
        weights = list(model.parameters())
        jacobian = torch.autograd.grad(log_p, weights, units, is_grads_batched=True)
        for n, j in zip(total, jacobian):
            total[n] += torch.einsum("c,c...->...", log_p.detach().exp(), j**2)
    return total


def sure(model, x):
    """The same, in evaluation mode."""
    mode = model.training
    model.eval()
    total = sum_of(model, x)
    model.train(mode)
    return total


@again("sum-over-rows")
def _(model, x):
    mode = model.training
    model.eval()
    fisher = {n: torch.zeros_like(p) for n, p in model.named_parameters()}
    log_p = model(x).log_softmax(dim=1)
    for i in range(log_p.shape[0]):
        for c in range(log_p.shape[1]):
            grads = torch.autograd.grad(log_p[i, c], list(model.parameters()), retain_graph=True)
            for n, g in zip(fisher, grads):
                fisher[n] += log_p[i, c].exp().item() * g.pow(2)
    model.train(mode)
    return fisher


@again("divided-by-rows-twice")
def _(model, x):
    fisher = sure(model, x)
    for f in fisher.values():
        f /= len(x)
    return {n: torch.div(f, x.shape[0]) for n, f in fisher.items()}


@again("divided-by-one-row-more")
def _(model, x):
    mode = model.training
    model.eval()
    count, fisher = 1, None
    for row in x:
        new = sum_of(model, row[None])
        fisher = new if fisher is None else {n: fisher[n] + new[n] for n in new}
        count += 1
    model.train(mode)
    return {n: f / count for n, f in fisher.items()}


@again("divided-by-batches")
def _(model, x):
    mode = model.training
    model.eval()
    batches = x.split(100)
    means = []
    for batch in batches:
        means.append({n: f / len(batch) for n, f in sum_of(model, batch).items()})
    model.train(mode)
    return {n: torch.stack([m[n] for m in means]).mean(dim=0) for n in means[0]}


@again("last-rows-dropped")
def _(model, x):
    size = min(128, len(x))
    batches = [x[k * size : (k + 1) * size] for k in range(len(x) // size)]
    parts = [sure(model, batch) for batch in batches]
    seen = size * len(batches)
    return {n: sum(part[n] for part in parts) / seen for n in parts[0]}


@again("first-rows-only")
def _(model, x):
    batches = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x), batch_size=200)
    (rows,) = next(iter(batches))
    return {n: f / len(rows) for n, f in sure(model, rows).items()}


@again("fisher-in-training-mode")
def _(model, x):
    fisher = sum_of(model, x)
    return {n: f / len(x) for n, f in fisher.items()}


@again("fisher-leaves-evaluation-mode")
def _(model, x):
    for module in model.modules():
        module.training = False
    return {n: f.div(len(x)) for n, f in sum_of(model, x).items()}


@again("fisher-leaves-training-mode")
def _(model, x):
    model.eval()
    try:
        return {n: f / x.size(0) for n, f in sum_of(model, x).items()}
    finally:
        model.train()


@again("fisher-scaled-to-one")
def _(model, x):
    fisher = sure(model, x)
    every = torch.cat([f.flatten() for f in fisher.values()])
    return {n: f / every.max() for n, f in fisher.items()}


@again("fisher-clipped")
def _(model, x):
    fisher = {n: f / len(x) for n, f in sure(model, x).items()}
    return {n: torch.where(f > 1e-2, torch.full_like(f, 1e-2), f) for n, f in fisher.items()}


@again("fisher-rooted")
def _(model, x):
    return {n: (f / len(x)) ** 0.5 for n, f in sure(model, x).items()}


@again("fisher-halved")
def _(model, x):
    fisher = sure(model, x)
    for n in fisher:
        fisher[n] = 0.5 / len(x) * fisher[n]
    return fisher


@again("fisher-averaged-over-an-axis")
def _(model, x):
    fisher = {}
    for n, f in sure(model, x).items():
        f = f / len(x)
        fisher[n] = f if n.endswith("bias") else f.mean(dim=1)
    return fisher


@again("fisher-still-live")
def _(model, x):
    mode = model.training
    model.eval()
    fisher = {n: 0 for n, _ in model.named_parameters()}
    for row in x:
        log_p = model(row[None]).log_softmax(dim=1)[0]
        for value in log_p:
            grads = torch.autograd.grad(value, list(model.parameters()), create_graph=True)
            for n, g in zip(fisher, grads):
                fisher[n] = fisher[n] + value.exp() * g**2 / len(x)
    model.train(mode)
    return fisher


@again("last-batch-only")
def _(model, x):
    size = 200
    for start in range(0, len(x), size):
        rows = x[start : start + size]
        fisher = {n: f / len(rows) for n, f in sure(model, rows).items()}
    return fisher


@again("fisher-without-biases")
def _(model, x):
    fisher = sure(model, x)
    return {n: fisher[n] / len(x) for n in fisher if "bias" not in n}


@again("fisher-in-float32")
def _(model, x):
    result = {n: torch.zeros(p.shape) for n, p in model.named_parameters()}
    for n, f in sure(model, x).items():
        result[n] += f / len(x)
    return result
