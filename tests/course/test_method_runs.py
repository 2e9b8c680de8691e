"""Whole runs of the methods over a stream, in the three scenarios."""

import pytest
import torch

from autograder.reference.methods import ewc, solution
from course.data import SCENARIOS, Task, joint, load, permuted, split
from course.device import generator
from course.methods import HIDDEN, METHODS, TRAINING, Method, Outputs, Training, make, run
from course.metrics import accuracy_matrix, average_accuracy
from course.models import MLP
from course.training import make_train_on

SHORT = Training("sgd", 0.1, batch_size=16, epochs=2)
ADAM = Training("adam", 1e-3, batch_size=32, epochs=1)


@pytest.fixture(scope="module")
def digits():
    return load("digits", device="cpu")


def short(method, tasks, scenario, seed=0, training=SHORT):
    return run(method, tasks, scenario, hidden=(16,), training=training, generator=generator(seed))


def ends(method: Method) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in method.model.parameters()])


def by_hand(tasks, outputs):
    """The network and ``train_on`` that a run of seed 0 has."""
    source = generator(0)
    model = MLP(64, (16,), outputs, generator=source)
    torch.randint(2**62, (), generator=source)  # the seed of the method's own draws
    train_on = make_train_on("sgd", 0.1, epochs=2, batch_size=16, generator=source)
    return model, train_on


@pytest.mark.parametrize(("scenario", "outputs"), [("domain", 2), ("class", 10)])
def test_nothing_done_is_the_accuracy_matrix_of_plain_training(digits, scenario, outputs):
    tasks = split(digits, scenario)[:3]
    model, train_on = by_hand(tasks, outputs)
    found = short(Method(), tasks, scenario) if outputs == 2 else None
    if found is None:  # as many outputs as the labels of the tasks given need
        tasks = split(digits, scenario)
        found = short(Method(), tasks, scenario)
    assert torch.equal(found, accuracy_matrix(model, tasks, train_on))


@pytest.mark.parametrize(("name", "strength"), [("EWC", 30.0), ("L2", 0.3), ("online EWC", 9.0)])
def test_same_weights_as_the_course_has_elsewhere(digits, name, strength):
    """EWC against the reference's sum over tasks, the others against the instructor's notebooks."""
    tasks = split(digits, "domain")[:4]
    model, train_on = by_hand(tasks, 2)
    if name == "L2":
        solution("03-l2", "train_with_l2")(model, tasks, train_on, strength)
    elif name == "EWC":
        ewc(model, tasks, train_on, strength)
    else:
        solution("04-ewc", "train_with_online_ewc")(model, tasks, train_on, strength, 0.5)
    expected = torch.cat([p.detach().flatten() for p in model.parameters()])
    settings = {"decay": 0.5} if name == "online EWC" else {}
    method = make(name, "domain", "digits", strength=strength, **settings)
    short(method, tasks, "domain")
    assert torch.allclose(ends(method), expected, rtol=1e-3, atol=1e-5)
    weaker = make(name, "domain", "digits", strength=strength / 2, **settings)
    short(weaker, tasks, "domain")
    assert not torch.allclose(ends(weaker), expected, rtol=1e-2, atol=1e-4)


@pytest.mark.parametrize("name", ["L2", "EWC", "online EWC", "SI", "MAS", "LwF"])
def test_strength_zero_is_nothing_done(digits, name):
    tasks = split(digits, "task")[:2]
    plain, method = Method(), make(name, "task", "digits", strength=0.0)
    assert torch.equal(short(plain, tasks, "task"), short(method, tasks, "task"))
    assert torch.equal(ends(plain), ends(method))


@pytest.mark.parametrize("name", [n for n in METHODS if n not in ("joint", "A-GEM")])
def test_a_task_trains_its_own_head_and_the_trunk(digits, name):
    tasks = split(digits, "task")[:2]
    method = make(name, "task", "digits")
    seen = []
    begin, end = method.begin, method.end

    def note(task: int) -> None:
        seen.append([p.detach().clone() for p in method.model.heads.parameters()])
        begin(task)

    method.begin, method.end = note, end
    short(method, tasks, "task", training=ADAM)
    start, after_first = seen
    now = list(method.model.heads.parameters())
    moved_first = [not torch.equal(a, b) for a, b in zip(start, after_first, strict=True)]
    moved_second = [not torch.equal(a, b) for a, b in zip(after_first, now, strict=True)]
    assert moved_first == [True, True, False, False]
    old_head_too = name in ("replay", "DER++", "LwF")  # they train it on purpose
    assert moved_second == [old_head_too, old_head_too, True, True]


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("name", METHODS)
def test_every_method_runs_in_every_scenario_and_says_what_it_keeps(digits, name, scenario):
    tasks = split(digits, scenario)
    method = make(name, scenario, "digits")
    R = short(method, tasks, scenario, training=ADAM)
    assert R.shape == (5, 5)
    assert R.dtype == torch.float64
    assert ((R >= 0) & (R <= 1)).all()
    assert torch.equal(R, short(method, tasks, scenario, training=ADAM)), "a second run starts anew"
    network = sum(p.nbytes for p in method.model.parameters())
    pixels, label = 64 * 4, 8
    kept = {"nothing": 0, "LwF": network, "joint": 1347 * (pixels + label)}
    kept |= dict.fromkeys(["replay", "A-GEM"], 200 * (pixels + label))
    kept["DER++"] = 200 * (pixels + label + 4 * (10 if scenario == "class" else 2))
    assert method.nbytes == kept.get(name, 2 * network)


def test_methods_of_one_seed_start_from_the_same_weights(digits):
    tasks = split(digits, "domain")[:1]
    first = []
    for name in METHODS:
        method = make(name, "domain", "digits")
        short(method, tasks, "domain")
        first.append(ends(method))
    assert all(torch.allclose(end, first[0], atol=1e-5) for end in first[:-1])
    assert not torch.allclose(first[-1], first[0], atol=1e-3)  # DER++ replays within a task, too
    other = Method()
    short(other, tasks, "domain", seed=1)
    assert not torch.allclose(ends(other), first[0], atol=1e-3)


def test_joint_training_knows_each_rows_head(digits):
    tasks = split(digits, "task")
    R = short(METHODS["joint"](), tasks, "task", training=Training("adam", 1e-3, 32, 10))
    assert average_accuracy(R) > 0.95
    assert torch.equal(R, R[:1].expand(5, 5))
    outputs = Outputs.of(tasks, "task")
    model = outputs.network(64, (16,), generator(0))
    every = [outputs.to_global(task.y_train, i) for i, task in enumerate(tasks)]
    logits = outputs.logits(model, joint(tasks).x_train, torch.cat(every))
    each = [model.for_task(i)(task.x_train) for i, task in enumerate(tasks)]
    assert torch.allclose(logits, torch.cat(each), atol=1e-6)
    assert torch.equal(outputs.to_local(torch.cat(every)), joint(tasks).y_train)


def test_one_optimizer_for_all_tasks_is_another_thing(digits):
    tasks = split(digits, "domain")[:2]
    fresh, kept = Method(), Method()
    short(fresh, tasks, "domain", training=Training("adam", 1e-3, 16, 2))
    short(kept, tasks, "domain", training=Training("adam", 1e-3, 16, 2, fresh=False))
    assert not torch.equal(ends(fresh), ends(kept))


def test_permuted_tasks_share_ten_outputs(digits):
    tasks = permuted(digits, 2, generator(0))
    assert Outputs.of(tasks, "domain") == Outputs("domain", 1, 10)
    R = short(make("SI", "domain", "digits"), tasks, "domain", training=ADAM)
    assert R.shape == (2, 2)


def test_the_defaults_hold_what_is_learnt(digits):
    """One seed, few epochs: replay and DER++ keep classes that plain training forgets."""
    tasks = split(digits, "class")
    training = Training("adam", 2e-3, 32, 5)
    found = {
        name: average_accuracy(
            run(make(name, "class", "digits"), tasks, "class", hidden=HIDDEN["digits"],
                training=training, generator=generator(0)))
        for name in ("nothing", "replay", "DER++", "joint")
    }  # fmt: skip
    assert found["nothing"] < 0.3
    assert min(found["replay"], found["DER++"]) > 0.6
    assert found["joint"] > 0.9


def test_nothing_is_drawn_from_global_randomness(digits):
    found = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        found.append(short(make("DER++", "class", "digits"), split(digits, "class"), "class"))
    assert torch.equal(*found)


def test_what_is_unknown_is_refused(digits):
    for arguments, word in (
        (("magic", "task", "digits"), "method"),
        (("EWC", "tasks", "digits"), "scenario"),
        (("EWC", "task", "cifar"), "dataset"),
    ):
        with pytest.raises(ValueError, match=f"unknown {word}"):
            make(*arguments)
    with pytest.raises(ValueError, match="unknown scenario"):
        short(Method(), split(digits, "task"), "tasks")
    with pytest.raises(ValueError, match="at least one task"):
        Outputs.of([], "class")
    for name, settings in (
        ("L2", {"strength": -1.0}),
        ("online EWC", {"strength": 1.0, "decay": 2.0}),
        ("SI", {"strength": 1.0, "damping": 0.0}),
        ("LwF", {"temperature": 0.0}),
        ("replay", {"capacity": 0}),
    ):
        with pytest.raises(ValueError, match="expected a"):
            make(name, "task", "digits", **settings)
    assert HIDDEN.keys() == TRAINING.keys()
    assert isinstance(split(digits, "task")[0], Task)
