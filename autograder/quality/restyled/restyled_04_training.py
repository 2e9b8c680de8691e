"""The mistakes of `train_with_ewc`, written in another style."""

# Students write as they like.
# ruff: noqa: E731

from functools import partial

import torch
from torch.nn import functional as F
from torch.nn.utils import parameters_to_vector

from autograder.quality.restyled.again import Assigned

again = Assigned("04-ewc")

# Everything is one long vector here: the parameters, the anchors and the Fishers.


def vector(model):
    return parameters_to_vector(model.parameters()).detach().clone()


def flat_gradient(value, model):
    grads = torch.autograd.grad(value, list(model.parameters()), retain_graph=True)
    return torch.cat([g.flatten() for g in grads])


def evaluated(function, model, *args):
    """`function(model, ...)` in evaluation mode."""
    mode = model.training
    model.eval()
    result = function(model, *args)
    model.train(mode)
    return result


def squares(model, x):
    """The exact Fisher in whatever mode the model is in, summed over rows."""
    total = 0
    for row in x:
        for log_p in F.log_softmax(model(row[None]), dim=1)[0]:
            total = total + log_p.exp().detach() * flat_gradient(log_p, model) ** 2
    return total


def exact(model, x):
    return evaluated(squares, model, x) / len(x)


def labelled(model, x, y):
    """The empirical Fisher in whatever mode, at the labels `y`."""
    losses = F.cross_entropy(model(x), y, reduction="none")
    return torch.stack([flat_gradient(loss, model) ** 2 for loss in losses]).mean(dim=0)


def pull(model, anchor, fisher):
    distance = parameters_to_vector(model.parameters()) - anchor
    return 0.5 * (fisher * distance) @ distance


@again("ewc-with-batch-mean-squared")
def _(model, tasks, train_on, strength):
    anchors, fishers = [], []

    def penalty(m):
        return strength * sum(pull(m, a, f) for a, f in zip(anchors, fishers))

    for i, task in enumerate(tasks):
        train_on(model, task.x_train, task.y_train, penalty if i > 0 else None)
        model.eval()
        loss = F.cross_entropy(model(task.x_train), task.y_train)
        fishers.append(flat_gradient(loss, model) ** 2)
        model.train()
        anchors.append(vector(model))


@again("ewc-with-empirical-fisher")
def _(model, tasks, train_on, strength):
    memory = []
    for task in tasks:

        def penalty(m):
            total = 0.0
            for anchor, fisher in memory:
                total = total + pull(m, anchor, fisher)
            return strength * total

        train_on(model, task.x_train, task.y_train, penalty if memory else None)
        fisher = evaluated(labelled, model, task.x_train, task.y_train)
        memory.append((vector(model), fisher))


@again("ewc-with-argmax-fisher")
def _(model, tasks, train_on, strength):
    def fisher_of(model, x):
        squared = []
        for row in x:
            best = model(row[None]).log_softmax(dim=1).max()
            squared.append(flat_gradient(best, model).square())
        return sum(squared) / len(squared)

    penalties = []
    for task in tasks:
        total = partial(lambda ps, m: strength * sum(p(m) for p in ps), list(penalties))
        train_on(model, task.x_train, task.y_train, penalty=total if penalties else None)
        fisher = evaluated(fisher_of, model, task.x_train)
        penalties.append(partial(pull, anchor=vector(model), fisher=fisher))


@again("ewc-fisher-on-test-rows")
def _(model, tasks, train_on, strength):
    """The sum of the quadratics, added to as the tasks go by."""
    held = []
    for task in tasks:
        penalty = None
        if held:
            penalty = lambda m: sum(strength * pull(m, *one) for one in held)
        train_on(model, task.x_train, task.y_train, penalty)
        held += [(vector(model), exact(model, task.x_test))]


@again("ewc-fisher-with-dropout")
def _(model, tasks, train_on, strength):
    held = []
    for k in range(len(tasks)):
        x, y = tasks[k].x_train, tasks[k].y_train

        def penalty(m, earlier=tuple(held)):
            return strength * sum(pull(m, a, f) for a, f in earlier)

        train_on(model, x, y, penalty if k else None)
        held.append((vector(model), squares(model, x) / len(x)))


@again("ewc-is-plain-l2")
def _(model, tasks, train_on, strength):
    anchors = []

    def penalty(m):
        theta = parameters_to_vector(m.parameters())
        return strength / 2 * sum(((theta - a) ** 2).sum() for a in anchors)

    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty if anchors else None)
        anchors.append(vector(model))


@again("ewc-fisher-scaled")
def _(model, tasks, train_on, strength):
    held = []
    for task in tasks:
        penalty = (lambda m: strength * sum(pull(m, a, f) for a, f in held)) if held else None
        train_on(model, task.x_train, task.y_train, penalty)
        fisher = exact(model, task.x_train)
        fisher = fisher / fisher.max()
        held.append((vector(model), fisher))


@again("ewc-fisher-summed")
def _(model, tasks, train_on, strength):
    anchors, fishers = [], []
    for task in tasks:

        def penalty(m):
            theta = parameters_to_vector(m.parameters())
            apart = theta - torch.stack(anchors)
            return 0.5 * strength * (torch.stack(fishers) * apart**2).sum()

        train_on(model, task.x_train, task.y_train, penalty if anchors else None)
        fishers.append(evaluated(squares, model, task.x_train))
        anchors.append(vector(model))


@again("last-task-only")
def _(model, tasks, train_on, strength):
    penalty = None
    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty)
        anchor, fisher = vector(model), exact(model, task.x_train)
        penalty = lambda m, a=anchor, f=fisher: strength * pull(m, a, f)


@again("first-task-only")
def _(model, tasks, train_on, strength):
    first, *others = tasks
    train_on(model, first.x_train, first.y_train)
    anchor, fisher = vector(model), exact(model, first.x_train)
    for task in others:
        train_on(model, task.x_train, task.y_train, lambda m: strength * pull(m, anchor, fisher))


@again("closures-see-the-last-anchor")
def _(model, tasks, train_on, strength):
    penalties = []
    for task in tasks:

        def total(m):
            return strength * sum(p(m) for p in penalties)

        train_on(model, task.x_train, task.y_train, total if penalties else None)
        anchor = vector(model)
        fisher = exact(model, task.x_train)
        penalties.append(lambda m: pull(m, anchor, fisher))


@again("latest-anchor-for-all")
def _(model, tasks, train_on, strength):
    """Adds the Fishers up and keeps one anchor."""
    anchor, fisher = None, 0
    for task in tasks:
        penalty = None
        if anchor is not None:
            penalty = partial(lambda a, f, m: strength * pull(m, a, f), anchor, fisher)
        train_on(model, task.x_train, task.y_train, penalty)
        anchor = vector(model)
        fisher = fisher + exact(model, task.x_train)


@again("first-fisher-for-all")
def _(model, tasks, train_on, strength):
    fisher, anchors = None, []
    for task in tasks:

        def penalty(m):
            return strength * sum(pull(m, anchor, fisher) for anchor in anchors)

        train_on(model, task.x_train, task.y_train, None if fisher is None else penalty)
        anchors.append(vector(model))
        if fisher is None:
            fisher = exact(model, task.x_train)


@again("penalties-averaged")
def _(model, tasks, train_on, strength):
    held = []
    for task in tasks:

        def penalty(m):
            return strength * torch.stack([pull(m, a, f) for a, f in held]).mean()

        train_on(model, task.x_train, task.y_train, penalty if held else None)
        held.append((vector(model), exact(model, task.x_train)))


@again("ewc-twice-the-penalty")
def _(model, tasks, train_on, strength):
    held = []
    for task in tasks:

        def penalty(m):
            loss = 0
            for anchor, fisher in held:
                loss = loss + (fisher * (parameters_to_vector(m.parameters()) - anchor) ** 2).sum()
            return strength * loss

        train_on(model, task.x_train, task.y_train, penalty if held else None)
        held.append((vector(model), exact(model, task.x_train)))


@again("ewc-penalty-cannot-pull")
def _(model, tasks, train_on, strength):
    held = []

    def penalty(m):
        total = 0.0
        for anchor, fisher in held:
            total += strength * pull(m, anchor, fisher).item()
        return torch.tensor(total)

    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty if held else None)
        held.append((vector(model), exact(model, task.x_train)))


@again("ewc-penalties-multiplied")
def _(model, tasks, train_on, strength):
    held = []

    def penalty(m):
        total = strength
        for anchor, fisher in held:
            total = total * pull(m, anchor, fisher)
        return total

    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty if held else None)
        held.append((vector(model), exact(model, task.x_train)))


@again("ewc-strength-forgotten")
def _(model, tasks, train_on, strength):
    held = []
    for task in tasks:
        earlier = held[:]
        penalty = (lambda m, e=earlier: sum(pull(m, *pair) for pair in e)) if earlier else None
        train_on(model, task.x_train, task.y_train, penalty)
        held.append((vector(model), exact(model, task.x_train)))


@again("ewc-strength-twice")
def _(model, tasks, train_on, strength):
    held = []
    for task in tasks:
        penalty = (lambda m: strength * sum(pull(m, a, f) for a, f in held)) if held else None
        train_on(model, task.x_train, task.y_train, penalty)
        held.append((vector(model), strength * exact(model, task.x_train)))


@again("ewc-never-used")
def _(model, tasks, train_on, strength):
    held = []
    for task in tasks:

        def penalty(m):
            return strength * sum(pull(m, a, f) for a, f in held)

        train_on(model, task.x_train, task.y_train)
        held.append((vector(model), exact(model, task.x_train)))


def held_by(model, tasks, train_on, fisher_of, combine):
    """EWC, but for the Fisher and how the penalties are put together; they have the strength."""
    held = []
    for task in tasks:
        now = list(held)
        penalty = partial(lambda now, m: combine(m, now), now) if now else None
        train_on(model, task.x_train, task.y_train, penalty)
        held.append((vector(model), fisher_of(model, task)))


def exact_of(model, task):
    return exact(model, task.x_train)


@again("ewc-with-drawn-labels")
def _(model, tasks, train_on, strength):
    def drawn(model, task):
        p = model(task.x_train).softmax(dim=1)
        labels = [int(torch.multinomial(row, 1)) for row in p.detach()]
        return evaluated(labelled, model, task.x_train, torch.tensor(labels))

    combine = lambda m, now: strength * sum(pull(m, *one) for one in now)
    held_by(model, tasks, train_on, drawn, combine)


@again("ewc-fisher-of-some-rows")
def _(model, tasks, train_on, strength):
    combine = lambda m, now: strength * sum(pull(m, *one) for one in now)
    held_by(model, tasks, train_on, lambda m, task: exact(m, task.x_train[:200]), combine)


@again("last-fisher-for-all")
def _(model, tasks, train_on, strength):
    def combine(m, now):
        *_, (_, fisher) = now
        return strength * sum(pull(m, anchor, fisher) for anchor, _ in now)

    held_by(model, tasks, train_on, exact_of, combine)


@again("first-anchor-for-all")
def _(model, tasks, train_on, strength):
    """With one anchor the Fishers can be added up."""

    def combine(m, now):
        return strength * pull(m, now[0][0], torch.stack([f for _, f in now]).sum(dim=0))

    held_by(model, tasks, train_on, exact_of, combine)


@again("last-two-tasks-only")
def _(model, tasks, train_on, strength):
    def combine(m, now):
        total = pull(m, *now[-1])
        if len(now) > 1:
            total = total + pull(m, *now[-2])
        return strength * total

    held_by(model, tasks, train_on, exact_of, combine)


@again("ewc-half-of-the-penalty")
def _(model, tasks, train_on, strength):
    combine = lambda m, now: 0.5 * strength * torch.stack([pull(m, *one) for one in now]).sum()
    held_by(model, tasks, train_on, exact_of, combine)


@again("ewc-starts-with-the-third-task")
def _(model, tasks, train_on, strength):
    held = []
    for k, task in enumerate(tasks):
        penalty = lambda m: strength * sum(pull(m, *one) for one in held)
        train_on(model, task.x_train, task.y_train, penalty if k >= 2 else None)
        held.append((vector(model), exact_of(model, task)))


@again("ewc-penalty-handed-over-as-a-value")
def _(model, tasks, train_on, strength):
    held = []
    for task in tasks:
        penalty = None
        if held:
            penalty = strength * sum(pull(model, a, f) for a, f in held)
        train_on(model, task.x_train, task.y_train, penalty)
        held.append((vector(model), exact_of(model, task)))


@again("ewc-penalty-computed-once")
def _(model, tasks, train_on, strength):
    held = []
    for task in tasks:
        if held:
            total = strength * sum(pull(model, a, f) for a, f in held)
            train_on(model, task.x_train, task.y_train, lambda m, total=total: total)
        else:
            train_on(model, task.x_train, task.y_train)
        held.append((vector(model), exact_of(model, task)))


@again("ewc-zero-strength-ignored")
def _(model, tasks, train_on, strength):
    strength = strength if strength else 1.0
    combine = lambda m, now: strength * sum(pull(m, *one) for one in now)
    held_by(model, tasks, train_on, exact_of, combine)
