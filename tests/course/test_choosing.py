"""Exemplars by a score and by herding: as many of each class, and the right ones."""

import pytest
import torch

from course.device import generator
from course.methods.choosing import herding, lowest

Y = torch.tensor([2, 0, 0, 2, 5, 5, 0, 2, 5, 0])


def random_features():
    return torch.rand(len(Y), 3, generator=generator(0))


@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 9])
@pytest.mark.parametrize("choose", [lambda n: herding(random_features(), Y, n), None])
def test_as_many_rows_of_each_class_to_within_one(choose, n):
    rows = choose(n) if choose else lowest(torch.rand(len(Y)), Y, n)
    assert len(rows) == len(rows.unique()) == n
    counts = torch.stack([(Y[rows] == label).sum() for label in Y.unique()])
    assert counts.max() - counts.min() <= 1


def test_the_lowest_of_each_class():
    score = torch.tensor([3.0, 1.0, 0.5, 1.0, 9.0, 8.0, 4.0, 2.0, 7.0, 0.1])
    assert lowest(score, Y, 4).tolist() == [9, 2, 3, 8]


def test_herding_brings_the_mean_of_the_chosen_closest_to_the_class_s():
    features, y = torch.tensor([[0.0], [10.0], [4.0], [6.5]]), torch.zeros(4, dtype=torch.int64)
    # The mean is 5.125; alone 4 is closest, and then the pair (4 + 6.5) / 2 = 5.25.
    assert herding(features, y, 2).tolist() == [2, 3]
    assert sorted(herding(features, y, 4).tolist()) == [0, 1, 2, 3]
