"""Elastic weight consolidation, with a penalty for each task and with one for all of them."""

from __future__ import annotations

from torch import Tensor

from course.fisher import fisher_diagonal
from course.methods.quadratic import Quadratic, parameters


class EWC(Quadratic):
    """A penalty strength / 2 * sum of F_k (theta - theta_k)^2 for each earlier task k.

    F_k is the exact Fisher diagonal, the mean over the task's training rows; theta_k are the
    parameters after the task (Kirkpatrick et al. 2017, eq. 3). The sum over tasks is kept as one
    quadratic, which it is but for a constant: importance sum of F_k, anchor the mean of the theta_k
    weighted by F_k. So two networks are kept, however many tasks there were.
    """

    def end(self, x: Tensor, y: Tensor) -> None:
        now = parameters(self.view)
        for name, fisher in fisher_diagonal(self.view, x).items():
            if name not in self.importance:
                self.importance[name], self.anchor[name] = fisher, now[name]
                continue
            total = self.importance[name] + fisher
            share = (fisher / total).nan_to_num(nan=1.0)  # where nothing ever mattered
            self.importance[name] = total
            self.anchor[name] = self.anchor[name].lerp(now[name], share)


class OnlineEWC(Quadratic):
    """One Fisher, decay * old + the task's exact one, and one anchor, the latest parameters.

    (Schwarz et al. 2018, eq. 9 and below, where the decay is gamma.) Raises ``ValueError`` for a
    decay outside [0, 1].
    """

    def __init__(self, strength: float, decay: float = 1.0) -> None:
        super().__init__(strength)
        if not 0.0 <= decay <= 1.0:
            raise ValueError(f"expected a decay in [0, 1], got {decay}")
        self.decay = decay

    def end(self, x: Tensor, y: Tensor) -> None:
        self.accumulate(fisher_diagonal(self.view, x), self.decay)
