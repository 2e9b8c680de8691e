"""The mistakes of `mix`, written in another style."""

import random

import numpy as np
import torch

from autograder.quality.restyled.again import Assigned

again = Assigned("02-replay")


@again("appended-not-shuffled")
def _(x_a, y_a, x_b, y_b, generator):
    return torch.vstack((x_b, x_a)), torch.hstack((y_b, y_a))


@again("each-set-shuffled-then-appended")
def _(x_a, y_a, x_b, y_b, generator):
    xs, ys = [], []
    for x, y in ((x_a, y_a), (x_b, y_b)):
        order = torch.rand(len(y), generator=generator).argsort()
        xs.append(x[order])
        ys.append(y[order])
    return torch.cat(xs), torch.cat(ys)


@again("x-and-y-shuffled-apart")
def _(x_a, y_a, x_b, y_b, generator):
    def shuffled(rows):
        return rows[torch.rand(len(rows), generator=generator).argsort()]

    x = shuffled(torch.cat((x_a, x_b)))
    y = shuffled(torch.cat((y_a, y_b)))
    return x, y


@again("mixed-with-replacement")
def _(x_a, y_a, x_b, y_b, generator):
    n = len(x_a) + len(x_b)
    idx = torch.multinomial(torch.ones(n), n, replacement=True, generator=generator)
    x = [x_a[i] if i < len(x_a) else x_b[i - len(x_a)] for i in idx]
    y = [y_a[i] if i < len(x_a) else y_b[i - len(x_a)] for i in idx]
    return torch.stack(x), torch.stack(y)


@again("mixed-by-global-random-state")
def _(x_a, y_a, x_b, y_b, generator):
    rows = [*zip(x_a, y_a), *zip(x_b, y_b)]
    random.shuffle(rows)
    return torch.stack([x for x, _ in rows]), torch.stack([y for _, y in rows])


@again("mixed-by-a-seed-of-its-own")
def _(x_a, y_a, x_b, y_b, generator):
    order = np.random.RandomState(1).permutation(len(x_a) + len(x_b))
    order = torch.from_numpy(order)
    return torch.cat((x_a, x_b))[order], torch.cat((y_a, y_b))[order]


@again("cut-to-the-smaller-set")
def _(x_a, y_a, x_b, y_b, generator):
    xs, ys = [], []
    for one, two, label_one, label_two in zip(x_a, x_b, y_a, y_b):
        xs += [one, two]
        ys += [label_one, label_two]
    if not xs:
        return x_a[:0], y_a[:0]
    order = torch.rand(len(xs), generator=generator).argsort()
    return torch.stack(xs)[order], torch.stack(ys)[order]


@again("first-set-in-its-old-order")
def _(x_a, y_a, x_b, y_b, generator):
    from_a = torch.zeros(len(x_a) + len(x_b), dtype=torch.bool)
    from_a[torch.randperm(len(from_a), generator=generator)[: len(x_a)]] = True
    x, y = torch.cat([x_a, x_b]), torch.cat([y_a, y_b])
    x[from_a], x[~from_a] = x_a, x_b
    y[from_a], y[~from_a] = y_a, y_b
    return x, y


@again("rotated-not-shuffled")
def _(x_a, y_a, x_b, y_b, generator):
    x, y = torch.cat([x_a, x_b]), torch.cat([y_a, y_b])
    k = torch.randint(0, len(x), (1,), generator=generator).item()
    return torch.cat([x[k:], x[:k]]), torch.cat([y[k:], y[:k]])


@again("mixture-made-float32")
def _(x_a, y_a, x_b, y_b, generator):
    n, m = len(x_a), len(x_b)
    x, y = torch.empty(n + m, x_a.shape[1]), torch.empty(n + m, dtype=torch.long)
    places = torch.randperm(n + m, generator=generator)
    x[places[:n]], x[places[n:]] = x_a.float(), x_b.float()
    y[places[:n]], y[places[n:]] = y_a.long(), y_b.long()
    return x, y


@again("labels-before-images")
def _(x_a, y_a, x_b, y_b, generator):
    order = torch.rand(len(y_a) + len(y_b), generator=generator).argsort()
    return tuple(torch.cat(parts)[order] for parts in ([y_a, y_b], [x_a, x_b]))


@again("sets-take-turns")
def _(x_a, y_a, x_b, y_b, generator):
    a, b = list(zip(x_a, y_a)), list(zip(x_b, y_b))
    rows = []
    while a or b:
        for queue in (a, b):
            if queue:
                rows.append(queue.pop(0))
    return torch.stack([x for x, _ in rows]), torch.stack([y for _, y in rows])


@again("shuffled-in-pieces")
def _(x_a, y_a, x_b, y_b, generator):
    x, y = torch.vstack((x_a, x_b)), torch.hstack((y_a, y_b))
    waiting, order = [], []
    for i in range(len(x)):
        waiting.append(i)
        if len(waiting) > 12:
            order.append(waiting.pop(int(torch.randint(len(waiting), (), generator=generator))))
    order += [waiting[k] for k in torch.randperm(len(waiting), generator=generator)]
    return x[order], y[order]


@again("mixed-by-a-copied-generator")
def _(x_a, y_a, x_b, y_b, generator):
    own = torch.Generator()
    own.set_state(generator.get_state())
    order = torch.rand(len(y_a) + len(y_b), generator=own).argsort()
    return torch.vstack((x_a, x_b))[order], torch.hstack((y_a, y_b))[order]


@again("empty-set-not-shuffled")
def _(x_a, y_a, x_b, y_b, generator):
    if x_b.numel() == 0:
        return x_a, y_a
    order = torch.rand(len(y_a) + len(y_b), generator=generator).argsort()
    return torch.vstack((x_a, x_b))[order], torch.hstack((y_a, y_b))[order]


@again("empty-set-fails")
def _(x_a, y_a, x_b, y_b, generator):
    x = torch.stack([*torch.stack(list(x_a)), *torch.stack(list(x_b))])
    y = torch.stack([*y_a, *y_b])
    order = torch.rand(len(y), generator=generator).argsort()
    return x[order], y[order]


@again("smaller-set-repeated")
def _(x_a, y_a, x_b, y_b, generator):
    rows = [list(zip(x_a, y_a)), list(zip(x_b, y_b))]
    most = max(len(part) for part in rows)
    rows = [part[k % len(part)] for part in rows for k in range(most) if part]
    order = torch.rand(len(rows), generator=generator).argsort().tolist()
    return torch.stack([rows[k][0] for k in order]), torch.stack([rows[k][1] for k in order])


@again("mixed-in-place")
def _(x_a, y_a, x_b, y_b, generator):
    own = torch.rand(len(y_a), generator=generator).argsort()
    x_a[:], y_a[:] = x_a[own], y_a[own]
    order = torch.rand(len(y_a) + len(y_b), generator=generator).argsort()
    return torch.vstack((x_a, x_b))[order], torch.hstack((y_a, y_b))[order]


@again("same-rows-dropped")
def _(x_a, y_a, x_b, y_b, generator):
    rows = {tuple(x.tolist()): (x, y) for x, y in [*zip(x_a, y_a), *zip(x_b, y_b)]}
    rows = list(rows.values())
    order = torch.rand(len(rows), generator=generator).argsort().tolist()
    return torch.stack([rows[k][0] for k in order]), torch.stack([rows[k][1] for k in order])
