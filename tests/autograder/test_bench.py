"""What is timed against each other computes the same."""

import io

import pytest
import torch
from rich.console import Console

from autograder import bench, bench_fisher
from course.device import generator
from course.fisher import fisher_diagonal
from course.models import MLP


@pytest.fixture(autouse=True)
def threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("way", [bench_fisher.one_by_one, bench_fisher.by_vmap])
def test_all_ways_to_the_fisher_agree(way):
    model = MLP(12, (7,), 3, generator=generator(0)).double()
    x = torch.rand(9, 12, generator=generator(1), dtype=torch.float64)
    expected = fisher_diagonal(model, x)
    got = way(model, x)
    assert list(got) == list(expected)
    for name, values in expected.items():
        torch.testing.assert_close(got[name], values)


@pytest.mark.parametrize("dataset", bench_fisher.INPUTS)
def test_the_closed_form_is_at_least_twenty_times_as_fast(dataset):
    """300 times as fast on an idle machine: a busy one may spoil much of that."""
    loop, _, closed = bench_fisher.exact_fisher(dataset, rounds=1)
    assert loop.median > 20 * closed.median > 0
    out = io.StringIO()
    bench_fisher.show_fisher(dataset, [loop, closed], Console(file=out, width=100))
    assert f"{bench_fisher.INPUTS[dataset]}-128-5" in out.getvalue()
    assert f"{loop.median / closed.median:.1f}" in out.getvalue()


def test_the_training_loop_is_timed_in_turns():
    timings = bench.training_loop("digits", rounds=2)
    assert [len(timing.rounds) for timing in timings] == [2, 2, 2]
    assert all(timing.median > 0 for timing in timings)
