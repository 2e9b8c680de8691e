"""The mistakes of `ReservoirBuffer` about what comes out of it, written in another style."""

import random

import torch

from autograder.quality.restyled.again import Assigned

again = Assigned("02-replay")


class Buffer:
    """Right: keeps the rows whose places Algorithm R says, in two tensors."""

    def __init__(self, capacity):
        self.capacity = capacity
        self.seen = 0
        self.x = self.y = None

    def __len__(self):
        return min(self.seen, self.capacity)

    def add(self, x, y, generator):
        if len(x) == 0:
            return
        if self.x is None:
            self.x, self.y = x[:0].clone(), y[:0].clone()
        for i in range(len(x)):
            self.seen += 1
            if self.seen <= self.capacity:
                self.x = torch.cat([self.x, x[i : i + 1]])
                self.y = torch.cat([self.y, y[i : i + 1]])
            elif torch.rand((), generator=generator) < self.capacity / self.seen:
                j = torch.randint(self.capacity, (), generator=generator)
                self.x[j], self.y[j] = x[i], y[i]

    def draw(self, n, generator):
        return torch.rand(len(self.x), generator=generator).argsort()[:n]

    def sample(self, n, generator):
        idx = self.draw(n, generator)
        return self.x[idx], self.y[idx]

    @property
    def nbytes(self):
        return self.x.nbytes + self.y.nbytes


@again("sampled-with-replacement")
class _(Buffer):
    def sample(self, n, generator):
        idx = []
        for _ in range(min(n, len(self.x))):
            idx.append(int(torch.rand((), generator=generator) * len(self.x)))
        return self.x[idx], self.y[idx]


@again("more-asked-than-held-refused")
class _(Buffer):
    def sample(self, n, generator):
        weights = torch.ones(len(self.x))
        idx = torch.multinomial(weights, n, replacement=False, generator=generator)
        return self.x[idx], self.y[idx]


@again("sampled-by-global-random-state")
class _(Buffer):
    def sample(self, n, generator):
        idx = random.sample(range(len(self.x)), min(n, len(self.x)))
        return self.x[idx], self.y[idx]


@again("sample-not-random")
class _(Buffer):
    def sample(self, n, generator):
        n = min(n, len(self.x))
        idx = torch.arange(len(self.x) - n, len(self.x))
        return self.x[idx], self.y[idx]


@again("sampled-apart")
class _(Buffer):
    def sample(self, n, generator):
        return tuple(rows[self.draw(n, generator)] for rows in (self.x, self.y))


@again("sample-takes-out")
class _(Buffer):
    def __len__(self):
        return 0 if self.x is None else len(self.x)

    def sample(self, n, generator):
        idx = self.draw(n, generator)
        out = self.x[idx], self.y[idx]
        stay = torch.ones(len(self.x), dtype=torch.bool)
        stay[idx] = False
        self.x, self.y = self.x[stay], self.y[stay]
        return out


@again("views-handed-out")
class _(Buffer):
    def sample(self, n, generator):
        if n >= len(self.x):
            return self.x, self.y
        idx = self.draw(n, generator)
        return self.x[idx], self.y[idx]


@again("elements-counted")
class _(Buffer):
    @property
    def nbytes(self):
        return len(self.x) * (self.x.shape[1] + 1)


@again("labels-not-counted")
class _(Buffer):
    @property
    def nbytes(self):
        return self.x.numel() * self.x.element_size()


@again("four-bytes-for-everything")
class _(Buffer):
    @property
    def nbytes(self):
        return len(self.x) * (self.x.shape[1] * 4 + 4)


@again("bytes-of-all-rows-seen")
class _(Buffer):
    total = 0

    def add(self, x, y, generator):
        super().add(x, y, generator)
        self.total += x.numel() * x.element_size() + y.numel() * y.element_size()

    @property
    def nbytes(self):
        return self.total


@again("nbytes-is-a-method")
class _(Buffer):
    def nbytes(self):
        size = self.x.element_size() * self.x.shape[1] + self.y.element_size()
        return size * len(self.x)


@again("length-is-capacity")
class _(Buffer):
    """All places are there from the start, so their number is the length."""

    def __len__(self):
        return self.capacity


@again("length-is-rows-seen")
class _(Buffer):
    shown = 0

    def add(self, x, y, generator):
        super().add(x, y, generator)
        self.shown += x.shape[0]

    def __len__(self):
        return self.shown


@again("empty-add-fails")
class _(Buffer):
    def add(self, x, y, generator):
        images, labels = torch.stack(list(x)), torch.stack(list(y))
        super().add(images, labels, generator)


@again("stored-as-float32")
class _(Buffer):
    def add(self, x, y, generator):
        super().add(x.to(torch.float32), y.to(torch.int64), generator)


@again("sample-filled-up-with-repeats")
class _(Buffer):
    def sample(self, n, generator):
        idx = self.draw(n, generator)
        while len(idx) < n:
            idx = torch.cat([idx, self.draw(n - len(idx), generator)])
        return self.x[idx], self.y[idx]


@again("sampled-one-stretch")
class _(Buffer):
    def sample(self, n, generator):
        n = min(n, len(self.x))
        start = int(torch.randint(0, len(self.x) - n + 1, (1,), generator=generator))
        return self.x[start : start + n].clone(), self.y[start : start + n].clone()


@again("sample-seeded-again")
class _(Buffer):
    def sample(self, n, generator):
        idx = random.Random(3).sample(range(len(self.x)), min(n, len(self.x)))
        return self.x[idx], self.y[idx]


@again("free-places-sampled")
class _(Buffer):
    def sample(self, n, generator):
        n = min(n, len(self.x))
        idx = torch.rand(self.capacity, generator=generator).argsort()[:n]
        free = self.capacity - len(self.x)
        x = torch.cat([self.x, torch.full((free, self.x.shape[1]), -1.0).to(self.x.dtype)])
        y = torch.cat([self.y, torch.full((free,), -1).to(self.y.dtype)])
        return x[idx], y[idx]


@again("usual-dtypes-counted")
class _(Buffer):
    @property
    def nbytes(self):
        return len(self.x) * (self.x.shape[1] * 4 + 8)


@again("bytes-of-one-row")
class _(Buffer):
    @property
    def nbytes(self):
        return self.x.shape[1] * self.x.element_size() + self.y.element_size()
