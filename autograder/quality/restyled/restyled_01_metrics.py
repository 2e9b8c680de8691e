"""The mistakes of `average_accuracy`, `forgetting` and `backward_transfer`, in another style."""

import numpy as np
import torch

from autograder.quality.restyled.again import Assigned

again = Assigned("01-forgetting")


# average_accuracy


@again("average-of-the-diagonal")
def _(R):
    T = len(R)
    return sum(R[i, i].item() for i in range(T)) / T


@again("average-of-everything")
def _(R):
    rows = R.tolist()
    return sum(sum(row) for row in rows) / (len(rows) * len(rows))


@again("average-of-the-last-column")
def _(R):
    values = [row[-1] for row in R.tolist()]
    return sum(values) / len(values)


@again("average-without-the-last-task")
def _(R):
    T = R.shape[0]
    if T == 1:
        return float(R[0, 0])
    total = 0.0
    for j in range(T - 1):
        total += R[T - 1, j].item()
    return total / (T - 1)


@again("average-over-triangle")
def _(R):
    values = []
    for i in range(len(R)):
        for j in range(i + 1):
            values.append(float(R[i, j]))
    return sum(values) / len(values)


@again("last-row-summed")
def _(R):
    return sum(R.tolist()[-1])


@again("average-over-one-task-less")
def _(R):
    T = R.shape[0]
    return float(R[T - 1].sum() / (T - 1)) if T > 1 else R.item()


@again("average-in-percent")
def _(R):
    return np.mean(R.numpy()[-1] * 100)


@again("average-of-the-first-row")
def _(R):
    first = R[:1].flatten()
    return first.sum() / first.numel()


# forgetting


def earlier(R):
    """The tasks that can be forgotten."""
    return range(len(R) - 1)


@again("final-row-in-maximum")
def _(R):
    if len(R) == 1:
        return 0.0
    drops = []
    for j in earlier(R):
        best = max(R[i, j].item() for i in range(len(R)))
        drops.append(best - R[-1, j].item())
    return sum(drops) / len(drops)


@again("mean-clamped-at-zero")
def _(R):
    if len(R) == 1:
        return 0.0
    drops = [max(R[:-1, j].tolist()) - float(R[-1, j]) for j in earlier(R)]
    result = float(np.mean(drops))
    return result if result > 0 else 0.0


@again("forgetting-without-sign")
def _(R):
    if len(R) == 1:
        return 0.0
    total = 0.0
    for j in earlier(R):
        total += abs(float(R[:-1, j].max()) - float(R[-1, j]))
    return total / (len(R) - 1)


@again("first-minus-last")
def _(R):
    if len(R) < 2:
        return 0.0
    rows = R.tolist()
    return sum(rows[0][j] - rows[-1][j] for j in earlier(R)) / (len(rows) - 1)


@again("diagonal-instead-of-maximum")
def _(R):
    drops = [float(R[j, j] - R[-1, j]) for j in earlier(R)]
    return sum(drops) / len(drops) if drops else 0.0


@again("maximum-from-the-diagonal-on")
def _(R):
    T = R.shape[0]
    if T == 1:
        return 0.0
    since = R[:-1, :-1].masked_fill(torch.ones(T - 1, T - 1).triu(1).bool(), 0.0)
    return float(torch.mean(since.amax(dim=0) - R[-1, :-1]))


@again("second-last-row")
def _(R):
    if len(R) == 1:
        return 0.0
    drops = []
    for before, after in zip(R[len(R) - 2].tolist(), R[len(R) - 1].tolist()):
        drops.append(before - after)
    drops.pop()
    return sum(drops) / len(drops)


@again("forgetting-divided-by-all-tasks")
def _(R):
    T = len(R)
    total = 0.0
    for j in earlier(R):
        total += R[: T - 1, j].max().item() - R[T - 1, j].item()
    return total / T


@again("last-task-included")
def _(R):
    T = len(R)
    if T == 1:
        return 0.0
    drops = [max(R[i, j].item() for i in range(T - 1)) - R[T - 1, j].item() for j in range(T)]
    return sum(drops) / len(drops)


@again("sum-over-tasks")
def _(R):
    total = 0.0
    for j in earlier(R):
        total += float(R[:-1, j].max() - R[-1, j])
    return total


@again("maximum-over-tasks")
def _(R):
    T = len(R)
    if T == 1:
        return 0.0
    drops = [max(R[j, : T - 1].tolist()) - R[T - 1, j].item() for j in range(T - 1)]
    return sum(drops) / (T - 1)


@again("forgetting-sign-turned")
def _(R):
    if len(R) == 1:
        return 0.0
    a = R.numpy()
    return float(np.mean([a[-1, j] - a[:-1, j].max() for j in earlier(a)]))


@again("forgetting-of-one-task")
def _(R):
    T = len(R)
    total = 0.0
    for j in range(T - 1):
        total += (R[: T - 1, j].max() - R[T - 1, j]).item()
    return total / (T - 1)


@again("forgetting-changes-R")
def _(R):
    if len(R) == 1:
        return 0.0
    R -= R[-1].clone()
    drops = [R[:-1, j].max().item() for j in earlier(R)]
    return sum(drops) / len(drops)


@again("mean-instead-of-maximum")
def _(R):
    T = len(R)
    drops = [float(R[: T - 1, j].mean() - R[T - 1, j]) for j in range(T - 1)]
    return sum(drops) / len(drops) if drops else 0.0


# backward_transfer


@again("transfer-sign-turned")
def _(R):
    T = len(R)
    if T == 1:
        return 0.0
    return sum(R[j, j].item() - R[T - 1, j].item() for j in range(T - 1)) / (T - 1)


@again("maximum-instead-of-diagonal")
def _(R):
    if len(R) == 1:
        return 0.0
    changes = []
    for j in earlier(R):
        best = max(float(R[i, j]) for i in earlier(R))
        changes.append(float(R[-1, j]) - best)
    return sum(changes) / len(changes)


@again("first-row-instead-of-diagonal")
def _(R):
    rows = R.tolist()
    changes = [last - first for first, last in zip(rows[0], rows[-1])][:-1]
    return sum(changes) / len(changes) if changes else 0.0


@again("second-last-row-instead-of-diagonal")
def _(R):
    T = len(R)
    total = 0.0
    for j in range(T - 1):
        total += float(R[T - 1, j]) - float(R[T - 2, j])
    return total / max(T - 1, 1)


@again("transfer-divided-by-all-tasks")
def _(R):
    T = len(R)
    total = 0.0
    for j in range(T - 1):
        total += float(R[T - 1, j] - R[j, j])
    return total / T


@again("transfer-summed")
def _(R):
    a = R.numpy()
    return float(sum(a[-1, j] - a[j, j] for j in earlier(a)))


@again("transfer-of-steps")
def _(R):
    T = len(R)
    if T == 1:
        return 0.0
    steps = R.diagonal(-1) - R.diagonal()[:-1]
    return float(steps.sum() / (T - 1))


@again("transfer-of-one-task")
def _(R):
    T = len(R)
    return sum(float(R[T - 1, j] - R[j, j]) for j in range(T - 1)) / (T - 1)


@again("transfer-changes-R")
def _(R):
    T = len(R)
    if T == 1:
        return 0.0
    for j in range(T):
        R[T - 1, j] -= R[j, j]
    return R[T - 1, : T - 1].mean().item()


@again("transfer-without-sign")
def _(R):
    a = R.numpy()
    gains = [abs(a[-1, j] - a[j, j]) for j in range(len(a) - 1)]
    return float(np.mean(gains)) if gains else 0.0


@again("transfer-of-all-pairs")
def _(R):
    T = len(R)
    gains = [float(R[i, j] - R[j, j]) for j in range(T) for i in range(j + 1, T)]
    return sum(gains) / max(1, len(gains))
