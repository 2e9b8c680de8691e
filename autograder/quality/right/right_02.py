"""Right answers to 02-replay in many styles: each must get full marks, whatever the seed."""

import copy
import heapq
import math
import random
from collections import defaultdict
from itertools import accumulate

import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.data import ConcatDataset, DataLoader, TensorDataset

RIGHT = defaultdict(list)


def right(function):
    """Enters the function for the exercise that it is named after, up to a number."""
    RIGHT[function.__name__.rstrip("0123456789").rstrip("_")].append(function)
    return function


# choose_exemplars


@right
def choose_exemplars_1(x, y, fraction, generator):
    if not 0 <= fraction <= 1:
        raise ValueError(f"fraction must be in [0, 1], not {fraction}")
    chosen = torch.randperm(len(x), generator=generator)[: int(fraction * len(x))]
    return x[chosen], y[chosen]


@right
def choose_exemplars_2(x, y, fraction, generator):
    if fraction < 0 or fraction > 1 or math.isnan(fraction):
        raise ValueError("bad fraction")
    n = x.shape[0]
    keys = torch.rand(n, generator=generator)
    rows = keys.topk(math.floor(fraction * n)).indices
    return torch.index_select(x, 0, rows), torch.index_select(y, 0, rows)


@right
def choose_exemplars_3(x, y, fraction, generator):
    n = y.numel()
    count = int(fraction * n)
    if not (fraction >= 0.0 and fraction <= 1.0):
        raise ValueError
    pool = list(range(n))
    for i in range(count):  # Fisher and Yates
        j = i + int(torch.randint(n - i, (1,), generator=generator))
        pool[i], pool[j] = pool[j], pool[i]
    mask = torch.zeros(n, dtype=torch.bool)
    mask[pool[:count]] = True
    return [x[mask], y[mask]]


@right
def choose_exemplars_4(x, y, fraction, generator):
    assert len(x) == len(y)
    try:
        assert 0 <= fraction <= 1
    except AssertionError:
        raise ValueError("fraction outside [0, 1]")
    seed = torch.randint(2**31, (), generator=generator).item()
    rows = np.random.default_rng(seed).choice(len(x), int(fraction * len(x)), replace=False)
    rows = torch.from_numpy(rows)
    return x[rows].clone(), y[rows].clone()


@right
def choose_exemplars_5(x, y, fraction, generator):
    if math.isnan(fraction) or abs(fraction - 0.5) > 0.5:
        raise ValueError(fraction)
    n = int(fraction * len(x))
    if n == 0:
        return x[:0], y[:0]
    rows = torch.multinomial(torch.ones(len(x)), n, replacement=False, generator=generator)
    return x[rows], y[rows]


# mix


@right
def mix_1(x_a, y_a, x_b, y_b, generator):
    x, y = torch.cat((x_a, x_b)), torch.cat((y_a, y_b))
    order = torch.randperm(len(x), generator=generator)
    return x[order], y[order]


@right
def mix_2(x_a, y_a, x_b, y_b, generator):
    rows = list(zip(x_a, y_a)) + list(zip(x_b, y_b))
    random.Random(int(torch.randint(2**40, (), generator=generator))).shuffle(rows)
    return torch.stack([x for x, _ in rows]), torch.stack([y for _, y in rows])


@right
def mix_3(x_a, y_a, x_b, y_b, generator):
    n, m = len(x_a), len(x_b)
    places = torch.rand(n + m, generator=generator).argsort()
    x = x_a.new_empty((n + m, *x_a.shape[1:]))
    y = y_a.new_empty(n + m)
    x[places[:n]], x[places[n:]] = x_a, x_b
    y[places[:n]], y[places[n:]] = y_a, y_b
    return x, y


@right
def mix_4(x_a, y_a, x_b, y_b, generator):
    data = ConcatDataset([TensorDataset(x_a, y_a), TensorDataset(x_b, y_b)])
    loader = DataLoader(data, batch_size=len(data), shuffle=True, generator=generator)
    return next(iter(loader))


@right
def mix_5(x_a, y_a, x_b, y_b, generator):
    x = np.concatenate([x_a.numpy(), x_b.numpy()])
    y = np.concatenate([y_a.numpy(), y_b.numpy()])
    order = np.random.default_rng(torch.randint(2**30, (4,), generator=generator).tolist())
    order = order.permutation(len(x))
    return torch.from_numpy(x[order]), torch.from_numpy(y[order])


# ReservoirBuffer


@right
class ReservoirBuffer_1:
    def __init__(self, capacity):
        self.capacity, self.seen = capacity, 0
        self.x, self.y = [], []

    def __len__(self):
        return len(self.x)

    def add(self, x, y, generator):
        for i in range(len(x)):
            self.seen += 1
            if len(self.x) < self.capacity:
                self.x.append(x[i].clone())
                self.y.append(y[i].clone())
            else:
                j = torch.randint(0, self.seen, (1,), generator=generator).item()
                if j < self.capacity:
                    self.x[j] = x[i].clone()
                    self.y[j] = y[i].clone()

    def sample(self, n, generator):
        order = torch.randperm(len(self), generator=generator)[: min(n, len(self))].tolist()
        return torch.stack([self.x[i] for i in order]), torch.stack([self.y[i] for i in order])

    @property
    def nbytes(self):
        return sum(t.element_size() * t.numel() for t in self.x + self.y)


@right
class ReservoirBuffer_2:
    """Keeps the rows with the smallest random keys."""

    def __init__(self, capacity):
        self.capacity = capacity
        self.x = None

    def __len__(self):
        return 0 if self.x is None else len(self.x)

    def add(self, x, y, generator):
        keys = torch.rand(len(x), generator=generator, dtype=torch.float64)
        if self.x is not None:
            x, y = torch.cat([self.x, x]), torch.cat([self.y, y])
            keys = torch.cat([self.keys, keys])
        best = keys.argsort()[: self.capacity]
        self.x, self.y, self.keys = x[best], y[best], keys[best]

    def sample(self, n, generator):
        rows = torch.rand(len(self), generator=generator).argsort()[:n]
        return self.x[rows], self.y[rows]

    @property
    def nbytes(self):
        return self.x.nbytes + self.y.nbytes


@right
class ReservoirBuffer_3:
    """Tensors made when the first rows come; a coin first, then a place."""

    def __init__(self, capacity: int):
        self._room = capacity
        self._count = 0
        self._store = None

    def _make(self, x, y):
        if self._store is None:
            shape = (self._room,) + tuple(x.shape[1:])
            self._store = (
                torch.zeros(shape, dtype=x.dtype),
                torch.zeros(self._room, dtype=y.dtype),
            )

    def add(self, x, y, generator):
        self._make(x, y)
        free = max(0, self._room - self._count)
        now = min(free, len(x))
        self._store[0][self._count : self._count + now] = x[:now]
        self._store[1][self._count : self._count + now] = y[:now]
        self._count += now
        for row, label in zip(x[now:], y[now:]):
            self._count += 1
            if torch.rand((), generator=generator, dtype=torch.float64) < self._room / self._count:
                place = torch.randint(self._room, (), generator=generator)
                self._store[0][place] = row
                self._store[1][place] = label

    def __len__(self):
        return min(self._count, self._room)

    def sample(self, n, generator):
        size = len(self)
        chosen = torch.randperm(size, generator=generator)[: min(n, size)]
        return self._store[0][:size][chosen], self._store[1][:size][chosen]

    @property
    def nbytes(self):
        x, y = self._store
        return len(self) * (x[0].numel() * x.element_size() + y.element_size())


@right
class ReservoirBuffer_4:
    """Numpy inside, places of a whole batch drawn at once; the last one at a place stays."""

    def __init__(self, capacity):
        self.capacity = capacity
        self.seen = 0
        self.rows = {}

    def add(self, x, y, generator):
        n = len(x)
        if n == 0:
            return
        arrival = np.arange(self.seen, self.seen + n)
        draws = torch.rand(n, generator=generator, dtype=torch.float64).numpy()
        places = np.where(arrival < self.capacity, arrival, np.floor(draws * (arrival + 1)))
        for k in np.flatnonzero(places < self.capacity):
            self.rows[int(places[k])] = (x[k].numpy().copy(), y[k].numpy().copy())
        self.seen += n

    def __len__(self):
        return len(self.rows)

    def sample(self, n, generator):
        rng = np.random.default_rng(int(torch.randint(2**31, (1,), generator=generator)))
        keys = rng.permutation(len(self.rows))[:n]
        x = np.stack([self.rows[int(k)][0] for k in keys])
        y = np.stack([self.rows[int(k)][1] for k in keys])
        return torch.from_numpy(x), torch.from_numpy(y)

    @property
    def nbytes(self):
        return sum(x.nbytes + y.nbytes for x, y in self.rows.values())


@right
class ReservoirBuffer_5:
    """A heap of keys, room for all rows reserved, bytes as of the first row."""

    def __init__(self, capacity=1):
        self.capacity = capacity
        self.heap = []
        self.arrived = 0

    def add(self, x, y, generator):
        keys = torch.rand(len(x), generator=generator, dtype=torch.float64).tolist()
        for key, image, label in zip(keys, x.clone().unbind(), y.clone().unbind()):
            self.arrived += 1
            item = (key, self.arrived, image, label)
            if len(self.heap) < self.capacity:
                heapq.heappush(self.heap, item)
            else:
                heapq.heappushpop(self.heap, item)

    def __len__(self):
        return len(self.heap)

    def sample(self, n, generator):
        pool = list(self.heap)
        drawn = []
        while pool and len(drawn) < n:
            drawn.append(pool.pop(int(torch.randint(len(pool), (), generator=generator))))
        return torch.stack([d[2] for d in drawn]), torch.stack([d[3] for d in drawn])

    @property
    def nbytes(self):
        _, _, image, label = self.heap[0]
        return len(self.heap) * (image.nbytes + label.nbytes)


# train_with_replay


@right
def train_with_replay_1(model, tasks, train_on, fraction, generator):
    kept_x = kept_y = None
    for task in tasks:
        x, y = task.x_train, task.y_train
        if kept_x is not None:
            x, y = mix_1(x, y, kept_x, kept_y, generator)
        train_on(model, x, y)
        new_x, new_y = choose_exemplars_1(task.x_train, task.y_train, fraction, generator)
        kept_x = new_x if kept_x is None else torch.cat([kept_x, new_x])
        kept_y = new_y if kept_y is None else torch.cat([kept_y, new_y])


@right
def train_with_replay_2(model, tasks, train_on, fraction, generator):
    memory = [choose_exemplars_2(t.x_train, t.y_train, fraction, generator) for t in tasks]
    for i, task in enumerate(tasks):
        x = torch.cat([task.x_train] + [x for x, _ in memory[:i]])
        y = torch.cat([task.y_train] + [y for _, y in memory[:i]])
        order = torch.rand(len(x), generator=generator).argsort()
        train_on(model, x[order], y[order])


@right
def train_with_replay_3(model, tasks, train_on, fraction, generator):
    memory = []
    for number, task in enumerate(tasks):
        rows = list(zip(task.x_train, task.y_train))
        lesson = rows + memory
        dice = random.Random(torch.randint(2**62, (), generator=generator).item())
        if number > 0:
            dice.shuffle(lesson)
        train_on(model, torch.stack([a for a, _ in lesson]), y=torch.stack([b for _, b in lesson]))
        memory += dice.sample(rows, int(len(rows) * fraction))


@right
def train_with_replay_4(model, tasks, train_on, fraction, generator):
    def lesson(i, kept):
        if i == len(tasks):
            return
        x, y = tasks[i].x_train.clone(), tasks[i].y_train.clone()
        for a, b in kept:
            x, y = mix_3(x, y, a, b, generator)
        train_on(model, x, y, None)
        more = choose_exemplars_3(tasks[i].x_train, tasks[i].y_train, fraction, generator)
        lesson(i + 1, kept + [more])

    lesson(0, [])


@right
def train_with_replay_5(model, tasks, train_on, fraction, generator):
    from course.data import Task

    empty = tasks[0].x_train[:0], tasks[0].y_train[:0]
    buffer = copy.copy(empty)
    for task in tasks:
        assert isinstance(task, Task)
        train_on(model, *mix_5(task.x_train, task.y_train, *buffer, generator))
        kept = choose_exemplars_4(task.x_train, task.y_train, fraction, generator)
        buffer = tuple(torch.vstack([a, b]) if a.dim() > 1 else torch.hstack([a, b])
                       for a, b in zip(buffer, kept))  # fmt: skip


# replay_bytes


@right
def replay_bytes_1(tasks, fraction):
    held, total = [], 0
    for task in tasks:
        held.append(total)
        n, d = task.x_train.shape
        row = d * task.x_train.element_size() + task.y_train.element_size()
        total += int(fraction * n) * row
    return held


@right
def replay_bytes_2(tasks, fraction):
    def kept(task):
        x, y = task.x_train, task.y_train
        return math.floor(fraction * len(x)) * (x.dtype.itemsize * x.shape[1] + y.dtype.itemsize)

    return [sum(kept(old) for old in tasks[:i]) for i in range(len(tasks))]


@right
def replay_bytes_3(tasks, fraction):
    sizes = [
        sum(t[: int(len(t) * fraction)].nbytes for t in (task.x_train, task.y_train))
        for task in tasks
    ]
    return list(accumulate([0, *sizes[:-1]]))


@right
def replay_bytes_4(tasks, fraction):
    counts = np.array([int(fraction * len(t.y_train)) for t in tasks])
    images = np.array([t.x_train[0].numel() * t.x_train.element_size() for t in tasks])
    labels = np.array([t.y_train.element_size() for t in tasks])
    total = np.cumsum(counts * (images + labels))
    return [0] + [int(b) for b in total[:-1]]


@right
def replay_bytes_5(tasks, fraction):
    totals = torch.zeros(len(tasks) + 1, dtype=torch.int64)
    for i, task in enumerate(tasks):
        x = torch.empty((int(fraction * len(task.x_train)), *task.x_train.shape[1:]),
                        dtype=task.x_train.dtype, device="meta")  # fmt: skip
        y = torch.empty(len(x), dtype=task.y_train.dtype, device="meta")
        totals[i + 1] = totals[i] + x.nbytes + y.nbytes
    return totals[:-1].tolist()


# choose_informative: each beats random choice by far when its rows are replayed


def quotas(y, n):
    """Rows of each class, and how many to choose."""
    classes = y.unique().tolist()
    for k, c in enumerate(classes):
        yield torch.where(y == c)[0], n // len(classes) + (1 if k < n % len(classes) else 0)


@torch.no_grad()
def features_of(model, x):
    mode = model.training
    model.eval()
    f = model.features(x)
    model.train(mode)
    return f


def logits_of(model, x):
    twin = copy.deepcopy(model).eval()
    return twin(x).detach()


def herd(features, count):
    mean, total, chosen = features.mean(dim=0), 0, []
    for k in range(1, count + 1):
        distance = (mean - (total + features) / k).norm(dim=1)
        distance[chosen] = float("inf")
        chosen.append(distance.argmin().item())
        total = total + features[chosen[-1]]
    return chosen


@right
def choose_informative_1(model, x, y, n, generator):
    """Herding (Welling 2009; Rebuffi et al. 2017)."""
    f = features_of(model, x)
    rows = torch.cat([own[herd(f[own], count)] for own, count in quotas(y, n)])
    return x[rows], y[rows]


@right
def choose_informative_2(model, x, y, n, generator):
    """Nearest to the class's mean."""
    twin = copy.deepcopy(model).eval()
    f = twin.features(x).detach().numpy()
    labels, chosen = y.numpy(), []
    classes = np.unique(labels)
    for k, c in enumerate(classes):
        own = np.flatnonzero(labels == c)
        far = np.linalg.norm(f[own] - f[own].mean(axis=0), axis=1)
        chosen.extend(own[np.argsort(far)][: (n + len(classes) - 1 - k) // len(classes)])
    chosen = torch.tensor(np.array(chosen))
    return x[chosen], y[chosen]


@right
def choose_informative_3(model, x, y, n, generator):
    """The row closest to each of several centres of the class, found by k-means."""
    f = features_of(model, x).double()
    chosen = []
    for own, count in quotas(y, n):
        g = f[own]
        centres = g[torch.randperm(len(g), generator=generator)[:count]].clone()
        for _ in range(15 if count else 0):
            nearest = torch.cdist(g, centres).argmin(dim=1)
            for k in range(count):
                if (nearest == k).any():
                    centres[k] = g[nearest == k].mean(dim=0)
        free = torch.ones(len(g), dtype=torch.bool)
        for centre in centres:
            far = (g - centre).norm(dim=1).masked_fill(~free, math.inf)
            free[far.argmin()] = False
            chosen.append(own[far.argmin()])
    chosen = torch.stack(chosen)
    return x[chosen], y[chosen]


@right
def choose_informative_4(model, x, y, n, generator):
    """Greedy coverage: the row that brings all rows of the class closest to a chosen one."""
    f = features_of(model, x)
    chosen = []
    for own, count in quotas(y, n):
        far = torch.cdist(f[own], f[own]).square()
        covered = torch.full((len(own),), 1e9)
        for _ in range(count):
            gain = torch.minimum(covered[:, None], far).sum(dim=0)
            gain[[k for k, row in enumerate(own.tolist()) if row in chosen]] = 1e12
            best = int(gain.argmin())
            covered = torch.minimum(covered, far[:, best])
            chosen.append(int(own[best]))
    return x[chosen], y[chosen]


@right
def choose_informative_5(model, x, y, n, generator):
    """Herding on what the model says: the probabilities of the classes."""
    p = F.softmax(logits_of(model, x), dim=1)
    rows = torch.cat([own[herd(p[own], count)] for own, count in quotas(y, n)])
    rows = rows[torch.randperm(n, generator=generator)]
    return x[rows], y[rows]


@right
def choose_informative_6(model, x, y, n, generator):
    """Of many random draws the one with the best mean."""
    f = features_of(model, x)
    chosen = []
    for own, count in quotas(y, n):
        draws = [torch.randperm(len(own), generator=generator)[:count] for _ in range(100)]
        if count:
            mean = f[own].mean(dim=0)
            chosen.append(own[min(draws, key=lambda d: float((f[own][d].mean(0) - mean).norm()))])
    chosen = torch.cat(chosen)
    return x[chosen], y[chosen]


@right
def choose_informative_7(model, x, y, n, generator):
    """Cosine to the class's mean, ties broken at random, herding on unit vectors after that."""
    f = F.normalize(features_of(model, x), dim=1)
    chosen = []
    for own, count in quotas(y, n):
        shuffled = own[torch.randperm(len(own), generator=generator)]
        chosen += shuffled[herd(f[shuffled], count)].tolist()
    return x[chosen], y[chosen]


@right
def choose_informative_8(model, x, y, n, generator):
    """Rows of middling margin: neither the surest nor the least sure."""
    top = logits_of(model, x).topk(2, dim=1).values
    margin = top[:, 0] - top[:, 1]
    chosen = []
    for own, count in quotas(y, n):
        order = own[margin[own].argsort()]
        chosen.append(order[(len(own) - count) // 2 :][:count])
    return x[torch.cat(chosen)], y[torch.cat(chosen)]
