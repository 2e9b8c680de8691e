"""Many small networks of one shape, trained all at once, each on rows of its own."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import Adam

from course.models import MLP

BATCH = 32
LR = 1e-3


class Population:
    """k networks d-h-C with ReLU: a product of all of them is one batched product.

    ``weights``: (k, d, h), (k, 1, h), (k, h, C) and (k, 1, C), transposed to those of an MLP.
    """

    def __init__(self, weights: Sequence[Tensor]) -> None:
        self.weights = [weight.detach().clone().requires_grad_() for weight in weights]

    @classmethod
    def of(cls, models: Sequence[nn.Module]) -> Population:
        """The population that starts where these models are; they stay as they are."""
        parameters = zip(*(model.parameters() for model in models), strict=True)
        return cls([torch.stack([p.detach().t().reshape(-1, len(p)) for p in same])
                    for same in parameters])  # fmt: skip

    def __len__(self) -> int:
        return len(self.weights[0])

    def model(self, number: int) -> MLP:
        """One of the networks, on its own."""
        w1, _, w2, _ = self.weights
        model = MLP(w1.shape[1], (w1.shape[2],), w2.shape[2])
        with torch.no_grad():
            for parameter, weight in zip(model.parameters(), self.weights, strict=True):
                parameter.copy_(weight[number].t().reshape(parameter.shape))
        return model

    def __call__(self, x: Tensor) -> Tensor:
        """Rows (k, n, d), each network's own, give logits (k, n, C)."""
        w1, b1, w2, b2 = self.weights
        return torch.baddbmm(b2, torch.baddbmm(b1, x, w1).relu(), w2)

    def train(self, x: Tensor, y: Tensor, epochs: int, generator: torch.Generator) -> None:
        """Adam on the mean cross-entropy of batches of x (k, m, d), y (k, m), shuffled anew."""
        k, m, d = x.shape
        first = m * torch.arange(k)[:, None]  # where each network's rows begin
        x, y = x.flatten(0, 1), y.flatten()
        optimizer = Adam(self.weights, lr=LR, fused=True)
        for _ in range(epochs):
            order = torch.rand(k, m, generator=generator).argsort(dim=1)
            for batch in (first + order).split(BATCH, dim=1):
                rows = batch.flatten()
                logits = self(x.index_select(0, rows).view(k, -1, d)).flatten(0, 1)
                # Times k: a sum over networks of means over rows, so each follows its own loss.
                loss = k * cross_entropy(logits, y.index_select(0, rows))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()

    def accuracy(self, x: Tensor, y: Tensor) -> Tensor:
        """The fraction of rows x (n, d) with labels y (n,) that each network has right, (k,)."""
        with torch.no_grad():
            logits = self(x.expand(len(self), *x.shape))
        return (logits.argmax(dim=2) == y).double().mean(dim=1)
