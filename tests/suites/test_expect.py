"""What the suites accept, and what they say of the rest."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from autograder.suites import expect


@pytest.mark.parametrize(
    "value", [2.5, np.float64(2.5), np.float32(2.5), np.array(2.5), torch.tensor(2.5)]
)
def test_a_number_may_come_in_several_types(value: Any) -> None:
    assert expect.number(value, "It") == 2.5


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (None, "return"),
        (True, "bool"),
        ("2.5", "str"),
        ([2.5], "list"),
        (torch.tensor([2.5]), "shape"),
        (torch.tensor(2.5, requires_grad=True), "live"),
        (math.nan, "finite"),
        (math.inf, "finite"),
        (object(), "object"),
    ],
)
def test_what_is_no_number_is_named(value: Any, word: str) -> None:
    with pytest.raises(AssertionError, match=word):
        expect.number(value, "It")


@pytest.mark.parametrize(
    "values", [[1.0, 2], (1.0, 2.0), np.array([1.0, 2.0]), torch.tensor([1, 2])]
)
def test_numbers_may_come_in_several_sequences(values: Any) -> None:
    assert expect.numbers(values, "They", 2) == [1.0, 2.0]


@pytest.mark.parametrize("values", [1.0, None, "12", [1.0], [1.0, None], torch.ones(2, 1), {1: 2}])
def test_what_are_no_numbers_is_refused(values: Any) -> None:
    with pytest.raises(AssertionError, match=r"hey"):
        expect.numbers(values, "They", 2)


def test_a_tensor_has_shape_and_dtype() -> None:
    like = torch.zeros(2, 3)
    expect.tensor(torch.ones(2, 3), "It", like)
    expect.tensor(torch.ones(2, 3, dtype=torch.int64), "It", like, any_dtype=True)
    for wrong in (torch.ones(3, 2), torch.ones(2, 3).double(), np.ones((2, 3)), None):
        with pytest.raises(AssertionError, match="It should"):
            expect.tensor(wrong, "It", like)


@pytest.mark.parametrize(
    ("got", "want", "words"),
    [
        (50.0, 0.5, "100 times the right one"),
        (0.125, 0.5, "0.25 times the right one"),
        (-0.5, 0.5, "right size but the wrong sign"),
        (-0.3, 0.5, "wrong sign"),
        (0.7, 0.5, "too large"),
        (0.3, 0.5, "too small"),
        (0.3, 0.0, "too large"),
        (torch.tensor([2.0, 4.0]), torch.tensor([1.0, 2.0]), "is 2 times the right one"),
        (torch.tensor([1.0, 4.0]), torch.tensor([1.0, 2.0]), "in 1 of 2 entries"),
        (torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[1.0, 3.0], [2.0, 4.0]]), "order"),
        (torch.tensor([math.nan, 2.0]), torch.tensor([1.0, 2.0]), "not finite"),
    ],
)
def test_a_difference_is_described(got: Any, want: Any, words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        expect.close(got, want, "It")
    expect.close(want, want, "It")


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_rounding_is_allowed_and_no_more(scale: float) -> None:
    want = scale * torch.linspace(0.5, 1.5, 7, dtype=torch.float64)
    expect.close(want.float(), want, "It")
    with pytest.raises(AssertionError):
        expect.close(want * 1.001, want, "It")


def test_changes_of_the_callers_tensors_are_seen() -> None:
    x = torch.ones(3)
    before = expect.Untouched(x=x)
    before.check("f")
    x[1] = 2
    with pytest.raises(AssertionError, match="`f` changed `x`"):
        before.check("f")


def test_every_part_of_a_model_must_keep_its_mode() -> None:
    model = nn.Sequential(nn.Linear(1, 1), nn.Dropout())
    expect.mode(model, True, "f")
    model[1].eval()
    with pytest.raises(AssertionError, match="training mode"):
        expect.mode(model, True, "f")
