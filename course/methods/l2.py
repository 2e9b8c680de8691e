"""L2: every parameter is held where the last task left it."""

from __future__ import annotations

import torch
from torch import Tensor

from course.methods.quadratic import Quadratic


class L2(Quadratic):
    """Importance one for every parameter trained so far; the anchor moves along with the tasks.

    The penalty is strength / 2 * sum of (theta - theta after the task before)^2 (the baseline of
    Kirkpatrick et al. 2017, figure 2A).
    """

    def end(self, x: Tensor, y: Tensor) -> None:
        for name, p in self.view.named_parameters():
            self.importance[name] = torch.ones_like(p).detach()
            self.anchor[name] = p.detach().clone()
