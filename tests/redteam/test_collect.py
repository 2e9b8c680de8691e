"""Archives that students hand in, collected by ``nbgrader zip_collect``."""

import io
import logging
import os
import random
import shutil
import stat
import tarfile
import zipfile

import nbformat
import pytest
from nbgrader.apps import ZipCollectApp
from nbgrader.coursedir import CourseDirectory

from autograder.assignments import FORGETTING
from autograder.gradebook.collect import SafeExtractor
from autograder.notebooks import ROOT
from autograder.submissions import untouched
from tests.running import nbgrader

ID = FORGETTING.id
NOTEBOOK = nbformat.writes(untouched(FORGETTING)).encode()
# The student is the last folder but one, whatever comes before: as greedy as they are.
BY_FOLDER = r".*/(?P<student_id>[^/]+)/(?P<file_id>[^/]+)\.ipynb"
OF_CLASS = r".*/extracted/class/(?P<student_id>[^/]+)/(?:.*/)?(?P<file_id>[^/]+)\.ipynb"
BY_NAME = r".*/(?P<student_id>[^/]*?)_at_(?P<timestamp>[^/]*?)_(?P<file_id>[^/]+)\.ipynb"


def zipped(members):
    """A zip of ``{name or ZipInfo: bytes}``, or of pairs where a name comes twice."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items() if isinstance(members, dict) else members:
            archive.writestr(name, content)
    return buffer.getvalue()


def of_kind(name, kind):
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (kind | 0o777) << 16
    return info


def honest():
    return zipped({f"{ID}.ipynb": NOTEBOOK, "notes.txt": b"x", f"__MACOSX/._{ID}.ipynb": b"\0"})


def leads_out():
    return zipped(
        {
            f"../../../../{ID}.ipynb": NOTEBOOK,
            f"../../submitted/ada/{ID}/{ID}.ipynb": b"{}",
            "/tmp/evil.ipynb": NOTEBOOK,
            "C:\\evil.ipynb": NOTEBOOK,
            "..\\..\\evil.ipynb": NOTEBOOK,
            f"work/../../ada/{ID}.ipynb": NOTEBOOK,
            f"work/{ID}.ipynb": NOTEBOOK,
        }
    )


def passes_for_the_neighbour():
    return zipped({f"ada/{ID}.ipynb": b"{}", f"x/ada/{ID}.ipynb": b"{}"})


def links_to_a_secret():
    return zipped([(of_kind(f"{ID}.ipynb", stat.S_IFLNK), b"../../../../../secret.txt")])


def goes_through_a_link():
    return zipped([(of_kind("out", stat.S_IFLNK), b"../../../.."), (f"out/{ID}.ipynb", NOTEBOOK)])


def is_a_device():
    return zipped([(of_kind(f"{ID}.ipynb", stat.S_IFCHR), b"")])


def grows_a_thousandfold():
    return zipped({f"{ID}.ipynb": b" " * (15 << 20)})


def is_bigger_than_a_notebook_may_be():
    return zipped({f"{ID}.ipynb": os.urandom(1 << 20) * 30})


def says_a_wrong_size():
    content = bytearray(zipped({f"{ID}.ipynb": b" " * (30 << 20)}))
    place = content.rindex(b"PK\x01\x02")
    content[place + 24 : place + 28] = (1000).to_bytes(4, "little")
    return bytes(content)


def has_20000_files():
    return zipped({f"{number}.ipynb": b"" for number in range(20_000)})


def has_a_long_list_of_contents():
    return zipped({"x" * 60_000 + str(number): b"" for number in range(50)})


def holds_archives_in_archives():
    content = zipped({f"{ID}.ipynb": NOTEBOOK})
    for _ in range(5):
        content = zipped({"inner.zip": content})
    return content


def is_encrypted():
    content = bytearray(zipped({f"{ID}.ipynb": NOTEBOOK}))
    for mark, flag in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + flag] |= 1
    return bytes(content)


def is_no_archive():
    return b"PK\x03\x04 but nothing more"


def is_cut_off():
    return honest()[:-30]


def is_empty():
    return b""


def twice_the_same_name():
    with pytest.warns(UserWarning, match="Duplicate name"):
        return zipped([(f"{ID}.ipynb", b"{}"), (f"{ID}.ipynb", NOTEBOOK)])


def is_packed_another_way():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr(f"{ID}.ipynb", NOTEBOOK)
    return buffer.getvalue()


# Attack, and what the instructor is told; "" where the notebook inside is taken all the same.
ATTACKS = {
    passes_for_the_neighbour: "",
    links_to_a_secret: "a link",
    goes_through_a_link: "a link",
    is_a_device: "not a regular file",
    grows_a_thousandfold: "grows to more than 100 times",
    is_bigger_than_a_notebook_may_be: "30 MiB, more than 20 MiB",
    says_a_wrong_size: "Bad CRC-32",
    has_20000_files: "more than 10000 files",
    has_a_long_list_of_contents: "list of contents is too long",
    holds_archives_in_archives: "0 notebooks in all",
    is_encrypted: "encrypted",
    is_no_archive: "not a zip file",
    is_cut_off: "not a zip file",
    is_empty: "not a zip file",
    twice_the_same_name: "2 files",
    is_packed_another_way: "compressed in a way",
    leads_out: "leads elsewhere",
}


@pytest.fixture
def root(tmp_path):
    """A course directory to collect in, with a secret beside it."""
    (tmp_path / "secret.txt").write_text("the instructor's secret")
    course = tmp_path / "course"
    (course / "downloaded" / ID / "archive").mkdir(parents=True)
    shutil.copy(ROOT / "nbgrader_config.py", course)
    (course / "release").symlink_to(ROOT / "release")
    return course


def download(root, name, content):
    path = root / "downloaded" / ID / "archive" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def collect(root, expression):
    """Collects; returns what was said."""
    option = f"--FileNameCollectorPlugin.named_regexp={expression}"
    done = nbgrader("zip_collect", ID, option, cwd=root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def submitted(root):
    """What was collected, by student. Nothing else may be there, and nothing outside."""
    assert {path.name for path in root.parent.iterdir()} == {"course", "secret.txt"}
    expected = {"downloaded", "submitted", "release", "nbgrader_config.py"}
    assert {path.name for path in root.iterdir()} <= expected
    found = {}
    for step in ("submitted", f"downloaded/{ID}/extracted"):
        for folder, folders, files in os.walk(root / step):
            for name in folders + files:
                assert stat.S_IFMT(os.lstat(os.path.join(folder, name)).st_mode) in (
                    stat.S_IFREG,
                    stat.S_IFDIR,
                )
            for name in files:
                path = os.path.join(folder, name)
                assert os.path.getsize(path) <= 20 << 20
                if step == "submitted" and name != "timestamp.txt":
                    student, assignment = os.path.relpath(folder, root / step).split(os.sep)
                    assert (assignment, name) == (ID, f"{ID}.ipynb")
                    with open(path, "rb") as file:
                        found[student] = file.read()
    return found


# Of these the one good notebook is taken, for the student whose archive it is.
TAKEN = {"leads_out": NOTEBOOK, "goes_through_a_link": NOTEBOOK, "passes_for_the_neighbour": b"{}"}
EXPECTED = TAKEN | {"ada": NOTEBOOK, "zoe": NOTEBOOK}


def test_students_archives(root):
    download(root, "ada.zip", honest())
    download(root, "zoe.zip", zipped({f"my work/{ID}-zoe.ipynb": NOTEBOOK}))
    for attack in ATTACKS:
        download(root, f"{attack.__name__}.zip", attack())
    said = collect(root, BY_FOLDER)
    assert submitted(root) == EXPECTED
    for attack, reason in ATTACKS.items():
        lines = [line for line in said.splitlines() if attack.__name__ in line]
        assert not reason or any(reason in line for line in lines), attack.__name__


def test_an_archive_of_the_whole_class(root):
    large = zipped({f"{ID}.ipynb": NOTEBOOK, "data.bin": os.urandom(3 << 20)})
    members = {f"ada/{ID}.ipynb": NOTEBOOK, "zoe/Work.ZIP": large, "zoe/figure.png": b"x"}
    members |= {f"{attack.__name__}/work.zip": attack() for attack in ATTACKS}
    members |= {f"../../../submitted/ada/{ID}/{ID}.ipynb": b"{}", "/tmp/evil.ipynb": b"{}"}
    members |= {f"huge/{ID}.ipynb": b" " * (15 << 20)}
    archive = zipped(members | {of_kind(f"linked/{ID}.ipynb", stat.S_IFLNK): b"/etc/passwd"})
    download(root, "class.zip", archive)
    said = collect(root, OF_CLASS)
    assert submitted(root) == EXPECTED
    for reason in ("leads elsewhere", "a link", "grows to more than", "not a notebook"):
        assert reason in said


def test_the_archive_of_the_class_can_be_named(root):
    download(root, "class.zip", zipped({f"ada/{ID}.ipynb": NOTEBOOK, f"zoe/{ID}.ipynb": b"{}"}))
    download(root, "bea.zip", honest())
    said = collect(root, BY_FOLDER)
    assert "2 notebooks in all; one of the whole class must lie there alone" in said
    assert submitted(root) == {"bea": NOTEBOOK}
    shutil.rmtree(root / "submitted")
    shutil.rmtree(root / "downloaded" / ID / "extracted")
    with (root / "nbgrader_config.py").open("a") as file:
        file.write('c.SafeExtractor.class_archives = ["class.zip"]\n')
    collect(root, BY_FOLDER)
    assert submitted(root) == {"ada": NOTEBOOK, "bea": NOTEBOOK, "zoe": b"{}"}


def test_what_is_no_archive(root):
    folder = download(root, f"ada/{ID}.ipynb", NOTEBOOK).parent.parent
    download(root, f"big/{ID}.ipynb", b" " * (21 << 20))
    for name in ("linked", "piped", "folder"):
        (folder / name).mkdir()
    (folder / "linked" / f"{ID}.ipynb").symlink_to(root.parent / "secret.txt")
    (folder / "linked.zip").symlink_to("/dev/zero")
    (folder / "everything").symlink_to("/")
    os.mkfifo(folder / "piped" / f"{ID}.ipynb")
    os.mkfifo(folder / "piped.zip")
    with tarfile.open(folder / "tarred.tar.gz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("../../evil.ipynb"))
    said = collect(root, BY_FOLDER)
    assert submitted(root) == {"ada": NOTEBOOK}
    for line in (
        f"{ID}.ipynb: a link",
        "linked.zip: a link",
        "everything: a link",
        "piped.zip: not a regular file",
        "tarred.tar.gz: only .zip archives are unpacked",
        "21 MiB, more than 20 MiB",
    ):
        assert f"Left out {line}" in said or f": {line}" in said


def test_file_names_cannot_lead_out_nor_stop_the_collecting(root):
    names = [
        f"ada_at_2025-01-01_{ID}.ipynb",
        f".._at_2025-01-01_{ID}.ipynb",
        f"*_at_2025-01-01_{ID}.ipynb",
        f"bea_at_0000-99-99_{ID}.ipynb",
        "cleo_at_2025-01-01_..ipynb",
        f"dan_at_2025-01-01_{ID}.ipynb",
        f"again/dan_at_2025-01-02_{ID}.ipynb",
    ]
    for name in names:
        download(root, name, name.encode())
    said = collect(root, BY_NAME)
    assert submitted(root) == {"ada": names[0].encode(), "dan": names[-1].encode()}
    for reason in ("it names no student", "its time is none", "it names no file"):
        assert reason in said


def test_a_name_that_says_nothing(root):
    """It is told in one line, with names as they should be."""
    download(root, "homework.ipynb", NOTEBOOK)
    done = nbgrader("zip_collect", ID, cwd=root)
    (line,) = [line for line in done.stderr.splitlines() if "whose it is" in line]
    assert "Left out archive/homework.ipynb" in line or "extracted/homework.ipynb" in line
    assert "_assignsubmission_file" in line
    assert submitted(root) == {}


def test_a_second_file_without_a_time_is_left_out(root):
    download(root, f"a/ada/{ID}.ipynb", b"first")
    download(root, f"b/ada/{ID}.ipynb", b"second")
    download(root, f"zoe/{ID}.ipynb", NOTEBOOK)
    assert "there is one of this student already" in collect(root, BY_FOLDER)
    assert submitted(root) == {"ada": b"first", "zoe": NOTEBOOK}


def test_the_archive_of_a_class_fills_no_disk(root, caplog):
    extractor = extracting(max_total=3 << 20)
    contents = {f"{number}/{ID}.ipynb": os.urandom(1 << 20) for number in range(5)}
    download(root, "class.zip", zipped(contents))
    folder = root / "downloaded" / ID
    extractor.extract(str(folder / "archive"), str(folder / "extracted"))
    assert len(list(folder.rglob("*.ipynb"))) == 3


def extracting(**options):
    app = ZipCollectApp()
    app.coursedir = CourseDirectory(assignment_id=ID)
    extractor = SafeExtractor(parent=app, **options)
    extractor.log = logging.getLogger("quiet")
    extractor.log.disabled = True
    return extractor


@pytest.mark.parametrize("seed", range(4))
def test_no_broken_archive_raises(seed, tmp_path):
    dice = random.Random(seed)
    extractor = extracting()
    inner = zipped({f"{ID}.ipynb": b"{}", "a.txt": b"x"})
    whole = zipped({f"ada/{ID}.ipynb": b"{}" * 50, "bea/work.zip": inner})
    (tmp_path / "in").mkdir()
    for number in range(150):
        content = bytearray(whole)
        for _ in range(dice.choice((1, 1, 2, 5, 20))):
            content[dice.randrange(len(content))] = dice.choice((0, 1, 0xFF, dice.randrange(256)))
        if dice.random() < 0.2:
            del content[dice.randrange(len(content)) :]
        (tmp_path / "in" / "class.zip").write_bytes(content)
        extractor.extract(str(tmp_path / "in"), str(tmp_path / "out" / str(number)))
    assert {path.name for path in tmp_path.iterdir()} == {"in", "out"}
    taken = [path for path in (tmp_path / "out").rglob("*") if not path.is_dir()]
    assert len(taken) > 30
    assert all(path.suffix == ".ipynb" and not path.is_symlink() for path in taken)
