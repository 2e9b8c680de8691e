"""The device is chosen once; randomness is a generator that is passed on."""

import random

import numpy as np
import pytest
import torch

from course.device import choose_device, generator, seed_everything


@pytest.fixture
def machine(monkeypatch):
    """A machine with as many CUDA devices as said, and with MPS or without."""

    def pretend(cuda: int, mps: bool) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    return pretend


@pytest.mark.parametrize(
    ("cuda", "mps", "best"),
    [(2, True, "cuda"), (1, False, "cuda"), (0, True, "mps"), (0, False, "cpu")],
)
def test_the_best_device_there_is(machine, cuda, mps, best):
    machine(cuda, mps)
    assert choose_device() == torch.device(best)


@pytest.mark.parametrize("name", ["cpu", "cpu:0", "cuda", "cuda:1"])
def test_a_named_device(machine, name):
    machine(2, False)
    assert choose_device(name) == torch.device(name)


@pytest.mark.parametrize("name", ["mps", "cuda:2", "cuda:x", "cuda:-1", "tpu", "", "CPU"])
def test_a_device_that_is_not_there(machine, name):
    machine(2, False)
    with pytest.raises(ValueError, match=f"no device '{name}'.*expected one of cuda, cpu"):
        choose_device(name)


def test_generators_are_on_the_cpu_and_repeat():
    first, again, other = (torch.rand(5, generator=generator(seed)) for seed in (3, 3, 4))
    assert generator(3).device.type == "cpu"
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_generator_leaves_global_state_alone():
    before = torch.get_rng_state()
    torch.rand(3, generator=generator(0))
    assert torch.equal(torch.get_rng_state(), before)


def draw() -> list[float]:
    return [random.random(), float(np.random.rand()), float(torch.rand(()))]  # noqa: NPY002


def test_seed_everything_seeds_everything():
    mine = torch.rand(3, generator=seed_everything(5))
    first = draw()
    seed_everything(6)
    other = draw()
    assert torch.equal(mine, torch.rand(3, generator=seed_everything(5)))
    assert draw() == first
    assert all(a != b for a, b in zip(first, other, strict=True))
