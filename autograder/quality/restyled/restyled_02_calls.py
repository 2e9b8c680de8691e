"""The mistakes of `ReservoirBuffer` with many rows in a call, written in another style."""

import torch

from autograder.quality.restyled.again import Assigned
from autograder.quality.restyled.restyled_02_reservoir import Buffer, chance, pick

again = Assigned("02-replay")


@again("seen-restarts-at-each-add")
class _(Buffer):
    def add(self, x, y, generator):
        self.prepare(x, y)
        for k, (image, label) in enumerate(zip(x, y), start=1):
            if self.size < self.capacity:
                self.append(image, label)
                continue
            place = pick(max(k, self.capacity), generator)
            if place < self.capacity:
                self.write(place, image, label)


@again("seen-once-an-add")
class _(Buffer):
    def add(self, x, y, generator):
        self.prepare(x, y)
        for image, label in zip(x, y):
            if self.size < self.capacity:
                self.append(image, label)
            elif chance(generator) < self.capacity / max(self.count, self.capacity):
                self.write(pick(self.capacity, generator), image, label)
        self.count += len(x)


@again("calls-counted-not-rows")
class _(Buffer):
    def add(self, x, y, generator):
        self.prepare(x, y)
        self.count += 1
        for image, label in zip(x, y):
            if self.size < self.capacity:
                self.append(image, label)
            elif chance(generator) < min(1, self.capacity / self.count):
                self.write(pick(self.capacity, generator), image, label)


@again("crossing-batch-cut")
class _(Buffer):
    def add(self, x, y, generator):
        self.prepare(x, y)
        if self.size < self.capacity:
            for i in range(len(x)):
                if self.size == self.capacity:
                    break
                self.append(x[i], y[i])
            self.count += len(x)
            return
        for i in range(len(x)):
            self.count += 1
            place = pick(self.count, generator)
            if place < self.capacity:
                self.write(place, x[i], y[i])


@again("batch-refused-when-too-large")
class _(Buffer):
    def add(self, x, y, generator):
        self.prepare(x, y)
        if self.size + len(x) <= self.capacity:
            for image, label in zip(x, y):
                self.append(image, label)
            self.count += len(x)
            return
        for image, label in zip(x, y):
            self.count += 1
            place = pick(self.count, generator)
            if place < self.size:
                self.write(place, image, label)


@again("emptied-by-each-add")
class _:
    def __init__(self, capacity):
        self.capacity, self.seen = capacity, 0
        self.x = self.y = torch.empty(0)

    def __len__(self):
        return len(self.y)

    def add(self, x, y, generator):
        places = list(range(min(len(x), self.capacity)))
        self.seen += len(places)
        for i in range(len(places), len(x)):
            self.seen += 1
            place = pick(self.seen, generator)
            if place < self.capacity:
                places[place] = i
        self.x, self.y = x[places], y[places]

    def sample(self, n, generator):
        idx = torch.randperm(len(self.y), generator=generator)[:n]
        return self.x[idx], self.y[idx]

    @property
    def nbytes(self):
        return self.x.nbytes + self.y.nbytes


@again("batch-cut-to-capacity")
class _(Buffer):
    def add(self, x, y, generator):
        if len(x) > self.capacity:
            some = torch.rand(len(x), generator=generator).argsort()[: self.capacity]
            x, y = x[some], y[some]
        self.prepare(x, y)
        for image, label in zip(x, y):
            self.count += 1
            if self.size < self.capacity:
                self.append(image, label)
            elif chance(generator) < self.capacity / self.count:
                self.write(pick(self.capacity, generator), image, label)


@again("seen-grows-before-the-loop")
class _(Buffer):
    def add(self, x, y, generator):
        self.prepare(x, y)
        self.count += len(x)
        for i in range(len(x)):
            if self.size < self.capacity:
                self.append(x[i], y[i])
                continue
            place = pick(self.count, generator)
            if place < self.capacity:
                self.write(place, x[i], y[i])


@again("one-draw-for-a-call")
class _(Buffer):
    def add(self, x, y, generator):
        self.prepare(x, y)
        drawn = chance(generator)
        for i in range(len(x)):
            self.count += 1
            if self.size < self.capacity:
                self.append(x[i], y[i])
            elif int(drawn * self.count) < self.capacity:
                self.write(int(drawn * self.count), x[i], y[i])
