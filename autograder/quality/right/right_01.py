"""Right answers to 01-forgetting in many styles: each must get full marks, whatever the seed."""

import copy
import math
import random
from collections import defaultdict
from functools import reduce

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.func import functional_call, grad_and_value
from torch.utils.data import DataLoader, TensorDataset

RIGHT = defaultdict(list)


def right(function):
    """Enters the function for the exercise that it is named after, up to a number."""
    RIGHT[function.__name__.rstrip("0123456789").rstrip("_")].append(function)
    return function


# select_classes


@right
def select_classes_1(x, y, classes):
    mask = torch.zeros_like(y, dtype=torch.bool)
    for c in classes:
        mask |= y == c
    return x[mask], y[mask]


@right
def select_classes_2(x, y, classes):
    keep = [i for i in range(len(y)) if int(y[i]) in set(classes)]
    return [x[keep], y[keep]]


@right
def select_classes_3(x, y, classes):
    print("selecting", classes)
    chosen = np.flatnonzero(np.isin(y.numpy(), list(classes)))
    chosen = torch.from_numpy(chosen)
    return x.index_select(0, chosen), y.index_select(0, chosen)


@right
def select_classes_4(x: torch.Tensor, y: torch.Tensor, classes: tuple[int, ...]):
    wanted = (y[:, None] == torch.as_tensor(classes)[None, :]).any(dim=1)
    return torch.masked_select(x, wanted[:, None]).view(-1, x.shape[1]), y.masked_select(wanted)


@right
def select_classes_5(x, y, classes):
    def rows(i):
        if i == len(y):
            return []
        rest = rows(i + 1)
        return [i, *rest] if y[i].item() in classes else rest

    picked = rows(0)
    return x[picked], y[picked]


@right
def select_classes_6(x, y, classes):
    order = torch.cat([torch.where(y == c)[0] for c in classes]).sort().values
    return x[order].clone(), y[order].clone()


@right
def select_classes_7(x, y, classes):
    mask = torch.stack([y == c for c in classes]).any(0)
    if mask.all():
        return x, y  # the very tensors
    return x.T[:, mask].T, y[mask]  # in another memory order


@right
def select_classes_8(x, y, classes):
    pairs = [(a, b) for a, b in zip(x.unbind(), y.unbind()) if b in torch.tensor(classes)]
    if not pairs:
        return x[:0], y[:0]
    rows, labels = zip(*pairs)
    return torch.stack(rows), torch.stack(labels)


@right
def select_classes_9(x, y, classes):
    wanted = sum((y == c).long() for c in set(classes)).bool()
    return torch.masked_select(x, wanted[:, None]).reshape(-1, x.shape[1]), y[wanted]


# relabel


@right
def relabel_1(y, classes):
    table = {label: i for i, label in enumerate(classes)}
    new = []
    for label in y.tolist():
        if label not in table:
            raise ValueError(f"label {label} is not one of {classes}")
        new.append(table[label])
    return torch.tensor(new)


@right
def relabel_2(y, classes):
    hits = y.unsqueeze(1) == torch.tensor(classes)
    if not hits.any(1).all():
        wrong = y[~hits.any(1)]
        raise ValueError("unknown label(s): %s" % wrong)
    return hits.int().argmax(dim=1)


@right
def relabel_3(y, classes):
    try:
        return torch.LongTensor([tuple(classes).index(int(label)) for label in y])
    except ValueError:
        for label in y:
            if int(label) not in classes:
                raise ValueError("What is %d doing here?" % label)


@right
def relabel_4(y, classes):
    result = torch.full_like(y, -1)
    for i, c in enumerate(classes):
        result[y == c] = i
    if (result < 0).any():
        raise ValueError(f"{sorted(set(y[result < 0].tolist()))} not in classes")
    return result


@right
def relabel_5(y, classes):
    order = np.argsort(classes)
    ranked = np.asarray(classes)[order]
    values = y.numpy()
    places = np.searchsorted(ranked, values).clip(max=len(classes) - 1)
    bad = values[ranked[places] != values]
    if bad.size:
        raise ValueError(f"label {bad[0]} is outside")
    return torch.from_numpy(order[places]).long()


@right
def relabel_6(y, classes):
    lookup = torch.full((max(max(classes), int(y.max())) + 1,), -1, dtype=torch.long)
    lookup[list(classes)] = torch.arange(len(classes))
    out = lookup[y]
    if not out.ge(0).all():
        raise ValueError(f"no position for {y[out < 0][0].item()}.")
    return out


@right
def relabel_7(y, classes):
    class BadLabel(ValueError):
        """A kind of its own."""

    for label in y.tolist():
        if label not in classes:
            raise BadLabel(label)
    return torch.tensor([list(classes).index(label) for label in y.tolist()])


@right
def relabel_8(y, classes):
    def from_class(k):
        if k == len(classes):
            return torch.full_like(y, k)
        return torch.where(y == classes[k], k, from_class(k + 1))

    new = from_class(0)
    if (new == len(classes)).any():
        error = ValueError(f"label {[int(v) for v in y[new == len(classes)]]}")
        error.add_note(f"known: {classes!r}")
        raise error
    return new


@right
def relabel_9(y, classes):
    values, inverse = torch.unique(y, return_inverse=True)
    places = []
    for value in values.tolist():
        if value not in classes:
            raise ValueError(f"no position for label {value}.")
        places.append(classes.index(value))
    return torch.tensor(places)[inverse]


@right
def relabel_10(y, classes):
    new = y.clone().apply_(lambda v: classes.index(v) if v in classes else -1)
    if new.min() < 0:
        raise ValueError("got", int(y[new < 0][0]), "which is none of", classes)
    return new


# train_step


@right
def train_step_1(model, optimizer, x, y):
    model.train()
    optimizer.zero_grad(set_to_none=False)
    loss = nn.CrossEntropyLoss()(model(x), y)
    loss.backward()
    optimizer.step()
    return float(loss)


@right
def train_step_2(model, optimizer, x, y):
    def closure():
        optimizer.zero_grad()
        loss = F.nll_loss(F.log_softmax(model(x), dim=-1), y)
        loss.backward()
        return loss

    return optimizer.step(closure).item()


@right
def train_step_3(model, optimizer, x, y):
    params = list(model.parameters())
    logits = model(x)
    loss = -(logits.log_softmax(1)[range(len(y)), y]).mean()
    grads = torch.autograd.grad(loss, params)
    for p, g in zip(params, grads):
        p.grad = g
    optimizer.step()
    optimizer.zero_grad()
    return loss.detach()


@right
def train_step_4(model, optimizer, x, y):
    def objective(params):
        return F.cross_entropy(functional_call(model, params, (x,)), y)

    named = {name: p.detach() for name, p in model.named_parameters()}
    gradients, value = grad_and_value(objective)(named)
    for name, p in model.named_parameters():
        p.grad = gradients[name]
    optimizer.step()
    return value.item()


@right
def train_step_5(model, optimizer, x, y):
    for p in model.parameters():
        p.grad = None
    total = 0
    for row, label in zip(x, y):  # row by row, then divided
        piece = F.cross_entropy(model(row[None]), label[None]) / len(x)
        piece.backward()
        total += piece.item()
    optimizer.step()
    print(f"loss {total:.3f}")
    return total


@right
def train_step_6(model, optimizer, x, y):
    optimizer.zero_grad()
    logits = model(x)
    one_hot = F.one_hot(y, logits.shape[1]).to(logits.dtype)
    loss = (torch.logsumexp(logits, 1) - (logits * one_hot).sum(1)).sum() / y.numel()
    loss.backward()
    before = loss.detach().numpy()
    optimizer.step()
    return np.float64(before)


@right
def train_step_7(model, optimizer, x, y):
    optimizer.zero_grad()
    logits = model(x)
    with torch.no_grad():  # the gradient of the logits, by hand
        p = torch.softmax(logits, dim=1)
        slope = p - F.one_hot(y, p.shape[1])
        loss = -p.gather(1, y[:, None]).log().mean()
    logits.backward(gradient=slope / len(y))
    optimizer.step()
    return loss


@right
def train_step_8(model, optimizer, x, y):
    twin = copy.deepcopy(model)
    twin.zero_grad()
    loss = F.cross_entropy(twin(x), y)
    loss.backward()
    for p, q in zip(model.parameters(), twin.parameters()):
        p.grad = q.grad
    optimizer.step()
    return loss.item()


@right
def train_step_9(model, optimizer, x, y):
    kept = [p.grad for p in model.parameters()]  # and put back: what `.grad` holds is free
    for p in model.parameters():
        p.grad = None
    each = F.cross_entropy(F.log_softmax(model(x), dim=1), y, reduction="none")
    each.backward(torch.full_like(each, 1 / each.numel()))
    optimizer.step()
    for p, old in zip(model.parameters(), kept):
        p.grad = old
    return each.detach().mean().item()


@right
def train_step_10(model, optimizer, x, y):
    with torch.no_grad():
        model.eval()
        print("before:", (model(x).argmax(1) == y).float().mean().item())
        model.train()
    rows = x.clone().requires_grad_()
    optimizer.zero_grad(set_to_none=False)
    loss = F.cross_entropy(model(rows).double(), y)
    loss.backward()
    optimizer.step()
    return loss.item()


# train_epochs


def step(model, optimizer, x, y):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


@right
def train_epochs_1(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for epoch in range(epochs):
        perm = torch.randperm(x.size(0), generator=generator)
        running = 0.0
        for start in range(0, x.size(0), batch_size):
            idx = perm[start : start + batch_size]
            running += step(model, optimizer, x[idx], y[idx]) * idx.numel()
        history.append(running / x.size(0))
        print("epoch", epoch, history[-1])
    return history


@right
def train_epochs_2(model, optimizer, x, y, epochs, batch_size, generator):
    data = DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=True, generator=generator)
    model.train()
    result = []
    for _ in range(epochs):
        parts = [(step(model, optimizer, a, b), len(b)) for a, b in data]
        result.append(np.average([p[0] for p in parts], weights=[p[1] for p in parts]))
    return result


@right
def train_epochs_3(model, optimizer, x, y, epochs, batch_size, generator):
    orders = torch.rand(epochs, len(x), generator=generator).argsort(dim=1)
    losses = torch.zeros(epochs, dtype=torch.float64)
    for e, order in enumerate(orders):
        for rows in order.split(batch_size):
            optimizer.zero_grad()
            each = F.cross_entropy(model(x[rows]), y[rows], reduction="none")
            each.mean().backward()
            optimizer.step()
            losses[e] += each.detach().sum()
    return (losses / len(x)).tolist()


@right
def train_epochs_4(model, optimizer, x, y, epochs, batch_size, generator):
    rng = np.random.default_rng(int(torch.randint(2**31, (1,), generator=generator)))
    out = ()
    for _ in range(epochs):
        index = np.arange(len(x))
        rng.shuffle(index)
        total, position = 0.0, 0
        while position < len(x):
            chunk = torch.from_numpy(index[position : position + batch_size])
            total += float(step(model, optimizer, x[chunk], y[chunk])) * len(chunk)
            position += batch_size
        out += (total / len(x),)
    return out


@right
def train_epochs_5(model, optimizer, x, y, epochs, batch_size, generator):
    """Fisher and Yates by hand, and one epoch by recursion."""

    def shuffle(n):
        items = list(range(n))
        for i in range(n - 1, 0, -1):
            j = int(torch.randint(i + 1, (), generator=generator))
            items[i], items[j] = items[j], items[i]
        return items

    def epoch(rows):
        if not rows:
            return 0.0
        now, later = rows[:batch_size], rows[batch_size:]
        return len(now) * step(model, optimizer, x[now], y[now]) + epoch(later)

    return [epoch(shuffle(len(x))) / len(x) for _ in range(epochs)]


@right
def train_epochs_6(model, optimizer, x, y, epochs, batch_size, generator):
    seeds = random.Random(int(torch.empty((), dtype=torch.int64).random_(generator=generator)))
    means, pairs = [], list(zip(x, y))
    for _ in range(epochs):
        seeds.shuffle(pairs)
        losses = []
        for k in range(math.ceil(len(pairs) / batch_size)):
            part = pairs[k * batch_size : (k + 1) * batch_size]
            rows, labels = (torch.stack(column) for column in zip(*part))
            losses += [step(model, optimizer, rows, labels)] * len(part)
        means.append(sum(losses) / len(losses))
    return means


@right
def train_epochs_7(model, optimizer, x, y, epochs, batch_size, generator):
    means = []
    for _ in range(epochs):
        order = torch.randperm(len(x), generator=generator)
        x, y = x[order], y[order]  # new tensors under the old names
        seen = torch.tensor(0.0)
        for a, b in zip(torch.split(x, batch_size), torch.split(y, batch_size)):
            loss = F.cross_entropy(model(a), b)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            seen = seen + loss.detach() * a.shape[0]
        means.append(seen / x.shape[0])
    return means


@right
def train_epochs_8(model, optimizer, x, y, epochs, batch_size, generator):
    """Looks at the loss first, then makes the step; prints its accuracy after each epoch."""
    out = []
    for epoch in range(epochs):
        total = 0.0
        for rows in torch.randperm(len(x), generator=generator).split(batch_size):
            with torch.no_grad():
                total += F.cross_entropy(model(x[rows]), y[rows], reduction="sum").item()
            optimizer.zero_grad()
            F.cross_entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()
        out.append(total / len(x))
        model.eval()
        print(epoch, (model(x).argmax(1) == y).float().mean())  # with gradients, for nothing
        model.train()
    return out


@right
def train_epochs_9(model, optimizer, x, y, epochs, batch_size, generator):
    """All rows through the network, those of the batch with weight 1."""
    out = []
    for _ in range(epochs):
        total = 0.0
        for rows in torch.randperm(len(x), generator=generator).split(batch_size):
            weight = torch.zeros(len(x), dtype=x.dtype)
            weight[rows] = 1
            optimizer.zero_grad()
            loss = (F.cross_entropy(model(x), y, reduction="none") * weight).sum()
            (loss / weight.sum()).backward()
            optimizer.step()
            total += loss.item()
        out.append(total / len(x))
    return out


@right
def train_epochs_10(model, optimizer, x, y, epochs, batch_size, generator):
    """One table for x and y; the gradients of a batch row by row."""
    table = torch.cat([x.double(), y.double()[:, None]], dim=1)
    losses = torch.zeros(epochs, dtype=torch.float64)
    for epoch in range(epochs):
        order = torch.multinomial(torch.ones(len(x)), len(x), generator=generator)
        for chunk in table[order].split(batch_size):
            optimizer.zero_grad()
            for row in chunk:
                loss = F.cross_entropy(model(row[None, :-1].to(x.dtype)), row[-1:].long())
                (loss / len(chunk)).backward()
                losses[epoch] += loss.item()
            optimizer.step()
    return (losses / len(x)).numpy()


# accuracy


@right
def accuracy_1(model, x, y):
    was = model.training
    model.eval()
    with torch.inference_mode():
        predicted = model(x).max(dim=1)[1]
    model.train(was)
    return (predicted == y).sum().item() / len(y)


@right
def accuracy_2(model, x, y):
    twin = copy.deepcopy(model).eval()
    with torch.no_grad():
        logits = twin(x).numpy()
    return float(np.mean(logits.argmax(axis=-1) == y.numpy()))


@right
@torch.no_grad()
def accuracy_3(model, x, y):
    modes = [m.training for m in model.modules()]
    model.eval()
    hits = 0
    for a, b in zip(x.split(64), y.split(64)):
        hits += int(torch.eq(F.softmax(model(a), dim=1).argmax(-1), b).sum())
    for module, mode in zip(model.modules(), modes):
        module.training = mode
    return hits / x.shape[0]


@right
def accuracy_4(model, x, y):
    mode = model.training
    try:
        model.train(False)
        weights = {k: v.detach() for k, v in model.named_parameters()}
        out = functional_call(model, weights, (x,))
        return torch.mean((out.topk(1).indices.squeeze(1) == y).to(torch.float32))
    finally:
        model.train(mode)


@right
def accuracy_5(model, x, y):
    training = model.training
    model = model.eval()
    before = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    correct = [int(torch.argmax(model(row[None, :])) == label) for row, label in zip(x, y)]
    torch.set_grad_enabled(before)
    if training:
        model.train()
    return reduce(lambda a, b: a + b, correct) / len(correct)


@right
def accuracy_6(model, x, y):
    mode = model.training
    model.eval()
    with torch.no_grad():
        best = torch.vmap(lambda row: model(row).argmax())(x)
    model.train(mode)
    return 1 - (best != y).double().mean().item()


@right
def accuracy_7(model, x, y):
    """Nothing of the parameters is followed for the moment."""
    flags = [p.requires_grad for p in model.parameters()]
    mode = model.training
    model.requires_grad_(False)
    model.eval()
    logits = model(x)
    for p, flag in zip(model.parameters(), flags):
        p.requires_grad_(flag)
    model.train(mode)
    return torch.tensor(float((logits.argmax(1) == y).sum()) / len(y), dtype=torch.float64)


@right
def accuracy_8(model, x, y):
    def count(a, b):
        if len(a) > 4:
            half = len(a) // 2
            return count(a[:half], b[:half]) + count(a[half:], b[half:])
        return int(torch.eq(model(a).argmax(1), b).sum())

    mode = model.training
    model.train(mode=False)
    with torch.no_grad():
        right = count(x, y)
    model.train(mode=mode)
    return right / len(x)


@right
def accuracy_9(model, x, y):
    """Layer by layer, where the layers are there to be seen."""
    layers = list(model) if isinstance(model, nn.Sequential) else [model]
    a = x
    with torch.no_grad():
        for layer in layers:
            if isinstance(layer, nn.Linear):
                a = torch.einsum("nd,hd->nh", a, layer.weight) + (
                    0 if layer.bias is None else layer.bias
                )
            elif not isinstance(layer, nn.Dropout):
                a = layer(a)
    return (a.argmax(1) == y).double().mean().item()


# average_accuracy


@right
def average_accuracy_1(R):
    return float(R[len(R) - 1].mean())


@right
def average_accuracy_2(R):
    return sum(R[-1].tolist()) / R.shape[1]


@right
def average_accuracy_3(R):
    return np.mean(R.numpy()[-1])


@right
def average_accuracy_4(R):
    T = R.shape[0]
    total = 0
    for j in range(T):
        total += R[T - 1, j]
    return (total / T).item()


@right
def average_accuracy_5(R):
    return torch.einsum("j->", R[-1]) / len(R)


@right
def average_accuracy_6(R):
    return R.mean(dim=1)[-1].item()


@right
def average_accuracy_7(R):
    return (R[-1] @ torch.full((len(R),), 1 / len(R), dtype=R.dtype)).item()


# forgetting


@right
def forgetting_1(R):
    T = len(R)
    if T < 2:
        return 0.0
    drops = []
    for j in range(T - 1):
        best = max(R[i, j].item() for i in range(T - 1))
        drops.append(best - R[T - 1, j].item())
    return sum(drops) / len(drops)


@right
def forgetting_2(R):
    a = R.numpy()
    return 0 if a.shape[0] == 1 else float((a[:-1, :-1].max(axis=0) - a[-1, :-1]).mean())


@right
def forgetting_3(R):
    *earlier, last = R.tolist()
    per_task = [max(column) - end for column, end in zip(list(zip(*earlier))[:-1], last)]
    return sum(per_task) / len(per_task) if per_task else 0.0


@right
def forgetting_4(R):
    T = R.size(0)
    if T == 1:
        return torch.tensor(0.0)
    masked = R.clone()
    masked[-1] = -float("inf")
    return (masked.amax(0) - R[-1])[: T - 1].sum() / (T - 1)


@right
def forgetting_5(R):
    def rest(j):
        return 0.0 if j < 0 else float(R[:-1, j].max() - R[-1, j]) + rest(j - 1)

    return rest(len(R) - 2) / max(1, len(R) - 1)


@right
def forgetting_6(R):
    rows = list(R.unbind(0))
    last = rows.pop()
    return float((reduce(torch.maximum, rows) - last)[:-1].double().mean()) if rows else 0


@right
def forgetting_7(R):
    try:
        best = R[:-1, :-1].topk(1, dim=0).values
        return best.sub(R[-1:, :-1]).sum().item() / (len(R) - 1)
    except (RuntimeError, IndexError, ZeroDivisionError):
        return 0.0


@right
def forgetting_8(R):
    if R.numel() == 1:
        return torch.zeros((), dtype=R.dtype)
    return (R[:-1].cummax(0).values[-1] - R[-1])[:-1].mean()


# backward_transfer


@right
def backward_transfer_1(R):
    T = len(R)
    return sum(float(R[T - 1, j] - R[j, j]) for j in range(T - 1)) / (T - 1) if T > 1 else 0.0


@right
def backward_transfer_2(R):
    if R.shape == (1, 1):
        return 0
    return float(np.mean(R.numpy()[-1, :-1] - np.diag(R.numpy())[:-1]))


@right
def backward_transfer_3(R):
    change = (R[-1] - torch.diagonal(R))[:-1]
    return change.mean().item() if change.numel() else 0.0


@right
def backward_transfer_4(R):
    n = R.shape[0] - 1
    if not n:
        return 0.0
    return (R[-1].sum() - torch.trace(R)) / n  # the last task cancels


@right
def backward_transfer_5(R):
    rows = R.tolist()
    gains = [end - rows[j][j] for j, end in enumerate(rows[-1][:-1])]
    return math.fsum(gains) / len(gains) if gains else 0.0


@right
def backward_transfer_6(R):
    rows = torch.arange(len(R))[None]
    change = R[-1, :-1] - R.gather(0, rows)[0, :-1]
    return torch.nan_to_num(change.mean(), nan=0.0).item()


@right
def backward_transfer_7(R):
    if len(R) == 1:
        return 0.0
    own = torch.einsum("ii->i", R)
    return float(R[-1, :-1].mean() - own[:-1].mean())


# accuracy_matrix


@right
def accuracy_matrix_1(model, tasks, train_on):
    R = torch.empty(len(tasks), len(tasks), dtype=torch.float64)
    for i in range(len(tasks)):
        train_on(model, tasks[i].x_train, tasks[i].y_train)
        for j in range(len(tasks)):
            R[i, j] = accuracy_1(model, tasks[j].x_test, tasks[j].y_test)
    return R


@right
def accuracy_matrix_2(model, tasks, train_on):
    rows = []
    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty=None)
        training = model.training
        model.eval()
        with torch.no_grad():
            rows.append([(model(t.x_test).argmax(1) == t.y_test).float().mean() for t in tasks])
        model.train(training)
    return torch.tensor(rows)


@right
def accuracy_matrix_3(model, tasks, train_on):
    x = torch.cat([t.x_test for t in tasks])
    y = torch.cat([t.y_test for t in tasks])
    sizes = [len(t.y_test) for t in tasks]
    matrix = np.zeros((len(tasks), len(tasks)))
    for i, t in enumerate(tasks):
        print("training on", t.name)
        train_on(model, t.x_train, t.y_train)
        probe = copy.deepcopy(model).eval()
        with torch.inference_mode():
            right = (probe(x).argmax(1) == y).split(sizes)
        matrix[i] = [part.double().mean().item() for part in right]
    return torch.from_numpy(matrix)


@right
def accuracy_matrix_4(model, tasks, train_on):
    def after(i):
        if i == len(tasks):
            return []
        train_on(model, tasks[i].x_train, tasks[i].y_train)
        row = torch.stack([torch.tensor(accuracy_3(model, t.x_test, t.y_test)) for t in tasks])
        return [row] + after(i + 1)

    return torch.stack(after(0))


@right
def accuracy_matrix_5(model, tasks, train_on):
    T = len(tasks)
    R = np.full((T, T), np.nan, dtype=np.float32)
    for i, now in enumerate(tasks):
        train_on(model, now.x_train, now.y_train)
        R[i] = [accuracy_4(model, other.x_test, other.y_test) for other in tasks]
    return R


@right
def accuracy_matrix_6(model, tasks, train_on):
    """The weights after each task, measured in the end, column by column; in half precision."""
    states = []
    for task in tasks:
        train_on(model, task.x_train.clone(), task.y_train.clone())
        states.append({k: v.clone() for k, v in model.state_dict().items()})
    R = torch.empty(len(tasks), len(tasks), dtype=torch.float16)
    for j, task in enumerate(tasks):
        for i, state in enumerate(states):
            model.load_state_dict(state)
            R[i, j] = accuracy_1(model, task.x_test, task.y_test)
    return R


@right
def accuracy_matrix_7(model, tasks, train_on):
    """No gradients but in training; accuracies as bfloat16."""
    came = model.training
    R = torch.zeros(len(tasks), len(tasks))
    with torch.no_grad():
        for i, task in enumerate(tasks):
            with torch.enable_grad():
                model.train()
                train_on(model, x=task.x_train, y=task.y_train)
            model.eval()
            for j, other in enumerate(tasks):
                R[i, j] = (model(other.x_test).argmax(1) == other.y_test).double().mean()
    model.train(came)
    return R.bfloat16()


@right
def accuracy_matrix_8(model, tasks, train_on):
    """Measured by a twin that only borrows the weights; the transpose of what was filled in."""
    twin = copy.deepcopy(model).eval()
    columns = torch.full((len(tasks), len(tasks)), math.nan, dtype=torch.float64)
    for i, task in enumerate(tasks):
        train_on(model, task.x_train, task.y_train)
        weights = {name: p.detach() for name, p in model.named_parameters()}
        for j in reversed(range(len(tasks))):
            logits = functional_call(twin, weights, (tasks[j].x_test,))
            columns[j, i] = (logits.argmax(1) == tasks[j].y_test).double().mean()
    return columns.T
