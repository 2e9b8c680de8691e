"""The page of a class from the command line, and what counts as nearly the same submission."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from autograder.assignments import FORGETTING
from autograder.demo import FINAL_ROW_IN_MAXIMUM
from autograder.insights.alike import alike
from autograder.insights.grams import grams
from autograder.insights.summary import summary
from autograder.submissions import hand_in, untouched
from tests.autograder.classes import ID, QUICK, RIGHT, grade, some
from tests.running import autograder

OWN = '''
def relabel(labels, wanted):
    """Mine."""
    table = {}
    position = 0
    for entry in list(wanted):
        if entry in table:
            raise KeyError("twice the same class", entry)
        table[entry] = position
        position = position + 1
    collected = []
    for label in labels.tolist():
        if label not in table:
            raise ValueError(f"{label} is none of the classes {sorted(table)}")
        collected.append(table[label])
    result = torch.zeros(len(collected), dtype=torch.int64)
    for place, value in enumerate(collected):
        result[place] = result[place] + value
    return result
'''.lstrip()
RENAMED = re.sub(
    r"\b(table|position|entry|collected|label|place|value)\b",
    r"my_\1",
    OWN.replace("Mine.", "Not copied!").replace("\n    collected", "\n    # here\n    collected"),
)
ELSE = """
def relabel(y, classes):
    classes = torch.as_tensor(classes)
    hits = y.reshape(-1, 1).eq(classes.reshape(1, -1))
    bad = torch.nonzero(~hits.any(1)).flatten()
    if bad.numel() > 0:
        raise ValueError("there is no class " + str(y[bad[0]].item()))
    weights = torch.arange(classes.numel(), dtype=torch.int64)
    return (hits.to(torch.int64) * weights.expand_as(hits)).sum(dim=1).long().clone()
""".lstrip()
TITLES = ["Points", "Exercises", "Mistakes that were recognised", "Flags"]
TITLES += ["Submissions that are nearly the same", "Time"]


class Page(HTMLParser):
    """What a browser would see: elements, headings and the text of tables."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.headings, self.rows, self.here = [], [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.here = tag
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag in ("h1", "h2", "h3"):
            self.headings.append([tag, ""])

    def handle_data(self, data):
        if self.here in ("td", "th"):
            self.rows[-1][-1] += " ".join(data.split())
        if self.here in ("h1", "h2", "h3"):
            self.headings[-1][1] += data.strip()

    def handle_endtag(self, tag):
        self.here = ""


@pytest.fixture(scope="module")
def graded(tmp_path_factory, bubblewrap):
    """Six students: two who handed in the same, one mistake, one flag, one who did nothing."""
    root = tmp_path_factory.mktemp("course")
    twice = ("select_classes", "average_accuracy")
    hand_in(some(*twice, relabel=OWN), root, "zz-ada", FORGETTING)
    hand_in(some(*twice, relabel=RENAMED), root, "zz-o'neil", FORGETTING)
    hand_in(some(*QUICK, relabel=ELSE), root, "zz-cem", FORGETTING)
    hand_in(some(*QUICK, forgetting=FINAL_ROW_IN_MAXIMUM.lstrip()), root, "zz-dan", FORGETTING)
    hand_in(untouched(FORGETTING), root, "zz-eve", FORGETTING)
    (hand_in(some(*QUICK), root, "zz-fay", FORGETTING).parent / "<script>alert(1)").write_text("")
    _, rows = grade(root)
    return root, rows


def insights(root, *options):
    done = autograder("insights", ID, "--root", root, *options)
    assert done.returncode == 0, done.stderr
    page = root / f"insights-{ID}.html"
    assert done.stdout == f"written: {page}\n"
    return page.read_text()


def test_the_page_says_who_is_who_when_asked(graded):
    root, rows = graded
    page = Page(insights(root, "--names"))
    (same,) = (row for row in page.rows if row[0] == "1")
    assert same[2] == "zz-ada, zz-o'neil"
    assert int(same[1].removesuffix(" %")) > 90
    (mistake,) = (e for e in rows["zz-dan"]["exercises"] if e["misconception"])
    (row,) = (r for r in page.rows if r[0] == f"{mistake['name']}: {mistake['misconception']}")
    assert row[1:] == ["1", mistake["hint"], "zz-dan"]
    assert ["file-ignored", "1", "zz-fay"] in page.rows
    hardest = [row[0] for row in page.rows if row[0] in RIGHT]
    assert hardest[-1] in QUICK
    assert len(hardest) == len(FORGETTING.exercises)


def test_without_names_there_is_none(graded):
    root, _ = graded
    text = insights(root)
    assert "zz-" not in text
    page = Page(text)
    numbers = [row[-1] for row in page.rows if row[0] in ("1", "file-ignored")]
    shown = {number for text in numbers for number in text.split(", ")}
    assert len(shown) == 3
    assert shown <= set("123456")
    assert text == insights(root)


def test_the_page_stands_alone_and_can_be_read_out(graded):
    text = insights(graded[0], "--names")
    page = Page(text)
    assert page.headings == [["h1", f"Insights into {ID}"], *(["h2", title] for title in TITLES)]
    pictures = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(pictures) == 4
    for picture in pictures:
        drawing = ElementTree.fromstring(picture)
        title, description, *_ = drawing
        assert drawing.get("role") == "img"
        assert drawing.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
        assert len(title.text) > 10
        assert len(description.text) > 10
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    used = re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', text)
    assert {name for pair in used for name in pair if name} <= set(ids)
    assert not {"script", "img", "link", "iframe"} & {tag for tag, _ in page.tags}
    assert "alert" not in text


@pytest.mark.parametrize(
    ("assignment", "options", "words"),
    [
        (ID, (), "no graded submissions"),
        ("9", (), "'9'"),
        (ID, ("--output", "/no/such/page.html"), "no graded"),
    ],
)
def test_nothing_to_see_is_said_in_one_line(assignment, options, words, tmp_path):
    done = autograder("insights", assignment, "--root", tmp_path, *options)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_nowhere_to_write(graded):
    done = autograder("insights", ID, "--root", graded[0], "--output", "/no/such/page.html")
    assert done.returncode == 2
    assert "--output: there is no directory /no/such" in done.stderr


def report(score, *flags, misconception=None, status="passed"):
    exercise = {"name": "f", "score": score, "max_score": 4.0, "misconception": misconception}
    exercise |= {"hint": "Look.", "tests": [{"status": status}]}
    whole = {"score": score, "max_score": 4.0, "flags": list(flags), "exercises": [exercise]}
    return whole | {"seconds": score + 1}


def test_reports_are_added_up():
    found = summary(
        {
            "a": report(4.0, "x: 1", "x: 2"),
            "b": report(0.0, "x: 3", status="not_attempted"),
            "c": report(2.0, misconception="m"),
            "d": report(2.0, misconception="m"),
        }
    )
    assert (found.mean, found.median, found.most) == (2.0, 2.0, 4.0)
    (exercise,) = found.exercises
    assert (exercise.mean, exercise.full, exercise.untouched) == (0.5, 1, 1)
    assert [(m.key, m.hint, m.students) for m in found.mistakes] == [("m", "Look.", ("c", "d"))]
    assert [(flag.kind, flag.students) for flag in found.flags] == [("x", ("a", "b"))]
    assert found.slowest[0] == ("a", 5.0)


@pytest.mark.parametrize(
    "other",
    [
        RENAMED,
        OWN.replace("    ", "\t"),
        OWN.replace("twice the same class", "seen before"),
        "# mine alone\n\n" + OWN,
    ],
)
def test_names_comments_and_layout_hide_nothing(other):
    assert grams(OWN) == grams(other)


def test_other_code_is_other_code():
    assert len(grams(OWN) & grams(ELSE)) < 0.1 * len(grams(OWN))


@pytest.mark.parametrize("text", ["", "x", "def (", "'''", "\0", "    a\n  b\n c", "\x0c" * 99])
def test_anything_can_be_compared(text):
    assert isinstance(grams(text), frozenset)
    assert isinstance(grams(text, code=False), frozenset)


def runs(start, count=100):
    return frozenset(range(start, start + count))


def test_who_is_alike():
    own = {"a": runs(0), "b": runs(5), "c": runs(500), "d": runs(900), "short": runs(0, 9)}
    (group,) = alike(own)
    assert group.students == ("a", "b")
    assert 0.8 < group.likeness < 1.0


def test_what_many_wrote_is_nobodys():
    many = {f"s{n}": runs(0) for n in range(50)}
    assert alike({**many, "x": runs(0), "y": runs(0)}) == []
    assert [g.students for g in alike({**many, "x": runs(70), "y": runs(70)})] == [("x", "y")]


def test_one_alone_is_like_nobody():
    assert alike({}) == alike({"a": runs(0)}) == []
