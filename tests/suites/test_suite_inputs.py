"""The made-up optimizer and tasks of the suites say truly what was done with them."""

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from autograder.suites.batch_record import BatchRecord
from autograder.suites.planned_training import PlannedTraining, never_made_anew, training_rows
from course.metrics import accuracy_matrix


def train(record: BatchRecord, y: Tensor, batches: list[list[int]]) -> None:
    for rows in batches:
        record.optimizer.zero_grad()
        cross_entropy(record.model(record.x[rows]), y[rows]).backward()
        record.optimizer.step()


@pytest.mark.parametrize("base", [2, 16])
def test_batches_are_read_off_the_momentum(base: int) -> None:
    batches = [[0], [4], [2], [3], [1], [3], [0], [4], [1], [2]]
    record = BatchRecord(5, base)
    train(record, torch.full((5,), 2), batches)
    want = torch.zeros(10, 5, dtype=torch.int64)
    for step, rows in enumerate(batches):
        want[step, rows] = 1
    assert torch.equal(record.uses(2, unit=1), want)


def test_a_use_counts_by_the_size_of_its_batch() -> None:
    record = BatchRecord(6)
    train(record, torch.full((6,), 1), [[5, 0, 2, 3], [4, 1], [5, 5, 1, 0]])
    want = torch.tensor([[1, 0, 1, 1, 0, 1], [0, 2, 0, 0, 2, 0], [1, 1, 0, 0, 0, 2]])
    assert torch.equal(record.uses(1, unit=4), want)


def test_other_batch_sizes_cannot_be_read() -> None:
    record = BatchRecord(6)
    train(record, torch.full((6,), 1), [[5, 0, 2], [4, 1, 3]])
    with pytest.raises(AssertionError, match="cannot be explained"):
        record.uses(1, unit=4)


def test_no_step_is_said() -> None:
    with pytest.raises(AssertionError, match="never asked for a step"):
        BatchRecord(4).momentum()


@pytest.mark.parametrize("seed", range(20))
def test_training_goes_as_planned(seed: int) -> None:
    plan = PlannedTraining(torch.Generator().manual_seed(seed), [7, 11, 13, 11], dropout=0.5)
    R = accuracy_matrix(plan.model, plan.tasks, plan.train_on)
    assert torch.allclose(R, plan.expected)
    assert [lesson.rows for lesson in plan.lessons] == [training_rows(j) for j in range(4)]
    assert never_made_anew(plan.lessons)
    assert all(lesson.training and lesson.penalty is None for lesson in plan.lessons)


@pytest.mark.parametrize("seed", range(20))
def test_no_wrong_matrix_looks_like_the_planned_one(seed: int) -> None:
    R = PlannedTraining(torch.Generator().manual_seed(seed), [11] * 4).expected
    assert R.min() > 0
    assert R.max() < 1
    assert all(len(set(column.tolist())) == 4 for column in R.T)
    assert ((R != R.T) | torch.eye(4, dtype=torch.bool)).all()
