"""Figures: what is drawn is what was given, and it can be read without colours."""

from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pytest
import torch

mpl.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.colors import to_hex
from matplotlib.container import BarContainer
from matplotlib.text import Text

from course import plots

R = torch.tensor([[0.991, 0.5, 0.4], [0.7, 0.98, 0.45], [0.613, 0.75, 1.0]])
NAMES = ["0/1", "2/3", "4/5"]


@pytest.fixture(autouse=True)
def figures(monkeypatch):
    """No figure is shown, and all that are left open can be drawn without a warning."""

    def refuse(*_, **__):
        pytest.fail("called plt.show()")

    monkeypatch.setattr(plt, "show", refuse)
    settings = dict(mpl.rcParams)
    yield
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()
    plt.close("all")
    assert dict(mpl.rcParams) == settings


def texts(ax) -> list[str]:
    return [text.get_text() for text in ax.texts]


def labels(axis) -> list[str]:
    return [text.get_text() for text in axis.get_ticklabels()]


MAKERS = {
    "heat_map": lambda **kw: plots.heat_map(R, **kw),
    "accuracy_over_tasks": lambda **kw: plots.accuracy_over_tasks(R, **kw),
    "curves": lambda **kw: plots.curves({"a": ([1, 2], [0.1, 0.9])}, **kw),
    "bars": lambda **kw: plots.bars({"a": [0.1, 0.9]}, **kw),
    "images": lambda **kw: plots.images(torch.rand(3, 6), (2, 3), **kw),
}


@pytest.mark.parametrize("maker", MAKERS)
def test_draws_on_given_axes_or_new_ones(maker):
    ax = plt.subplots()[1]
    assert MAKERS[maker](ax=ax, title="given") is ax
    assert ax.get_title() == "given"
    new = MAKERS[maker]()
    assert new is not ax
    assert new.get_title() == ""


def test_all_are_tried():
    assert set(MAKERS) == set(plots.__all__)


def test_heat_map_writes_every_number_where_it_belongs():
    ax = plots.heat_map(R, names=NAMES)
    written = {text.get_position(): text.get_text() for text in ax.texts}
    assert len(written) == 9
    assert (written[0, 2], written[2, 0], written[2, 2]) == ("61.3", "40.0", "100.0")
    assert labels(ax.xaxis) == labels(ax.yaxis) == NAMES
    assert np.array_equal(ax.images[0].get_array(), R.numpy())
    assert ax.images[0].get_clim() == (0.0, 1.0)


def test_heat_map_numbers_stand_out_from_their_cells():
    matrix = np.linspace(0.0, 1.0, 121).reshape(11, 11)
    ax = plots.heat_map(matrix)
    shades = ax.images[0].cmap(matrix)[..., :3]
    linear = np.where(shades <= 0.04045, shades / 12.92, ((shades + 0.055) / 1.055) ** 2.4)
    light = linear @ [0.2126, 0.7152, 0.0722]
    for text in ax.texts:
        j, i = text.get_position()
        ink = 0.0 if text.get_color() == "black" else 1.0
        low, high = sorted((light[i, j], ink))
        assert (high + 0.05) / (low + 0.05) > 4.0, "contrast as WCAG 2 defines it"


def test_accuracy_over_tasks_starts_each_line_where_its_task_is_learnt():
    ax = plots.accuracy_over_tasks(R, names=NAMES)
    drawn = [(line.get_xdata().tolist(), line.get_ydata().tolist()) for line in ax.lines]
    expected = [([0, 1, 2], R[:, 0]), ([1, 2], R[1:, 1]), ([2], R[2:, 2])]
    for (x, y), (steps, values) in zip(drawn, expected, strict=True):
        assert x == steps
        assert y == pytest.approx(values.tolist())
    assert sorted(texts(ax)) == NAMES


def test_methods_are_compared_by_their_mean_over_the_tasks_so_far():
    ax = plots.accuracy_over_tasks({"nothing": R, "joint": np.ones((3, 3))})
    nothing, joint = (line.get_ydata().tolist() for line in ax.lines)
    expected = [0.991, (0.7 + 0.98) / 2, (0.613 + 0.75 + 1.0) / 3]
    assert nothing == pytest.approx(expected)
    assert joint == [1.0] * 3
    assert sorted(texts(ax)) == ["joint", "nothing"]
    assert labels(ax.xaxis) == ["task 1", "task 2", "task 3"]


def test_curves_differ_in_style_as_well_as_in_colour():
    lines = {f"line {k}": (range(5), np.full(5, k / 7)) for k in range(7)}
    ax = plots.curves(lines, chance=0.5, xlabel="steps", ylabel="share")
    drawn = ax.lines[:7]
    assert len({to_hex(line.get_color()) for line in drawn}) == 7
    assert len({str(line._dash_pattern) for line in drawn}) == 7
    assert set(texts(ax)) == {*lines, "chance"}
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_ylim()) == ("steps", "share", (0.0, 1.05))


def test_labels_are_not_written_over_one_another():
    ax = plots.curves({f"{k}": ([0, 1], [0.0, 0.98]) for k in range(6)})
    ax.figure.canvas.draw()
    boxes = sorted((Text.get_window_extent(text) for text in ax.texts), key=lambda box: box.y0)
    assert all(low.y1 <= high.y0 for low, high in pairwise(boxes))
    assert boxes[-1].y0 < ax.get_window_extent().y1


def test_a_curve_that_diverges_keeps_its_label():
    ax = plots.curves({"a": (range(4), [1.0, 3.0, np.nan, np.inf])}, percent=False)
    (label,) = ax.texts
    assert (label.get_text(), label.xy) == ("a", (1.0, 3.0))
    assert texts(plots.curves({"b": ([0], [np.nan])})) == []


def test_bars_stand_at_their_values_with_errors_and_chance():
    series = {"sequential": [0.277, 0.984], "joint": torch.tensor([0.976, 0.974])}
    errors = {"sequential": [0.02, 0.01], "joint": [0.0, 0.0]}
    ax = plots.bars(series, names=["even", "odd"], chance=0.2, errors=errors)
    heights = [
        [bar.get_height() for bar in group]
        for group in ax.containers
        if isinstance(group, BarContainer)
    ]
    assert heights == [pytest.approx([0.277, 0.984]), pytest.approx([0.976, 0.974])]
    assert texts(ax) == ["27.7", "98.4", "97.6", "97.4", "chance"]
    assert labels(ax.xaxis) == ["even", "odd"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["sequential", "joint"]
    assert len({bar.get_hatch() for bar in ax.patches}) == 2
    edges = sorted((bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches)
    assert all(left[1] <= right[0] for left, right in pairwise(edges))


def test_images_lie_row_by_row():
    x = torch.arange(5 * 6, dtype=torch.float32).reshape(5, 6)
    ax = plots.images(x, (2, 3), columns=2, labels="abcde")
    grid = ax.images[0].get_array().filled(np.nan)
    assert grid[np.isfinite(grid)].size == x.numel()
    gap = 2
    assert np.array_equal(grid[gap : gap + 2, :3], x[0].reshape(2, 3))
    assert np.array_equal(grid[gap : gap + 2, 4:7], x[1].reshape(2, 3))
    assert np.array_equal(grid[gap + 4 : gap + 6, :3], x[2].reshape(2, 3))
    assert texts(ax) == list("abcde")


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plots.heat_map(torch.rand(2, 3)), r"expected R \(T, T\), got \(2, 3\)"),
        (lambda: plots.heat_map(R, names=["a"]), "expected 3 names, got 1"),
        (lambda: plots.accuracy_over_tasks({}), "of one size"),
        (lambda: plots.accuracy_over_tasks({"a": R, "b": R[:2, :2]}), r"one size T, got \[2, 3\]"),
        (lambda: plots.curves({}), "at least one curve"),
        (lambda: plots.curves({"a": ([1, 2], [0.5])}), r"a: expected as many.*\(2,\), \(1,\)"),
        (lambda: plots.bars({}), "as many values for each label"),
        (lambda: plots.bars({"a": [0.1], "b": [0.1, 0.2]}), r"for each label, got \[1, 2\]"),
        (lambda: plots.images(torch.rand(3, 5), (2, 3)), r"expected x \(n, 6\), got \(3, 5\)"),
        (lambda: plots.images(torch.rand(2, 6), (2, 3), labels=[1]), "expected 2 labels, got 1"),
    ],
)
def test_what_cannot_be_drawn(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
    assert plt.get_fignums() == [], "nothing is left half drawn"


def test_inputs_are_left_alone():
    given = R.clone().requires_grad_()
    plots.heat_map(given)
    plots.accuracy_over_tasks({"a": given})
    assert torch.equal(given, R)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_tensors_may_lie_on_a_gpu():
    assert len(plots.heat_map(R.cuda()).texts) == 9
