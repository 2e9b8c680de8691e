"""Hidden tests of 01-forgetting. Each points at one thing that an exercise promises.

Inputs are small and random, built so that wrong answers differ from right ones whatever the seed:
where a mistake could be right by chance, the chance is below one in a hundred million.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import SGD, Adam, Optimizer

from autograder.student import Student, StudentRaised
from autograder.suites import expect
from autograder.suites.batch_record import CLASSES, BatchRecord
from autograder.suites.inputs import batch, between, network, shuffled, spread, whole
from autograder.suites.planned_training import PlannedTraining, never_made_anew, training_rows
from autograder.suites.recorder import GRADIENTS_OFF
from autograder.suites.side_effects import watched
from course.data import Task

Rng = torch.Generator


class TestSelectClasses:
    exercise = "select_classes"

    def select(self, student: Student, x: Tensor, y: Tensor, classes: Any, wanted: Tensor) -> None:
        """``wanted`` says for each row whether it should be selected."""
        want_x, want_y = x[wanted], y[wanted]
        result = student.select_classes(x, y, classes)
        got_x, got_y = expect.pair(result, "What `select_classes` returned")
        for got, want, what in ((got_x, want_x, "x"), (got_y, want_y, "y")):
            alike = isinstance(got, Tensor) and got.dim() == want.dim()
            assert not alike or len(got) == len(want), (
                f"The selected `{what}` differs from the right one in the number of rows: it has "
                f"{len(got)}, where {len(want)} of {len(y)} rows are of the classes {classes}."
            )
        own_x = expect.tensor(got_x, "The selected `x`", want_x)
        own_y = expect.tensor(got_y, "The selected `y`", want_y)
        how = "Every row of a wanted class stays, in its old order, with its old label."
        assert torch.equal(own_x, want_x), f"The selected `x` {other(own_x, want_x, 'rows')}. {how}"
        assert torch.equal(own_y, want_y), (
            f"The selected `y` {other(own_y, want_y, 'labels')}. {how}"
        )

    @pytest.mark.points(1)
    def test_rows_of_the_classes_in_their_original_order(self, student: Student, rng: Rng) -> None:
        low, middle, high = torch.randperm(10, generator=rng)[:3].sort().values.tolist()
        y = torch.tensor([low, middle, high, low, middle, high, high, low, middle, low])
        x = torch.randn(len(y), 3, generator=rng)
        x[-1] = x[0]  # a row that comes twice is selected twice
        self.select(student, x, y, (high, low), y != middle)

    @pytest.mark.points(0.5)
    def test_one_class_or_many_one_row_or_none(self, student: Student, rng: Rng) -> None:
        x, y = batch(rng, 25, 3, 8)
        y[(y == 7).nonzero()[0]] = 8
        for classes in ([5], [6, 1, 3, 2, 0], [8], [9]):
            wanted = torch.tensor([label in classes for label in y.tolist()])
            self.select(student, x, y, tuple(classes), wanted)

    @pytest.mark.points(0.5)
    def test_float64_stays_float64_and_x_and_y_stay_as_they_are(
        self, student: Student, rng: Rng
    ) -> None:
        x = spread(torch.randn(12, 3, generator=rng, dtype=torch.float64))
        y = spread(torch.arange(12) % 4)
        before = expect.Untouched(x=x, y=y)
        self.select(student, x, y, (2, 3), y >= 2)
        before.check("select_classes")


def other(got: Tensor, want: Tensor, what: str) -> str:
    """How selected rows or labels are not the ones that were wanted."""
    if sorted(got.tolist()) == sorted(want.tolist()):
        return f"holds the right {what}, but in another order"
    return f"holds other {what}"


class TestRelabel:
    exercise = "relabel"

    def large(self, rng: Rng) -> Tensor:
        """Labels that are larger than any position among four classes, in random order."""
        return 4 + torch.randperm(6, generator=rng)

    def labels(self, rng: Rng, classes: list[int], absent: int = -1) -> tuple[Tensor, Tensor]:
        """Labels in random order, the last class first, and their positions.

        Each class is there at least twice, but for the one at the position ``absent``.
        """
        there = torch.tensor([k for k in range(len(classes)) if k != absent])
        extra = there[torch.randint(len(there), (6,), generator=rng)]
        positions = shuffled(rng, torch.cat([there, there[:-1], extra]))
        positions = torch.cat([there[-1:], positions])
        return torch.tensor(classes)[positions], positions

    def relabel(self, student: Student, y: Tensor, classes: list[int], positions: Tensor) -> Tensor:
        result = student.relabel(y, tuple(classes))
        got = expect.tensor(result, "What `relabel` returned", positions, any_dtype=True)
        wrong = int((got != positions).sum())
        assert wrong == 0, (
            f"What `relabel` returned differs from the right one in {wrong} of {len(positions)} "
            "entries. Each new label should be the place (counted from 0) at which the old one "
            "stands in `classes`."
        )
        return got

    def complaint(self, student: Student, y: Tensor, classes: list[int]) -> str:
        before = expect.Untouched(y=y)
        try:
            student.relabel(y, tuple(classes))
        except ValueError as error:
            before.check("relabel")
            return str(error)
        except StudentRaised as error:
            raise AssertionError(
                f"A label that is not in `classes` should raise ValueError, but {error.args[0]}"
            ) from None
        raise AssertionError(
            "A label that is not in `classes` should raise ValueError, but a result came back."
        )

    @pytest.mark.points(0.5)
    def test_position_in_classes_of_any_order(self, student: Student, rng: Rng) -> None:
        first, *rest = self.large(rng)[:4].sort().values.tolist()
        classes = [*rest, first]
        y, positions = self.labels(rng, classes, absent=1)
        self.relabel(student, y, classes, positions)

    @pytest.mark.points(0.5)
    def test_new_labels_that_are_old_labels_too(self, student: Student, rng: Rng) -> None:
        classes = [[1, 2, 0], [2, 0, 1]][whole(rng, 0, 1)]
        y, positions = self.labels(rng, classes)
        self.relabel(student, y, classes, positions)

    @pytest.mark.points(0.5)
    def test_label_outside_raises_a_value_error_that_names_it(
        self, student: Student, rng: Rng
    ) -> None:
        gap = whole(rng, 6, 7)
        classes = [label for label in self.large(rng).tolist() if label != gap][:4]
        y, positions = self.labels(rng, classes)
        self.relabel(student, y, classes, positions)
        for label in (whole(rng, 2, 3), gap, whole(rng, 20, 99)):  # below, between and above
            bad = y.clone()
            bad[whole(rng, 10, len(y) - 1)] = label
            if label == gap:  # as many different labels as there are classes
                bad[y == classes[-1]] = label
            named = re.search(rf"(?<![\d.]){label}(?!\d)", self.complaint(student, bad, classes))
            assert named, (
                "The ValueError for a label that is not in `classes` should name that label: "
                "whoever reads it wants to know which one it was."
            )

    @pytest.mark.points(0.5)
    def test_int64_comes_back_and_y_stays_as_it_is(self, student: Student, rng: Rng) -> None:
        classes = [5 + 2 * whole(rng, 0, 2), whole(rng, 2, 4)]
        y, positions = self.labels(rng, classes)
        y = spread(y)
        before = expect.Untouched(y=y)
        new = self.relabel(student, y, classes, positions)
        expect.tensor(new, "What `relabel` returned", positions)
        before.check("relabel")


EVALUATED = (
    "The model ran in evaluation mode while it was trained: there, Dropout does nothing. "
    "It comes in training mode and should stay so."
)


def descend(model: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
    """One right step, on a twin of the student's model; the loss before it."""
    loss = cross_entropy(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def same_step(
    model: nn.Module, twin: nn.Module, start: nn.Module, when: str, hint: str = ""
) -> None:
    """``model`` went from ``start`` where ``twin`` went."""
    got, want, origin = (
        torch.cat([p.detach().flatten() for p in m.parameters()]) for m in (model, twin, start)
    )
    assert not torch.equal(got, origin), f"{when}, all weights are still what they were before it."
    expect.close(got - origin, want - origin, f"{when}, the change of the weights", hint)


class TestTrainStep:
    exercise = "train_step"

    def optimizer(self, name: str, parameters: Iterable[nn.Parameter]) -> Optimizer:
        if name == "Adam":
            return Adam(parameters, lr=0.01)
        return SGD(parameters, lr=0.1, momentum=0.9, weight_decay=0.1)

    @pytest.mark.points(1)
    def test_one_step_on_the_mean_cross_entropy(self, student: Student, rng: Rng) -> None:
        model = network(rng, [5, 8, 4])
        twin, start = copy.deepcopy(model), copy.deepcopy(model)
        x, y = batch(rng, 6, 5, 4)
        student.train_step(model, SGD(model.parameters(), lr=0.5), x, y)
        descend(twin, SGD(twin.parameters(), lr=0.5), x, y)
        same_step(model, twin, start, "After one step")

    @pytest.mark.points(1)
    def test_returns_the_loss_before_the_step(self, student: Student, rng: Rng) -> None:
        for _ in range(3):  # of one loss a rounded one could be right by chance
            model = network(rng, [5, 8, 4])
            twin = copy.deepcopy(model)
            x, y = batch(rng, 6, 5, 4)
            result = student.train_step(model, SGD(model.parameters(), lr=0.5), x, y)
            want = descend(twin, SGD(twin.parameters(), lr=0.5), x, y)
            got = expect.number(result, "The loss that `train_step` returned")
            late = abs(got - cross_entropy(twin(x), y).item()) < 1e-5
            hint = "It is the loss after the step." if late else ""
            expect.close(got, want, "The loss that `train_step` returned", hint)

    @pytest.mark.points(1)
    def test_gradients_left_over_from_before_count_for_nothing(
        self, student: Student, rng: Rng
    ) -> None:
        model = network(rng, [5, 8, 4])
        twin, start = copy.deepcopy(model), copy.deepcopy(model)
        x, y = batch(rng, 6, 5, 4)
        for parameter in model.parameters():
            parameter.grad = torch.randn(parameter.shape, generator=rng)
        student.train_step(model, SGD(model.parameters(), lr=0.5), x, y)
        descend(twin, SGD(twin.parameters(), lr=0.5), x, y)
        when = "After a step that found old gradients in `.grad`"
        same_step(model, twin, start, when, "What was there before should have no influence.")

    @pytest.mark.points(0.5)
    def test_two_steps_with_momentum_and_with_adam(self, student: Student, rng: Rng) -> None:
        for name in ("momentum", "Adam"):
            model = network(rng, [5, 8, 4], dtype=torch.float64)
            twin, start = copy.deepcopy(model), copy.deepcopy(model)
            given, twins = (self.optimizer(name, m.parameters()) for m in (model, twin))
            for n in (6, 1):  # as the last, smaller batch may be
                x, y = batch(rng, n, 5, 4, torch.float64)
                student.train_step(model, given, spread(x), y)
                descend(twin, twins, x, y)
            same_step(model, twin, start, f"After two steps with {name}")

    @pytest.mark.points(0.5)
    def test_model_stays_in_training_mode_and_the_batch_as_it_is(
        self, student: Student, rng: Rng
    ) -> None:
        model = network(rng, [5, 8, 4], dropout=0.0)
        twin, start = copy.deepcopy(model), copy.deepcopy(model)
        x, y = batch(rng, 6, 5, 4)
        before = expect.Untouched(x=x, y=y)
        student.train_step(model, SGD(model.parameters(), lr=0.5), x, y)
        descend(twin, SGD(twin.parameters(), lr=0.5), x, y)
        same_step(model, twin, start, "After one step")
        assert not student.seen(model).evaluation, EVALUATED
        expect.mode(model, True, "train_step")
        before.check("train_step")


class TestTrainEpochs:
    exercise = "train_epochs"

    def record(
        self,
        student: Student,
        n: int,
        batch_size: int,
        epochs: int,
        y: Tensor,
        generator: Rng,
        base: int = 16,
    ) -> BatchRecord:
        record = BatchRecord(n, base)
        student.train_epochs(
            record.model, record.optimizer, record.x, y.clone(), epochs, batch_size, generator
        )
        return record

    def alike_rows(self, rng: Rng) -> tuple[nn.Sequential, Tensor, Tensor]:
        """A model and six rows that are all the same, so that their order does not matter."""
        model = nn.Sequential(nn.Dropout(0.0), *network(rng, [3, 4], scale=0.2))
        x = spread(between(rng, 0.2, 0.6, 1, 3).float().repeat(6, 1))
        return model, x, torch.full((6,), whole(rng, 0, 3))

    @pytest.mark.points(1)
    def test_every_row_once_an_epoch_the_last_smaller_batch_too(
        self, student: Student, rng: Rng
    ) -> None:
        epochs = 2
        for n, batch_size, unit in ((36, 16, 16), (5, 8, 5), (4, 1, 1)):
            label = whole(rng, 0, CLASSES - 1)
            record = self.record(student, n, batch_size, epochs, torch.full((n,), label), rng)
            uses = record.uses(label, unit)
            full, rest = divmod(n, batch_size)
            where = f"With {n} rows and batch_size {batch_size}"
            assert not (rest and len(uses) == full * epochs), (
                f"{where}, {rest} rows of each epoch were left out: the last batch, smaller than "
                "the others, is trained on too."
            )
            expect_batches(uses, epochs, batch_size, unit, where)

    @pytest.mark.points(0.5)
    def test_x_and_y_stay_paired_and_as_they_are(self, student: Student, rng: Rng) -> None:
        y = shuffled(rng, torch.arange(24) % CLASSES)
        labels = y.clone()
        record = BatchRecord(24)
        before = expect.Untouched(x=record.x, y=y)
        student.train_epochs(record.model, record.optimizer, record.x, y, 2, 8, rng)
        momentum = record.momentum()
        used = momentum.max(dim=0).values * CLASSES
        pure = used * (1 / CLASSES - torch.eye(CLASSES, dtype=torch.float64)[:, labels])
        own_label = torch.allclose(momentum, pure, rtol=0, atol=1e-9)
        assert own_label, (
            "Some rows of `x` were trained with the label of another row. "
            "x and y have to be put into the same random order."
        )
        before.check("train_epochs")

    @pytest.mark.points(0.5)
    def test_fresh_shuffle_in_each_epoch(self, student: Student, rng: Rng) -> None:
        label = whole(rng, 0, CLASSES - 1)
        record = self.record(student, 24, 8, 3, torch.full((24,), label), rng)
        batches = steps_of(record.uses(label, 8), 9).view(3, 3, 24).argmax(dim=1)
        assert not (batches == torch.arange(24) // 8).all(), (
            "The rows were used in the order in which they came. "
            "Every epoch needs a new random order of the rows."
        )
        together = {tuple((epoch[:, None] == epoch).flatten().tolist()) for epoch in batches}
        assert len(together) == 3, (
            "The same rows met in the same batches in more than one epoch. "
            "Every epoch needs a new random order of the rows."
        )
        record = self.record(student, 12, 1, 3, torch.full((12,), label), rng, base=2)
        first, second, _ = steps_of(record.uses(label, 1), 36).argmax(dim=1).split(12)
        assert not torch.equal(second, first[first]), (
            "One and the same shuffle was used again and again, each time on the rows as the last "
            "epoch left them. Draw a new order in every epoch."
        )

    @pytest.mark.points(0.5)
    def test_generator_alone_decides_the_order(self, student: Student, rng: Rng) -> None:
        y = shuffled(rng, torch.arange(24) % CLASSES)
        seed = whole(rng, 0, 2**30)
        one, same, other = (torch.Generator().manual_seed(seed + k) for k in (0, 0, 1))
        first, equal, later, different = (
            self.record(student, 24, 2, 1, y, generator, base=2).momentum()
            for generator in (one, same, same, other)
        )
        counted = first.abs().amax(dim=0)
        assert counted.max() > 1.5 * counted.min(), (
            "All rows went into one and the same step. With batch_size 2 every two rows take a "
            "step of their own."
        )
        assert torch.allclose(first, equal, rtol=0, atol=1e-12), (
            "Two runs with equally seeded generators put the rows into different orders. "
            "All randomness should come from `generator`."
        )
        assert not torch.allclose(first, different, rtol=0, atol=1e-12), (
            "Two differently seeded generators gave the same order of the rows. "
            "The order should be drawn from `generator`."
        )
        assert not torch.allclose(equal, later, rtol=0, atol=1e-12), (
            "A second run with the same generator, not seeded again in between, repeated the order "
            "of the first. Draw from the generator that you were given, and let it go on."
        )

    @pytest.mark.points(0.5)
    def test_loss_of_an_epoch_is_the_mean_over_its_examples(
        self, student: Student, rng: Rng
    ) -> None:
        same = between(rng, 0.5, 1.0, 1)
        other = shuffled(rng, 0.1 * 2.0 ** torch.arange(7)) * between(rng, 0.8, 1.2, 1)
        rows = f"7 rows that all have the loss {same.item():.6g}"
        for losses, which in ((same.repeat(7), rows), (other, "7 rows")):
            for got in self.at_rest(student, losses, rng):
                assert abs(got - losses.mean()) < expect.RTOL, (
                    f"With learning rate 0, an epoch of {which} in batches of 2 had the loss "
                    f"{got:.6g}. That is not the mean over the 7 rows, in which each counts as "
                    "much as any other."
                )

    def at_rest(self, student: Student, losses: Tensor, rng: Rng) -> list[float]:
        """What two epochs with learning rate 0 give for seven rows that have these ``losses``."""
        y = shuffled(rng, torch.arange(7) % 2)
        margin = -torch.log(torch.expm1(losses))  # softplus(-margin) is the loss of two logits
        model = nn.Linear(7, 2, bias=False, dtype=torch.float64)
        with torch.no_grad():
            model.weight.copy_(torch.stack([-margin, margin]) * (y - 0.5))
        x = torch.eye(7, dtype=torch.float64)
        result = student.train_epochs(model, SGD(model.parameters(), lr=0.0), x, y, 2, 2, rng)
        return expect.numbers(result, "The list of losses", 2)

    @pytest.mark.points(0.5)
    def test_loss_is_taken_just_before_each_step(self, student: Student, rng: Rng) -> None:
        model, x, y = self.alike_rows(rng)
        twin = copy.deepcopy(model)
        result = student.train_epochs(model, SGD(model.parameters(), lr=0.3), x, y, 2, 2, rng)
        optimizer = SGD(twin.parameters(), lr=0.3)
        losses = torch.tensor([descend(twin, optimizer, x, y) for _ in range(7)])
        got = torch.tensor(expect.numbers(result, "The list of losses", 2))
        known = {
            "They are losses after the steps. ": losses[1:].view(2, 3).mean(dim=1),
            "They are the losses before the first step of each epoch. ": losses[[0, 3]],
            "They are the losses before the last step of each epoch. ": losses[[2, 5]],
            "They are the losses after the last step of each epoch. ": losses[[3, 6]],
        }
        hint = "".join(text for text, loss in known.items() if torch.allclose(got, loss, rtol=1e-5))
        hint += "Of each batch, the loss counts that it had just before the step that used it."
        expect.close(got, losses[:6].view(2, 3).mean(dim=1), "The list of losses", hint)

    @pytest.mark.points(0.5)
    def test_each_step_uses_its_own_batch_alone(self, student: Student, rng: Rng) -> None:
        model, x, y = self.alike_rows(rng)
        twin, start = copy.deepcopy(model), copy.deepcopy(model)
        given, twins = (SGD(m.parameters(), lr=0.1, momentum=0.5) for m in (model, twin))
        student.train_epochs(model, given, x, y, 2, 2, rng)
        for _ in range(6):
            descend(twin, twins, x, y)
        same_step(model, twin, start, "After two epochs of three batches")
        assert not student.seen(model).evaluation, EVALUATED
        expect.mode(model, True, "train_epochs")


def steps_of(uses: Tensor, steps: int) -> Tensor:
    """``uses``, when there were as many steps as there should be."""
    assert len(uses) == steps, f"{steps} steps should have been made, but {len(uses)} were."
    return uses


def expect_batches(uses: Tensor, epochs: int, batch_size: int, unit: int, where: str) -> None:
    """Every row is in one batch of each epoch, and the batches have the right sizes."""
    n = uses.shape[1]
    sizes = [min(batch_size, n - start) for start in range(0, n, batch_size)]
    assert len(uses) == epochs * len(sizes), (
        f"{where}, {epochs} epochs take {epochs * len(sizes)} steps, but {len(uses)} were made."
    )
    for epoch in uses.split(len(sizes)):
        assert ((epoch > 0).sum(dim=0) == 1).all(), (
            f"{where}, not every row was used once in each epoch. Were some drawn twice and others "
            "never, or did gradients of earlier batches still count?"
        )
        filled = (epoch > 0).sum(dim=1)
        assert sorted(filled.tolist()) == sorted(sizes), f"{where}, batches had other sizes."
        assert (epoch * filled[:, None] == unit * (epoch > 0)).all(), (
            f"{where}, the step was not made on the mean loss of the batch."
        )


def decided_rows(rng: Rng, n: int, tail: int) -> tuple[nn.Linear, Tensor, Tensor, float]:
    """A model, ``n`` rows that it decides without doubt, their labels, and its accuracy.

    The last ``tail`` rows are right, of the others about one in three: a part of the rows has
    another accuracy than all of them. In every second row the logits are negative and near each
    other: the largest is not largest in size, and no probability comes up to a half. The last class
    is never predicted.
    """
    classes = 4
    answers = torch.randint(classes - 1, (n,), generator=rng)
    ahead = 0.5 + 2.5 * (torch.arange(n) % 2)
    x = torch.eye(classes)[answers] * ahead[:, None]
    x += between(rng, -1.5, -1.1, n, classes).float()
    model = nn.Linear(classes, classes)
    with torch.no_grad():
        model.weight.copy_(torch.eye(classes))
        model.bias.zero_()
    right = (n - tail) // 3
    wrong = torch.ones(n, dtype=torch.bool)
    wrong[torch.randperm(n - tail, generator=rng)[:right]] = False
    wrong[n - tail :] = False
    shift = torch.randint(1, classes, (n,), generator=rng) * wrong
    return model, x, (answers + shift) % classes, (right + tail) / n


WHOLE_BATCHES = 1920  # rows: with most batch sizes no row is left over, so only one test has some


class TestAccuracy:
    exercise = "accuracy"

    @pytest.mark.points(1)
    def test_fraction_of_all_rows(self, student: Student, rng: Rng) -> None:
        # Most batch sizes divide 3200, and with 11 rows more none does.
        for n, tail in ((3211, 11), (3200, 0), (5, 1), (1, 1)):
            model, x, y, want = decided_rows(rng, n, tail)
            got = expect.number(student.accuracy(model, x, y), "What `accuracy` returned")
            hint = "It is the number of right rows over the number of all rows."
            expect.close(got, want, f"The accuracy on {n} rows", hint)

    @pytest.mark.points(0.5)
    def test_measured_in_evaluation_mode(self, student: Student, rng: Rng) -> None:
        linear, x, y, want = decided_rows(rng, WHOLE_BATCHES, 20)
        model = nn.Sequential(nn.Dropout(0.9), linear)
        got = expect.number(student.accuracy(model, x, y), "What `accuracy` returned")
        assert not student.seen(model).training, (
            "The model ran in training mode, where Dropout switches off part of it at random. "
            "Accuracy is measured in evaluation mode."
        )
        expect.close(got, want, "The accuracy of a model with Dropout")

    @pytest.mark.points(0.5)
    def test_mode_is_afterwards_what_it_was(self, student: Student, rng: Rng) -> None:
        for training in (True, False):
            linear, x, y, want = decided_rows(rng, WHOLE_BATCHES, 20)
            model = nn.Sequential(nn.Dropout(0.0), linear).train(training)
            got = expect.number(student.accuracy(model, x, y), "What `accuracy` returned")
            expect.close(got, want, "The accuracy")
            expect.mode(model, training, "accuracy")

    @pytest.mark.points(0.5)
    def test_without_gradients(self, student: Student, rng: Rng) -> None:
        model, x, y, want = decided_rows(rng, WHOLE_BATCHES, 20)
        got = expect.number(student.accuracy(model, x, y), "What `accuracy` returned")
        expect.close(got, want, "The accuracy")
        assert not student.seen(model).switched_off, (
            "After `accuracy` gradients are off for everything that follows, so nothing can be "
            "trained any more. Switch them off for the measurement alone."
        )
        assert not student.seen(model).tracked, (
            "PyTorch followed the computation in order to differentiate it later. "
            "Measuring needs no gradients."
        )
        assert all(p.requires_grad for p in model.parameters()), (
            "After `accuracy` some parameters no longer require gradients."
        )

    @pytest.mark.points(0.5)
    def test_float64_works_and_everything_stays_as_it_is(self, student: Student, rng: Rng) -> None:
        for dtype in (torch.float64, torch.float32):
            model, x, y, want = decided_rows(rng, WHOLE_BATCHES, 20)
            model, x, y = model.to(dtype), spread(x.to(dtype)), spread(y)
            for parameter in model.parameters():
                parameter.grad = torch.ones_like(parameter)
            start = copy.deepcopy(model)
            before = expect.Untouched(x=x, y=y)
            got = expect.number(student.accuracy(model, x, y), "What `accuracy` returned")
            expect.close(got, want, f"The accuracy in {dtype}")
            before.check("accuracy")
            for mine, old in zip(model.parameters(), start.parameters(), strict=True):
                same = mine.dtype == dtype and torch.equal(mine, old)
                assert same, "`accuracy` changed the weights of the model."
                kept = mine.grad is not None and bool((mine.grad == 1).all())
                assert kept, "`accuracy` changed the `.grad` of the model."


class TestAverageAccuracy:
    exercise = "average_accuracy"

    @pytest.mark.points(0.5)
    def test_mean_of_the_last_row(self, student: Student, rng: Rng) -> None:
        R = between(rng, 0.1, 0.9, 5, 5).float()
        R[0, 0] = 0.95  # so the last row does not hold the best of each column
        metric(student.average_accuracy, R, R[-1].mean(), "The average accuracy of 5 tasks")

    @pytest.mark.points(0.5)
    def test_float64_and_one_task_and_R_stays_as_it_is(self, student: Student, rng: Rng) -> None:
        for tasks in (3, 1):
            R = between(rng, 0.1, 0.9, tasks, tasks)
            R[0, 0] = 0.95
            before = expect.Untouched(R=R)
            want = R[-1].mean()
            metric(student.average_accuracy, R, want, f"The average accuracy of {tasks} task(s)")
            before.check("average_accuracy")


def metric(function: Any, R: Tensor, want: float | Tensor, what: str, hint: str = "") -> None:
    """``function`` gives the wanted number for the accuracy matrix ``R``."""
    expect.close(expect.number(function(R), what), want, what, hint)


class TestForgetting:
    exercise = "forgetting"

    @pytest.mark.points(1)
    def test_best_accuracy_before_the_end_minus_the_final_one(
        self, student: Student, rng: Rng
    ) -> None:
        R = between(rng, 0.4, 0.7, 5, 5).float()
        R[-1] = between(rng, 0.0, 0.3, 5)
        best = between(rng, 0.8, 0.9, 4).float()
        R[[2, 1, 0, 0], [0, 1, 2, 3]] = best  # after, at, before and before the own training
        R[-1, -1] = 0.95
        hint = "The best comes from any row but the last; the mean is over all tasks but the last."
        metric(student.forgetting, R, (best - R[-1, :-1]).mean(), "The forgetting", hint)

    @pytest.mark.points(0.5)
    def test_negative_where_a_task_got_better(self, student: Student, rng: Rng) -> None:
        for better in (1, 3):  # with one, the mean stays positive
            R = between(rng, 0.3, 0.5, 4, 4)
            R[-1] = between(rng, 0.0, 0.05, 4)
            R[-1, torch.randperm(3, generator=rng)[:better]] = 0.7
            want = (R[:-1, :-1].amax(dim=0) - R[-1, :-1]).mean()
            hint = f"{better} of the 3 earlier tasks became better in the end than ever before."
            metric(student.forgetting, R, want, "The forgetting", hint)

    @pytest.mark.points(0.5)
    def test_one_task_and_two_and_R_stays_as_it_is(self, student: Student, rng: Rng) -> None:
        R = between(rng, 0.1, 0.9, 2, 2)
        R[1, 0] = R[0, 0] / 2
        before = expect.Untouched(R=R)
        metric(student.forgetting, R, R[0, 0] / 2, "The forgetting of two tasks")
        before.check("forgetting")
        metric(student.forgetting, R[:1, :1].clone(), 0.0, "The forgetting of a single task")


class TestBackwardTransfer:
    exercise = "backward_transfer"

    def matrix(self, rng: Rng, last: float) -> Tensor:
        """Row by row: 0.1 before a task is trained on, 0.5 at its training, 0.7 after it."""
        R = torch.tensor([0.1, 0.7])[torch.ones(5, 5).tril().long()]
        R = R.fill_diagonal_(0.5) + between(rng, 0.0, 0.1, 5, 5).float()
        R[-1] = last + between(rng, 0.0, 0.1, 5)
        return R

    @pytest.mark.points(1)
    def test_final_accuracy_minus_that_just_after_training(
        self, student: Student, rng: Rng
    ) -> None:
        R = self.matrix(rng, last=0.2)
        want = (R[-1] - R.diagonal())[:-1].mean()
        hint = "The mean is over all tasks but the last."
        metric(student.backward_transfer, R, want, "The backward transfer", hint)

    @pytest.mark.points(0.5)
    def test_positive_where_later_tasks_helped(self, student: Student, rng: Rng) -> None:
        R = self.matrix(rng, last=0.9)
        want = (R[-1] - R.diagonal())[:-1].mean()
        hint = "All earlier tasks became better by the end."
        metric(student.backward_transfer, R, want, "The backward transfer", hint)

    @pytest.mark.points(0.5)
    def test_one_task_and_two_and_R_stays_as_it_is(self, student: Student, rng: Rng) -> None:
        R = between(rng, 0.1, 0.9, 2, 2)
        R[1, 0] = R[0, 0] / 2
        before = expect.Untouched(R=R)
        what = "The backward transfer of two tasks"
        metric(student.backward_transfer, R, -R[0, 0] / 2, what)
        before.check("backward_transfer")
        what = "The backward transfer of a single task"
        metric(student.backward_transfer, R[:1, :1].clone(), 0.0, what)


DIAGONAL = "The diagonal of the accuracy matrix"


class TestAccuracyMatrix:
    exercise = "accuracy_matrix"

    def matrix(
        self, student: Student, plan: PlannedTraining, given: list[Task] | None = None
    ) -> Tensor:
        T = len(plan.tasks)
        tasks = list(plan.tasks) if given is None else given
        R = student.accuracy_matrix(plan.model, tasks, plan.train_on)
        R = torch.from_numpy(R) if isinstance(R, np.ndarray) else R
        if not (isinstance(R, Tensor) and R.is_floating_point() and R.shape == (T, T)):
            raise expect.WrongKind(
                f"What `accuracy_matrix` returned for {T} tasks should be a tensor of floats of "
                f"shape ({T}, {T}), but is {expect.kind(R)}."
            )
        own: Tensor = R.detach()
        return own

    @pytest.mark.points(1.5)
    def test_accuracy_on_every_task_after_every_task(self, student: Student, rng: Rng) -> None:
        plan = PlannedTraining(rng, [11] * 4)
        R = self.matrix(student, plan)
        expect.close(R, plan.expected, "The accuracy matrix", pattern(R, plan.expected))

    @pytest.mark.points(1)
    def test_trains_one_model_on_each_tasks_rows_in_turn(self, student: Student, rng: Rng) -> None:
        plan = PlannedTraining(rng, [11] * 3)
        self.matrix(student, plan)
        came = [lesson.rows for lesson in plan.lessons]
        assert came == [training_rows(task) for task in range(3)], (
            "`train_on` should be called once for each task, in order, with exactly the training "
            f"rows and labels of that task. For 3 tasks, it got: {'; '.join(came) or 'no call'}."
        )
        assert all(lesson.gradients for lesson in plan.lessons), GRADIENTS_OFF
        assert never_made_anew(plan.lessons), (
            "Not the model that was handed over, as the last task left it, was trained further. "
            "Forgetting only shows in one model that goes through all tasks."
        )
        assert plan.left_alone(), (
            "After `accuracy_matrix` the model has other weights than those that the last training "
            "left. It is there to learn all tasks, and stays as it is then."
        )
        assert all(lesson.penalty is None for lesson in plan.lessons), (
            "`train_on` was given a penalty. Here the model is trained without one."
        )

    @pytest.mark.points(0.5)
    def test_measured_in_evaluation_mode_without_gradients(
        self, student: Student, rng: Rng
    ) -> None:
        plan = PlannedTraining(rng, [11] * 3, dropout=0.5)
        R = self.matrix(student, plan)
        assert not student.seen(plan.model).training, (
            "The model was measured in training mode, where Dropout switches off part of it."
        )
        assert not student.seen(plan.model).switched_off, (
            "After `accuracy_matrix` gradients are off for everything that follows."
        )
        assert not student.seen(plan.model).tracked, (
            "PyTorch followed the measurement in order to differentiate it later. "
            "Measuring needs no gradients."
        )
        assert all(p.requires_grad for p in plan.model.parameters()), (
            "After `accuracy_matrix` some parameters no longer require gradients."
        )
        expect.close(R.diagonal(), plan.expected.diagonal(), DIAGONAL)

    @pytest.mark.points(0.5)
    def test_training_goes_on_in_the_mode_from_before(self, student: Student, rng: Rng) -> None:
        plan = PlannedTraining(rng, [11] * 3, dropout=0.0)
        R = self.matrix(student, plan)
        assert all(lesson.training for lesson in plan.lessons), (
            "The model came in training mode, but after a measurement `train_on` got it in "
            "evaluation mode."
        )
        expect.mode(plan.model, True, "accuracy_matrix")
        expect.close(R.diagonal(), plan.expected.diagonal(), DIAGONAL)
        plan = PlannedTraining(rng, [11] * 3, dropout=0.0)
        plan.model.eval()
        self.matrix(student, plan)
        modes = {lesson.training for lesson in plan.lessons}  # which one is free
        left = len(modes) == 1 and plan.model.training in {False, *modes}
        assert left, (
            "The model came in evaluation mode, but after a measurement it was in training mode. "
            "A measurement leaves the mode that it found."
        )

    @pytest.mark.points(0.5)
    def test_each_tasks_own_test_rows(self, student: Student, rng: Rng) -> None:
        plan = PlannedTraining(rng, [7, 11, 13])
        before = watched(plan.tasks, "x_train", "y_train", "x_test", "y_test")
        given = list(plan.tasks)
        R = self.matrix(student, plan, given)
        what = "For tasks with 7, 11 and 13 test rows, the lower half of the accuracy matrix"
        hint = "R[i, j] is the share of task j's test rows that are right after training on task i."
        expect.close(R.tril(), plan.expected.tril(), what, hint)
        before.check("accuracy_matrix")
        assert len(given) == 3, "`accuracy_matrix` took tasks out of the list that it was given."
        plan = PlannedTraining(rng, [7])
        expect.close(self.matrix(student, plan), plan.expected, "The accuracy matrix of one task")


def pattern(R: Tensor, expected: Tensor) -> str:
    """A hint for a wrong accuracy matrix, where it is wrong in a known way."""
    R = R.detach().double()
    if torch.allclose(R.T, expected, atol=expect.ATOL):
        return "Rows and columns are exchanged: R[i, j] is task j after training on task i."
    if torch.allclose(R.tril(), expected.tril(), atol=expect.ATOL):
        return "It is right on and below the diagonal only: tasks to come are measured too."
    return "R[i, j] is the share of task j's test rows that are right after training on task i."
