"""The one loop against PyTorch's own DataLoader, numpy, and loops that are wrong on purpose."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensorMode
from torch.nn.functional import cross_entropy
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.data import DataLoader, TensorDataset

from course import training
from course.data import even_odd, load
from course.device import generator
from course.losses import batch_loss
from course.models import MLP
from course.training import accuracy, make_optimizer, make_train_on, train

ROWS, PIXELS, CLASSES, BATCH, EPOCHS = 50, 6, 3, 16, 3  # batches of 16, 16, 16 and 2


def rows(dtype=torch.float64) -> tuple[torch.Tensor, torch.Tensor]:
    source = generator(0)
    x = torch.rand(ROWS, PIXELS, generator=source, dtype=dtype)
    return x, torch.randint(CLASSES, (ROWS,), generator=source)


def network(dtype=torch.float64, **options) -> MLP:
    return MLP(PIXELS, (5,), CLASSES, generator=generator(1), **options).to(dtype)


def run(model, name="sgd", lr=0.1, momentum=0.0, *, seed=2, epochs=EPOCHS, **options):
    """Trains with our loop; returns its history."""
    x, y = rows(next(model.parameters()).dtype)
    options = {"batch_size": BATCH, "generator": generator(seed), **options}
    optimizer = make_optimizer(name, model, lr, momentum)
    return train(model, x, y, optimizer=optimizer, epochs=epochs, **options)


def loop(model, optimizer, mistake="") -> list[float]:
    """PyTorch's idiom, right or with one mistake in it."""
    x, y = rows()
    history, source = [], generator(2)
    optimizer.zero_grad()
    for _ in range(EPOCHS):
        order = torch.randperm(ROWS, generator=generator(2) if mistake == "one order" else source)
        if mistake == "never shuffled":
            order = torch.arange(ROWS)
        labels = y.roll(1) if mistake == "shuffled apart" else y
        batches = DataLoader(
            TensorDataset(x, labels),
            batch_size=BATCH,
            sampler=order.tolist(),
            drop_last=mistake == "last batch dropped",
        )
        losses = []
        for x_batch, y_batch in batches:
            if mistake != "no zero_grad":
                optimizer.zero_grad()
            logits = model(x_batch)
            if mistake == "softmax before cross-entropy":
                logits = logits.softmax(dim=1)
            loss = cross_entropy(logits, y_batch)
            loss.backward()
            optimizer.step()
            losses += [loss.item()] * (1 if mistake == "mean over batches" else len(x_batch))
        history.append(sum(losses) / len(losses))
    return history


def distance(a: nn.Module, b: nn.Module) -> float:
    pairs = zip(a.parameters(), b.parameters(), strict=True)
    return max((p - q).abs().max().item() for p, q in pairs)


OPTIMIZERS = {
    "sgd": (("sgd", 0.1, 0.0), lambda p: torch.optim.SGD(p, lr=0.1)),
    "momentum": (("sgd", 0.1, 0.9), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
    "adam": (("adam", 0.01, 0.0), lambda p: torch.optim.Adam(p, lr=0.01)),
}


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_same_weights_and_losses_as_a_dataloader(kind):
    ours, theirs = network(), network()
    settings, make = OPTIMIZERS[kind]
    history = run(ours, *settings)
    expected = loop(theirs, make(theirs.parameters()))
    assert distance(ours, theirs) < 1e-12
    assert history == pytest.approx(expected, rel=1e-12)
    assert all(type(value) is float for value in history)


@pytest.mark.parametrize(
    "mistake",
    [
        "no zero_grad",
        "last batch dropped",
        "one order",
        "never shuffled",
        "shuffled apart",
        "softmax before cross-entropy",
        "mean over batches",
    ],
)
def test_wrong_loops_differ(mistake):
    ours, theirs = network(), network()
    history = run(ours)
    other = loop(theirs, torch.optim.SGD(theirs.parameters(), lr=0.1), mistake)
    if mistake == "mean over batches":
        assert abs(history[0] - other[0]) > 1e-4
    else:
        assert distance(ours, theirs) > 1e-3


def test_one_step_of_softmax_regression_in_numpy():
    model = MLP(PIXELS, (), CLASSES, generator=generator(1)).double()
    weight, bias = (p.detach().clone().numpy() for p in model.parameters())
    history = run(model, lr=0.5, epochs=1, batch_size=ROWS)
    x, y = (part.numpy() for part in rows())
    logits = x @ weight.T + bias
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    error = (p - np.eye(CLASSES)[y]) / ROWS
    assert history == [pytest.approx(-np.log(p[np.arange(ROWS), y]).mean())]
    after = [parameter.detach().numpy() for parameter in model.parameters()]
    assert np.allclose(after[0], weight - 0.5 * error.T @ x)
    assert np.allclose(after[1], bias - 0.5 * error.sum(axis=0))


def test_gradients_left_over_count_for_nothing():
    clean, dirty = network(), network()
    for parameter in dirty.parameters():
        parameter.grad = torch.full_like(parameter, 100.0)
    run(clean)
    run(dirty)
    assert distance(clean, dirty) == 0.0


def squares(model: nn.Module) -> torch.Tensor:
    return 0.05 * sum((p**2).sum() for p in model.parameters())


def test_a_penalty_on_squares_is_weight_decay():
    ours, theirs = network(), network()
    history = run(ours, penalty=squares)
    without = loop(theirs, torch.optim.SGD(theirs.parameters(), lr=0.1, weight_decay=0.1))
    assert distance(ours, theirs) < 1e-12
    gap = np.array(history) - np.array(without)
    assert (gap > 0.5 * squares(ours).item()).all(), "the losses hold the penalty too"


def test_the_penalty_is_asked_for_every_batch_with_the_model():
    model, seen = network(), []
    run(model, penalty=lambda m: seen.append(m) or 0.0)
    assert len(seen) == EPOCHS * 4
    assert all(m is model for m in seen)


def test_a_loss_of_ones_own_takes_the_place_of_cross_entropy():
    ours, usual = network(), network()
    smoothed = run(ours, loss=lambda m, x, y: cross_entropy(m(x), y, label_smoothing=0.5))
    assert smoothed != pytest.approx(run(usual), rel=1e-3)
    same, plain = network(), network()
    history = run(same, loss=lambda m, x, y: cross_entropy(m(x), y), penalty=lambda m: 1.0)
    assert history == pytest.approx([value + 1 for value in run(plain)], rel=1e-12)
    assert distance(same, plain) == 0.0


def test_gradients_can_be_changed_before_the_step():
    ours, doubled = network(), network()

    def halve() -> None:
        for parameter in doubled.parameters():
            parameter.grad *= 0.5

    run(ours, lr=0.1)
    run(doubled, lr=0.2, on_gradients=halve)
    assert distance(ours, doubled) < 1e-12


def test_losses_are_those_before_each_step():
    model = network()
    x, y = rows()
    before = cross_entropy(model(x), y).item()
    assert run(model, epochs=1, batch_size=ROWS) == [pytest.approx(before)]
    assert run(network(), epochs=0) == []


def test_steps_are_counted_from_one():
    steps = []
    run(network(), on_step=steps.append)
    assert steps == list(range(1, EPOCHS * 4 + 1))


def test_randomness_is_the_generator_s_alone():
    first, again, other = network(), network(), network()
    before = torch.get_rng_state()
    run(first, seed=2)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(123)
    run(again, seed=2)
    run(other, seed=3)
    assert distance(first, again) == 0.0
    assert distance(first, other) > 0.0


def test_inputs_are_left_alone():
    x, y = rows()
    run(network())
    assert all(torch.equal(a, b) for a, b in zip(rows(), (x, y), strict=True))


class Watched(nn.Module):
    """Linear, and notes the mode and the gradients' state in which it is run."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(PIXELS, CLASSES)
        self.seen: set[tuple[bool, bool]] = set()

    def forward(self, x):
        self.seen.add((self.training, torch.is_grad_enabled()))
        return self.linear(x)


@pytest.mark.parametrize("training_mode", [True, False])
def test_modes(training_mode):
    model = Watched().double().train(training_mode)
    run(model)
    assert model.seen == {(True, True)}
    assert model.training is training_mode
    model.seen.clear()
    accuracy(model, *rows())
    assert model.seen == {(False, False)}
    assert model.training is training_mode


def test_the_mode_is_restored_after_an_error():
    model = network(dropout=0.5).eval()

    def broken(_):
        raise KeyError

    with pytest.raises(KeyError):
        run(model, penalty=broken)
    assert not model.training


@pytest.mark.parametrize(("name", "momentum"), [("sgd", 0.0), ("sgd", 0.9), ("adam", 0.0)])
def test_train_on_trains_each_time_with_a_fresh_optimizer(name, momentum):
    handed, by_hand = network(), network()
    options = {"epochs": EPOCHS, "batch_size": BATCH}
    train_on = make_train_on(name, 0.01, momentum=momentum, generator=generator(5), **options)
    source = generator(5)
    for penalty in (None, squares):  # two lessons, one order drawn after the other
        assert train_on(handed, *rows(), penalty) is None
        optimizer = make_optimizer(name, by_hand, 0.01, momentum)
        options |= {"optimizer": optimizer, "penalty": penalty, "generator": source}
        train(by_hand, *rows(), **options)
    assert distance(handed, by_hand) == 0.0
    assert distance(handed, network()) > 1e-3


def test_train_on_takes_the_penalty_by_its_name_and_passes_errors_on():
    options = {"epochs": EPOCHS, "batch_size": BATCH, "progress": False}
    pulled, free = network(), network()
    for model, penalty in ((pulled, squares), (free, None)):
        train_on = make_train_on("sgd", 0.1, generator=generator(5), **options)
        train_on(model, *rows(), penalty=penalty)
    assert distance(pulled, free) > 1e-3
    with pytest.raises(FloatingPointError, match="training diverged"):
        make_train_on("sgd", 1e9, generator=generator(5), **options)(
            network(), *rows(), lambda model: 1e9 * squares(model)
        )
    with pytest.raises(ValueError, match="expected 'sgd', or 'adam' without momentum"):
        make_train_on("adam", 0.1, momentum=0.5, generator=generator(5), **options)(
            network(), *rows()
        )


def test_divergence_is_an_error():
    with pytest.raises(FloatingPointError, match=r"training diverged: the loss is (nan|inf)"):
        run(network(), lr=1e200)


@pytest.mark.parametrize(
    ("progress", "watched", "shown"),
    [(True, False, True), (False, True, False), (None, False, False), (None, True, True)],
)
def test_progress_bar(progress, watched, shown, monkeypatch, capsys):
    monkeypatch.setattr(training, "PATIENCE", 0.0)
    monkeypatch.setattr(training, "_watched", lambda: watched)
    run(network(), progress=progress)
    captured = capsys.readouterr()
    assert ("step" in captured.err) is shown
    assert captured.out == ""


def test_no_progress_bar_for_short_work(monkeypatch, capsys):
    monkeypatch.setattr(training, "_watched", lambda: True)
    run(network())
    assert capsys.readouterr().err == ""


# What does not fit together


def fitting() -> dict:
    x, y = rows()
    model = network()
    optimizer = make_optimizer("sgd", model, 0.1)
    return {"model": model, "x": x, "y": y, "optimizer": optimizer, "epochs": 1, "batch_size": 4}


MISFITS = [
    (lambda a: {"x": a["x"][:0], "y": a["y"][:0]}, r"n at least 1, got \(0, 6\) and \(0,\)"),
    (lambda a: {"y": a["y"][:-1]}, r"got \(50, 6\) and \(49,\)"),
    (lambda a: {"y": a["y"][:, None]}, r"got \(50, 6\) and \(50, 1\)"),
    (lambda a: {"y": a["y"].int()}, "int32"),
    (lambda a: {"y": a["y"].double()}, "float64"),
    (lambda a: {"x": a["x"].float()}, "x of its dtype, got x cpu torch.float32"),
    (lambda a: {"x": a["x"].to("meta")}, "on the model's device.*got x meta"),
    (lambda a: {"y": a["y"].to("meta")}, "y meta"),
]
ONLY_TRAINING = [
    (lambda a: {"epochs": -1}, "epochs >= 0, batch_size >= 1, got -1 and 4"),
    (lambda a: {"batch_size": 0}, "got 1 and 0"),
    (lambda a: {"y": a["y"] - 1}, "labels from 0, got -1"),
    (lambda a: {"y": a["y"] + 1}, r"\(n, C\) with C at least 4.*got \(4, 3\)"),
    (lambda a: {"optimizer": make_optimizer("sgd", network(), 0.1)}, "none of this model's"),
    (lambda a: {"penalty": lambda m: m.heads[0].bias}, r"a scalar, got shape \(3,\)"),
]


@pytest.mark.parametrize(("change", "message"), MISFITS + ONLY_TRAINING)
def test_training_on_what_does_not_fit(change, message):
    arguments = fitting()
    before = network()
    arguments |= change(arguments)
    with pytest.raises(ValueError, match=message):
        train(**arguments, generator=generator(0))
    assert distance(arguments["model"], before) == 0.0


@pytest.mark.parametrize(("change", "message"), MISFITS)
def test_measuring_what_does_not_fit(change, message):
    arguments = fitting()
    arguments |= change(arguments)
    with pytest.raises(ValueError, match=message):
        accuracy(arguments["model"], arguments["x"], arguments["y"])


@pytest.mark.parametrize(
    ("name", "lr", "momentum"),
    [
        *(("adam", 0.1, 0.9), ("SGD", 0.1, 0.0), ("rmsprop", 0.1, 0.0), ("sgd", 0.1, -0.5)),
        *(("sgd", 0.0, 0.0), ("sgd", math.nan, 0.0), ("adam", -1.0, 0.0)),
    ],
)
def test_no_such_optimizer(name, lr, momentum):
    with pytest.raises(ValueError, match=r"[Ii]nvalid|must be positive|expected 'sgd'"):
        make_optimizer(name, network(), lr, momentum)


# Accuracy


class Table(nn.Module):
    """Gives each row as its logits."""

    def __init__(self):
        super().__init__()
        self.one = nn.Parameter(torch.ones(()))

    def forward(self, x):
        return self.one * x


@pytest.mark.parametrize("chunk", [1, 7, 50, 8192])
def test_accuracy_against_numpy(chunk, monkeypatch):
    monkeypatch.setattr(training, "CHUNK", chunk)
    logits = torch.rand(50, 4, generator=generator(0))
    y = torch.randint(4, (50,), generator=generator(1))
    expected = np.mean(logits.numpy().argmax(axis=1) == y.numpy())
    assert 0.1 < expected < 0.9
    measured = accuracy(Table(), logits, y)
    assert type(measured) is float
    assert measured == pytest.approx(expected, abs=1e-12)


def test_a_model_that_diverged_is_not_right_about_class_0():
    logits = torch.tensor([[math.nan, math.nan], [math.nan, 0.0], [math.inf, 0.0], [1.0, 0.0]])
    assert accuracy(Table(), logits, torch.zeros(4, dtype=torch.int64)) == 0.5


# Without a GPU: what the loop asks of the device, and whether devices are mixed


class Recorder(TorchDispatchMode):
    """Notes every operation by name."""

    def __init__(self):
        super().__init__()
        self.names: list[str] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.names.append(func.overloadpacket.__name__)
        return func(*args, **(kwargs or {}))


# Each makes the processor wait for the device, or moves something between them.
WAITING = {"_local_scalar_dense", "_to_copy", "copy_", "nonzero", "masked_select", "is_nonzero"}
WAITING |= {"index", "randperm", "equal", "unique", "item"}


def operations_in_steps(epochs=1, **options) -> list[str]:
    """What is done from the end of the first step to the end of the last one of the epoch."""
    marks = []
    with Recorder() as recorder:
        run(
            network(), epochs=epochs, on_step=lambda _: marks.append(len(recorder.names)), **options
        )
    return recorder.names[marks[0] : marks[3]]


@pytest.mark.parametrize(("name", "lr"), [("sgd", 0.1), ("adam", 0.01)])
def test_no_step_moves_anything_or_waits(name, lr):
    names = operations_in_steps(name=name, lr=lr)
    assert names.count("nll_loss_forward") == 3
    assert any(name.startswith("_fused_") for name in names)
    assert not WAITING & set(names)


def test_waiting_in_a_step_would_be_seen():
    assert "_local_scalar_dense" in operations_in_steps(penalty=lambda m: squares(m).item())
    assert "_to_copy" in operations_in_steps(penalty=lambda m: squares(m).float())


def test_an_epoch_waits_once():
    with Recorder() as one:
        run(network(), epochs=1)
    with Recorder() as three:
        run(network(), epochs=3)
    waits = [recorder.names.count("_local_scalar_dense") for recorder in (one, three)]
    assert waits[1] - waits[0] == 2


class Arrived(Exception):
    """The loss of a batch has been computed."""


def test_no_devices_are_mixed():
    def arrive(model):
        raise Arrived

    with FakeTensorMode():
        with torch.device("cuda"):
            model = MLP(PIXELS, (5,), CLASSES, dropout=0.5)
        x = torch.empty(ROWS, PIXELS, device="cuda")
        y = torch.zeros(ROWS, dtype=torch.int64, device="cuda")
        with pytest.raises(DataDependentOutputException, match="_local_scalar_dense"):
            accuracy(model, x, y)  # all done but to read the result, which fake tensors do not have
        order = torch.randperm(ROWS, generator=generator(0)).to(x.device)
        batch = x[order].split(BATCH)[0], y[order].split(BATCH)[0]
        with pytest.raises(Arrived):
            batch_loss(model, *batch, CLASSES, arrive)
        assert batch_loss(model, *batch, CLASSES, squares).device.type == "cuda"
        with pytest.raises(RuntimeError, match="device"):
            batch_loss(model, batch[0].cpu(), batch[1], CLASSES, None)


# With a GPU

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


@needs_cuda
@pytest.mark.parametrize(("name", "lr"), [("sgd", 0.1), ("adam", 1e-3)])
def test_cuda_agrees_with_the_cpu(name, lr):
    accuracies, histories, models = [], [], []
    for device in ("cpu", "cuda"):
        dataset = load("digits", device=device)
        task = even_odd(dataset)[0]
        model = MLP(64, (128,), 5, generator=generator(1)).to(device)
        options = {"epochs": 5, "batch_size": 32, "generator": generator(2)}
        optimizer = make_optimizer(name, model, lr)
        histories.append(train(model, task.x_train, task.y_train, optimizer=optimizer, **options))
        accuracies.append(accuracy(model, task.x_test, task.y_test))
        models.append(model.cpu())
    assert histories[1] == pytest.approx(histories[0], rel=1e-3)
    assert distance(*models) < 1e-2
    assert abs(accuracies[0] - accuracies[1]) <= 0.01


@needs_cuda
@pytest.mark.parametrize(("name", "lr"), [("sgd", 0.1), ("adam", 1e-3)])
def test_steps_on_cuda_wait_for_nothing(name, lr):
    x, y = (part.cuda() for part in rows(torch.float32))
    model = network(torch.float32, dropout=0.5).cuda()
    last = ROWS // BATCH + 1

    def guard(step: int) -> None:
        # From the end of the first step, which sets the optimizer up, to the end of the last.
        torch.cuda.set_sync_debug_mode("error" if step < last else "default")

    try:
        history = train(
            model,
            x,
            y,
            optimizer=make_optimizer(name, model, lr),
            epochs=1,
            batch_size=BATCH,
            generator=generator(0),
            penalty=squares,
            on_step=guard,
        )
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert math.isfinite(history[0])
