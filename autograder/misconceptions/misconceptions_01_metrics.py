"""Wrong answers for `average_accuracy`, `forgetting` and `backward_transfer`."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

from autograder.misconceptions.entry import Entries

ENTRIES = Entries()


@ENTRIES.add(
    "average-of-the-diagonal",
    "average_accuracy",
    "You average the diagonal: each task just after its own training. The average accuracy looks "
    "at all tasks after the last training, which is the last row.",
)
def _(R: Tensor) -> float:
    return R.diagonal().mean().item()


@ENTRIES.add(
    "average-of-everything",
    "average_accuracy",
    "You average the whole matrix. Only the last row counts: all tasks after the last training.",
)
def _(R: Tensor) -> float:
    return R.mean().item()


@ENTRIES.add(
    "average-of-the-last-column",
    "average_accuracy",
    "You average the last column, which follows one task through time. Rows are times: take the "
    "last row.",
)
def _(R: Tensor) -> float:
    return R[:, -1].mean().item()


@ENTRIES.add(
    "average-without-the-last-task",
    "average_accuracy",
    "You leave out the last task. The average accuracy is over all tasks, also the newest.",
)
def _(R: Tensor) -> float:
    return R[-1, :-1].mean().item() if len(R) > 1 else R.item()


@ENTRIES.add(
    "average-over-triangle",
    "average_accuracy",
    "You average all accuracies on tasks seen so far, over all times. Only the last row counts.",
)
def _(R: Tensor) -> float:
    return R[torch.ones_like(R).tril().bool()].mean().item()


@ENTRIES.add(
    "last-row-summed",
    "average_accuracy",
    "You add up the last row. What is asked for is its mean: divide by the number of tasks.",
)
def _(R: Tensor) -> float:
    return R[-1].sum().item()


@ENTRIES.add(
    "average-over-one-task-less",
    "average_accuracy",
    "You divide by T - 1. That is for forgetting and transfer, which leave out the last task; the "
    "average accuracy is over all T.",
)
def _(R: Tensor) -> float:
    return R[-1].sum().item() / max(1, len(R) - 1)


@ENTRIES.add(
    "average-in-percent",
    "average_accuracy",
    "You return percent. In this course accuracies are fractions, from 0 to 1.",
)
def _(R: Tensor) -> float:
    return 100 * R[-1].mean().item()


@ENTRIES.add(
    "average-of-the-first-row",
    "average_accuracy",
    "You average the first row: all tasks after the first training. The last row says how they all "
    "do in the end.",
)
def _(R: Tensor) -> float:
    return R[0].mean().item()


def _best(R: Tensor) -> Tensor:
    return R[:-1, :-1].max(dim=0).values


@ENTRIES.add(
    "final-row-in-maximum",
    "forgetting",
    "Your maximum includes the last row (or negative values are cut off, which comes to the same), "
    "so forgetting can never be negative. Compare the end with the best accuracy before it.",
)
def _(R: Tensor) -> float:
    if len(R) == 1:
        return 0.0
    return (R[:, :-1].max(dim=0).values - R[-1, :-1]).mean().item()


@ENTRIES.add(
    "mean-clamped-at-zero",
    "forgetting",
    "You turn a negative result into 0. Negative forgetting is right where the tasks got better.",
)
def _(R: Tensor) -> float:
    if len(R) == 1:
        return 0.0
    return max(0.0, (_best(R) - R[-1, :-1]).mean().item())


@ENTRIES.add(
    "forgetting-without-sign",
    "forgetting",
    "You take absolute values, so getting better counts as forgetting. Keep the sign.",
)
def _(R: Tensor) -> float:
    if len(R) == 1:
        return 0.0
    return (_best(R) - R[-1, :-1]).abs().mean().item()


@ENTRIES.add(
    "first-minus-last",
    "forgetting",
    "You start from the first row, where most tasks were not even trained yet. Start from the best "
    "accuracy that each task had before the end.",
)
def _(R: Tensor) -> float:
    if len(R) == 1:
        return 0.0
    return (R[0, :-1] - R[-1, :-1]).mean().item()


@ENTRIES.add(
    "diagonal-instead-of-maximum",
    "forgetting",
    "You start from the diagonal, the accuracy just after a task's own training. A task can become "
    "better still later on: take its best before the end.",
)
def _(R: Tensor) -> float:
    if len(R) == 1:
        return 0.0
    return (R.diagonal() - R[-1])[:-1].mean().item()


@ENTRIES.add(
    "maximum-from-the-diagonal-on",
    "forgetting",
    "Your maximum starts at a task's own training. Here it is over all rows but the last, also "
    "those before that training.",
)
def _(R: Tensor) -> float:
    T = len(R)
    if T == 1:
        return 0.0
    return sum((R[j:-1, j].max() - R[-1, j]).item() for j in range(T - 1)) / (T - 1)


@ENTRIES.add(
    "second-last-row",
    "forgetting",
    "You compare with the row just before the last. The best accuracy may be further back: look "
    "through all rows before the last.",
)
def _(R: Tensor) -> float:
    if len(R) == 1:
        return 0.0
    return (R[-2, :-1] - R[-1, :-1]).mean().item()


@ENTRIES.add(
    "forgetting-divided-by-all-tasks",
    "forgetting",
    "You divide by the number of all tasks. The last task had no time to be forgotten: there are "
    "T - 1 others.",
)
def _(R: Tensor) -> float:
    return ((_best(R) - R[-1, :-1]).sum() / len(R)).item() if len(R) > 1 else 0.0


@ENTRIES.add(
    "last-task-included",
    "forgetting",
    "Your mean includes the last task, which cannot have been forgotten yet. Leave out the last "
    "column.",
)
def _(R: Tensor) -> float:
    return (R[:-1].max(dim=0).values - R[-1]).mean().item() if len(R) > 1 else 0.0


@ENTRIES.add(
    "sum-over-tasks",
    "forgetting",
    "You add up the forgetting of the tasks. What is asked for is the mean.",
)
def _(R: Tensor) -> float:
    return (_best(R) - R[-1, :-1]).sum().item() if len(R) > 1 else 0.0


@ENTRIES.add(
    "maximum-over-tasks",
    "forgetting",
    "Your maximum runs along the rows, over tasks. You need the best of each column: one task, "
    "over time.",
)
def _(R: Tensor) -> float:
    return (R[:-1, :-1].max(dim=1).values - R[-1, :-1]).mean().item() if len(R) > 1 else 0.0


@ENTRIES.add(
    "forgetting-sign-turned",
    "forgetting",
    "Your result is negative where accuracy was lost. Forgetting counts losses as positive.",
)
def _(R: Tensor) -> float:
    return (R[-1, :-1] - _best(R)).mean().item() if len(R) > 1 else 0.0


@ENTRIES.add(
    "forgetting-of-one-task",
    "forgetting",
    "With a single task there is nothing to average, and your function ends in an error or in "
    "not-a-number. Say what happens then: nothing can have been forgotten.",
)
def _(R: Tensor) -> float:
    if len(R) == 1:
        return float("nan")
    return (_best(R) - R[-1, :-1]).mean().item()


@ENTRIES.also("forgetting-of-one-task")
def _(R: Tensor) -> float:
    return (_best(R) - R[-1, :-1]).mean().item()  # the maximum of no row


@ENTRIES.also("forgetting-of-one-task")
def _(R: Tensor) -> float:
    lost = [(R[:-1, j].max() - R[-1, j]).item() for j in range(len(R) - 1)]
    return sum(lost) / len(lost)


@ENTRIES.add(
    "mean-instead-of-maximum",
    "forgetting",
    "You compare the end with the mean of the accuracies before it. Compare with the best of them.",
)
def _(R: Tensor) -> float:
    return (R[:-1, :-1].mean(dim=0) - R[-1, :-1]).mean().item() if len(R) > 1 else 0.0


@ENTRIES.add(
    "forgetting-changes-R",
    "forgetting",
    "You write into the matrix that you were given. Whoever called you still needs it as it was.",
)
def _(R: Tensor) -> float:
    if len(R) == 1:
        return 0.0
    last = R[-1].clone()
    R[-1] = 0.0
    return (R.max(dim=0).values - last)[:-1].mean().item()


@ENTRIES.add(
    "transfer-sign-turned",
    "backward_transfer",
    "Your result is positive where accuracy was lost. Backward transfer is the end minus the "
    "beginning: negative where later tasks did harm.",
)
def _(R: Tensor) -> float:
    return (R.diagonal() - R[-1])[:-1].mean().item() if len(R) > 1 else 0.0


@ENTRIES.add(
    "transfer-without-sign",
    "backward_transfer",
    "You take absolute values, so harm counts as help. Keep the sign.",
)
def _(R: Tensor) -> float:
    return (R[-1] - R.diagonal())[:-1].abs().mean().item() if len(R) > 1 else 0.0


@ENTRIES.add(
    "transfer-of-all-pairs",
    "backward_transfer",
    "You average over all times after a task's training. Only the end counts here: the last row "
    "minus the diagonal.",
)
def _(R: Tensor) -> float:
    change = R - R.diagonal()
    return change[torch.ones_like(R).tril(-1).bool()].mean().item() if len(R) > 1 else 0.0


@ENTRIES.add(
    "maximum-instead-of-diagonal",
    "backward_transfer",
    "You compare with the best accuracy before the end; that is how forgetting does it. Backward "
    "transfer compares with the accuracy just after a task's own training.",
)
def _(R: Tensor) -> float:
    return (R[-1, :-1] - _best(R)).mean().item() if len(R) > 1 else 0.0


@ENTRIES.add(
    "first-row-instead-of-diagonal",
    "backward_transfer",
    "You compare with the first row, where most tasks were not trained yet. Compare with the "
    "accuracy just after a task's own training.",
)
def _(R: Tensor) -> float:
    return (R[-1, :-1] - R[0, :-1]).mean().item() if len(R) > 1 else 0.0


@ENTRIES.add(
    "second-last-row-instead-of-diagonal",
    "backward_transfer",
    "You compare with the row just before the last. Compare with the accuracy just after a task's "
    "own training.",
)
def _(R: Tensor) -> float:
    return (R[-1, :-1] - R[-2, :-1]).mean().item() if len(R) > 1 else 0.0


@ENTRIES.add(
    "transfer-divided-by-all-tasks",
    "backward_transfer",
    "You divide by the number of all tasks. The last one has nothing after it: there are T - 1 "
    "others.",
)
def _(R: Tensor) -> float:
    return (R[-1] - R.diagonal()).mean().item()


@ENTRIES.add(
    "transfer-summed",
    "backward_transfer",
    "You add up the transfer of the tasks. What is asked for is the mean.",
)
def _(R: Tensor) -> float:
    return (R[-1] - R.diagonal()).sum().item()


@ENTRIES.add(
    "transfer-of-steps",
    "backward_transfer",
    "You add up changes from one training to the next, for the task just learnt only. Compare each "
    "earlier task's end with its own training.",
)
def _(R: Tensor) -> float:
    if len(R) == 1:
        return 0.0
    return sum((b[j] - a[j]).item() for j, (a, b) in enumerate(pairwise(R))) / (len(R) - 1)


@ENTRIES.add(
    "transfer-of-one-task",
    "backward_transfer",
    "With a single task there is nothing to average, and your function ends in an error or in "
    "not-a-number. Say what happens then: there was no later task that could help or harm.",
)
def _(R: Tensor) -> float:
    return (R[-1] - R.diagonal())[:-1].mean().item()


@ENTRIES.also("transfer-of-one-task")
def _(R: Tensor) -> float:
    return sum((R[-1] - R.diagonal())[:-1].tolist()) / (len(R) - 1)


@ENTRIES.add(
    "transfer-changes-R",
    "backward_transfer",
    "You write into the matrix that you were given. Whoever called you still needs it as it was.",
)
def _(R: Tensor) -> float:
    R -= R.diagonal().clone()
    return R[-1, :-1].mean().item() if len(R) > 1 else 0.0
