"""From inside its process no submission gains a point, and none learns what is hidden."""

import pytest

from autograder.assignments import FORGETTING
from tests.redteam.attacking import everything, extra_cells, graded, messages, printed, scores
from tests.redteam.cheats import AFTER, BEFORE, WRONG
from tests.redteam.secrets import needles, search

pytestmark = pytest.mark.xdist_group("redteam-processes")


@pytest.fixture(scope="module")
def honest():
    """What the wrong answers earn by themselves."""
    earned = scores(graded(WRONG).report)
    assert sum(earned.values()) < sum(e.points for e in FORGETTING.exercises if e.name in WRONG)
    return earned


@pytest.mark.slow
@pytest.mark.parametrize("attack", [*BEFORE, *AFTER])
def test_no_point_is_gained_and_nothing_hidden_is_shown(honest, attack):
    before, after = [BEFORE[attack]] if attack in BEFORE else [], []
    if attack in AFTER:
        after = [AFTER[attack]]
    found = graded(WRONG, before, after)
    got = scores(found.report)
    assert all(got[name] <= honest[name] for name in got), got
    assert not [needle for needle in needles() if needle in everything(found)]


PLANTED = "planted-by-" + "this-very-test"
LOOK_AROUND = """
planted = "planted-by-this" + "-very-test"
open("/tmp/planted", "w").write(planted)
print("in memory:", sorted(in_memory(needles)))
print("in files:", sorted(in_files(needles)))
print("modules:", [name for name in sys.modules if name.split(".")[0] == "autograder"])
print("environment:", dict(os.environ))
"""
IN_A_CALL = """
def average_accuracy(R):
    raise ValueError(f"in memory: {sorted(in_memory(needles))}")
"""


@pytest.mark.slow
def test_who_searches_memory_and_files_finds_nothing_hidden(monkeypatch):
    monkeypatch.setenv("GRADERS_OWN_SECRET", "not for students")
    cells = [search([*needles(), PLANTED]), LOOK_AROUND]
    long = {"cell_seconds": 120, "call_seconds": 120, "exercise_seconds": 900}
    found = graded({"average_accuracy": IN_A_CALL}, before=cells, **long)
    text = printed(extra_cells(found, [LOOK_AROUND])[0])
    told = next(message for message in messages(found.report) if "in memory" in message)
    for look in (text, told):
        assert PLANTED[::-1] in look or "/tmp/planted" in look  # it does find what is there
    assert "/tmp/planted" in text
    assert "GRADERS_OWN_SECRET" not in text
    assert "modules: []" in text
    for needle in needles():
        assert needle[::-1] not in text + told
        assert needle not in everything(found).replace(cells[0], "")
