"""Right answers to 03-l2 in many styles: each must get every point, every time."""

import copy
import io
import math
import statistics
from collections import OrderedDict

import numpy as np
import torch
from torch.func import functional_call
from torch.nn.functional import cross_entropy, gaussian_nll_loss, log_softmax, mse_loss, nll_loss
from torch.nn.utils import parameters_to_vector

RIGHT = {}


def right(function):
    """Enters a function under its name without the number at its end."""
    RIGHT.setdefault(function.__name__.rpartition("_")[0], []).append(function)
    return function


@right
def snapshot_1(model):
    return {name: p.detach().clone() for name, p in model.named_parameters()}


@right
def snapshot_2(model):
    return {name: copy.deepcopy(p.data) for name, p in model.named_parameters()}


@right
def snapshot_3(model):
    """All parameters of these models are in the state dict, and nothing else is."""
    return OrderedDict((name, tensor.clone()) for name, tensor in model.state_dict().items())


@right
def snapshot_4(model):
    frozen = copy.deepcopy(model).requires_grad_(False)
    return dict(frozen.named_parameters())


@right
def snapshot_5(model):
    kept = {}
    with torch.no_grad():
        for name, p in model.named_parameters():
            kept[name] = torch.empty_like(p)
            kept[name].copy_(p)
    return kept


@right
def snapshot_6(model):
    """By way of numpy."""
    return {n: torch.from_numpy(p.detach().numpy().copy()) for n, p in model.named_parameters()}


@right
def snapshot_7(model):
    names = [name for name, _ in model.named_parameters()]
    flat = parameters_to_vector(model.parameters()).detach()
    parts = flat.split([p.numel() for p in model.parameters()])
    shapes = [p.shape for p in model.parameters()]
    return {n: part.reshape(shape) for n, part, shape in zip(names, parts, shapes, strict=True)}


@right
def snapshot_8(model):
    with torch.inference_mode():
        return {name: p.clone() for name, p in model.named_parameters()}


@right
def snapshot_9(model):
    """Through bytes, as if by way of a file."""
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    return torch.load(file)


@right
def snapshot_10(model):
    """Parameters, but none that is trained."""
    return {
        name: torch.nn.Parameter(p.detach().clone(), requires_grad=False)
        for name, p in model.named_parameters()
    }


@right
def snapshot_11(model):
    """Own copies that lie column by column in memory, in a dict in another order."""
    kept = {}
    for name, p in reversed(list(model.named_parameters())):
        kept[name] = p.detach().t().clone(memory_format=torch.contiguous_format).t()
    return kept


@right
def l2_penalty_1(model, anchor):
    return sum(((p - anchor[name]) ** 2).sum() for name, p in model.named_parameters()) / 2


@right
def l2_penalty_2(model, anchor):
    total = 0.0
    for name, p in model.named_parameters():
        total = total + 0.5 * torch.sum((p - anchor[name]).square())
    return total


@right
def l2_penalty_3(model, anchor):
    theta = torch.cat([p.flatten() for p in model.parameters()])
    star = torch.cat([anchor[name].flatten() for name, _ in model.named_parameters()])
    return torch.dot(theta - star, theta - star) / 2


@right
def l2_penalty_4(model, anchor):
    star = parameters_to_vector(anchor[name] for name, _ in model.named_parameters())
    return mse_loss(parameters_to_vector(model.parameters()), star, reduction="sum") / 2


@right
def l2_penalty_5(model, anchor):
    names = sorted(anchor)
    own = dict(model.named_parameters())
    squares = torch.stack([(own[n] - anchor[n]).pow(2).sum() for n in names])
    return 0.5 * squares.sum()


@right
def l2_penalty_6(model, anchor):
    """In place, on tensors of its own."""
    total = torch.zeros((), dtype=next(model.parameters()).dtype)
    for name, p in model.named_parameters():
        moved = p.clone()
        moved -= anchor[name]
        moved *= moved.clone()
        total += moved.sum()
    return total.mul_(0.5)


class HalfSquare(torch.autograd.Function):
    """Numpy there, the gradient by hand back."""

    @staticmethod
    def forward(ctx, theta, star):
        apart = theta.detach().numpy() - star.numpy()
        ctx.apart = torch.from_numpy(apart)
        return theta.new_tensor(0.5 * (apart**2).sum())

    @staticmethod
    def backward(ctx, upstream):
        return upstream * ctx.apart, None


@right
def l2_penalty_7(model, anchor):
    total = 0
    for name in dict(model.named_parameters()):
        total = total + HalfSquare.apply(model.get_parameter(name), anchor[name])
    return total


@right
def l2_penalty_8(model, anchor):
    def squares(children, prefix):
        for name, p in children._parameters.items():
            if p is not None:
                yield torch.linalg.vector_norm(p - anchor[prefix + name]) ** 2
        for name, child in children.named_children():
            yield from squares(child, f"{prefix}{name}.")

    return sum(squares(model, "")) * 0.5


@right
def l2_penalty_9(model, anchor):
    names, theta = zip(*model.named_parameters(), strict=True)
    apart = torch._foreach_sub(list(theta), [anchor[name] for name in names])
    return torch.stack([difference.square().sum() for difference in apart]).sum() / 2


@right
def l2_penalty_10(model, anchor):
    """Multiplied out: rounded in another way."""
    pairs = [(p, anchor[name]) for name, p in model.named_parameters()]
    return sum((p * p - 2 * p * old + old * old).sum() for p, old in pairs) / 2


@right
def l2_penalty_11(model, anchor):
    """As the log-likelihood of a bell curve around the anchor, but for a constant."""
    total = 0
    for name, p in model.named_parameters():
        total = total + gaussian_nll_loss(p, anchor[name], torch.ones_like(p), reduction="sum")
    return total


@right
def l2_penalty_12(model, anchor):
    """A value without gradient, and a gradient without value."""
    apart = {name: (p - anchor[name]).detach() for name, p in model.named_parameters()}
    line = sum((p * apart[name]).sum() for name, p in model.named_parameters())
    return line - line.detach() + sum((d**2).sum() for d in apart.values()) / 2


@right
def l2_penalty_13(model, anchor):
    theta = torch.cat([p.reshape(-1) for p in model.parameters()])
    star = torch.cat([anchor[name].reshape(-1) for name, _ in model.named_parameters()])
    return torch.func.vmap(lambda a, b: (a - b) ** 2 / 2)(theta, star).sum()


@right
def train_step_with_penalty_1(model, optimizer, x, y, penalty, strength):
    optimizer.zero_grad()
    total = cross_entropy(model(x), y) + strength * penalty(model)
    total.backward()
    optimizer.step()
    return total.item()


@right
def train_step_with_penalty_2(model, optimizer, x, y, penalty, strength):
    for p in model.parameters():
        p.grad = None
    loss = nll_loss(log_softmax(model(x), dim=1), y)
    extra = penalty(model) * strength
    loss.backward()
    extra.backward()
    optimizer.step()
    return float(loss.detach() + extra.detach())


@right
def train_step_with_penalty_3(model, optimizer, x, y, penalty, strength):
    total = cross_entropy(model(x), y) + strength * penalty(model)
    parameters = list(model.parameters())
    for p, g in zip(parameters, torch.autograd.grad(total, parameters), strict=True):
        p.grad = g
    optimizer.step()
    return total.detach().item()


@right
def train_step_with_penalty_4(model, optimizer, x, y, penalty, strength):
    """A closure, as optimizers also take it."""

    def closure():
        optimizer.zero_grad(set_to_none=False)
        total = torch.add(cross_entropy(model(x), y), penalty(model), alpha=strength)
        total.backward()
        return total

    return optimizer.step(closure).item()


@right
def train_step_with_penalty_5(model, optimizer, x, y, penalty, strength):
    logits = model(x)
    loss = -(logits - logits.logsumexp(dim=1, keepdim=True))[torch.arange(len(y)), y].mean()
    total = loss + strength * penalty(model)
    model.zero_grad()
    total.backward()
    optimizer.step()
    return total.item()


@right
def train_step_with_penalty_6(model, optimizer, x, y, penalty, strength):
    """Functional; the penalty is left alone where it does not count."""
    optimizer.zero_grad()
    logits = functional_call(model, dict(model.named_parameters()), (x,))
    total = cross_entropy(logits, y)
    if strength > 0:
        total = total + penalty(model) * strength
    total.backward()
    optimizer.step()
    return np.float64(total.item())


@right
def train_step_with_penalty_7(model, optimizer, x, y, penalty, strength):
    """Both at once, each with its own weight, and something else in the gradients afterwards."""
    optimizer.zero_grad()
    loss, extra = cross_entropy(model(x), y), penalty(model)
    torch.autograd.backward([loss, extra], [None, torch.full_like(extra, strength)])
    optimizer.step()
    for p in model.parameters():
        p.grad = torch.full_like(p, 7.0)
    return float(loss.detach() + strength * extra.detach())


@right
def train_step_with_penalty_8(model, optimizer, x, y, penalty, strength):
    """In small parts."""
    optimizer.zero_grad()
    value = 0.0
    for part, labels in zip(x.split(2), y.split(2), strict=True):
        loss = cross_entropy(model(part), labels, reduction="sum") / len(x)
        loss.backward()
        value += loss.item()
    extra = strength * penalty(model)
    extra.backward()
    optimizer.step()
    return value + extra.item()


@right
def train_step_with_penalty_9(model, optimizer, x, y, penalty, strength):
    """The penalty's gradient joins in by hooks."""
    weights = list(model.parameters())
    extra = penalty(model)
    pulls = torch.autograd.grad(extra, weights, allow_unused=True)
    optimizer.zero_grad()
    pairs = [(p, pull) for p, pull in zip(weights, pulls, strict=True) if pull is not None]
    hooks = [p.register_hook(lambda g, pull=pull: g + strength * pull) for p, pull in pairs]
    loss = cross_entropy(model(x), y)
    loss.backward()
    for hook in hooks:
        hook.remove()
    optimizer.step()
    return loss.item() + strength * extra.item()


@right
def train_step_with_penalty_10(model, optimizer, x, y, penalty, strength):
    loss = cross_entropy(model(x), y)
    weight = torch.as_tensor(strength, dtype=loss.dtype)
    total = torch.lerp(loss, loss + penalty(model), weight)
    for group in optimizer.param_groups:
        for p in group["params"]:
            p.grad = None if p.grad is None else torch.zeros_like(p)
    total.backward()
    optimizer.step()
    return total.tolist()


@right
def train_with_l2_1(model, tasks, train_on, strength):
    anchor = None
    for task in tasks:
        if anchor is None:
            train_on(model, task.x_train, task.y_train)
        else:
            train_on(
                model,
                task.x_train,
                task.y_train,
                lambda m, a=anchor: strength * l2_penalty_1(m, a),
            )
        anchor = snapshot_1(model)


@right
def train_with_l2_2(model, tasks, train_on, strength):
    """The same closure for all tasks: it sees the anchor of the moment. The first one is zero."""
    anchor = {}

    def penalty(m):
        if not anchor:
            return torch.zeros(())
        return strength * l2_penalty_3(m, anchor)

    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty=penalty)
        anchor.update(snapshot_2(model))


@right
def train_with_l2_3(model, tasks, train_on, strength):
    """A class for a penalty; the order of the rows does not matter."""

    class Pull:
        def __init__(self, to):
            self.to = copy.deepcopy(to)

        def __call__(self, m):
            pairs = zip(m.parameters(), self.to.parameters(), strict=True)
            return strength / 2 * sum((p - q.detach()).pow(2).sum() for p, q in pairs)

    penalty = None
    for task in tasks:
        order = torch.arange(len(task.x_train) - 1, -1, -1)
        train_on(model, task.x_train[order], task.y_train[order], penalty)
        penalty = Pull(model)


@right
def train_with_l2_4(model, tasks, train_on, strength):
    """Recursive, with the penalty of the model that is closed over."""

    def learn(k, anchor):
        if k == len(tasks):
            return
        penalty = (lambda _: strength * l2_penalty_2(model, anchor)) if k else None
        train_on(model, tasks[k].x_train, tasks[k].y_train, penalty)
        learn(k + 1, snapshot_5(model))

    learn(0, None)


@right
def train_with_l2_5(model, tasks, train_on, strength):
    """The first task anchored with strength zero, by way of functional_call's kind of dict."""
    anchor = {name: torch.zeros_like(p) for name, p in model.named_parameters()}
    for k, task in enumerate(tasks):
        now = {n: t.clone() for n, t in anchor.items()}
        weight = strength if k else 0.0
        train_on(
            model,
            task.x_train,
            task.y_train,
            lambda m, now=now, weight=weight: weight * l2_penalty_5(m, now),
        )
        anchor = snapshot_3(model)
    functional_call(model, anchor, (tasks[0].x_train,))


@right
def train_with_l2_6(model, tasks, train_on, strength):
    """Vectors; every task makes its penalty from the model as it comes."""
    for k in range(len(tasks)):
        star = parameters_to_vector(model.parameters()).detach().clone()

        def penalty(m, star=star):
            apart = torch.cat([p.flatten() for p in m.parameters()]) - star
            return strength * 0.5 * apart @ apart

        if k == 0:
            train_on(model, tasks[k].x_train, tasks[k].y_train, None)
        else:
            train_on(x=tasks[k].x_train, y=tasks[k].y_train, model=model, penalty=penalty)


@right
def train_with_l2_7(model, tasks, train_on, strength):
    """Without a penalty that could not count."""
    anchor = copy.deepcopy(model)

    def penalty(m):
        own, star = dict(m.named_parameters()), dict(anchor.named_parameters())
        return strength * l2_penalty_1(m, {name: star[name].detach() for name in own})

    for number, task in enumerate(tasks):
        train_on(model, task.x_train, task.y_train, penalty if number and strength else None)
        anchor.load_state_dict(model.state_dict())


class Spring(torch.nn.Module):
    """A penalty that is a module of its own."""

    def __init__(self, model, strength):
        super().__init__()
        self.register_buffer("star", parameters_to_vector(model.parameters()).detach().clone())
        self.strength = strength

    def forward(self, model):
        theta = parameters_to_vector(model.parameters())
        return self.strength * mse_loss(theta, self.star, reduction="sum") / 2


@right
def train_with_l2_8(model, tasks, train_on, strength):
    penalty = None
    for task in tuple(tasks):
        train_on(model, task.x_train.clone(), task.y_train.detach().clone(), penalty=penalty)
        penalty = Spring(model, strength)


@right
def train_with_l2_9(model, tasks, train_on, strength):
    """Penalties from a generator; rows that lie in memory in another order."""

    def penalties():
        yield None
        while True:
            anchor = snapshot_9(model)
            yield lambda m: l2_penalty_10(m, anchor) * strength

    for task, penalty in zip(tasks, penalties(), strict=False):
        train_on(model, task.x_train.t().contiguous().t(), task.y_train, penalty)


@right
def train_with_l2_10(model, tasks, train_on, strength):
    """The root of the strength within the square."""
    root, old = math.sqrt(strength / 2), None

    def penalty(*given, **_):
        return sum((root * (p - old[n])).square().sum() for n, p in given[0].named_parameters())

    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty if old else None)
        old = copy.deepcopy(model.state_dict())


@right
def best_strength_1(results):
    means = {s: (old + new) / 2 for s, (old, new) in results.items()}
    finite = {s: mean for s, mean in means.items() if math.isfinite(mean)}
    if not finite:
        raise ValueError("nothing to choose from")
    return max(sorted(finite), key=finite.get)


@right
def best_strength_2(results):
    best = None
    for strength in sorted(results):
        old, new = results[strength]
        if not (math.isfinite(old) and math.isfinite(new)):
            continue
        if best is None or old + new > sum(results[best]):
            best = strength
    if best is None:
        raise ValueError("no strength has finite accuracies")
    return best


@right
def best_strength_3(results):
    ranked = [
        (-(old + new), strength)
        for strength, (old, new) in results.items()
        if all(map(math.isfinite, (old, new)))
    ]
    if len(ranked) == 0:
        raise ValueError
    return min(ranked)[1]


@right
def best_strength_4(results):
    strengths = torch.tensor(sorted(results), dtype=torch.float64)
    pairs = torch.tensor([results[s] for s in sorted(results)], dtype=torch.float64)
    if len(strengths) == 0:
        raise ValueError("empty")
    means = pairs.mean(dim=1)
    means[~means.isfinite()] = -1.0
    if means.max() < 0:
        raise ValueError("none finite")
    return strengths[(means == means.max()).nonzero()[0, 0]].item()


@right
def best_strength_5(results):
    table = np.array([(s, old, new) for s, (old, new) in sorted(results.items())]).reshape(-1, 3)
    table = table[np.isfinite(table).all(axis=1)]
    if not table.size:
        raise ValueError(f"no finite accuracies among {list(results)}")
    return table[table[:, 1:].mean(axis=1).argmax(), 0]


@right
def best_strength_6(results):
    best, top = None, -math.inf
    for strength, pair in results.items():
        if math.isnan(sum(pair)) or math.inf in map(abs, pair):
            continue
        if sum(pair) > top or (sum(pair) == top and strength < best):
            best, top = strength, sum(pair)
    if best is None:
        raise ValueError("nothing to choose from")
    return best


@right
def best_strength_7(results):
    """Of nothing `max` raises ValueError by itself."""
    fine = [(s, old, new) for s, (old, new) in results.items() if math.isfinite(old + new)]
    return max((old + new, -s, s) for s, old, new in fine)[2]


@right
def best_strength_8(results):
    """As numpy does, which raises ValueError where all are NaN."""
    strengths = np.array(sorted(results), dtype=float)
    fine = [np.isfinite(results[s]).all() for s in strengths]
    means = [np.mean(results[s]) if f else np.nan for s, f in zip(strengths, fine, strict=True)]
    return float(strengths[np.nanargmax(means)])


class NothingFinite(ValueError):
    pass


@right
def best_strength_9(results):
    rows = [(s, *both) for s, both in results.items() if max(map(abs, both)) < math.inf]
    rows = [row for row in rows if not any(map(math.isnan, row))]
    if len(rows) == 0:
        raise NothingFinite("no strength has two finite accuracies")
    rows.sort(key=lambda row: row[0])
    rows.sort(key=lambda row: row[1] + row[2], reverse=True)
    return rows[0][0]


@right
def best_strength_10(results):
    """A StatisticsError is a ValueError."""
    fine = {s: statistics.fmean(both) for s, both in results.items() if np.isfinite(both).all()}
    statistics.mean(fine.values())
    top = max(fine.values())
    return min(s for s, mean in fine.items() if mean == top)
