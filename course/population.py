"""Many networks of one shape as one: a sweep over seeds and strengths trains in one loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from course.models import MLP

__all__ = ["Population", "members_of", "stacked"]


class Population(nn.Module):
    """K networks whose parameters are stacked, so that one batched product does all of them.

    It begins where ``models`` are; they stay as they are, and one may be given several times. Rows
    (n, d), the same for every member, or (K, n, d), each member's own, give logits (K, n, C). The
    parameters have the names that they have in one network, and its shapes with K in front:
    ``{name: p.detach().clone() for name, p in population.named_parameters()}`` is the anchor of
    every member. ``course.training`` trains and measures a population as it does one network.

    Raises ``ValueError`` without a model, and for models that are not ``MLP``s of one shape, dtype
    and device with one head and without Dropout, whose draws no two ways of training share.
    """

    def __init__(self, models: Sequence[MLP]) -> None:
        super().__init__()
        _check(models)
        # In a tuple, so that its parameters do not count as the population's.
        self._plan = (_unfilled(models[0]),)
        layers = zip(*(model.hidden for model in models), strict=True)
        self.hidden = nn.Sequential(*(_together(same) for same in layers))
        self.heads = nn.ModuleList([_together([model.heads[0] for model in models])])
        self.train(models[0].training)

    def __len__(self) -> int:
        """The number of members, K."""
        return len(next(self.parameters()))

    def __iter__(self) -> Iterator[MLP]:
        """Every member, as ``member`` gives it."""
        return (self.member(number) for number in range(len(self)))

    def features(self, x: Tensor) -> Tensor:
        """The last hidden layer, (K, n, its size)."""
        if not len(self.hidden):  # no layer that would say so
            return x.expand(len(self), *x.shape[-2:])
        out: Tensor = self.hidden(x)
        return out

    def forward(self, x: Tensor) -> Tensor:
        """Logits (K, n, C)."""
        out: Tensor = self.heads[0](self.features(x))
        return out

    def member(self, number: int) -> MLP:
        """A copy of one member as a network of its own; raises ``IndexError`` for no member."""
        model = _unfilled(self._plan[0])
        weights = {name: p.detach()[number].clone() for name, p in self.named_parameters()}
        model.load_state_dict(weights, assign=True)
        return model.train(self.training)

    def each(self, function: Callable[..., Tensor], *arguments: Any) -> Tensor:
        """``function(member, *arguments)`` of every member at once, (K, ...).

        For what is written for one network, such as a penalty on its ``named_parameters()``. The
        arguments are tensors, or dicts and lists of them, with K in front: each member gets its
        own part. Gradients flow back into the population.
        """
        call = _Call(self._plan[0], function)
        parameters = {f"model.{name}": p for name, p in self.named_parameters()}
        out: Tensor = vmap(lambda weights, own: functional_call(call, weights, own))(
            parameters, arguments
        )
        return out


def stacked(each: Iterable[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """What members have by name, such as their Fishers, as a population has it: (K, ...).

    Raises ``ValueError`` for none, and for names that differ.
    """
    every = list(each)
    if not every or any(one.keys() != every[0].keys() for one in every):
        raise ValueError(f"expected the same names of each member, got {[*map(list, every)]}")
    return {name: torch.stack([one[name] for one in every]) for name in every[0]}


def members_of(model: nn.Module) -> tuple[int, ...]:
    """The shape of what there is one of for each network: (), or of a population (K,)."""
    return (len(model),) if isinstance(model, Population) else ()


class _Linears(nn.Module):
    """The same linear layer of every member: weight (K, out, in) and bias (K, out)."""

    def __init__(self, layers: Sequence[nn.Linear]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.stack([layer.weight.detach() for layer in layers]))
        self.bias = nn.Parameter(torch.stack([layer.bias.detach() for layer in layers]))

    def forward(self, x: Tensor) -> Tensor:
        """Rows (n, in) or (K, n, in) to (K, n, out)."""
        x = x.expand(len(self.weight), *x.shape[-2:])
        # With the rows on the left the weights would be read across: twice the time on a CPU.
        return torch.baddbmm(self.bias[:, :, None], self.weight, x.mT).mT


class _Call(nn.Module):
    """A function of a model as a module, so that the model's parameters can be put in its place."""

    def __init__(self, model: nn.Module, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.model = model
        self.function = function

    def forward(self, *arguments: Any) -> Tensor:
        return self.function(self.model, *arguments)


def _together(layers: Sequence[nn.Module]) -> nn.Module:
    linear = [layer for layer in layers if isinstance(layer, nn.Linear)]
    return _Linears(linear) if linear else nn.ReLU()


def _unfilled(model: MLP) -> MLP:
    """A network of the same shape that takes no memory, and no number from global randomness."""
    with torch.device("meta"):
        return MLP(**model.config)


def _check(models: Sequence[MLP]) -> None:
    if not models or not all(isinstance(model, MLP) for model in models):
        raise ValueError(f"expected at least one MLP, got {[type(m).__name__ for m in models]}")
    first = models[0].config
    others = [model.config for model in models if model.config != first]
    if others:
        raise ValueError(f"expected models of one shape, got {first} and {others[0]}")
    if first["dropout"] or first["num_heads"] > 1:
        raise ValueError(f"expected one head and no Dropout, got {first}")
    places = {(p.device, p.dtype) for model in models for p in model.parameters()}
    if len(places) > 1:
        raise ValueError(f"expected one device and dtype, got {sorted(map(str, places))}")
