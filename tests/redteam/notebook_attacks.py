"""Attacks on the notebook file and its folder, each a small function with a name.

``ON_CELLS`` change the JSON of a notebook whose answers stay as they are; ``ON_FILES`` put
something else in the notebook's place; ``BESIDE`` lay something beside it. Each goes with the flag
that the instructor sees, or ``""`` where there is nothing to see.
"""

import copy
import json
import os
import socket
from pathlib import Path

from autograder.notebooks import TEST

SCRIPT = "<script>alert('by a student')</script>"


def name_of(cell):
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "")


def tests_of(notebook):
    return [cell for cell in notebook["cells"] if name_of(cell).startswith(TEST)]


def graded_cells(notebook):
    return [cell for cell in notebook["cells"] if "nbgrader" in cell["metadata"]]


def code_cell(source, **metadata):
    return {
        "cell_type": "code",
        "id": f"added-{abs(hash(source)) % 10**8}",
        "source": source,
        "metadata": metadata,
        "outputs": [],
        "execution_count": None,
    }


def skips_execution_of_tests(notebook):
    for cell in tests_of(notebook):
        cell["metadata"]["tags"] = ["skip-execution"]


def removes_tests_by_tag(notebook):
    for cell in tests_of(notebook):
        cell["metadata"]["tags"] = ["remove-cell", "remove_cell"]


def lets_tests_raise(notebook):
    for cell in tests_of(notebook):
        cell["metadata"]["tags"] = ["raises-exception"]


def tags_everything_as_experiment(notebook):
    for cell in graded_cells(notebook):
        cell["metadata"]["tags"] = ["experiment"]


def doubles_every_graded_cell(notebook):
    notebook["cells"] = [
        copy.deepcopy(cell)
        for cell in notebook["cells"]
        for _ in range(2 if name_of(cell).startswith(TEST) else 1)
    ]


def claims_a_second_test_cell(notebook):
    fake = copy.deepcopy(tests_of(notebook)[0])
    fake["source"] = "print('all tests passed')"
    notebook["cells"].insert(0, fake)


def deletes_tests(notebook):
    notebook["cells"] = [c for c in notebook["cells"] if not name_of(c).startswith(TEST)]


def empties_tests(notebook):
    for cell in tests_of(notebook):
        cell["source"] = ""


def edits_tests(notebook):
    for cell in tests_of(notebook):
        cell["source"] = "1000.0"


def edits_locked_text(notebook):
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("locked") and cell not in tests_of(notebook):
            cell["source"] = "import torch\ntorch.equal = lambda *_: True"
            cell["cell_type"] = "code"
    for cell in tests_of(notebook)[:1]:
        cell["source"] += "\n# mine now"


def reorders_tests(notebook):
    tests = tests_of(notebook)
    rest = [cell for cell in notebook["cells"] if cell not in tests]
    notebook["cells"] = rest + tests[::-1]


def raises_points(notebook):
    for cell in tests_of(notebook):
        cell["metadata"]["nbgrader"]["points"] = 1000


def makes_points_not_a_number(notebook):
    for cell in tests_of(notebook):
        cell["metadata"]["nbgrader"]["points"] = float("nan")


def makes_points_a_text(notebook):
    for cell in tests_of(notebook):
        cell["metadata"]["nbgrader"]["points"] = "1000; DROP TABLE grade"


def unlocks_tests(notebook):
    for cell in tests_of(notebook):
        cell["metadata"]["nbgrader"]["locked"] = False


def calls_tests_solutions(notebook):
    for cell in tests_of(notebook):
        cell["metadata"]["nbgrader"]["solution"] = True


def calls_tests_tasks(notebook):
    for cell in tests_of(notebook):
        cell["metadata"]["nbgrader"] |= {"task": True, "grade": False}


def changes_cell_types(notebook):
    for cell in tests_of(notebook):
        cell["cell_type"] = "markdown"


def changes_cell_types_in_metadata(notebook):
    for cell in tests_of(notebook):
        cell["metadata"]["nbgrader"]["cell_type"] = "markdown"


def makes_metadata_of_wrong_types(notebook):
    for cell in tests_of(notebook):
        cell["metadata"]["nbgrader"] |= {"grade": [], "solution": {}, "locked": None}
        cell["metadata"]["tags"] = {"skip-execution": [[]]}
        cell["id"] = ["x"]


def claims_another_schema(notebook):
    for cell in graded_cells(notebook):
        cell["metadata"]["nbgrader"]["schema_version"] = 99


def adds_an_unknown_graded_cell(notebook):
    claim = {"grade": True, "solution": False, "locked": True, "task": False, "points": 1000}
    cell = code_cell("1000.0", nbgrader=claim | {"grade_id": "test-extra", "schema_version": 3})
    notebook["cells"].append(cell)


def adds_a_name_made_of_marks(notebook):
    claim = {"grade_id": SCRIPT + "\x1b[2J\ud800", "locked": True, "grade": True, "points": 5}
    notebook["cells"].append(code_cell("pass", nbgrader=claim))


def strips_nbgraders_metadata(notebook):
    for cell in notebook["cells"]:
        cell["metadata"].pop("nbgrader", None)


def asks_for_another_kernel(notebook):
    kernel = {"name": "bash", "display_name": "Bash", "language": "bash"}
    notebook["metadata"] |= {"kernelspec": kernel, "language_info": {"name": "bash"}}


def is_of_format_3(notebook):
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["input"] = cell.pop("source")
            cell["language"] = "python"
    notebook["worksheets"] = [{"cells": notebook.pop("cells"), "metadata": {}}]
    notebook |= {"nbformat": 3, "nbformat_minor": 0}


def is_of_format_99(notebook):
    notebook |= {"nbformat": 99, "nbformat_minor": "x"}


def holds_null_bytes(notebook):
    notebook["cells"].append(code_cell("x = 1\x00\x00"))


def holds_lone_surrogates(notebook):
    notebook["cells"].append(code_cell("x = '\ud800\udfff'"))
    for cell in tests_of(notebook):
        cell["metadata"]["\ud800"] = "\udfff"


def holds_widget_state(notebook):
    state = {"a": {"model_module": "x", "state": {"value": SCRIPT, "layout": "IPY_MODEL_b"}}}
    mime = "application/vnd.jupyter.widget-state+json"
    notebook["metadata"]["widgets"] = {mime: {"state": state, "version_major": 2}}
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "a"}, "text/html": SCRIPT}
    output = {"output_type": "display_data", "data": view, "metadata": {}}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [output]


def holds_attachments(notebook):
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["attachments"] = {
                "../../../x.png": {"text/html": SCRIPT, "image/svg+xml": "<svg/>"}
            }


def holds_scripts(notebook):
    text = f"{SCRIPT} <img src=x onerror=alert(1)> [click](javascript:alert(1))"
    cell = {"cell_type": "markdown", "id": "scripts", "source": text, "metadata": {}}
    notebook["cells"].insert(0, cell)
    notebook["metadata"]["title"] = SCRIPT


def forges_verdicts(notebook):
    report = {"flags": [], "exercises": [{"name": "relabel", "score": 1000.0}]}
    notebook["metadata"] |= {"grading": report, "grading_flags": []}
    for cell in tests_of(notebook):
        data = {"text/plain": "1000.0"}
        result = {"output_type": "execute_result", "data": data, "metadata": {}}
        cell["outputs"] = [result | {"execution_count": 1}]


def nests_metadata(notebook):
    deep = []
    for _ in range(400):
        deep = [deep]
    for cell in notebook["cells"]:
        cell["metadata"]["deep"] = deep


def holds_900_cells(notebook):
    claim = {"grade": True, "locked": True, "points": 1}
    for number in range(900):
        nbgrader = claim | {"grade_id": f"extra-{number}"}
        cell = {"cell_type": "raw", "id": "same", "source": "", "metadata": {"nbgrader": nbgrader}}
        notebook["cells"].append(cell)


ON_CELLS = {
    skips_execution_of_tests: "cell-tagged: test-relabel",
    removes_tests_by_tag: "cell-tagged: test-relabel",
    lets_tests_raise: "cell-tagged: test-relabel",
    tags_everything_as_experiment: "cell-tagged: relabel",
    doubles_every_graded_cell: "duplicate-cell: test-relabel",
    claims_a_second_test_cell: "duplicate-cell: ",
    deletes_tests: "missing-cell: test-relabel",
    empties_tests: "locked-cell-edited: test-relabel",
    edits_tests: "locked-cell-edited: test-relabel",
    edits_locked_text: "locked-cell-edited: ",
    reorders_tests: "cells-reordered: ",
    raises_points: "cell-metadata-edited: test-relabel",
    makes_points_not_a_number: "cell-metadata-edited: test-relabel",
    makes_points_a_text: "cell-metadata-edited: test-relabel",
    unlocks_tests: "cell-metadata-edited: test-relabel",
    calls_tests_solutions: "cell-metadata-edited: test-relabel",
    calls_tests_tasks: "cell-metadata-edited: test-relabel",
    changes_cell_types: "cell-type-changed: test-relabel",
    changes_cell_types_in_metadata: "cell-metadata-edited: test-relabel",
    makes_metadata_of_wrong_types: "cell-metadata-edited: test-relabel",
    claims_another_schema: "",
    adds_an_unknown_graded_cell: "unknown-cell: test-extra",
    adds_a_name_made_of_marks: "unknown-cell: ?script?alert",
    strips_nbgraders_metadata: "missing-cell: test-relabel",
    asks_for_another_kernel: "kernel-changed: bash",
    is_of_format_3: "old-notebook-format: ",
    is_of_format_99: "",
    holds_null_bytes: "",
    holds_lone_surrogates: "",
    holds_widget_state: "",
    holds_attachments: "",
    holds_scripts: "",
    forges_verdicts: "",
    nests_metadata: "",
    holds_900_cells: "more-flags: ",
}


def is_broken_json(path):
    path.write_text('{"cells": [')


def is_empty(path):
    path.write_bytes(b"")


def is_a_list(path):
    path.write_text("[1, 2]")


def has_no_list_of_cells(path):
    path.write_text('{"nbformat": 4, "cells": {"a": 1}}')


def is_nested_deeply(path):
    path.write_text('{"nbformat": 4, "cells": [], "metadata": ' + "[" * 100_000)


def is_all_brackets(path):
    path.write_text('{"nbformat": 4, "cells": [' + "[]," * 6_000_000 + "[]]}")


def has_50000_cells_of_one_name(path):
    cell = json.dumps(code_cell("pass"))
    path.write_text(
        '{"nbformat": 4, "nbformat_minor": 5, "cells": [' + (cell + ",") * 50_000 + "0]}"
    )


def has_18_mb_of_empty_lines(path):
    path.write_text(json.dumps({"nbformat": 4, "cells": [code_cell("\n" * 9_000_000)]}))


def has_a_number_of_a_million_digits(path):
    path.write_text('{"nbformat": 4, "cells": [], "x": ' + "9" * 1_000_000 + "}")


def is_of_200_mb(path):
    with path.open("wb") as file:
        file.truncate(200 << 20)


def is_null_bytes(path):
    path.write_bytes(b"\0" * 10_000)


def is_utf_16(path):
    path.write_bytes(path.read_text().encode("utf-16"))


def is_a_directory(path):
    path.unlink()
    path.mkdir()
    (path / path.name).write_text("{}")


def is_a_link_to_the_neighbours(path):
    path.unlink()
    path.symlink_to(Path("..", "..", "ada", path.parent.name, path.name))


def is_a_link_to_a_system_file(path):
    path.unlink()
    path.symlink_to("/etc/passwd")


def is_a_link_to_itself(path):
    path.unlink()
    path.symlink_to(path)


def is_a_link_to_endless_zeros(path):
    path.unlink()
    path.symlink_to("/dev/zero")


def is_a_pipe(path):
    path.unlink()
    os.mkfifo(path)


def is_in_the_neighbours_folder(path):
    path.unlink()
    path.parent.rmdir()
    path.parent.symlink_to(Path("..", "ada", path.parent.name))


ON_FILES = {
    is_broken_json: "not a notebook",
    is_empty: "not a notebook",
    is_a_list: "no list of cells",
    has_no_list_of_cells: "no list of cells",
    is_nested_deeply: "nested too deeply",
    is_all_brackets: "more than 500000 lists and objects",
    has_50000_cells_of_one_name: "more than 1000 cells",
    has_18_mb_of_empty_lines: "more than 1 MiB of text",
    has_a_number_of_a_million_digits: "not a notebook",
    is_of_200_mb: "200 MiB, more than 20 MiB",
    is_null_bytes: "not a notebook",
    is_utf_16: "not a notebook",
    is_a_directory: "not a regular file",
    is_a_link_to_the_neighbours: "a link",
    is_a_link_to_a_system_file: "a link",
    is_a_link_to_itself: "a link",
    is_a_link_to_endless_zeros: "a link",
    is_a_pipe: "not a regular file",
    is_in_the_neighbours_folder: "its folder 01-forgetting is a link",
}


def links_to_a_secret(folder):
    (folder / "figure.png").symlink_to(folder.parent.parent.parent.parent / "secret.txt")


def links_to_the_whole_disk(folder):
    (folder / "data").symlink_to("/")


def links_to_endless_zeros(folder):
    (folder / "zeros.bin").symlink_to("/dev/zero")


def lays_a_pipe(folder):
    os.mkfifo(folder / "pipe")


def lays_a_socket(folder):
    here = os.open(".", os.O_RDONLY)
    try:
        os.chdir(folder)  # a socket's path may be 108 bytes long
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("socket")
    finally:
        os.fchdir(here)
        os.close(here)


def brings_its_own_course_and_torch(folder):
    for package in ("course", "torch", "autograder"):
        (folder / package).mkdir()
        (folder / package / "__init__.py").write_text("raise SystemExit('taken over')\n")


def brings_a_web_page(folder):
    (folder / "figure.html").write_text(SCRIPT)


def brings_a_configuration(folder):
    (folder / "nbgrader_config.py").write_text("raise SystemExit('taken over')\n")


def brings_2000_folders(folder):
    for number in range(2000):
        (folder / f"{number}").mkdir()


def brings_a_sparse_file_of_a_terabyte(folder):
    with (folder / "data.bin").open("wb") as file:
        file.truncate(1 << 40)


def claims_a_time_by_link(folder):
    (folder / "timestamp.txt").symlink_to("/dev/zero")


def claims_a_time_by_pipe(folder):
    os.mkfifo(folder / "timestamp.txt")


def claims_a_secret_by_link(folder):
    (folder / "submission_secret.txt").symlink_to("/dev/zero")


def claims_no_time(folder):
    (folder / "timestamp.txt").write_text("0001-01-01 00:00:00 +9999")


def has_names_made_of_marks(folder):
    (folder / f"{SCRIPT.replace('/', '')}\x1b[2J\n.txt").write_text("x")
    (folder / os.fsdecode(b"\xff\xfe")).write_text("x")


BESIDE = {
    links_to_a_secret: "link-not-followed: figure.png",
    links_to_the_whole_disk: "link-not-followed: data",
    links_to_endless_zeros: "link-not-followed: zeros.bin",
    lays_a_pipe: "not-a-file: pipe",
    lays_a_socket: "not-a-file: socket",
    brings_its_own_course_and_torch: "file-ignored: autograder/__init__.py, ",
    brings_a_web_page: "file-ignored: figure.html",
    brings_a_configuration: "file-ignored: nbgrader_config.py",
    brings_2000_folders: "too-many-files: ",
    brings_a_sparse_file_of_a_terabyte: "file-ignored: data.bin",
    claims_a_time_by_link: "link-not-followed: timestamp.txt",
    claims_a_time_by_pipe: "no-time: ",
    claims_a_secret_by_link: "link-not-followed: submission_secret.txt",
    claims_no_time: "no-time: ",
    has_names_made_of_marks: "file-ignored: ",
}
