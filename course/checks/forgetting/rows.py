"""Checks of ``select_classes`` and ``relabel``."""

from __future__ import annotations

import torch

from course.checks.expect import pair, tensor, unchanged
from course.checks.student import Checks, Function, Raised


def keeps_the_rows(select_classes: Function) -> None:
    """Keeps the rows of the classes."""
    x = torch.tensor([[0.0, 0.5], [1.0, 1.5], [2.0, 2.5], [3.0, 3.5], [4.0, 4.5]])
    y = torch.tensor([7, 1, 4, 7, 1])
    found_x, found_y = pair(select_classes(x, y, (1, 4)), "The result")
    found_y = tensor(found_y, "y, for labels [7, 1, 4, 7, 1] and classes (1, 4),", (3,))
    found_x = tensor(found_x, "x, for labels [7, 1, 4, 7, 1] and classes (1, 4),", (3, 2))
    assert found_y.tolist() == [1, 4, 1], (
        f"Of the labels [7, 1, 4, 7, 1], classes (1, 4) leave [1, 4, 1], not {found_y.tolist()}."
        " The labels stay as they are, and so does their order."
    )
    assert found_x[:, 0].tolist() == [1, 2, 4], (
        f"Rows 1, 2 and 4 of x go with these labels, but rows {found_x[:, 0].int().tolist()} came."
        " x and y must be selected by the same mask."
    )


def keeps_the_order(select_classes: Function) -> None:
    """Keeps their order."""
    x, y = torch.arange(6.0).reshape(6, 1), torch.tensor([2, 9, 5, 9, 2, 4])
    _, found = pair(select_classes(x, y, [9, 4, 2]), "The result")
    found = tensor(found, "y, for labels [2, 9, 5, 9, 2, 4] and classes [9, 4, 2],", (5,)).tolist()
    assert found == [2, 9, 9, 2, 4], (
        f"Of the labels [2, 9, 5, 9, 2, 4], classes [9, 4, 2] leave [2, 9, 9, 2, 4], not {found}:"
        " the rows stay in their original order, whatever the order of the classes."
    )


def nothing_to_keep(select_classes: Function) -> None:
    """Copes with no such row."""
    x, y = torch.ones(3, 2, dtype=torch.float64), torch.tensor([0, 1, 1])
    found_x, found_y = pair(select_classes(x, y, (8,)), "The result, when no row is of the class,")
    tensor(found_x, "x, when no row is of the class,", (0, 2), torch.float64)
    tensor(found_y, "y, when no row is of the class,", (0,), torch.int64)


def one_row_to_keep(select_classes: Function) -> None:
    """Keeps a single row as a row."""
    x, y = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([0, 1])
    found_x, found_y = pair(select_classes(x, y, (1,)), "The result, when one row is of the class,")
    tensor(found_x, "x, when one row is of the class,", (1, 2), torch.float32)
    tensor(found_y, "y, when one row is of the class,", (1,), torch.int64)


def leaves_rows_alone(select_classes: Function) -> None:
    """Leaves x and y unchanged."""
    x, y = torch.arange(4.0).reshape(4, 1), torch.tensor([3, 0, 3, 1])
    x_before, y_before = x.clone(), y.clone()
    found, _ = pair(select_classes(x, y, (3,)), "The result")
    tensor(found, "x, for labels [3, 0, 3, 1] and class 3,", (2, 1))
    unchanged(x_before, x, "x")
    unchanged(y_before, y, "y")


def relabel_in_order(relabel: Function) -> None:
    """Numbers the classes from 0."""
    _relabelled(relabel, [2, 3, 3, 2], (2, 3), [0, 1, 1, 0], "2 stands first, so it becomes 0.")


def relabel_any_order(relabel: Function) -> None:
    """Takes classes in any order."""
    hint = "A label's new number is its place in `classes`, which need not be sorted."
    _relabelled(relabel, [5, 2, 7, 7, 2], (7, 2, 5), [2, 1, 0, 0, 1], hint)


def relabel_swaps(relabel: Function) -> None:
    """Swaps 0 and 1."""
    hint = (
        "If labels are replaced one class after another, those already replaced must not be taken"
        " for labels that are still to come."
    )
    _relabelled(relabel, [0, 1, 1, 0], (1, 0), [1, 0, 0, 1], hint)


def _relabelled(
    relabel: Function, labels: list[int], classes: tuple[int, ...], expected: list[int], hint: str
) -> None:
    found = tensor(relabel(torch.tensor(labels), classes), "The result", (len(labels),))
    assert found.tolist() == expected, (
        f"Labels {labels} with classes {classes} should become {expected}, not {found.tolist()}."
        f" {hint}"
    )
    assert found.dtype == torch.int64, (
        f"Labels must be int64, as cross-entropy wants them; these are {found.dtype}."
    )


def relabel_leaves_y_alone(relabel: Function) -> None:
    """Leaves y unchanged."""
    y = torch.tensor([4, 6, 6])
    before = y.clone()
    tensor(relabel(y, (6, 4)), "The result", (3,))
    unchanged(before, y, "y")


def relabel_refuses_strangers(relabel: Function) -> None:
    """Refuses a label outside the classes."""
    _refused(relabel, [4, 42, 6], 42)
    _refused(relabel, [6, 5, 6], 5)


def _refused(relabel: Function, labels: list[int], stranger: int) -> None:
    what = f"Label {stranger} is not among the classes (6, 4)"
    try:
        found = relabel(torch.tensor(labels), (6, 4))
    except Raised as raised:
        if not isinstance(raised.error, ValueError):
            raise
        said = str(raised.error)
    else:
        given = found.tolist() if isinstance(found, torch.Tensor) else found
        raise AssertionError(f"{what}: `relabel` should raise a ValueError, but gave {given}.")
    assert str(stranger) in said, f"{what}: the ValueError should name it, but says only: {said}"


CHECKS: Checks = {
    "select_classes": [
        keeps_the_rows,
        keeps_the_order,
        nothing_to_keep,
        one_row_to_keep,
        leaves_rows_alone,
    ],
    "relabel": [
        relabel_in_order,
        relabel_any_order,
        relabel_swaps,
        relabel_leaves_y_alone,
        relabel_refuses_strangers,
    ],
}
