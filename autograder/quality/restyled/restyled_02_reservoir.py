"""The mistakes of `ReservoirBuffer` about how rows get in, written in another style."""

import random

import torch

from autograder.quality.restyled.again import Assigned

again = Assigned("02-replay")


class Buffer:
    """Two tensors of `capacity` places, made when the first row comes; `add` is for the entries."""

    def __init__(self, capacity):
        self.capacity, self.count, self.size = capacity, 0, 0
        self.x = self.y = None

    def __len__(self):
        return self.size

    def prepare(self, x, y):
        if self.x is None and len(x):
            self.x = x.new_zeros(self.capacity, *x.shape[1:])
            self.y = y.new_zeros(self.capacity)

    def append(self, image, label):
        self.x[self.size], self.y[self.size] = image, label
        self.size += 1

    def write(self, place, image, label):
        self.x[place] = image
        self.y[place] = label

    def sample(self, n, generator):
        order = torch.rand(self.size, generator=generator).argsort()[:n]
        return self.x[order], self.y[order]

    @property
    def nbytes(self):
        return self.x[: self.size].nbytes + self.y[: self.size].nbytes


def chance(generator):
    return torch.rand(1, generator=generator).item()


def pick(k, generator):
    return int(torch.randint(0, k, (1,), generator=generator))


@again("always-replaces")
class _(Buffer):
    def add(self, x, y, generator):
        self.prepare(x, y)
        for i in range(len(x)):
            if self.size < self.capacity:
                self.append(x[i], y[i])
            else:
                self.write(int(chance(generator) * self.capacity), x[i], y[i])


@again("never-replaces")
class _(Buffer):
    def add(self, x, y, generator):
        self.prepare(x, y)
        room = min(len(x), self.capacity - self.size)
        if room > 0:
            self.x[self.size : self.size + room] = x[:room]
            self.y[self.size : self.size + room] = y[:room]
            self.size += room


@again("newest-rows")
class _:
    def __init__(self, capacity):
        self.capacity = capacity
        self.x = self.y = None

    def __len__(self):
        return 0 if self.x is None else len(self.x)

    def add(self, x, y, generator):
        if self.x is not None:
            x, y = torch.cat([self.x, x]), torch.cat([self.y, y])
        self.x, self.y = x[-self.capacity :].clone(), y[-self.capacity :].clone()

    def sample(self, n, generator):
        idx = torch.randperm(len(self), generator=generator)[: min(n, len(self))]
        return self.x[idx], self.y[idx]

    @property
    def nbytes(self):
        return self.x.nbytes + self.y.nbytes


@again("row-itself-not-counted")
class _(Buffer):
    def add(self, x, y, generator):
        self.prepare(x, y)
        for image, label in zip(x, y):
            if self.size < self.capacity:
                self.append(image, label)
            elif chance(generator) < self.capacity / self.count:
                self.write(pick(self.capacity, generator), image, label)
            self.count += 1


@again("counted-one-too-many")
class _(Buffer):
    def add(self, x, y, generator):
        self.prepare(x, y)
        for image, label in zip(x, y):
            self.count += 1
            if self.size < self.capacity:
                self.append(image, label)
            elif chance(generator) < self.capacity / (self.count + 1):
                self.write(pick(self.capacity, generator), image, label)


@again("even-chance")
class _(Buffer):
    def add(self, x, y, generator):
        self.prepare(x, y)
        for image, label in zip(x, y):
            if self.size < self.capacity:
                self.append(image, label)
            elif chance(generator) < 0.5:
                self.write(pick(self.capacity, generator), image, label)


@again("first-place-replaced")
class _(Buffer):
    def add(self, x, y, generator):
        self.prepare(x, y)
        for image, label in zip(x, y):
            self.count += 1
            if self.size < self.capacity:
                self.append(image, label)
            elif chance(generator) < self.capacity / self.count:
                self.write(-1, image, label)


@again("last-place-never-replaced")
class _(Buffer):
    def add(self, x, y, generator):
        self.prepare(x, y)
        for image, label in zip(x, y):
            self.count += 1
            if self.size < self.capacity:
                self.append(image, label)
            elif chance(generator) < self.capacity / self.count:
                self.write(int(chance(generator) * (self.capacity - 1)), image, label)


@again("seen-only-when-full")
class _(Buffer):
    def add(self, x, y, generator):
        self.prepare(x, y)
        for image, label in zip(x, y):
            if self.size < self.capacity:
                self.append(image, label)
                continue
            self.count += 1
            place = pick(self.count, generator)
            if place < self.capacity:
                self.write(place, image, label)


@again("grows-without-end")
class _:
    def __init__(self, capacity):
        self.capacity = capacity
        self.x, self.y = [], []

    def __len__(self):
        return len(self.x)

    def add(self, x, y, generator):
        self.x += [*x.clone()]
        self.y += [*y.clone()]

    def sample(self, n, generator):
        idx = torch.randperm(len(self.x), generator=generator)[:n].tolist()
        return torch.stack([self.x[i] for i in idx]), torch.stack([self.y[i] for i in idx])

    @property
    def nbytes(self):
        return sum(row.nbytes for row in self.x + self.y)


@again("images-and-labels-placed-apart")
class _(Buffer):
    def add(self, x, y, generator):
        self.prepare(x, y)
        for image, label in zip(x, y):
            self.count += 1
            if self.size < self.capacity:
                self.append(image, label)
            elif chance(generator) < self.capacity / self.count:
                self.x[pick(self.capacity, generator)] = image
                self.y[pick(self.capacity, generator)] = label


@again("reservoir-by-global-random-state")
class _(Buffer):
    def add(self, x, y, generator):
        self.prepare(x, y)
        for image, label in zip(x, y):
            self.count += 1
            if self.size < self.capacity:
                self.append(image, label)
            elif random.random() < self.capacity / self.count:
                self.write(random.randrange(self.capacity), image, label)


@again("views-kept")
class _:
    def __init__(self, capacity):
        self.capacity, self.seen = capacity, 0
        self.images, self.labels = {}, {}

    def __len__(self):
        return len(self.images)

    def add(self, x, y, generator):
        for i in range(len(x)):
            place = self.seen
            if place >= self.capacity:
                place = int(chance(generator) * (self.seen + 1))
            self.seen += 1
            if place < self.capacity:
                self.images[place], self.labels[place] = x[i], y[i]

    def sample(self, n, generator):
        idx = torch.randperm(len(self), generator=generator).tolist()[:n]
        images = torch.stack([self.images[k] for k in idx])
        return images, torch.stack([self.labels[k] for k in idx])

    @property
    def nbytes(self):
        return sum(self.images[k].nbytes + self.labels[k].nbytes for k in self.images)


class Sound(Buffer):
    """Right, once what `add` does with a row is asked of `places`."""

    def add(self, x, y, generator):
        self.prepare(x, y)
        for image, label in zip(x, y):
            self.count += 1
            if self.size < self.capacity:
                self.append(image, label)
            elif chance(generator) < self.capacity / self.count:
                self.write(pick(self.capacity, generator), image, label)


@again("chance-one-over-seen")
class _(Buffer):
    def add(self, x, y, generator):
        self.prepare(x, y)
        for image, label in zip(x, y):
            self.count += 1
            if self.size < self.capacity:
                self.append(image, label)
            elif chance(generator) < 1 / self.count:
                self.write(pick(self.capacity, generator), image, label)


@again("room-for-one-too-many")
class _:
    def __init__(self, capacity):
        self.capacity, self.seen, self.rows = capacity, 0, []

    def __len__(self):
        return len(self.rows)

    def add(self, x, y, generator):
        for image, label in zip(x.clone(), y.clone()):
            self.seen += 1
            if len(self.rows) <= self.capacity:
                self.rows.append((image, label))
            elif chance(generator) < len(self.rows) / self.seen:
                self.rows[pick(len(self.rows), generator)] = (image, label)

    def sample(self, n, generator):
        order = torch.randperm(len(self.rows), generator=generator).tolist()[:n]
        images, labels = zip(*(self.rows[k] for k in order))
        return torch.stack(images), torch.stack(labels)

    @property
    def nbytes(self):
        return len(self.rows) * sum(part.nbytes for part in self.rows[0])


@again("reservoir-seeded-again")
class _(Sound):
    def __init__(self, capacity):
        super().__init__(capacity)
        self.own = torch.Generator().manual_seed(7)

    def add(self, x, y, generator):
        super().add(x, y, self.own)


@again("sample-counts-as-seen")
class _(Sound):
    def sample(self, n, generator):
        self.count += n
        return super().sample(n, generator)
