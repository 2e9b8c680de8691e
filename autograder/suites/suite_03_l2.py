"""Hidden tests of 03-l2. Each points at one thing that an exercise promises.

Inputs are small and random, and nothing is decided by chance: what a right answer gives is known
to rounding, and every mistake is off by far more than that, whatever the seed.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import SGD, Adam, Optimizer

from autograder.student import Student
from autograder.suites import expect
from autograder.suites.graded_run import judge
from autograder.suites.inputs import batch, between, network, whole
from autograder.suites.penalised_training import PenalisedTraining, gradient, half_squared_distance
from autograder.suites.recorder import Weights, named, put
from autograder.suites.side_effects import fill_grad, grad_untouched, weights_untouched
from course.data import Dataset, Task
from course.models import MLP

Rng = torch.Generator
Results = dict[float, tuple[float, float]]


def like(rng: Rng, model: nn.Module) -> Weights:
    """Random tensors of the shapes and dtypes of the model's parameters, none near zero."""
    return {
        name: torch.randn(p.shape, generator=rng, dtype=p.dtype) + 0.5
        for name, p in model.named_parameters()
    }


class TestSnapshot:
    exercise = "snapshot"

    def taken(self, student: Student, model: nn.Module, when: str = "") -> Weights:
        """What came back, when it holds all parameters by name with the right values."""
        own = named(model)
        result = expect.by_name(student.snapshot(model), "What `snapshot` returned", own)
        for name, parameter in own.items():
            copied = expect.tensor(result[name], f"The copy of `{name}`", parameter)
            expect.close(copied, parameter, f"{when}The copy of `{name}`")
        return result

    @pytest.mark.points(1)
    def test_all_parameters_by_name(self, student: Student, rng: Rng) -> None:
        """Biases that start at zero, as they often do, are parameters like any other."""
        model = network(rng, [4, 6, 3])
        put(model, named(model) | {"0.bias": torch.zeros(6)})
        self.taken(student, model)
        self.taken(student, MLP(5, [4, 3], 2, generator=rng))

    @pytest.mark.points(1)
    def test_training_the_model_later_leaves_it_as_it_is(self, student: Student, rng: Rng) -> None:
        model = MLP(4, [5], 3, generator=rng)
        before = named(model)
        fill_grad(model)
        with student.keeping():
            kept = self.taken(student, model)
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter.add_(1.0)
            student.sync()
            self.stayed(kept, before)
            self.taken(student, model, "In a second snapshot, taken after more training: ")
            student.sync()
            self.stayed(kept, before, " when a second one was taken")

    def stayed(self, kept: Weights, before: Weights, when: str = "") -> None:
        same = all(torch.equal(kept[name].detach(), w) for name, w in before.items())
        why = "one dict serves both" if when else "it holds the model's own tensors, not copies"
        assert same, (
            f"The model was changed afterwards, and the snapshot changed with it{when}: {why}."
        )

    @pytest.mark.points(0.5)
    def test_without_gradients(self, student: Student, rng: Rng) -> None:
        model = MLP(4, [5], 3, generator=rng)
        fill_grad(model)
        taken = self.taken(student, model)
        live = [name for name, tensor in taken.items() if tensor.requires_grad]
        assert not live, (
            f"The copy of `{live[0]}` still requires gradients. A snapshot is a place to remember, "
            "not something that is trained."
        )

    @pytest.mark.points(0.5)
    def test_float64_stays_float64_and_the_model_as_it_is(self, student: Student, rng: Rng) -> None:
        for training in (True, False):
            model = network(rng, [4, 6, 3], dtype=torch.float64).train(training)
            before = named(model)
            fill_grad(model)
            self.taken(student, model)
            weights_untouched(model, before, "snapshot")
            grad_untouched(model, "snapshot")
            expect.mode(model, training, "snapshot")


class TestL2Penalty:
    exercise = "l2_penalty"

    def penalty(self, student: Student, model: nn.Module, anchor: Weights) -> Tensor:
        """What came back, when it is a scalar tensor."""
        result = student.l2_penalty(model, anchor)
        return expect.scalar(result, "The penalty", next(model.parameters()))

    def right(self, student: Student, model: nn.Module, anchor: Weights) -> Tensor:
        """What came back, when its value is right."""
        want = half_squared_distance(named(model), anchor)
        result = self.penalty(student, model, anchor)
        hint = "It is half the sum of (theta - anchor) squared over all entries of all parameters."
        expect.close(result.detach(), want, "The penalty", hint)
        return result

    def leaves_all(self, student: Student, model: nn.Module, anchor: Weights) -> Tensor:
        """What came back, when its value is right, and model and anchor are as they were."""
        weights, before = named(model), {name: tensor.clone() for name, tensor in anchor.items()}
        result = self.right(student, model, anchor)
        names = anchor.keys() == before.keys()
        assert names, "`l2_penalty` took entries out of the anchor, or put some in."
        pairs = [(anchor[name], tensor) for name, tensor in before.items()]
        same = all(torch.equal(now, then) and not now.requires_grad for now, then in pairs)
        assert same, (
            "`l2_penalty` changed the anchor's tensors, which belong to whoever called it, and are "
            "needed again for the next batch. Make new tensors instead of writing into these."
        )
        weights_untouched(model, weights, "l2_penalty")
        return result

    @pytest.mark.points(1)
    def test_half_the_squared_distance(self, student: Student, rng: Rng) -> None:
        for model in (MLP(4, [3, 3], 2, generator=rng), network(rng, [3, 5, 4])):
            self.right(student, model, like(rng, model))

    @pytest.mark.points(0.5)
    def test_the_anchor_goes_by_name_in_any_order(self, student: Student, rng: Rng) -> None:
        """Layers of one size: with the wrong layer's anchor everything fits, and is wrong."""
        model = network(rng, [4, 4, 4, 4])
        anchor = like(rng, model)
        turned = {name: anchor[name] for name in [*list(anchor)[2:], *list(anchor)[:2]]}
        self.right(student, model, turned)

    @pytest.mark.points(1)
    def test_biases_count_too(self, student: Student, rng: Rng) -> None:
        model = network(rng, [3, 5, 4])
        anchor = named(model)
        for name in anchor:
            if name.endswith("bias"):
                anchor[name] = anchor[name] + between(rng, 1, 2, *anchor[name].shape).float()
        want = half_squared_distance(named(model), anchor)
        result = self.penalty(student, model, anchor)
        expect.close(result.detach(), want, "The penalty where only biases differ from the anchor")

    @pytest.mark.points(1.5)
    def test_its_gradient_pulls_towards_the_anchor(self, student: Student, rng: Rng) -> None:
        """In two steps with one anchor, as in training."""
        model = network(rng, [3, 5, 4])
        anchor = like(rng, model)
        for _ in range(2):
            want = {name: w - anchor[name] for name, w in named(model).items()}
            pulls = gradient(self.leaves_all(student, model, anchor), model)
            for name, pull in pulls.items():
                expect.close(pull, want[name], f"The gradient of the penalty by `{name}`")
            put(model, like(rng, model))

    @pytest.mark.points(0.5)
    def test_at_the_anchor_it_is_zero(self, student: Student, rng: Rng) -> None:
        model = network(rng, [3, 5, 4])
        self.right(student, model, like(rng, model))
        pulls = gradient(self.right(student, model, named(model)), model)
        finite = all(bool(pull.isfinite().all()) for pull in pulls.values())
        assert finite, (
            "At the anchor itself, where training starts, the gradient of the penalty is not "
            "finite. Is there a root in it?"
        )
        zero = not any(pull.any() for pull in pulls.values())
        assert zero, "At the anchor itself the penalty's gradient should be zero."

    @pytest.mark.points(0.5)
    def test_float64_works_and_everything_stays_as_it_is(self, student: Student, rng: Rng) -> None:
        """So far from zero that float32 would lose what the differences are made of."""
        model = network(rng, [3, 5, 4], dtype=torch.float64)
        anchor = {name: 1e5 + tensor for name, tensor in like(rng, model).items()}
        put(model, {n: t + torch.randn(t.shape, generator=rng).double() for n, t in anchor.items()})
        for training in (True, False):
            fill_grad(model.train(training))
            self.leaves_all(student, model, anchor)
            grad_untouched(model, "l2_penalty")
            expect.mode(model, training, "l2_penalty")


class Cubes:
    """A penalty like no other in value and gradient; it notes which model it is asked about."""

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self.own = True

    def penalty(self, *given: Any) -> Tensor:
        right = len(given) == 1 and isinstance(given[0], nn.Module)
        assert right, "The penalty should be called with the model: `penalty(model)`."
        self.own = self.own and given[0] is self._model
        return cubes(given[0])

    def evidence(self) -> bool:
        return self.own


def cubes(model: nn.Module) -> Tensor:
    return sum(((p + 0.3) ** 3).sum() for p in model.parameters())  # type: ignore[return-value]


class TestTrainStepWithPenalty:
    exercise = "train_step_with_penalty"

    def step(
        self,
        student: Student,
        pair: tuple[nn.Module, nn.Module],
        optimizers: tuple[Optimizer, Optimizer],
        rows: tuple[Tensor, Tensor],
        strength: float,
    ) -> tuple[Any, float]:
        """One step of the student's, and one right step on the twin: both totals."""
        (model, twin), (optimizer, twins), (x, y) = pair, optimizers, rows
        total = cross_entropy(twin(x), y) + strength * cubes(twin)
        twins.zero_grad()
        total.backward()
        twins.step()
        asked, before = Cubes(model), expect.Untouched(x=x, y=y)
        got = student.train_step_with_penalty(model, optimizer, x, y, asked.penalty, strength)
        before.check("train_step_with_penalty")
        assert asked.own, (
            "`penalty` was asked about another model than the one that is trained: its gradient "
            "does not reach the weights."
        )
        return got, total.item()

    def same_place(
        self, model: nn.Module, twin: nn.Module, start: nn.Module, when: str, hint: str = ""
    ) -> None:
        got, want, origin = (
            torch.cat([p.detach().flatten() for p in m.parameters()]) for m in (model, twin, start)
        )
        assert not torch.equal(got, origin), f"{when}, all weights are still what they were before."
        expect.close(got - origin, want - origin, f"{when}, the change of the weights", hint)

    @pytest.mark.points(1)
    def test_one_step_on_the_sum_of_loss_and_penalty(self, student: Student, rng: Rng) -> None:
        model = network(rng, [5, 6, 4])
        twin, start = copy.deepcopy(model), copy.deepcopy(model)
        pair = (SGD(model.parameters(), lr=0.1), SGD(twin.parameters(), lr=0.1))
        self.step(student, (model, twin), pair, batch(rng, 6, 5, 4), 0.7)
        hint = "It should follow mean cross-entropy + strength * penalty(model), strength once."
        self.same_place(model, twin, start, "After one step", hint)

    @pytest.mark.points(1)
    def test_returns_the_total_before_the_step(self, student: Student, rng: Rng) -> None:
        """Weights so small that the total is a few units, and rounding it would show."""
        hint = "It is cross-entropy plus strength times penalty, just before the step."
        for _ in range(4):
            model = network(rng, [5, 6, 4], scale=0.2)
            twin = copy.deepcopy(model)
            pair = (SGD(model.parameters(), lr=0.1), SGD(twin.parameters(), lr=0.1))
            got, want = self.step(student, (model, twin), pair, batch(rng, 6, 5, 4), 0.7)
            value = expect.number(got, "What `train_step_with_penalty` returned")
            expect.close(value, want, "What `train_step_with_penalty` returned", hint)

    @pytest.mark.points(1)
    def test_gradients_left_over_count_for_nothing(self, student: Student, rng: Rng) -> None:
        model = network(rng, [5, 6, 4])
        twin, start = copy.deepcopy(model), copy.deepcopy(model)
        pair = (
            SGD(model.parameters(), lr=0.05, momentum=0.9),
            SGD(twin.parameters(), lr=0.05, momentum=0.9),
        )
        hint = "PyTorch adds new gradients to those that are there."
        for when, leftovers in (
            ("After three steps", [3.0] * 3),
            ("After NaN in `.grad`", [math.nan]),
        ):
            for left in leftovers:
                for parameter in model.parameters():
                    parameter.grad = torch.full_like(parameter, left)
                self.step(student, (model, twin), pair, batch(rng, 6, 5, 4), 0.4)
            self.same_place(model, twin, start, when, hint)

    @pytest.mark.points(0.5)
    def test_strength_zero_and_a_large_one(self, student: Student, rng: Rng) -> None:
        for strength in (0.0, 20.0):
            model = network(rng, [5, 6, 4])
            twin, start = copy.deepcopy(model), copy.deepcopy(model)
            pair = (SGD(model.parameters(), lr=0.01), SGD(twin.parameters(), lr=0.01))
            self.step(student, (model, twin), pair, batch(rng, 6, 5, 4), strength)
            self.same_place(model, twin, start, f"After one step with strength {strength:g}")

    @pytest.mark.points(0.5)
    def test_with_adam_in_float64_and_in_training_mode(self, student: Student, rng: Rng) -> None:
        model = network(rng, [5, 6, 4], dropout=0.0, dtype=torch.float64)
        twin, start = copy.deepcopy(model), copy.deepcopy(model)
        pair = (Adam(model.parameters(), lr=0.02), Adam(twin.parameters(), lr=0.02))
        for _ in range(2):
            rows = batch(rng, 6, 5, 4, dtype=torch.float64)
            self.step(student, (model, twin), pair, rows, 0.7)
            assert not student.seen(model).evaluation, (
                "The model ran in evaluation mode, where Dropout does nothing. It comes in "
                "training mode and should stay so."
            )
        self.same_place(model, twin, start, "After two steps of Adam")


class TestTrainWithL2:
    exercise = "train_with_l2"
    STRENGTHS = (0.3, 0.8, 1.7)

    def taught(
        self,
        student: Student,
        rng: Rng,
        sizes: list[int],
        strength: float | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> tuple[PenalisedTraining, float, list[Task]]:
        """What was taught, at which strength, and what is left of the list that was handed over."""
        model = MLP(4, [5], 3, generator=rng).to(dtype)
        training = PenalisedTraining(rng, model, sizes)
        if strength is None:
            strength = self.STRENGTHS[whole(rng, 0, len(self.STRENGTHS) - 1)]
        tasks = list(training.tasks)
        student.train_with_l2(training.model, tasks, training.recorder.train_on, strength)
        return training, strength, tasks

    def held(self, anchor: Weights, strength: float) -> Callable[[Weights], Any]:
        return lambda weights: strength * half_squared_distance(weights, anchor)

    @pytest.mark.points(1)
    def test_each_task_is_learnt_once_from_its_own_rows(self, student: Student, rng: Rng) -> None:
        for sizes, strength in (([7, 4, 9], None), ([6], None), ([3, 5], 0.0)):
            training, _, left = self.taught(student, rng, sizes, strength)
            training.expect_tasks_untouched("train_with_l2", left)
            training.expect_rows("train_with_l2")

    @pytest.mark.points(2)
    def test_the_second_task_is_held_near_the_end_of_the_first(
        self, student: Student, rng: Rng
    ) -> None:
        training, strength, _ = self.taught(student, rng, [5, 8])
        wanted = self.held(training.ends[0], strength)
        training.expect_penalty("train_with_l2", 1, wanted)

    @pytest.mark.points(1.5)
    def test_later_tasks_are_held_near_the_end_of_the_task_just_before(
        self, student: Student, rng: Rng
    ) -> None:
        training, strength, _ = self.taught(student, rng, [5, 4, 6, 3], 2.5, torch.float64)
        for k in (2, 3):
            wanted = self.held(training.ends[k - 1], strength)
            training.expect_penalty("train_with_l2", k, wanted)

    @pytest.mark.points(1)
    def test_the_first_task_has_no_penalty(self, student: Student, rng: Rng) -> None:
        training, strength, _ = self.taught(student, rng, [6, 5])
        training.expect_penalty("train_with_l2", 1, self.held(training.ends[0], strength))
        training.expect_no_penalty("train_with_l2")

    @pytest.mark.accuracy
    @pytest.mark.confirms
    @pytest.mark.points(0.5)
    def test_old_and_new_are_known_in_the_end(
        self, student: Student, rng: Rng, dataset: Dataset
    ) -> None:
        enough, got = judge(student.train_with_l2, self.exercise, dataset, rng)
        assert enough, (
            f"After real training the mean accuracy on old and new tasks is {got}, "
            "less than holding the weights near the end of the task before reaches."
        )


def strengths(
    rng: Rng, pairs: Sequence[tuple[int, int]], order: Sequence[int] = (), *, of: int = 64
) -> Results:
    """Pairs of accuracies in ``of``-ths for strengths that grow, in random order or a given one.

    Where ``of`` is a power of two means are exact in binary, and so are their comparisons.
    """
    growing = (0.01 * 2.0 ** torch.arange(len(pairs)) * between(rng, 1.0, 1.5, len(pairs))).tolist()
    turns = order or torch.randperm(len(pairs), generator=rng).tolist()
    return {growing[k]: (pairs[k][0] / of, pairs[k][1] / of) for k in turns}


class TestBestStrength:
    exercise = "best_strength"

    def best(self, student: Student, cases: list[tuple[Results, int]], hint: str) -> None:
        """Of each results the strength at a place, counted from the smallest, is chosen.

        All is asked before any of it is judged: the answers together say most about a mistake.
        """
        tried = [(sorted(results), place) for results, place in cases]
        came = [student.best_strength(results) for results, _ in cases]
        for value, (rising, place) in zip(came, tried, strict=True):
            got = expect.number(value, "What `best_strength` returned")
            rounded = got not in rising and any(math.isclose(got, s, rel_tol=1e-5) for s in rising)
            assert not rounded, (
                f"{got:g} is one of the strengths, but rounded. Return the very key of `results`."
            )
            assert got in rising, f"{got:g} is none of the strengths that were tried."
            assert got == rising[place], (
                f"`best_strength` chose {got:.4g}, but another strength should win. {hint}"
            )

    @pytest.mark.points(0.5)
    def test_highest_mean_of_old_and_new(self, student: Student, rng: Rng) -> None:
        """The third wins; others are best by one of the two, the worse, or another mean."""
        pairs = [(2, 128), (82, 113), (70, 126), (93, 95), (91, 101), (127, 3), (10, 11), (0, 3)]
        cases = [(strengths(rng, pairs, of=128), 2)]
        cases += [(strengths(rng, [(new, old) for old, new in pairs], of=128), 2)]
        alike = [(2048, 2049), (2048, 2050), (100, 100)]
        cases += [(strengths(rng, alike, of=4096), 1)]
        self.best(student, cases, "The one whose two accuracies have the highest mean.")

    @pytest.mark.points(0.5)
    def test_what_is_not_finite_loses(self, student: Student, rng: Rng) -> None:
        finite = [(20, 30), (25, 31), (30, 20)]
        cases: list[tuple[Results, int]] = []
        for bad in (math.nan, math.inf, -math.inf):
            for pair in ((bad, 1.0), (1.0, bad), (bad, bad), (bad, -bad)):
                results = strengths(rng, finite)
                cases += [({0.001: pair, **results}, 2), ({**results, 64.0: pair}, 1)]
        cases += [({0.5: (math.nan, 1.0), 1.0: (0.0, 0.0)}, 1)]
        self.best(student, cases, "A run with an accuracy that is not finite always loses.")

    @pytest.mark.points(0.5)
    def test_of_equals_the_smallest(self, student: Student, rng: Rng) -> None:
        """The second, third and fourth are equal; then come zeros, and 2 and 10 as numbers."""
        pairs = [(16, 33), (32, 32), (16, 48), (40, 24), (30, 33)]
        orders = ((2, 1, 3, 0, 4), (0, 3, 4, 1, 2), (4, 1, 0, 3, 2), (3, 0, 2, 1, 4))
        cases = [(strengths(rng, pairs, order), 1) for order in orders]
        zero = {0.0: (0.5, 0.5)} | strengths(rng, [(24, 40), (31, 32)])
        cases += [(zero, 0), (strengths(rng, [(0, 0), (0, 0), (0, 0)], (1, 2, 0)), 0)]
        cases += [({10.0: (0.5, 0.5), 2.0: (0.5, 0.5), 30.0: (0.25, 0.5)}, 0)]
        self.best(student, cases, "Among equals it is the smallest, whatever order they are in.")

    @pytest.mark.points(0.5)
    def test_nothing_to_choose_from_raises_a_value_error(self, student: Student, rng: Rng) -> None:
        results = strengths(rng, [(10, 20), (40, 40), (20, 10)]) | {64.0: (math.nan, 0.5)}
        before = dict(results)
        self.best(student, [(results, 1)], "The one with the highest mean, of finite accuracies.")
        same = repr(results) == repr(before)
        assert same, "`best_strength` changed `results`, which belongs to whoever called it."
        for nothing in ({}, {1.0: (math.nan, 0.5), 2.0: (0.5, math.inf)}):
            self.refused(student, nothing)

    def refused(self, student: Student, results: Results) -> None:
        what = "A call where no strength has two finite accuracies"
        expect.refuses(lambda: student.best_strength(results), what)
