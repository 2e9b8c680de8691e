"""Datasets on the disk, from the network and inside scikit-learn, and the streams cut from them."""

import errno
import re
import socket
import struct
from dataclasses import fields, replace
from pathlib import Path
from threading import Event, current_thread

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torchvision.datasets import MNIST

from course import data, mnist
from course.data import Dataset, Task, digit_pairs, even_odd, joint, load, permuted, split
from course.device import generator

ROWS = {"train": 60, "t10k": 20}


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits")


@pytest.fixture(scope="module")
def numbered() -> Dataset:
    """300 training and 100 test rows of 2x3 pixels; the first pixel is the row's number."""

    def rows(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
        x = torch.rand(count, 6, generator=generator(seed))
        x[:, 0] = torch.arange(count) / 1000
        return x, torch.randperm(count, generator=generator(seed)) % 10

    return Dataset("numbered", *rows(300, 0), *rows(100, 1), image_shape=(2, 3))


@pytest.fixture(autouse=True)
def machine(monkeypatch, tmp_path):
    """A machine without network and without MNIST; to touch the network fails the test."""

    def refuse(*_, **__):
        pytest.fail("touched the network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(mnist, "CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("COURSE_DATA_DIR", raising=False)


@pytest.fixture
def small(monkeypatch):
    """Lets files of 60 and 20 rows pass for the whole of MNIST."""
    sizes = {}
    for part, count in ROWS.items():
        sizes[f"{part}-images-idx3-ubyte"] = 16 + count * 784
        sizes[f"{part}-labels-idx1-ubyte"] = 8 + count
    monkeypatch.setattr(mnist, "BYTES", sizes)


def write_mnist(raw: Path) -> dict[str, np.ndarray]:
    """MNIST's four files, with random pixels; returns what is in them."""
    raw.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    held = {}
    for part, count in ROWS.items():
        images = random.integers(0, 256, (count, 28, 28), np.uint8)
        labels = np.arange(count, dtype=np.uint8) % 10
        head = struct.pack(">4i", 0x803, count, 28, 28)
        (raw / f"{part}-images-idx3-ubyte").write_bytes(head + images.tobytes())
        head = struct.pack(">2i", 0x801, count)
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(head + labels.tobytes())
        held |= {f"{part} images": images, f"{part} labels": labels}
    return held


# Loading


def test_digits_are_scikit_learn_s(digits):
    images, labels = load_digits(return_X_y=True)
    assert (digits.name, digits.input_size, digits.num_classes) == ("digits", 64, 10)
    assert (len(digits.x_train), len(digits.x_test)) == (1347, 450)
    ours = torch.cat([digits.x_train, digits.x_test]).numpy()
    ours = np.column_stack([torch.cat([digits.y_train, digits.y_test]), ours * 16])
    theirs = np.column_stack([labels, images])
    assert np.array_equal(ours[np.lexsort(ours.T)], theirs[np.lexsort(theirs.T)])


def test_digits_are_split_in_equal_shares_and_always_the_same(digits):
    shares = torch.bincount(digits.y_test) / torch.bincount(
        torch.cat([digits.y_train, digits.y_test])
    )
    assert shares.sub(450 / 1797).abs().max() < 0.005
    again = load("digits")
    assert torch.equal(again.x_test, digits.x_test)
    assert digits.y_test[:12].tolist() == [2, 0, 4, 9, 4, 1, 2, 4, 6, 7, 9, 1]


@pytest.mark.usefixtures("small")
def test_mnist_is_read_as_it_is_written(tmp_path):
    held = write_mnist(tmp_path / "MNIST" / "raw")
    dataset = load("mnist", tmp_path, download=False)
    assert (dataset.name, dataset.image_shape, dataset.input_size) == ("mnist", (28, 28), 784)
    for part, x, y in (
        ("train", dataset.x_train, dataset.y_train),
        ("t10k", dataset.x_test, dataset.y_test),
    ):
        expected = held[f"{part} images"].reshape(len(x), 784).astype(np.float32) / 255
        assert np.array_equal(x.cpu().numpy(), expected)
        assert y.tolist() == held[f"{part} labels"].tolist()


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", ["digits", "mnist"])
def test_what_a_dataset_is(name, tmp_path):
    write_mnist(tmp_path / "MNIST" / "raw")
    dataset = load(name, tmp_path, device="cpu")
    for x, y in ((dataset.x_train, dataset.y_train), (dataset.x_test, dataset.y_test)):
        assert (x.dtype, y.dtype) == (torch.float32, torch.int64)
        assert (x.min(), x.max()) == (0.0, 1.0)
        assert x.is_contiguous()
        assert (x.device.type, y.device.type) == ("cpu", "cpu")


@pytest.mark.parametrize("name", ["digits", "mnist"])
def test_moved_to_the_device_that_is_asked_for(name, small, tmp_path):
    write_mnist(tmp_path / "MNIST" / "raw")
    dataset = load(name, tmp_path, device="meta")
    tensors = [getattr(dataset, f) for f in ("x_train", "y_train", "x_test", "y_test")]
    assert {t.device.type for t in tensors} == {"meta"}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("place", ["root", "environment", "cache"])
def test_auto_takes_mnist_from_the_disk(place, tmp_path, monkeypatch, capsys):
    folder = tmp_path / place
    write_mnist(folder / "MNIST" / "raw")
    if place == "environment":
        monkeypatch.setenv("COURSE_DATA_DIR", str(folder))
    root = folder if place == "root" else None
    assert load("auto", root).name == "mnist"
    assert capsys.readouterr().out == f"Data: MNIST, because it is on disk, in {folder}.\n"


def test_auto_takes_digits_offline_and_says_why(monkeypatch, capsys):
    def offline(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", offline)
    assert load().name == "digits"
    printed = capsys.readouterr().out
    assert re.fullmatch(r"Data: the 8x8 digits .* because MNIST is not .*known.*\n", printed)
    with pytest.raises(FileNotFoundError, match=r"cannot be downloaded.*not known") as raised:
        load("mnist")
    assert "\n" not in str(raised.value)


def test_a_silent_network_is_given_up_soon(monkeypatch):
    answer, waited_to_the_end, asking = Event(), Event(), []

    def hang(*_, **__):
        asking.append(current_thread())
        answer.wait(60)
        waited_to_the_end.set()
        raise TimeoutError

    monkeypatch.setattr(mnist, "PATIENCE", 0.2)
    monkeypatch.setattr(mnist, "urlopen", hang)
    with pytest.raises(FileNotFoundError, match="no answer"):
        load("mnist")
    assert not waited_to_the_end.is_set()
    answer.set()
    asking[0].join()  # else it asks the next address when the real urlopen is back


@pytest.mark.parametrize("name", ["mnist", "auto"])
def test_without_download_the_network_is_not_touched(name, tmp_path, capsys):
    if name == "mnist":
        with pytest.raises(FileNotFoundError, match=f"MNIST is not on disk.*{tmp_path}"):
            load(name, tmp_path, download=False)
    else:
        assert load(name, tmp_path, download=False).name == "digits"
        assert "because MNIST is not on disk" in capsys.readouterr().out


@pytest.mark.usefixtures("small")
def test_files_that_are_cut_short_are_not_taken_for_mnist(tmp_path):
    write_mnist(tmp_path / "MNIST" / "raw")
    file = tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(FileNotFoundError, match="its four files, whole"):
        load("mnist", tmp_path, download=False)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("given", [True, False])
def test_mnist_is_downloaded_once(given, tmp_path, monkeypatch):
    calls = []

    def arrive(self):
        calls.append(socket.getdefaulttimeout())
        write_mnist(Path(self.raw_folder))

    monkeypatch.setattr(mnist, "_reach", lambda addresses: None)
    monkeypatch.setattr(MNIST, "download", arrive)
    root = tmp_path / "mine" if given else None
    first, second = load("mnist", root), load("auto", root)
    assert torch.equal(first.x_train, second.x_train)
    assert calls == [mnist.PATIENCE], "each answer is waited for only so long"
    assert socket.getdefaulttimeout() is None
    folder = root or Path(mnist.CACHE)
    assert [path.name for path in folder.iterdir()] == ["MNIST"]


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("Error downloading:\nTried one,\ngot nothing"),
        TimeoutError(),
    ],
)
def test_a_download_that_breaks_leaves_nothing(error, tmp_path, monkeypatch, capsys):
    def break_off(self):
        raw = Path(self.raw_folder)
        raw.mkdir(parents=True)
        (raw / "train-images-idx3-ubyte").write_bytes(b"half")
        raise error

    monkeypatch.setattr(mnist, "_reach", lambda addresses: None)
    monkeypatch.setattr(MNIST, "download", break_off)
    assert load("auto", tmp_path).name == "digits"
    assert capsys.readouterr().out.count("\n") == 1
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("name", ["MNIST", "fashion", ""])
def test_unknown_dataset(name):
    with pytest.raises(ValueError, match=f"unknown dataset '{name}': .*auto, digits, mnist"):
        load(name)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x_train": torch.zeros(4, 5)}, r"expected images \(n, 6\) of floats, got \(4, 5\)"),
        ({"x_test": torch.zeros(4, 2, 3)}, r"got \(4, 2, 3\)"),
        ({"x_train": torch.zeros(4, 6, dtype=torch.uint8)}, "uint8"),
        ({"y_train": torch.zeros(3, dtype=torch.int64)}, r"expected labels \(4,\) int64, got \(3"),
        ({"y_test": torch.zeros(4)}, "float32"),
        ({"y_test": torch.zeros(4, dtype=torch.int64, device="meta")}, "on one device.*meta"),
    ],
)
def test_a_dataset_whose_parts_do_not_fit(change, message):
    x, y = torch.zeros(4, 6), torch.zeros(4, dtype=torch.int64)
    whole = Dataset("whole", x, y, x, y, (2, 3))
    with pytest.raises(ValueError, match=message):
        replace(whole, **change)


# Streams


def check_rows(task: Task, dataset: Dataset, label) -> None:
    """Training and test rows are those of the task's classes, in order, with the right labels."""
    for part in ("train", "test"):
        x, y = getattr(dataset, f"x_{part}"), getattr(dataset, f"y_{part}").tolist()
        rows = [i for i, digit in enumerate(y) if digit in task.classes]
        assert torch.equal(getattr(task, f"x_{part}"), x[rows])
        assert getattr(task, f"y_{part}").tolist() == [label(y[i]) for i in rows]
        assert getattr(task, f"y_{part}").dtype == torch.int64
    assert task.x_val.shape == (0, dataset.input_size)
    assert task.y_val.shape == (0,)


PAIRS = [(0, 1), (2, 3), (4, 5), (6, 7), (8, 9)]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_digit_pairs(numbered, count):
    tasks = digit_pairs(numbered, count)
    assert [task.classes for task in tasks] == PAIRS[:count]
    assert [task.name for task in tasks] == ["0/1", "2/3", "4/5", "6/7", "8/9"][:count]
    for task in tasks:
        check_rows(task, numbered, lambda digit: digit % 2)


def test_even_odd(numbered):
    tasks = even_odd(numbered)
    assert [(t.name, t.classes) for t in tasks] == [
        ("even", (0, 2, 4, 6, 8)),
        ("odd", (1, 3, 5, 7, 9)),
    ]
    for task in tasks:
        check_rows(task, numbered, lambda digit: digit // 2)


@pytest.mark.parametrize(
    ("scenario", "label"),
    [("task", lambda d: d % 2), ("domain", lambda d: d % 2), ("class", lambda d: d)],
)
def test_split(numbered, scenario, label):
    tasks = split(numbered, scenario)
    assert [task.classes for task in tasks] == PAIRS
    for task in tasks:
        check_rows(task, numbered, label)


def test_labels_are_positions_in_classes(numbered):
    for stream in (digit_pairs(numbered), even_odd(numbered), split(numbered, "task")):
        for task in stream:
            original = [task.classes[label] for label in task.y_test.tolist()]
            rows = [round(1000 * number) for number in task.x_test[:, 0].tolist()]
            assert original == numbered.y_test[rows].tolist()


def test_permuted(numbered):
    tasks = permuted(numbered, 4, generator(0))
    orders = []
    for task in tasks:
        assert task.classes == tuple(range(10))
        assert torch.equal(task.y_train, numbered.y_train)
        assert torch.equal(task.y_test, numbered.y_test)
        # A row's pixels all differ, so that row's order tells the order of every row.
        order = [numbered.x_train[0].tolist().index(value) for value in task.x_train[0].tolist()]
        assert sorted(order) == list(range(6))
        assert torch.equal(task.x_train, numbered.x_train[:, order])
        assert torch.equal(task.x_test, numbered.x_test[:, order])
        orders.append(order)
    assert orders[0] == list(range(6)), "the first task keeps the pixels as they are"
    assert len({tuple(order) for order in orders}) == 4


def test_permuted_is_drawn_from_the_generator_alone(numbered):
    first, again, other = (permuted(numbered, 2, generator(s))[1].x_test for s in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


STREAMS = {
    "digit_pairs": lambda d, **kw: digit_pairs(d, **kw),
    "even_odd": lambda d, **kw: even_odd(d, **kw),
    "split": lambda d, **kw: split(d, "class", **kw),
    "permuted": lambda d, generator, **kw: permuted(d, 2, generator, **kw),
}


@pytest.mark.parametrize("stream", STREAMS)
def test_validation_rows_are_held_back_from_training(numbered, stream):
    make = STREAMS[stream]
    whole = make(numbered, generator=generator(0))
    held = make(numbered, validation=0.25, generator=generator(0))
    for before, after in zip(whole, held, strict=True):
        assert len(after.x_val) == round(0.25 * len(before.x_train))
        rows = torch.cat([after.x_train, after.x_val])
        rows = torch.column_stack([rows, torch.cat([after.y_train, after.y_val])])
        both = torch.column_stack([before.x_train, before.y_train])
        assert sorted(rows.tolist()) == sorted(both.tolist())
        assert torch.equal(after.x_test, before.x_test)


def test_validation_rows_are_drawn_from_the_generator(numbered):
    first, again, other = (
        even_odd(numbered, validation=0.3, generator=generator(seed))[0].x_val for seed in (0, 0, 1)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("fraction", [-0.1, 1.0, 1.5, float("nan")])
@pytest.mark.parametrize("stream", STREAMS)
def test_fraction_out_of_range(numbered, stream, fraction):
    with pytest.raises(ValueError, match="a fraction from 0 to below 1"):
        STREAMS[stream](numbered, validation=fraction, generator=generator(0))


def test_validation_leaves_something_to_train_on(numbered):
    with pytest.raises(ValueError, match="leaves none of"):
        even_odd(numbered, validation=0.999, generator=generator(0))


@pytest.mark.parametrize("stream", [digit_pairs, even_odd, lambda d, **kw: split(d, "task", **kw)])
def test_validation_needs_a_generator(numbered, stream):
    with pytest.raises(ValueError, match="expected a generator, got None"):
        stream(numbered, validation=0.1)


@pytest.mark.parametrize("count", [0, 6])
def test_number_of_pairs_out_of_range(numbered, count):
    with pytest.raises(ValueError, match=f"from 1 to 5, got {count}"):
        digit_pairs(numbered, count)


def test_no_permuted_tasks(numbered):
    with pytest.raises(ValueError, match="at least 1, got 0"):
        permuted(numbered, 0, generator(0))


def test_unknown_scenario(numbered):
    with pytest.raises(ValueError, match="unknown scenario 'Task': expected one of task, domain"):
        split(numbered, "Task")


def test_a_class_without_rows(numbered):
    few = replace(numbered, y_train=numbered.y_train.clamp(max=8))
    with pytest.raises(ValueError, match=r"got none of \[9\]"):
        digit_pairs(few)


def test_streams_leave_the_dataset_alone(numbered):
    before = {f.name: getattr(numbered, f.name) for f in fields(numbered)}
    copies = {k: v.clone() for k, v in before.items() if isinstance(v, torch.Tensor)}
    for make in STREAMS.values():
        make(numbered, validation=0.2, generator=generator(0))
    assert all(torch.equal(before[name], copy) for name, copy in copies.items())


def test_joint_has_all_rows_of_all_tasks(numbered):
    tasks = even_odd(numbered, validation=0.2, generator=generator(0))
    both = joint(tasks)
    assert both.classes == (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
    for part in ("x_train", "y_train", "x_test", "y_test", "x_val", "y_val"):
        assert torch.equal(getattr(both, part), torch.cat([getattr(t, part) for t in tasks]))
    assert joint(permuted(numbered, 2, generator(0))).classes == tuple(range(10))


def test_joint_of_nothing():
    with pytest.raises(ValueError, match="at least one task"):
        joint([])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("stream", STREAMS)
def test_streams_on_cuda_are_those_of_the_cpu(numbered, stream):
    parts = ("x_train", "y_train", "x_test", "y_test")
    moved = replace(numbered, **{part: getattr(numbered, part).cuda() for part in parts})
    options = {"validation": 0.2}
    for there, here in zip(
        STREAMS[stream](moved, generator=generator(0), **options),
        STREAMS[stream](numbered, generator=generator(0), **options),
        strict=True,
    ):
        for part in (*parts, "x_val", "y_val"):
            assert getattr(there, part).is_cuda
            assert torch.equal(getattr(there, part).cpu(), getattr(here, part))


def test_names_of_the_module_are_the_stream_makers():
    assert {*STREAMS, "joint"} <= set(data.__all__)


def test_the_environment_decides_what_auto_means(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATASET", "digits")
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    assert data.load("auto").name == "digits"
    monkeypatch.setenv("COURSE_DATASET", "cifar")
    with pytest.raises(ValueError, match="cifar"):
        data.load("auto")
    assert data.load("digits").name == "digits"
