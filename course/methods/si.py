"""Synaptic intelligence: importance from the path that training took."""

from __future__ import annotations

from torch import Tensor

from course.methods.quadratic import Named, Quadratic, parameters


class SI(Quadratic):
    """Importance of a parameter: how much of the loss it took off, per squared way it went.

    Along a task the path integral w = - sum over steps of g * (theta after - theta before), with g
    the gradient of the task's own loss, without the penalty. After the task the importance grows by
    w / (Delta^2 + damping), Delta being the whole way of the task, and the anchor becomes the
    parameters (Zenke et al. 2017, eq. 3 to 5). Their penalty has no half: strength 2 c here is c
    there. Raises ``ValueError`` for a damping that is not positive.
    """

    def __init__(self, strength: float, damping: float = 0.1) -> None:
        super().__init__(strength)
        if not damping > 0:
            raise ValueError(f"expected a positive damping, got {damping}")
        self.damping = damping

    def begin(self, task: int) -> None:
        super().begin(task)
        self._first = parameters(self.view)
        self._before = parameters(self.view)
        self.path: Named = {name: p.new_zeros(p.shape) for name, p in self._first.items()}

    def on_step(self, step: int) -> None:
        for name, p in self.view.named_parameters():
            before = self._before[name]
            gradient = p.grad
            assert gradient is not None  # a step was made with it
            if name in self.importance:
                pull = (before - self.anchor[name]).mul_(self.importance[name])
                gradient = gradient.sub(pull, alpha=self.strength)
            after = p.detach()
            self.path[name].addcmul_(gradient, before - after)
            before.copy_(after)

    def end(self, x: Tensor, y: Tensor) -> None:
        grown = {
            name: self.path[name] / ((p.detach() - self._first[name]).square() + self.damping)
            for name, p in self.view.named_parameters()
        }
        self.accumulate(grown)
