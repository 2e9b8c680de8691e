"""The mistakes of `train_with_online_ewc`, written in another style."""

# Students write as they like.
# ruff: noqa: E731

import torch

from autograder.quality.restyled.again import Assigned

again = Assigned("04-ewc")


def copied(model):
    return [p.detach().clone() for p in model.parameters()]


def squares_at(model, x, labels):
    """Row by row, the squared gradients at these labels: a list over rows of lists."""
    for row, label in zip(x, labels):
        log_p = model(row[None]).log_softmax(1)[0, label]
        yield log_p.item(), [g**2 for g in torch.autograd.grad(log_p, [*model.parameters()])]


def fisher_sum(model, x):
    """The exact Fisher in whatever mode, one class after another, a sum over rows."""
    total = [torch.zeros_like(p).detach() for p in model.parameters()]
    for c in range(model(x[:1]).shape[1]):
        for log_p, squares in squares_at(model, x, [c] * len(x)):
            p = torch.tensor(log_p).exp().item()
            total = [t + p * s for t, s in zip(total, squares)]
    return total


def exact(model, x):
    mode = model.training
    model.eval()
    total = fisher_sum(model, x)
    model.train(mode)
    return [t / len(x) for t in total]


def at_labels(model, x, y):
    mode = model.training
    model.eval()
    rows = [squares for _, squares in squares_at(model, x, y)]
    model.train(mode)
    return [torch.stack(column).mean(dim=0) for column in zip(*rows)]


def distance(model, anchor, fisher):
    """Half the weighted squared distance, over lists."""
    parts = [(f * (p - a) ** 2).sum() for p, a, f in zip(model.parameters(), anchor, fisher)]
    return 0.5 * torch.stack(parts).sum()


def add(old, new, decay):
    return new if old is None else [decay * a + b for a, b in zip(old, new)]


@again("online-decays-the-new")
def _(model, tasks, train_on, strength, decay):
    fisher = anchor = None

    def penalty(m):
        return strength * distance(m, anchor, fisher)

    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty if anchor else None)
        new = exact(model, task.x_train)
        fisher = [f + decay * g for f, g in zip(fisher, new)] if fisher else new
        anchor = copied(model)


@again("online-moving-average")
def _(model, tasks, train_on, strength, decay):
    fisher = anchor = None
    for k, task in enumerate(tasks):
        penalty = None if k == 0 else lambda m: strength * distance(m, anchor, fisher)
        train_on(model, task.x_train, task.y_train, penalty)
        new = exact(model, task.x_train)
        if k == 0:
            fisher = new
        else:
            fisher = [torch.lerp(n, f, decay) for f, n in zip(fisher, new)]
        anchor = copied(model)


@again("online-without-decay")
def _(model, tasks, train_on, strength, decay):
    fishers, anchor = [], None

    def penalty(m):
        return sum(strength * distance(m, anchor, f) for f in fishers)

    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty if fishers else None)
        anchor = copied(model)
        fishers.append(exact(model, task.x_train))


@again("online-forgets-the-old-fisher")
def _(model, tasks, train_on, strength, decay):
    penalty = None
    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty)
        state = copied(model), exact(model, task.x_train)
        penalty = lambda m, state=state: strength * distance(m, *state)


@again("online-keeps-the-first-fisher")
def _(model, tasks, train_on, strength, decay):
    fisher, anchor = None, None
    for task in tasks:
        if fisher is None:
            train_on(model, task.x_train, task.y_train, None)
            fisher = exact(model, task.x_train)
        else:
            pull = lambda m: strength * distance(m, anchor, fisher)
            train_on(model, task.x_train, task.y_train, pull)
        anchor = copied(model)


@again("online-first-anchor")
def _(model, tasks, train_on, strength, decay):
    fisher, anchor = None, None
    for task in tasks:
        pull = lambda m: strength * distance(m, anchor, fisher)
        train_on(model, task.x_train, task.y_train, pull if fisher else None)
        if anchor is None:
            anchor = copied(model)
        fisher = add(fisher, exact(model, task.x_train), decay)


@again("online-mean-anchor")
def _(model, tasks, train_on, strength, decay):
    fisher, anchor = None, None
    for k, task in enumerate(tasks):
        pull = lambda m: strength * distance(m, anchor, fisher)
        train_on(model, task.x_train, task.y_train, pull if k else None)
        now = copied(model)
        anchor = [a + (b - a) / (k + 1) for a, b in zip(anchor, now)] if k else now
        fisher = add(fisher, exact(model, task.x_train), decay)


@again("online-with-empirical-fisher")
def _(model, tasks, train_on, strength, decay):
    fisher, anchor = None, None
    for task in tasks:
        x, y = task.x_train, task.y_train
        pull = lambda m: strength * distance(m, anchor, fisher)
        train_on(model, x, y, pull if fisher else None)
        anchor, fisher = copied(model), add(fisher, at_labels(model, x, y), decay)


@again("online-with-batch-mean-squared")
def _(model, tasks, train_on, strength, decay):
    def gradient_squared(x, y):
        model.eval()
        loss = torch.nn.CrossEntropyLoss()(model(x), y)
        grads = torch.autograd.grad(loss, list(model.parameters()))
        model.train()
        return [g.pow(2) for g in grads]

    fisher, anchor = None, None
    for task in tasks:
        pull = lambda m: strength * distance(m, anchor, fisher)
        train_on(model, task.x_train, task.y_train, pull if fisher else None)
        fisher = add(fisher, gradient_squared(task.x_train, task.y_train), decay)
        anchor = copied(model)


@again("online-with-argmax-fisher")
def _(model, tasks, train_on, strength, decay):
    fisher, anchor = None, None
    for task in tasks:
        pull = lambda m: strength * distance(m, anchor, fisher)
        train_on(model, task.x_train, task.y_train, pull if fisher else None)
        model.eval()
        guessed = model(task.x_train).max(dim=1).indices
        model.train()
        fisher = add(fisher, at_labels(model, task.x_train, guessed), decay)
        anchor = copied(model)


@again("online-fisher-on-test-rows")
def _(model, tasks, train_on, strength, decay):
    fisher = [torch.zeros_like(p).detach() for p in model.parameters()]
    anchor = copied(model)
    for task in tasks:
        pull = lambda m: strength * distance(m, anchor, fisher)
        train_on(model, task.x_train, task.y_train, pull)
        fisher = add(fisher, exact(model, task.x_test), decay)
        anchor = copied(model)


@again("online-fisher-with-dropout")
def _(model, tasks, train_on, strength, decay):
    fisher, anchor = None, None
    for task in tasks:
        pull = lambda m: strength * distance(m, anchor, fisher)
        train_on(model, task.x_train, task.y_train, pull if fisher else None)
        new = [f / len(task.x_train) for f in fisher_sum(model, task.x_train)]
        fisher, anchor = add(fisher, new, decay), copied(model)


@again("online-is-plain-l2")
def _(model, tasks, train_on, strength, decay):
    anchor = None
    for task in tasks:

        def pull(m):
            total = 0
            for p, a in zip(m.parameters(), anchor):
                total = total + ((p - a) ** 2).sum()
            return 0.5 * strength * total

        train_on(model, task.x_train, task.y_train, pull if anchor else None)
        anchor = copied(model)


@again("online-fisher-summed")
def _(model, tasks, train_on, strength, decay):
    fisher, anchor = None, None
    for task in tasks:
        pull = lambda m: strength * distance(m, anchor, fisher)
        train_on(model, task.x_train, task.y_train, pull if fisher else None)
        model.eval()
        fisher = add(fisher, fisher_sum(model, task.x_train), decay)
        model.train()
        anchor = copied(model)


@again("online-no-half")
def _(model, tasks, train_on, strength, decay):
    fisher, anchor = None, None

    def pull(m):
        total = 0
        for p, a, f in zip(m.parameters(), anchor, fisher):
            total = total + strength * (f * (p - a) ** 2).sum()
        return total

    for task in tasks:
        train_on(model, task.x_train, task.y_train, pull if fisher else None)
        fisher = add(fisher, exact(model, task.x_train), decay)
        anchor = copied(model)


@again("online-strength-twice")
def _(model, tasks, train_on, strength, decay):
    fisher, anchor = None, None
    for task in tasks:
        pull = lambda m: strength * distance(m, anchor, fisher)
        train_on(model, task.x_train, task.y_train, pull if fisher else None)
        new = [strength * f for f in exact(model, task.x_train)]
        fisher, anchor = add(fisher, new, decay), copied(model)


@again("online-keeps-all-penalties")
def _(model, tasks, train_on, strength, decay):
    """One for each task, the older the weaker."""
    anchors, fishers = [], []

    def pull(m):
        total = 0
        for anchor, fisher in zip(anchors, fishers):
            total = decay * total + distance(m, anchor, fisher)
        return strength * total

    for task in tasks:
        train_on(model, task.x_train, task.y_train, pull if fishers else None)
        anchors.append(copied(model))
        fishers.append(exact(model, task.x_train))


@again("online-first-fisher-decayed")
def _(model, tasks, train_on, strength, decay):
    fisher, anchor = None, None
    for task in tasks:
        if fisher is not None:
            fisher = [decay * f for f in fisher]
        pull = lambda m: strength * distance(m, anchor, fisher)
        train_on(model, task.x_train, task.y_train, pull if fisher else None)
        fisher = add(fisher, exact(model, task.x_train), 1.0)
        anchor = copied(model)


@again("online-strength-forgotten")
def _(model, tasks, train_on, strength, decay):
    fisher, anchor = None, None
    for task in tasks:
        pull = lambda m: distance(m, anchor, fisher)
        train_on(model, task.x_train, task.y_train, pull if fisher else None)
        fisher = add(fisher, exact(model, task.x_train), decay)
        anchor = copied(model)


@again("online-never-used")
def _(model, tasks, train_on, strength, decay):
    fisher, anchor = None, None

    def pull(m):
        return strength * distance(m, anchor, fisher)

    for task in tasks:
        train_on(model, task.x_train, task.y_train)
        fisher = add(fisher, exact(model, task.x_train), decay)
        anchor = copied(model)


def online(model, tasks, train_on, strength, merge, fisher_of=None, change=None):
    """Online EWC, but for some of its parts."""
    fisher = anchor = None
    for task in tasks:
        pull = lambda m: strength * distance(m, anchor, fisher)
        changed = (lambda m: change(pull(m))) if change else pull
        train_on(model, task.x_train, task.y_train, changed if fisher else None)
        new = fisher_of(model, task) if fisher_of else exact(model, task.x_train)
        fisher = [merge(f, g) for f, g in zip(fisher, new)] if fisher else new
        anchor = copied(model)


@again("online-moving-average-turned")
def _(model, tasks, train_on, strength, decay):
    online(model, tasks, train_on, strength, lambda f, g: f + decay * (g - f))


@again("online-fades-by-one-minus-decay")
def _(model, tasks, train_on, strength, decay):
    online(model, tasks, train_on, strength, lambda f, g: f - decay * f + g)


@again("online-decays-both")
def _(model, tasks, train_on, strength, decay):
    online(model, tasks, train_on, strength, lambda f, g: (f + g) * decay)


@again("online-averages")
def _(model, tasks, train_on, strength, decay):
    online(model, tasks, train_on, strength, lambda f, g: torch.stack([f * decay, g]).mean(dim=0))


@again("online-zero-decay-ignored")
def _(model, tasks, train_on, strength, decay):
    online(model, tasks, train_on, strength, lambda f, g: (f * decay if decay else f) + g)


@again("online-with-drawn-labels")
def _(model, tasks, train_on, strength, decay):
    def drawn(model, task):
        labels = torch.distributions.Categorical(logits=model(task.x_train).detach()).sample()
        return at_labels(model, task.x_train, labels)

    online(model, tasks, train_on, strength, lambda f, g: decay * f + g, drawn)


@again("online-fisher-of-some-rows")
def _(model, tasks, train_on, strength, decay):
    some = lambda model, task: exact(model, task.x_train[-100:])
    online(model, tasks, train_on, strength, lambda f, g: decay * f + g, some)


@again("online-penalty-cannot-pull")
def _(model, tasks, train_on, strength, decay):
    online(model, tasks, train_on, strength, lambda f, g: decay * f + g, change=float)


@again("online-half-of-the-penalty")
def _(model, tasks, train_on, strength, decay):
    online(model, tasks, train_on, strength / 2, lambda f, g: decay * f + g)


@again("online-penalty-handed-over-as-a-value")
def _(model, tasks, train_on, strength, decay):
    fisher, anchor = None, None
    for task in tasks:
        value = strength * distance(model, anchor, fisher) if fisher else None
        train_on(model, task.x_train, task.y_train, value)
        fisher = add(fisher, exact(model, task.x_train), decay)
        anchor = copied(model)
