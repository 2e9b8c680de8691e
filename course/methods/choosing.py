"""Which rows to keep as exemplars: so many of each class, by a score or by herding."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def lowest(score: Tensor, y: Tensor, n: int) -> Tensor:
    """The rows of each class with the lowest score (N,), as indices (n,).

    Classes get as many each, to within one. A random score chooses at random.
    """
    return _of_each(y, n, lambda rows, count: rows[score[rows].argsort()[:count]])


def herding(features: Tensor, y: Tensor, n: int) -> Tensor:
    """Rows of each class whose mean feature comes close to the class's, as indices (n,).

    ``features`` (N, f). One after another, the row that brings the mean of the chosen ones closest
    to that of all (Welling 2009; Rebuffi et al. 2017, algorithm 4). Classes get as many each, to
    within one.
    """
    return _of_each(y, n, lambda rows, count: rows[_herd(features[rows], count)])


def _of_each(y: Tensor, n: int, choose: Callable[[Tensor, int], Tensor]) -> Tensor:
    labels = y.unique()
    share, more = divmod(n, len(labels))
    chosen = [
        choose((y == label).nonzero().flatten(), share + (number < more))
        for number, label in enumerate(labels)
    ]
    return torch.cat(chosen)


def _herd(features: Tensor, count: int) -> Tensor:
    mean, total = features.mean(dim=0), torch.zeros_like(features[0])
    left, chosen = features.clone(), []
    for size in range(1, min(count, len(features)) + 1):
        best = ((total + left) / size - mean).norm(dim=1).argmin()
        chosen.append(best)
        total = total + left[best]
        left[best] = torch.inf
    return torch.stack(chosen) if chosen else torch.empty(0, dtype=torch.int64, device=mean.device)
