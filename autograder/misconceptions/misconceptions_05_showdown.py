"""Wrong answers for `Learner`. The right one, replay, with one part exchanged.

What goes wrong with a learner is read off how it fares (``suites/symptoms.py``): its values are
its own, so there is nothing that they could be compared with.
"""

from __future__ import annotations

import torch
from torch import Generator, Tensor
from torch.nn.functional import cross_entropy, dropout

from autograder.misconceptions.entry import Entries
from course.data import Task
from course.models import MLP

ENTRIES = Entries()
EXERCISE = "Learner"
EPOCHS, BATCH = 8, 32


class Replay:
    """The right answer, in few epochs; its methods are what the entries exchange."""

    def __init__(
        self, input_size: int, num_outputs: int, num_tasks: int, memory_bytes: int, seed: int
    ) -> None:
        self.generator = Generator().manual_seed(seed)
        self.num_outputs = num_outputs
        outputs = num_outputs * num_tasks
        self.model = MLP(input_size, (128,), outputs, generator=self.generator)
        self.capacity = memory_bytes // (4 * input_size + 8)
        self.x = torch.zeros(0, input_size)
        self.y = torch.zeros(0, dtype=torch.int64)
        self.learnt = 0

    def learn(self, task: Task, scenario: str) -> None:
        first = self.learnt * self.num_outputs if scenario == "task" else 0
        x, y = task.x_train, self.targets(task, scenario) + first
        self.fit(x, y)
        self.keep(x, y)
        self.learnt += 1

    def targets(self, task: Task, scenario: str) -> Tensor:
        return task.y_train

    def fit(self, x: Tensor, y: Tensor) -> None:
        """Trains on the task's rows, and on as many exemplars for each task that came before."""
        copies = max(1, self.learnt * len(x) // len(self.x)) if len(self.x) else 0
        x, y = torch.cat([x, *[self.x] * copies]), torch.cat([y, *[self.y] * copies])
        optimizer = torch.optim.Adam(self.model.parameters(), lr=2e-3, fused=True)
        for _ in range(EPOCHS):
            for rows in torch.randperm(len(x), generator=self.generator).split(BATCH):
                optimizer.zero_grad()
                cross_entropy(self.model(x[rows]), y[rows]).backward()
                optimizer.step()

    def keep(self, x: Tensor, y: Tensor) -> None:
        """Each task keeps an equal share of the room."""
        share = self.capacity // (self.learnt + 1)
        new = torch.randperm(len(x), generator=self.generator)[:share]
        old = torch.randperm(len(self.x), generator=self.generator)[: self.learnt * share]
        self.x, self.y = torch.cat([self.x[old], x[new]]), torch.cat([self.y[old], y[new]])

    def predict(self, x: Tensor, task_id: int | None = None) -> Tensor:
        first = 0 if task_id is None else task_id * self.num_outputs
        with torch.no_grad():
            return self.logits(x)[:, first : first + self.num_outputs].argmax(dim=1)

    def logits(self, x: Tensor) -> Tensor:
        logits: Tensor = self.model(x)
        return logits

    def state(self) -> dict[str, Tensor]:
        weights = self.model.state_dict()
        return {**weights, "x": self.x, "y": self.y, "learnt": torch.tensor(self.learnt)}

    def restore(self, state: dict[str, Tensor]) -> None:
        state = dict(state)
        self.x, self.y = state.pop("x"), state.pop("y")
        self.learnt = int(state.pop("learnt"))
        self.model.load_state_dict(state)


@ENTRIES.add(
    "nothing-kept",
    EXERCISE,
    "The last task is known and the earlier ones are lost: nothing but the network came through."
    " Keep something of each task, examples for instance, put it into what `state()` returns, and"
    " use it in every later `learn`.",
)
class KeepsNothing(Replay):
    def keep(self, x: Tensor, y: Tensor) -> None:
        pass


@ENTRIES.also("nothing-kept")
class KeepsItOutsideOfTheState(Replay):
    """Exemplars that are an attribute, and gone with the learner."""

    def state(self) -> dict[str, Tensor]:
        return {**self.model.state_dict(), "learnt": torch.tensor(self.learnt)}

    def restore(self, state: dict[str, Tensor]) -> None:
        state = dict(state)
        self.learnt = int(state.pop("learnt"))
        self.model.load_state_dict(state)


@ENTRIES.add(
    "state-incomplete",
    EXERCISE,
    "A learner that was restored from the state does not say what the one before it said."
    " Something that `predict` needs is not in the state, or `restore` does not put it back.",
)
class ForgetsItsWeights(Replay):
    def state(self) -> dict[str, Tensor]:
        return {"x": self.x, "y": self.y, "learnt": torch.tensor(self.learnt)}

    def restore(self, state: dict[str, Tensor]) -> None:
        self.x, self.y, self.learnt = state["x"], state["y"], int(state["learnt"])


@ENTRIES.also("state-incomplete")
class RestoresHalf(Replay):
    """A last layer that ``restore`` leaves as it was drawn."""

    def restore(self, state: dict[str, Tensor]) -> None:
        weights = self.model.state_dict().items()
        kept = {name: p.clone() for name, p in weights if name.startswith("heads")}
        super().restore(state)
        self.model.load_state_dict(kept, strict=False)


@ENTRIES.add(
    "over-budget",
    EXERCISE,
    "The state is larger than it may be. Count in bytes: a float32 takes 4, an int64 takes 8, and"
    " `memory_bytes` is for the rows of all tasks together. Keep fewer rows, or smaller ones.",
)
class KeepsEverything(Replay):
    def keep(self, x: Tensor, y: Tensor) -> None:
        self.x, self.y = torch.cat([self.x, x.double()]).float(), torch.cat([self.y, y])


@ENTRIES.also("over-budget")
class CountsNumbers(Replay):
    """A budget of numbers instead of bytes."""

    def __init__(
        self, input_size: int, num_outputs: int, num_tasks: int, memory_bytes: int, seed: int
    ) -> None:
        super().__init__(input_size, num_outputs, num_tasks, memory_bytes, seed)
        self.capacity = memory_bytes // (input_size + 1)


@ENTRIES.add(
    "only-the-task-before",
    EXERCISE,
    "The last two tasks are known, the first ones are lost: what is kept is of the latest task"
    " only. Make room for a new task by keeping fewer rows of each earlier one, not none.",
)
class KeepsTheLatest(Replay):
    def keep(self, x: Tensor, y: Tensor) -> None:
        rows = torch.randperm(len(x), generator=self.generator)[: self.capacity]
        self.x, self.y = x[rows], y[rows]


@ENTRIES.add(
    "task-not-used",
    EXERCISE,
    "In the task scenario `predict` gives the same labels whichever `task_id` it is told."
    " The labels 0 and 1 mean something else in each task: use outputs of its own for each.",
)
class OneHead(Replay):
    def learn(self, task: Task, scenario: str) -> None:
        super().learn(task, "domain")

    def predict(self, x: Tensor, task_id: int | None = None) -> Tensor:
        return super().predict(x)


@ENTRIES.add(
    "labels-within-the-task",
    EXERCISE,
    "In the class scenario only the labels 0 and 1 were predicted. There `y_train` holds the"
    " labels of all tasks, and `predict` should choose among all of them.",
)
class WithinTheTask(Replay):
    def targets(self, task: Task, scenario: str) -> Tensor:
        places = torch.tensor(task.classes)
        return (
            (task.y_train[:, None] == places).int().argmax(dim=1) % 2
            if (scenario == "class")
            else task.y_train
        )


@ENTRIES.add(
    "predicts-at-random",
    EXERCISE,
    "Asked twice about the same rows, `predict` gave different labels. Is dropout still on? Put"
    " the network into evaluation mode before it predicts.",
)
class PredictsWithDropout(Replay):
    def logits(self, x: Tensor) -> Tensor:
        return super().logits(dropout(x, 0.5))


@ENTRIES.add(
    "too-rigid",
    EXERCISE,
    "The first tasks are kept and the last ones hardly learnt: what protects the old leaves no"
    " room for the new. Lower the strength of the protection, or the share of old rows.",
)
class LearnsOnlyTheFirst(Replay):
    def fit(self, x: Tensor, y: Tensor) -> None:
        if not self.learnt:
            super().fit(x, y)
