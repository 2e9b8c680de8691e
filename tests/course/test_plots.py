"""Figures: what is drawn is what was given, and it can be read without colours."""

from itertools import combinations, pairwise

import matplotlib as mpl
import numpy as np
import pytest
import torch

mpl.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.container import BarContainer
from matplotlib.lines import AxLine
from matplotlib.text import Text

from course import plots

R = torch.tensor([[0.991, 0.5, 0.4], [0.7, 0.98, 0.45], [0.613, 0.75, 1.0]])
NAMES = ["0/1", "2/3", "4/5"]
BOWL = np.linspace(-2, 2, 9)[:, None] ** 2 + 3 * np.linspace(-1, 1, 9) ** 2
SHARES = np.array([[0.0, 0.2], [0.3, 1.0], [0.95, np.nan]])


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
    "importance": lambda **kw: plots.importance(torch.rand(3, 6), (2, 3), **kw),
    "frontier": lambda **kw: plots.frontier({"L2": ([0.3, 0.8], [0.9, 0.6])}, **kw),
    "expected_band": lambda **kw: plots.expected_band(range(3), [1, 2, 9], 2, 0, 4, **kw),
    "agreement": lambda **kw: plots.agreement([0.1, 2.0], [0.2, 2.0], **kw),
    "landscape": lambda **kw: plots.landscape(BOWL, BOWL.T, (-1, 1, -2, 2), **kw),
    "leaderboard": lambda **kw: plots.leaderboard({"EWC": [0.3, 0.4], "L2": [0.5]}, **kw),
    "outcomes": lambda **kw: plots.outcomes([0.1, 1.0], [1, 10, 100], SHARES, **kw),
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


def test_bars_leave_room_for_what_is_written_above_them():
    for errors in (None, {"a": [0.1, 0.0]}):
        _, ax = plt.subplots(figsize=(4, 2.2), layout="constrained")
        plots.bars({"a": [1.0, 0.3]}, ax, errors=errors)
        ax.figure.canvas.draw()
        written = ax.texts[0].get_window_extent()
        assert written.y1 < ax.get_window_extent().y1 - 2


def test_each_setting_may_have_its_own_level_of_chance():
    names = ["task", "domain", "class"]
    ax = plots.bars({"old": [0.9, 0.8, 0.0]}, names=names, chance=[0.5, 0.5, 0.1])
    (lines,) = (c for c in ax.collections if isinstance(c, LineCollection))
    for k, (piece, level) in enumerate(zip(lines.get_segments(), [0.5, 0.5, 0.1], strict=True)):
        assert piece[:, 1].tolist() == [level, level]
        assert k - 0.5 < piece[0, 0] < piece[1, 0] < k + 0.5
    assert texts(ax).count("chance") == 1


def test_curves_with_bands_and_levels_on_log_axes():
    x = [10, 100, 1000]
    lines = {"old": (x, [0.3, 0.6, 0.9]), "new": (x, [0.9, 0.9, 0.9])}
    ax = plots.curves(lines, log_x=True, bands={"old": [0.1, 0.1, 0.05]}, levels={"joint": 0.97})
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "linear")
    assert set(texts(ax)) == {"old", "new", "joint"}
    (band,) = ax.collections
    corners = {(x, round(y, 6)) for x, y in band.get_paths()[0].vertices}
    assert {(10, 0.2), (10, 0.4), (1000, 0.85), (1000, 0.95)} <= corners
    assert list(ax.lines[2].get_ydata()) == [0.97, 0.97]
    assert ax.lines[0].get_marker() != "None", "few points are marked"


def test_what_has_no_place_on_a_log_axis_is_left_out():
    steps = range(100)
    ax = plots.curves({"drift": (steps, [0.0] + [0.5] * 99)}, percent=False, log_y=True)
    drawn = ax.lines[0].get_ydata()
    assert np.isnan(drawn[0])
    assert (drawn[1:] == 0.5).all()
    assert ax.lines[0].get_marker() == "None"


def test_steps_that_are_no_integers_are_not_rounded():
    ax = plots.curves({"a": ([0.0, 0.25, 0.5], [0.1, 0.2, 0.3])})
    assert any(tick % 1 for tick in ax.get_xticks())


STRENGTHS = ["0", "0.1", "1", "10"]
OLD, NEW = [0.35, 0.5, 0.8, 0.95], [0.98, 0.95, 0.8, 0.5]


def test_frontier_joins_the_points_in_their_order_and_names_them():
    series = {"L2": (OLD, NEW), "EWC": (OLD, torch.tensor(NEW) + 0.02)}
    ax = plots.frontier(series, names={"L2": STRENGTHS}, xlabel="even", ylabel="odd")
    lines = [line for line in ax.lines if not isinstance(line, AxLine)]
    assert lines[0].get_xydata().tolist() == [list(p) for p in zip(OLD, NEW, strict=True)]
    assert lines[1].get_ydata() == pytest.approx([y + 0.02 for y in NEW])
    assert len({(line.get_linestyle(), line.get_marker()) for line in lines}) == 2
    assert [text.xy for text in ax.texts if text.get_text() == "0.1"] == [(0.5, 0.95)]
    assert {"L2", "EWC", *STRENGTHS} <= set(texts(ax))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("even", "odd")


def test_frontier_shows_where_the_mean_is_the_same():
    ax = plots.frontier({"L2": (OLD, NEW)})
    means = [line.get_xy1() for line in ax.lines if isinstance(line, AxLine)]
    assert all(x == y for x, y in means)
    percents = {round(100 * x) for x, _ in means}
    assert {60, 70, 80, 90} <= percents
    written = {text for text in texts(ax) if text.startswith("mean ")}
    assert written
    assert written <= {f"mean {percent}" for percent in percents}


def test_frontier_draws_its_errors():
    errors = {"L2": ([0.01] * 4, [0.02] * 4)}
    ax = plots.frontier({"L2": (OLD, NEW)}, errors=errors)
    pieces = [c.get_segments() for c in ax.collections if isinstance(c, LineCollection)]
    across, up = pieces
    assert np.ptp(across[0][:, 0]) == pytest.approx(0.02)
    assert np.ptp(up[0][:, 1]) == pytest.approx(0.04)


def test_names_of_points_are_not_written_over_one_another():
    _, ax = plt.subplots(figsize=(6, 4.5), layout="constrained")
    series = {"L2": (OLD, NEW), "EWC": (OLD, [y + 0.02 for y in NEW])}
    plots.frontier(series, ax, names=dict.fromkeys(series, STRENGTHS))
    ax.figure.canvas.draw()
    boxes = [Text.get_window_extent(t) for t in ax.texts if t.get_text() in STRENGTHS]
    assert len(boxes) == 8
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


def test_a_point_and_name_that_two_lines_share_is_written_once():
    series = {"L2": (OLD, NEW), "EWC": (OLD[:1], NEW[:1])}
    ax = plots.frontier(series, names={"L2": STRENGTHS, "EWC": ["0"]})
    assert texts(ax).count("0") == 1


def test_expected_band_marks_and_counts_what_lies_outside():
    ax = plots.expected_band(
        [2, 0, 1, 3], [0.5, 0.1, 0.7, 0.3], 0.4, [0.2, 0.2, 0.2, 0.35], 0.6, inside="99 %"
    )
    _, inside, outside = ax.collections
    assert inside.get_offsets().tolist() == [[2, 0.5]]
    assert outside.get_offsets().tolist() == [[0, 0.1], [1, 0.7], [3, 0.3]]
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["inside", "outside: 3 of 4"]
    assert set(texts(ax)) == {"expected", "99 %"}
    assert ax.lines[0].get_xdata().tolist() == [0, 1, 2, 3]


def test_points_that_are_not_numbers_are_outside():
    ax = plots.expected_band([0, 1], [np.nan, 1.0], 1.0, 0.0, 2.0)
    assert "outside: 1 of 2" in [text.get_text() for text in ax.get_legend().get_texts()]


def test_agreement_has_equal_axes_and_says_what_is_left_out():
    ax = plots.agreement([1e-9, 1e-3, 0.0, 1.0], [2e-9, 1e-3, 1.0, np.nan], xlabel="half F d^2")
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert ax.get_xlim() == ax.get_ylim()
    assert ax.collections[0].get_offsets().tolist() == [[1e-9, 2e-9], [1e-3, 1e-3]]
    assert list(ax.lines[0].get_xdata()) == list(ax.lines[0].get_ydata())
    assert ax.get_xlabel() == "half F d^2\n2 of 4 left out: not above 0"
    assert plots.agreement([1.0], [2.0], xlabel="a").get_xlabel() == "a"


def test_landscape_has_row_i_at_height_y():
    slope = np.tile(np.linspace(0.0, 1.0, 50)[:, None], (1, 4))  # rises with the rows
    ax = plots.landscape(slope, 1 - slope, (0, 3, 10, 14))
    lines = ax.collections[0]
    for level, path in zip(lines.levels, lines.get_paths(), strict=True):
        assert path.vertices[:, 1] == pytest.approx(10 + 4 * level)
        assert (path.vertices[:, 0].min(), path.vertices[:, 0].max()) == (0, 3)
    assert (ax.get_xlim(), ax.get_ylim(), ax.get_aspect()) == ((0, 3), (10, 14), 1.0)


def test_landscape_points_and_ellipses():
    M, centre = np.array([[3.0, 1.0], [1.0, 2.0]]), (0.2, -0.5)
    ax = plots.landscape(
        *(BOWL, BOWL.T, (-1, 1, -2, 2)),
        points={"old": (0.0, 0.0), "EWC": (0.5, 1.0)},
        ellipses={"Fisher": (centre, M), "L2": (centre, torch.eye(2))},
        labels=("even digits", "odd digits"),
    )
    rings = [line.get_xydata() - centre for line in ax.lines if len(line.get_xdata()) > 1]
    assert len(rings) == 6
    for ring, matrix in zip(rings, [M] * 3 + [np.eye(2)] * 3, strict=True):
        distance = np.einsum("ni,ij,nj->n", ring, matrix, ring)
        assert distance == pytest.approx(np.full(len(ring), distance[0]))
        assert np.abs(ring).max() < 2
    marked = [line.get_xydata()[0].tolist() for line in ax.lines if len(line.get_xdata()) == 1]
    assert marked == [[0.0, 0.0], [0.5, 1.0]]
    assert {"old", "EWC"} <= set(texts(ax))
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["loss of the even digits", "loss of the odd digits", "Fisher", "L2"]


def test_a_loss_that_is_not_finite_somewhere_is_left_open():
    holed = BOWL.copy()
    holed[0, :3] = np.inf
    ax = plots.landscape(holed, BOWL.T, (-1, 1, -2, 2))
    assert np.isfinite(ax.collections[0].levels).all()
    flat = plots.landscape(np.ones((3, 3)), np.ones((3, 3)), (-1, 1, -2, 2))
    assert len(flat.collections) == 0


def test_importance_has_one_scale_from_zero():
    values = torch.tensor([[0.0, 1.0], [4.0, 2.0]])
    ax = plots.importance(values, (1, 2), labels=["a", "b"])
    assert ax.images[0].get_clim() == (0.0, 4.0)
    grid = ax.images[0].get_array().filled(np.nan)
    assert grid[np.isfinite(grid)].tolist() == [0.0, 1.0, 4.0, 2.0]
    assert texts(ax) == ["a", "b"]
    assert len(ax.figure.axes) == 2, "a colour bar"
    assert plots.importance(torch.zeros(1, 2), (1, 2)).images[0].get_clim() == (0.0, 1.0)
    one_below_the_other = plots.importance(values, (1, 2), columns=1)
    assert one_below_the_other.images[0].get_array().shape == (4, 3)


def test_outcomes_writes_every_share_where_it_belongs():
    ax = plots.outcomes([0.1, 1.0], [1, 10, 100], SHARES, xlabel="lr", what="runs that diverged")
    written = {text.get_position(): text.get_text() for text in ax.texts}
    assert written == {(0, 0): "0", (1, 0): "20", (0, 1): "30", (1, 1): "100", (0, 2): "95"}
    assert (labels(ax.xaxis), labels(ax.yaxis)) == (["0.1", "1"], ["1", "10", "100"])
    assert ax.get_ylim() == (-0.5, 2.5), "the smallest setting is at the bottom"
    assert ax.get_xlabel() == "lr\nnumbers: runs that diverged, %"


def test_a_bound_goes_by_logarithms_and_leaves_the_limits():
    bound = ([0.01, 0.1, 1.0, 10.0], [100, 10.0, np.sqrt(10), 1e-9])
    ax = plots.outcomes([0.1, 1.0], [1, 10, 100], SHARES, bound=bound)
    line = ax.lines[0]
    assert line.get_xdata() == pytest.approx([-1, 0, 1, 2])
    assert line.get_ydata() == pytest.approx([2, 1, 0.5, -9])
    assert (ax.get_xlim(), ax.get_ylim()) == ((-0.5, 1.5), (-0.5, 2.5))
    assert "theory" in texts(ax)
    hidden = plots.outcomes([0.1, 1.0], [1, 10, 100], SHARES, bound=([1e-9], [1e9]))
    assert "theory" not in texts(hidden)


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


def ellipse(matrix):
    return plots.landscape(BOWL, BOWL, (0, 1, 0, 1), ellipses={"a": ((0, 0), matrix)})


def bounded(bound):
    return plots.outcomes([1, 2], [1, 2, 3], SHARES, bound=bound)


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
        (lambda: plots.bars({"a": [0.1]}, chance=[0.5, 0.5]), "one level of chance or 1, got 2"),
        (lambda: plots.bars({"a": [0.1]}, errors={"b": [0.1]}), r"like the values, got 'b' \(1,\)"),
        (lambda: plots.bars({"a": [0.1]}, errors={"a": [0.1, 0.2]}), r"got 'a' \(2,\)"),
        (lambda: plots.curves({"a": ([0, 1], [1, 2])}, log_x=True), "a: expected steps above 0"),
        (lambda: plots.curves({"a": ([0], [1])}, log_y=True), "percent=False where log_y"),
        (lambda: plots.curves({"a": ([0], [1])}, bands={"b": [1]}), r"of \['a'\], got one of 'b'"),
        (lambda: plots.curves({"a": ([0], [1])}, bands={"a": [1, 2]}), r"band \(1,\), got \(2,\)"),
        (lambda: plots.frontier({}), "at least one frontier"),
        (lambda: plots.frontier({"a": (OLD, NEW[:2])}), r"a: accuracies \(4,\), got \(2,\)"),
        (lambda: plots.frontier({"a": (OLD, NEW)}, names={"a": "12"}), "expected 4 names, got 2"),
        (lambda: plots.frontier({"a": (OLD, NEW)}, names={"b": "12"}), r"\['a'\], got 'b'"),
        (
            lambda: plots.frontier({"a": (OLD, NEW)}, errors={"a": ([0], [0])}),
            r"a errors: .*\(4,\)",
        ),
        (lambda: plots.expected_band([0, 1], [1], 1, 0, 2), r"values \(2,\), got \(1,\)"),
        (lambda: plots.expected_band([], [], 1, 0, 2), r"expected x \(n,\), got \(0,\)"),
        (lambda: plots.expected_band([0], [1], 1, [0, 0], 2), r"expected low \(1,\), got \(2,\)"),
        (lambda: plots.expected_band([0], [1], 1, 3, 2), "low <= high"),
        (lambda: plots.agreement([1, 2], [1]), r"expected y \(2,\), got \(1,\)"),
        (lambda: plots.agreement([0, -1], [1, 1]), "numbers above 0, got none of 2"),
        (
            lambda: plots.landscape(BOWL, BOWL[1:], (0, 1, 0, 1)),
            r"alike, got \(9, 9\) and \(8, 9\)",
        ),
        (lambda: plots.landscape(BOWL[0], BOWL, (0, 1, 0, 1)), r"first \(m, m\).* got \(9,\)"),
        (lambda: plots.landscape(BOWL, BOWL * np.nan, (0, 1, 0, 1)), "second .* some finite"),
        (lambda: plots.landscape(BOWL, BOWL, (1, 0, 0, 1)), "x0 < x1"),
        (lambda: plots.landscape(BOWL, BOWL, (0, 1, 0, 1), points={"a": [1]}), "'a' at"),
        (lambda: ellipse(np.eye(3)), r"'a' as centre \(2,\) and matrix \(2, 2\).*\(3, 3\)"),
        (lambda: ellipse(-np.eye(2)), "a: expected a symmetric matrix without negative"),
        (lambda: ellipse(np.array([[1.0, 0.5], [0.0, 1.0]])), "a: expected a symmetric"),
        (lambda: plots.importance(-torch.rand(2, 6), (2, 3)), "finite values from 0 up"),
        (lambda: plots.importance(torch.rand(6), (2, 3)), r"values \(n, 6\), got \(6,\)"),
        (lambda: plots.outcomes([1, 2], [1, 2], SHARES), r"share \(2, 2\), got \(3, 2\)"),
        (
            lambda: plots.outcomes([2, 1], [1, 2, 3], SHARES),
            r"x above 0 and rising, got \[2.0, 1.0",
        ),
        (lambda: plots.outcomes([1, 2], [0, 2, 3], SHARES), "y above 0 and rising"),
        (lambda: plots.outcomes([1, 2], [1, 2, 3], 2 * SHARES), r"shares in \[0, 1\]"),
        (lambda: bounded(([1.0], [1.0, 2.0])), r"bound y \(1,\), got \(2,\)"),
        (lambda: bounded(([0.0], [1.0])), "a bound above 0"),
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


def test_a_leaderboard_has_the_best_on_top_with_its_numbers():
    scores = {"EWC": [0.2, 0.3, 0.4], "replay": torch.tensor([0.9]), "L2": np.array([0.1, 0.1])}
    ax = plots.leaderboard(scores, notes={"EWC": "204 KiB"}, chance=0.1)
    ax.figure.canvas.draw()
    assert labels(ax.yaxis) == ["L2", "EWC", "replay"]
    written = {text.get_text(): text.xy[1] for text in ax.texts if text.get_text()}
    assert written == {
        "10.0 ± 0.0": 0,
        "30.0 ± 5.8": 1,  # one standard error: 0.1 / sqrt(3)
        "204 KiB": 1,
        "90.0": 2,  # one run has none
        "chance": 0.0,
    }
    strokes = [line for line in ax.lines if line.get_marker() == "|" and line.get_markersize() == 9]
    assert [len(line.get_xdata()) for line in strokes] == [2, 3, 1]
    assert all(label.endswith("%") for label in labels(ax.xaxis))


def test_a_leaderboard_needs_rows_and_notes_on_them():
    with pytest.raises(ValueError, match="at least one row"):
        plots.leaderboard({})
    with pytest.raises(ValueError, match=r"notes on EWC, got one on 'LwF'"):
        plots.leaderboard({"EWC": [0.5]}, notes={"LwF": "none"})
    with pytest.raises(ValueError, match=r"expected EWC \(n,\)"):
        plots.leaderboard({"EWC": []})
    assert plt.get_fignums() == []
