"""Hidden tests of 04-ewc. Each points at one thing that an exercise promises.

The right values come from ``fisher_truth``: the chain rule in float64. Against it float32 rounding
is a few parts in a million, the tolerance of ``expect.close`` one in ten thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from autograder.student import Student
from autograder.suites import expect, fisher_truth
from autograder.suites.fisher_rows import which_rows
from autograder.suites.graded_run import judge
from autograder.suites.inputs import batch, between, network, spread, whole
from autograder.suites.penalised_training import PenalisedTraining, gradient
from autograder.suites.recorder import Recorder, Weights, named, put, scripted
from autograder.suites.side_effects import fill_grad, grad_untouched, weights_untouched
from autograder.trace import alike
from course.data import Dataset
from course.models import MLP

Rng = torch.Generator
MANY = 1031  # rows, more than are taken at once; no size of a batch divides it
CALLS = 20  # after which labels drawn for a few rows have come out differently


def expect_weights(
    result: Any,
    want: Mapping[str, Tensor],
    what: str,
    dtype: torch.dtype,
    hint: str = "",
    explain: Callable[[Tensor], str] = lambda got: "",
) -> Weights:
    """A dict with the right tensor under the name of each parameter.

    Of wrong values, all in one vector, ``explain`` may say more; that is the message then.
    """
    result = expect.by_name(result, what, want)
    shaped = {
        name: expect.tensor(result[name], f"{what}, entry `{name}`,", tensor.to(dtype))
        for name, tensor in want.items()
    }
    got, wanted = (torch.cat([d[name].double().flatten() for name in want]) for d in (shaped, want))
    try:
        expect.close(got, wanted, f"{what} of all parameters", hint)
    except AssertionError:
        why = explain(got)
        if why:
            raise AssertionError(why) from None
        raise
    return result


DRAWN = (
    "{} is not the right one, and random numbers had a part in it. Is Dropout on, or are labels "
    "drawn?"
)


def expect_fisher(
    student: Student, call: Callable[[], Any], model: nn.Module, rows: Weights, what: str, hint: str
) -> Weights:
    """``call`` gives the mean over ``rows``, which has an entry for each."""
    result = call()
    drew = student.seen(model).drew
    want = {name: each.mean(dim=0) for name, each in rows.items()}
    flat = torch.cat([each.flatten(1) for each in rows.values()], dim=1)

    def explain(got: Tensor) -> str:
        many = len(flat) == MANY
        if drew and any(not alike(result, call()) for _ in range(1 if many else CALLS)):
            return DRAWN.format(what)
        why = which_rows(got, flat) if many else ""
        return f"{what} {why}. All rows count alike." if why else ""

    return expect_weights(result, want, what, next(model.parameters()).dtype, hint, explain)


def detached(result: Weights, what: str) -> None:
    live = [name for name, tensor in result.items() if tensor.requires_grad]
    assert not live, (
        f"{what} of `{live[0]}` still requires gradients: the whole computation that led to it is "
        "kept in memory. Detach it."
    )


def uneven_labels(rng: Rng, n: int, classes: int) -> Tensor:
    """Labels that neither the model nor its probabilities know."""
    return torch.randint(classes, (n,), generator=rng)


def deep(rng: Rng, classes: int = 4) -> list[nn.Module]:
    """Networks with a hidden layer: Tanh and ReLU, names of both kinds."""
    relu = MLP(3, [6], classes, generator=rng)
    put(relu, {n: 0.8 * torch.randn(p.shape, generator=rng) for n, p in relu.named_parameters()})
    return [network(rng, [3, 5, classes], scale=0.8), relu]


SHRUNK = (
    "Where the label is next to impossible, p about e^-30, the gradients come out much smaller "
    "than they are. Is something added to p inside the logarithm, or p kept away from 0?"
)


class TestSampleGradients:
    exercise = "sample_gradients"
    WHAT = "The gradients"

    def right(
        self,
        student: Student,
        model: nn.Module,
        x: Tensor,
        y: Tensor,
        explain: Callable[[Tensor, Tensor], str] = lambda got, want: "",
    ) -> Weights:
        want = fisher_truth.sample_gradients(model, x, y)
        flat = torch.cat([g.flatten() for g in want.values()])
        result = student.sample_gradients(model, x, y)
        self.one_for_each_row(expect.by_name(result, self.WHAT, want), want)
        hint = "Entry i is the gradient of log p(y_i | x_i), the log-softmax at the label."
        return expect_weights(
            result, want, self.WHAT, x.dtype, hint, lambda got: explain(got, flat)
        )

    def one_for_each_row(self, result: Weights, want: Weights) -> None:
        """Says in words what is the matter with a shape; other shapes are left for later."""
        biases_fit = all(
            getattr(result[name], "shape", None) == right.shape
            for name, right in want.items()
            if name.endswith("bias")
        )
        for name, right in want.items():
            came = result[name].shape if isinstance(result[name], Tensor) else right.shape
            own = tuple(right.shape[1:])
            trouble = ""
            if came == own:
                trouble = "has the parameter's own shape: the dimension of the rows is missing"
            elif came != right.shape and came.numel() == right.numel():
                trouble = "has as many numbers as it should, but in another shape"
            elif came == (len(right), *own[1:]) and biases_fit:
                trouble = "lacks the first dimension of the parameter"
            if came != right.shape and trouble:
                raise expect.WrongKind(
                    f"{self.WHAT}, entry `{name}`, {trouble}. It should have the shape "
                    f"{tuple(right.shape)}, rows first, but has {tuple(came)}."
                )

    @pytest.mark.points(2)
    def test_of_softmax_regression(self, student: Student, rng: Rng) -> None:
        for n, classes in ((5, 3), (4, 2)):
            x, _ = batch(rng, n, 4, classes)
            self.right(student, network(rng, [4, classes]), x, uneven_labels(rng, n, classes))

    @pytest.mark.points(1)
    def test_of_networks_with_hidden_layers(self, student: Student, rng: Rng) -> None:
        for model in (*deep(rng), network(rng, [3, 4, 5, 3], scale=0.8)):
            x, y = batch(rng, 6, 3, 3)
            self.right(student, model, x, y)

    @pytest.mark.points(1)
    def test_the_same_in_whatever_batches(self, student: Student, rng: Rng) -> None:
        model = network(rng, [3, 5, 4], scale=0.8)
        x, y = batch(rng, 307, 3, 4)
        for rows in (slice(0, 1), slice(1, 3), slice(0, 7), slice(0, 307)):
            self.right(student, model, x[rows], y[rows])

    @pytest.mark.points(0.5)
    def test_of_labels_that_are_next_to_impossible(self, student: Student, rng: Rng) -> None:
        """Their p is about e^-30, which is no trouble for a log-softmax."""
        model = network(rng, [3, 4], scale=0.8)
        unlikely = whole(rng, 0, 3)
        with torch.no_grad():
            dict(model.named_parameters())["0.bias"][unlikely] -= 30.0

        def explain(got: Tensor, want: Tensor) -> str:
            shrunk = (got * want >= 0).all() and (got.abs() <= want.abs() + 1e-6).all()
            return SHRUNK if shrunk else ""

        x, _ = batch(rng, 6, 3, 4)
        self.right(student, model, x, torch.full((6,), unlikely), explain)

    @pytest.mark.points(1)
    def test_grad_of_the_model_is_left_alone(self, student: Student, rng: Rng) -> None:
        model = network(rng, [3, 5, 4], scale=0.8)
        x, y = batch(rng, 4, 3, 4)
        self.right(student, model, x, y)
        assert all(p.grad is None for p in model.parameters()), (
            "`sample_gradients` left something in `.grad` of the model, where nothing was before."
        )
        fill_grad(model)
        self.right(student, model, x, y)
        grad_untouched(model, "sample_gradients")

    @pytest.mark.points(0.5)
    def test_float64_works_and_everything_stays_as_it_is(self, student: Student, rng: Rng) -> None:
        for training in (True, False):
            model = network(rng, [3, 5, 4], dtype=torch.float64).train(training)
            x, y = batch(rng, 5, 3, 4, dtype=torch.float64)
            x, y, start = spread(x), spread(y), named(model)
            before = expect.Untouched(x=x, y=y)
            detached(self.right(student, model, x, y), self.WHAT)
            before.check("sample_gradients")
            weights_untouched(model, start, "sample_gradients")
            expect.mode(model, training, "sample_gradients")


class TestEmpiricalFisher:
    exercise = "empirical_fisher"
    WHAT = "The empirical Fisher"

    def right(self, student: Student, model: nn.Module, x: Tensor, y: Tensor) -> Weights:
        rows = {n: g**2 for n, g in fisher_truth.sample_gradients(model, x, y).items()}
        call = lambda: student.empirical_fisher(model, x, y)  # noqa: E731
        hint = "It is the mean over rows of each row's own squared gradient, at the label it has."
        return expect_fisher(student, call, model, rows, self.WHAT, hint)

    @pytest.mark.points(1.5)
    def test_mean_over_rows_of_squared_gradients(self, student: Student, rng: Rng) -> None:
        for model in (network(rng, [3, 4]), *deep(rng)):
            x, _ = batch(rng, 7, 3, 4)
            self.right(student, model, x, uneven_labels(rng, 7, 4))

    @pytest.mark.points(1)
    def test_many_rows_and_one(self, student: Student, rng: Rng) -> None:
        model = network(rng, [3, 4, 3], scale=0.8)
        for labels in (uneven_labels(rng, MANY, 3), torch.zeros(1, dtype=torch.int64)):
            x, _ = batch(rng, len(labels), 3, 3)
            self.right(student, model, x, labels)

    @pytest.mark.points(1)
    def test_in_evaluation_mode_which_is_then_as_it_was(self, student: Student, rng: Rng) -> None:
        for training in (True, False):
            model = network(rng, [3, 6, 4], scale=0.8, dropout=0.5).train(training)
            x, y = batch(rng, 9, 3, 4)
            self.right(student, model, x, y)
            expect.mode(model, training, "empirical_fisher")

    @pytest.mark.points(0.5)
    def test_float64_works_and_everything_stays_as_it_is(self, student: Student, rng: Rng) -> None:
        model = network(rng, [3, 5, 4], dtype=torch.float64)
        x, y = batch(rng, 5, 3, 4, dtype=torch.float64)
        x, y, start = spread(x), spread(y), named(model)
        before = expect.Untouched(x=x, y=y)
        detached(self.right(student, model, x, y), self.WHAT)
        before.check("empirical_fisher")
        weights_untouched(model, start, "empirical_fisher")


class TestFisherDiagonal:
    exercise = "fisher_diagonal"
    WHAT = "The Fisher"

    def right(self, student: Student, model: nn.Module, x: Tensor) -> Weights:
        rows = fisher_truth.fisher_of_rows(model, x)
        call = lambda: student.fisher_diagonal(model, x)  # noqa: E731
        hint = (
            "It is the mean over rows of the sum over classes c of p(c | x) times the squared "
            "gradient of log p(c | x)."
        )
        return expect_fisher(student, call, model, rows, self.WHAT, hint)

    @pytest.mark.points(2)
    def test_of_softmax_regression(self, student: Student, rng: Rng) -> None:
        """There the Fisher of a weight is the mean of x^2 p (1 - p), which may be large."""
        for n, classes, large in ((6, 3, 1), (5, 2, 1), (7, 12, 300)):
            model = network(rng, [4, classes])
            x, _ = batch(rng, n, 4, classes)
            with torch.no_grad():
                x[:, 0] *= large
                dict(model.named_parameters())["0.weight"][:, 0] /= large
                p = model(x).softmax(dim=1)
            closed = torch.einsum("nc,nd->cd", p * (1 - p), x**2) / n
            result = self.right(student, model, x)
            expect.close(result["0.weight"].detach(), closed, "The Fisher of the weights")

    @pytest.mark.points(2)
    def test_of_networks_with_hidden_layers(self, student: Student, rng: Rng) -> None:
        for model in (*deep(rng), network(rng, [3, 4, 5, 3], scale=0.8)):
            x, _ = batch(rng, 6, 3, 3)
            self.right(student, model, x)

    @pytest.mark.points(1)
    def test_many_rows_and_one(self, student: Student, rng: Rng) -> None:
        model = network(rng, [3, 4, 2], scale=0.8)
        for n in (MANY, 1):
            self.right(student, model, batch(rng, n, 3, 2)[0])

    @pytest.mark.points(1.5)
    def test_in_evaluation_mode(self, student: Student, rng: Rng) -> None:
        model = network(rng, [3, 6, 4], scale=0.8, dropout=0.5)
        self.right(student, model, batch(rng, 9, 3, 4)[0])

    @pytest.mark.points(0.5)
    def test_the_mode_is_then_as_it_was(self, student: Student, rng: Rng) -> None:
        for training in (True, False):
            model = network(rng, [3, 5, 4], scale=0.8, dropout=0.0).train(training)
            self.right(student, model, batch(rng, 5, 3, 4)[0])
            expect.mode(model, training, "fisher_diagonal")

    @pytest.mark.points(0.5)
    def test_of_a_network_that_is_sure_of_itself(self, student: Student, rng: Rng) -> None:
        """Logits some ten apart, and one class as good as impossible."""
        model = network(rng, [3, 4], scale=4.0)
        with torch.no_grad():
            dict(model.named_parameters())["0.bias"][whole(rng, 0, 3)] -= 30.0
        self.right(student, model, batch(rng, 12, 3, 4)[0])

    @pytest.mark.points(0.5)
    def test_float64_works_and_everything_stays_as_it_is(self, student: Student, rng: Rng) -> None:
        model = network(rng, [3, 5, 4], dtype=torch.float64)
        x, start = spread(batch(rng, 5, 3, 4, dtype=torch.float64)[0]), named(model)
        before = expect.Untouched(x=x)
        detached(self.right(student, model, x), self.WHAT)
        before.check("fisher_diagonal")
        weights_untouched(model, start, "fisher_diagonal")


def turned(weights: Weights) -> Weights:
    """The same by name, the last name first."""
    return dict(reversed(weights.items()))


def copied(weights: Weights) -> Weights:
    return {name: tensor.clone() for name, tensor in weights.items()}


def still_the_same(given: Weights, before: Weights, what: str, function: str) -> None:
    """A dict that was handed over holds what it held."""
    same = given.keys() == before.keys() and all(
        torch.equal(given[name], tensor) and not given[name].requires_grad
        for name, tensor in before.items()
    )
    assert same, (
        f"`{function}` changed `{what}`, which belongs to whoever called it. Make new tensors "
        "instead of writing into those you were given."
    )


def ewc(weights: Weights, anchor: Mapping[str, Tensor], fisher: Mapping[str, Tensor]) -> Tensor:
    """Half the sum of fisher times squared distance."""
    terms = [(fisher[n] * (weights[n] - anchor[n]) ** 2).sum() for n in weights]
    return sum(terms, torch.zeros(())) / 2


class TestEwcPenalty:
    exercise = "ewc_penalty"

    def inputs(self, rng: Rng, model: nn.Module) -> tuple[Weights, Weights]:
        """An anchor and importances from 0.2 to 3, none of them near one another."""
        own = dict(model.named_parameters())
        anchor = {n: torch.randn(p.shape, generator=rng, dtype=p.dtype) for n, p in own.items()}
        fisher = {n: between(rng, 0.2, 3.0, *p.shape).to(p.dtype) for n, p in own.items()}
        return anchor, fisher

    def right(
        self, student: Student, model: nn.Module, anchor: Weights, fisher: Weights, what: str
    ) -> Tensor:
        want = ewc(named(model), anchor, fisher)
        result = student.ewc_penalty(model, anchor, fisher)
        result = expect.scalar(result, "The penalty", next(model.parameters()))
        hint = "It is half the sum of fisher * (theta - anchor)^2 over all entries."
        expect.close(result.detach(), want, what, hint)
        return result

    @pytest.mark.points(1.5)
    def test_half_the_weighted_squared_distance(self, student: Student, rng: Rng) -> None:
        for model in (network(rng, [3, 5, 4]), MLP(4, [3, 3], 2, generator=rng)):
            anchor, fisher = self.inputs(rng, model)
            self.right(student, model, anchor, fisher, "The penalty")

    @pytest.mark.points(0.5)
    def test_biases_count_too(self, student: Student, rng: Rng) -> None:
        model = network(rng, [3, 5, 4])
        own, fisher = self.inputs(rng, model)
        anchor = {n: t if n.endswith("bias") else named(model)[n] for n, t in own.items()}
        what = "The penalty where only biases differ from the anchor"
        self.right(student, model, anchor, fisher, what)

    @pytest.mark.points(1)
    def test_each_entry_is_weighed_by_its_own_importance(self, student: Student, rng: Rng) -> None:
        model = network(rng, [3, 5, 4])
        importances = dict(zip(named(model), (0.004, 9.0, 9.0, 0.004), strict=True))
        for name, importance in importances.items():
            anchor, fisher = self.inputs(rng, model)
            alone = {n: torch.zeros_like(f) for n, f in fisher.items()}
            place = whole(rng, 0, fisher[name].numel() - 1)
            alone[name].view(-1)[place] = importance
            anchor[name].view(-1)[place] += 5.0
            what = f"The penalty where one entry of `{name}` alone has any importance,"
            self.right(student, model, anchor, alone, what)

    @pytest.mark.points(1.5)
    def test_its_gradient_pulls_towards_the_anchor(self, student: Student, rng: Rng) -> None:
        model = network(rng, [3, 5, 4])
        anchor, fisher = self.inputs(rng, model)
        want = {n: fisher[n] * (theta - anchor[n]) for n, theta in named(model).items()}
        result = self.right(student, model, anchor, fisher, "The penalty")
        for name, pull in gradient(result, model).items():
            expect.close(pull, want[name], f"The gradient of the penalty by `{name}`")

    @pytest.mark.points(0.5)
    def test_float64_works_and_everything_stays_as_it_is(self, student: Student, rng: Rng) -> None:
        """The names come in another order here than those of the parameters."""
        model = network(rng, [3, 5, 4], dtype=torch.float64)
        anchor, fisher = (turned(weights) for weights in self.inputs(rng, model))
        start, before = named(model), [copied(anchor), copied(fisher)]
        fill_grad(model)
        self.right(student, model, anchor, fisher, "The penalty in float64")
        for name, given, own in zip(("anchor", "fisher"), (anchor, fisher), before, strict=True):
            still_the_same(given, own, name, "ewc_penalty")
        weights_untouched(model, start, "ewc_penalty")
        grad_untouched(model, "ewc_penalty")


class TestMergeFisher:
    exercise = "merge_fisher"

    def two(self, rng: Rng, dtype: torch.dtype = torch.float32) -> tuple[Weights, Weights]:
        shapes = {"hidden.0.weight": (4, 3), "hidden.0.bias": (4,), "heads.0.weight": (2, 4)}
        old, new = (
            {name: between(rng, 0.5, 2, *shape).to(dtype) for name, shape in shapes.items()}
            for _ in range(2)
        )
        return old, new

    def right(self, student: Student, old: Weights, new: Weights, decay: float) -> None:
        want = {name: decay * old[name].double() + new[name].double() for name in new}
        result = student.merge_fisher(old, new, decay)
        hint = "It is decay times the old one plus the new one."
        expect_weights(result, want, "The merged Fisher", new["hidden.0.bias"].dtype, hint)

    @pytest.mark.points(1.5)
    def test_the_old_one_fades_and_the_new_one_is_added(self, student: Student, rng: Rng) -> None:
        for decay in (0.3, 0.9):
            self.right(student, *self.two(rng), decay)

    @pytest.mark.points(0.5)
    def test_decay_zero_and_one(self, student: Student, rng: Rng) -> None:
        """The names of the two may come in another order."""
        for decay in (0.0, 1.0):
            old, new = self.two(rng)
            self.right(student, turned(old), new, decay)

    @pytest.mark.points(1)
    def test_float64_works_and_both_stay_as_they_are(self, student: Student, rng: Rng) -> None:
        old, new = self.two(rng, torch.float64)
        before = copied(old), copied(new)
        self.right(student, old, new, 0.6)
        still_the_same(old, before[0], "old", "merge_fisher")
        still_the_same(new, before[1], "new", "merge_fisher")


class EwcTraining(PenalisedTraining):
    """Knows the Fisher that each task leaves behind: exact, at its end, on its training rows."""

    def __init__(self, rng: Rng, sizes: list[int], dropout: float = 0.0) -> None:
        super().__init__(rng, MLP(4, [5], 3, dropout=dropout, generator=rng), sizes, scale=0.7)
        self.start = named(self.model)
        self.strength = (0.4, 3.0, 20.0)[whole(rng, 0, 2)]
        self.decay = (0.3, 0.6, 0.85)[whole(rng, 0, 2)]
        twin = MLP(4, [5], 3)
        self.fishers, self.rows = [], []
        for task, end in zip(self.tasks, self.ends, strict=True):
            put(twin, end)
            rows = fisher_truth.fisher_of_rows(twin, task.x_train)
            self.rows.append(rows)
            self.fishers.append({name: each.mean(dim=0) for name, each in rows.items()})

    def all_earlier(self, k: int) -> Callable[[Weights], Any]:
        """What holds task ``k``, counted from 0, in EWC: a term for each earlier task."""
        return lambda weights: (
            self.strength * sum(ewc(weights, self.ends[j], self.fishers[j]) for j in range(k))
        )

    def merged(self, k: int) -> Callable[[Weights], Any]:
        """What holds it in online EWC: one Fisher and the latest anchor."""
        fisher = self.fishers[0]
        for new in self.fishers[1:k]:
            fisher = {name: self.decay * fisher[name] + f for name, f in new.items()}
        return lambda weights: self.strength * ewc(weights, self.ends[k - 1], fisher)

    def learnt(self, student: Student, function: str, *more: float) -> EwcTraining:
        """Has the student's function train on all tasks; ``more`` are its last arguments."""
        self.call = lambda tasks: getattr(student, function)(
            self.model, tasks, self.recorder.train_on, *more
        )
        tasks = list(self.tasks)
        self.call(tasks)
        self.drew = student.seen(self.model).drew
        self.expect_tasks_untouched(function, tasks)
        return self

    def _drawn(self) -> bool:
        """Whether the penalties come out differently when all is done once more."""
        before = self.recorder.evidence()
        put(self.model.train(), self.start)
        self.recorder = Recorder(self.model, scripted(self.ends), self.probes)
        self.call(list(self.tasks))
        return not alike(before, self.recorder.evidence())

    def expect_held(self, function: str, k: int, wanted: Callable[[Weights], Any]) -> None:
        """As ``expect_penalty``; of a wrong value it is said, where it shows, why it is wrong."""
        try:
            self.expect_penalty(function, k, wanted)
        except AssertionError as error:
            if not any(words in str(error) for words in expect.DIFFERENCES):
                raise
            what = f"While task {k + 1} of {len(self.tasks)} is learnt, the penalty"
            if self.drew and any(self._drawn() for _ in range(3)):
                raise AssertionError(DRAWN.format(what)) from None
            why = self._rows_of_the_first() if k == 1 else ""
            if why:
                raise AssertionError(f"{what} is wrong: its Fisher {why}.") from None
            raise

    def expect_none_at_all(self, function: str) -> None:
        """With a strength of 0 every penalty is none, or zero."""
        probes = [probe for lesson in self.lessons(function) for probe in lesson.penalty or ()]
        assert all(probe.value == 0 for probe in probes), (
            "The strength was 0 here, so no penalty should count, but one that is not zero was "
            "added."
        )

    def _rows_of_the_first(self) -> str:
        """Which rows the first task's Fisher is of, seen from the pull in the second lesson."""
        pull = (self.recorder.lessons[1].penalty or [])[0].gradient
        apart = {n: self.strength * (w - self.ends[0][n]) for n, w in self.probes[0].items()}
        names = list(apart)
        got = torch.cat([pull[n].double().flatten() for n in names])
        pulls = [(self.rows[0][n] * apart[n]).flatten(1) for n in names]
        return which_rows(got, torch.cat(pulls, dim=1))


class TestTrainWithEwc:
    exercise = "train_with_ewc"

    def taught(
        self,
        student: Student,
        rng: Rng,
        sizes: list[int],
        dropout: float = 0.0,
        strength: float | None = None,
    ) -> EwcTraining:
        training = EwcTraining(rng, sizes, dropout)
        training.strength = training.strength if strength is None else strength
        return training.learnt(student, "train_with_ewc", training.strength)

    @pytest.mark.points(1)
    def test_each_task_is_learnt_once_from_its_own_rows(self, student: Student, rng: Rng) -> None:
        for sizes in ([7, 307, 9], [6]):
            self.taught(student, rng, sizes).expect_rows("train_with_ewc")

    @pytest.mark.points(2)
    def test_the_second_task_is_held_by_the_fisher_of_the_first(
        self, student: Student, rng: Rng
    ) -> None:
        training = self.taught(student, rng, [307, 9])
        training.expect_held("train_with_ewc", 1, training.all_earlier(1))

    @pytest.mark.points(2)
    def test_later_tasks_are_held_by_all_earlier_ones(self, student: Student, rng: Rng) -> None:
        training = self.taught(student, rng, [6, 4, 7, 5])
        for k in (2, 3):
            training.expect_held("train_with_ewc", k, training.all_earlier(k))

    @pytest.mark.points(1)
    def test_the_first_task_has_no_penalty(self, student: Student, rng: Rng) -> None:
        training = self.taught(student, rng, [5, 8])
        training.expect_no_penalty("train_with_ewc")
        training.expect_held("train_with_ewc", 1, training.all_earlier(1))
        self.taught(student, rng, [5, 8], strength=0.0).expect_none_at_all("train_with_ewc")

    @pytest.mark.points(1)
    def test_the_fisher_is_taken_in_evaluation_mode(self, student: Student, rng: Rng) -> None:
        training = self.taught(student, rng, [8, 5, 6], dropout=0.5)
        for k in (1, 2):
            training.expect_held("train_with_ewc", k, training.all_earlier(k))

    @pytest.mark.accuracy
    @pytest.mark.confirms
    @pytest.mark.points(1)
    def test_all_tasks_are_known_in_the_end(
        self, student: Student, rng: Rng, dataset: Dataset
    ) -> None:
        enough, got = judge(student.train_with_ewc, self.exercise, dataset, rng)
        assert enough, (
            f"After real training on permuted digits the mean accuracy is {got}, less "
            "than elastic weight consolidation reaches there."
        )


class TestTrainWithOnlineEwc:
    exercise = "train_with_online_ewc"

    def taught(
        self,
        student: Student,
        rng: Rng,
        sizes: list[int],
        dropout: float = 0.0,
        decay: float | None = None,
    ) -> EwcTraining:
        training = EwcTraining(rng, sizes, dropout)
        training.decay = training.decay if decay is None else decay
        more = (training.strength, training.decay)
        return training.learnt(student, "train_with_online_ewc", *more)

    @pytest.mark.points(0.5)
    def test_each_task_is_learnt_once_from_its_own_rows(self, student: Student, rng: Rng) -> None:
        for sizes in ([7, 307, 9], [6]):
            self.taught(student, rng, sizes).expect_rows("train_with_online_ewc")

    @pytest.mark.points(1)
    def test_the_second_task_is_held_by_the_fisher_of_the_first(
        self, student: Student, rng: Rng
    ) -> None:
        training = self.taught(student, rng, [307, 9])
        training.expect_no_penalty("train_with_online_ewc")
        training.expect_held("train_with_online_ewc", 1, training.merged(1))

    @pytest.mark.points(1.5)
    def test_later_tasks_are_held_by_one_fisher_that_fades(
        self, student: Student, rng: Rng
    ) -> None:
        for decay in (None, 0.0):
            training = self.taught(student, rng, [6, 4, 7, 5], decay=decay)
            for k in (2, 3):
                training.expect_held("train_with_online_ewc", k, training.merged(k))

    @pytest.mark.points(0.5)
    def test_the_fisher_is_taken_in_evaluation_mode(self, student: Student, rng: Rng) -> None:
        training = self.taught(student, rng, [8, 5, 6], dropout=0.5)
        for k in (1, 2):
            training.expect_held("train_with_online_ewc", k, training.merged(k))

    @pytest.mark.accuracy
    @pytest.mark.confirms
    @pytest.mark.points(0.5)
    def test_all_tasks_are_known_in_the_end(
        self, student: Student, rng: Rng, dataset: Dataset
    ) -> None:
        enough, got = judge(student.train_with_online_ewc, self.exercise, dataset, rng)
        assert enough, (
            f"After real training on permuted digits the mean accuracy is {got}, less "
            "than online elastic weight consolidation reaches there."
        )
