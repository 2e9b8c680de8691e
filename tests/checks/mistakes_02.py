"""Right answers to 02-replay as text, and mistakes to put in."""

PARTS = {
    "choose_exemplars": """
def choose_exemplars(x, y, fraction, generator):
    if not 0 <= fraction <= 1:
        raise ValueError(f"fraction must be from 0 to 1, got {fraction}")
    rows = torch.randperm(len(x), generator=generator)[: int(fraction * len(x))]
    return x[rows], y[rows]
""",
    "mix": """
def mix(x_a, y_a, x_b, y_b, generator):
    x, y = torch.cat([x_a, x_b]), torch.cat([y_a, y_b])
    order = torch.randperm(len(x), generator=generator)
    return x[order], y[order]
""",
    "ReservoirBuffer": """
class ReservoirBuffer:
    def __init__(self, capacity):
        self.capacity, self.seen, self.x, self.y = capacity, 0, [], []

    def __len__(self):
        return len(self.x)

    def add(self, x, y, generator):
        for row, label in zip(x, y):
            self.seen += 1
            if len(self.x) < self.capacity:
                self.x.append(row.clone())
                self.y.append(label.clone())
                continue
            place = int(torch.randint(self.seen, (), generator=generator))
            if place < self.capacity:
                self.x[place], self.y[place] = row.clone(), label.clone()

    def sample(self, n, generator):
        rows = torch.randperm(len(self), generator=generator)[:n]
        return torch.stack(self.x)[rows], torch.stack(self.y)[rows]

    @property
    def nbytes(self):
        return sum(t.nbytes for t in self.x) + sum(t.nbytes for t in self.y)
""",
    "train_with_replay": """
def train_with_replay(model, tasks, train_on, fraction, generator):
    kept = []
    for task in tasks:
        own = (task.x_train, task.y_train)
        x, y = (torch.cat(parts) for parts in zip(own, *kept))
        order = torch.randperm(len(x), generator=generator)
        train_on(model, x[order], y[order])
        n = len(task.x_train)
        rows = torch.randperm(n, generator=generator)[: int(fraction * n)]
        kept.append((task.x_train[rows], task.y_train[rows]))
""",
    "replay_bytes": """
def replay_bytes(tasks, fraction):
    held = [0]
    for task in tasks[:-1]:
        x, y = task.x_train, task.y_train
        row = x[0].numel() * x.element_size() + y.element_size()
        held.append(held[-1] + int(fraction * len(x)) * row)
    return held
""",
    "choose_informative": """
def choose_informative(model, x, y, n, generator):
    was = model.training
    model.eval()
    features = model.features(x).detach()
    model.train(was)
    chosen = []
    for k in range(3):
        rows = (y == k).nonzero().flatten()
        distance = (features[rows] - features[rows].mean(dim=0)).norm(dim=1)
        chosen += rows[distance.argsort()][: n // 3 + (k < n % 3)].tolist()
    return x[chosen], y[chosen]
""",
}

# A task's exemplars are chosen when it ends, or wrongly before it is trained on.
TRAIN = """\
        own = (task.x_train, task.y_train)
        x, y = (torch.cat(parts) for parts in zip(own, *kept))
        order = torch.randperm(len(x), generator=generator)
        train_on(model, x[order], y[order])
"""
CHOOSE = """\
        n = len(task.x_train)
        rows = torch.randperm(n, generator=generator)[: int(fraction * n)]
        kept.append((task.x_train[rows], task.y_train[rows]))
"""
BY_TURN, BEFOREHAND = TRAIN + CHOOSE, CHOOSE + TRAIN
MISTAKES = [
    ("choose_exemplars", "return x[rows], y[rows]", "pass", "`return`"),
    ("choose_exemplars", "int(fraction * len(x))", "round(fraction * len(x))", "shape"),
    (
        "choose_exemplars",
        "torch.randperm(len(x), generator=generator)",
        "torch.randint(len(x), (len(x),), generator=generator)",
        "more than once",
    ),
    ("choose_exemplars", "y[rows]", "y[: len(rows)]", "no longer belong together"),
    ("choose_exemplars", ", generator=generator", "", "equal generators"),
    ("choose_exemplars", "torch.randperm(len(x), generator=generator)", "torch.arange(len(x))",
     "all came out the same"),
    ("choose_exemplars", "torch.randperm(len(x), generator=generator)",
     "torch.arange(len(x)).roll(int(torch.randint(len(x), (), generator=generator)))",
     "must not come together"),
    ("choose_exemplars", "if not 0 <= fraction <= 1", "if False", "ValueError"),
    ("choose_exemplars", "return x[rows]", "x.neg_(); return -x[rows]", "changed in place"),
    ("mix", "return x[order], y[order]", "return x, y", "before all rows"),
    ("mix", "y[order]", "y[order.flip(0)]", "no longer belong together"),
    ("mix", "torch.cat([x_a, x_b]), torch.cat([y_a, y_b])", "x_b, y_b", "shape"),
    ("mix", "torch.randperm(len(x), generator=generator)",
     "torch.cat([torch.arange(5), torch.arange(4)])", "missing or came twice"),
    ("mix", ", generator=generator", "", "equal generators"),
    ("mix", "return x[order]", "x_a.zero_(); return x[order]", "changed in place"),
    ("ReservoirBuffer", "return len(self.x)", "return self.seen", "should hold 5"),
    ("ReservoirBuffer", "return len(self.x)", "return self.capacity", "should be 3"),
    ("ReservoirBuffer", "torch.randint(self.seen, ()", "torch.randint(self.seen - 1, ()",
     "as if k were one less"),
    ("ReservoirBuffer", "torch.randint(self.seen, ()", "torch.randint(self.seen + 1, ()",
     "as if k were one more"),
    ("ReservoirBuffer", "rows = torch.randperm(len(self), generator=generator)[:n]\n",
     "raise NotImplementedError()\n", "`sample` is not written yet"),
    ("ReservoirBuffer", "return sum(t", "raise NotImplementedError(); return sum(t",
     "`nbytes` is not written yet"),
    ("ReservoirBuffer", "place < self.capacity", "True", "raised"),
    ("ReservoirBuffer", "torch.randint(self.seen, ()", "torch.randint(self.capacity, ()",
     "same|about 100"),
    ("ReservoirBuffer", "place < self.capacity", "False", "about 100"),
    ("ReservoirBuffer", "for row, label in zip(x, y):", "for self.seen, (row, label) in "
     "enumerate(zip(x, y)):", "about 100"),
    ("ReservoirBuffer", "(), generator=generator)", "())", "equal generators"),
    ("ReservoirBuffer", "self.x.append(row.clone())", "self.x.append(row)", "views"),
    ("ReservoirBuffer", "torch.randperm(len(self), generator=generator)[:n]",
     "torch.randint(len(self), (min(n, len(self)),), generator=generator)", "more than once"),
    ("ReservoirBuffer", "torch.randperm(len(self), generator=generator)[:n]",
     "torch.arange(len(self))[:n]", "came out the same"),
    ("ReservoirBuffer", "    @property\n", "", "property"),
    ("ReservoirBuffer", "sum(t.nbytes for t in self.x) +", "", "labels alone"),
    ("ReservoirBuffer", "sum(t.nbytes for t in self.x) + sum(t.nbytes for t in self.y)",
     "sum(t.numel() for t in self.x) + len(self.y)", "number of entries"),
    ("train_with_replay", "train_on(model, x[order], y[order])",
     "train_on(model, task.x_train, task.y_train)", "should be replayed"),
    ("train_with_replay", "kept.append(", "kept[:] = [] if len(tasks) == 3 else kept; kept.append(",
     "should be replayed"),
    ("train_with_replay", "zip(own, *kept)", "zip((own[0][::2], own[1][::2]), *kept)",
     "All of them should be trained on"),
    ("train_with_replay", BY_TURN, BEFOREHAND, "4 of them came more than once"),
    ("train_with_replay", "[: int(fraction * n)]", "", "should be replayed"),
    ("train_with_replay", "kept.append((task.x_train[rows], task.y_train[rows]))",
     "kept.append((task.x_train, task.y_train)); kept = [(a[(r := torch.randperm(len(a), "
     "generator=generator)[: len(a) // 2])], b[r]) for a, b in kept]", "should be|drawn once"),
    ("train_with_replay", "for parts in zip(own, *kept)",
     "for parts in zip(own, *[(t.x_train[r], t.y_train[r]) for t in tasks[: len(kept)] for r in "
     "[torch.randperm(len(t.x_train), generator=generator)[: int(fraction * len(t.x_train))]]])",
     "drawn once"),
    ("train_with_replay", "x[order], y[order]", "x, y", "not mixed"),
    ("train_with_replay", "order = torch.randperm(len(x), generator=generator)",
     "order = torch.randperm(len(x))", "equal generators"),
    ("train_with_replay", "kept.append((task.x_train[rows], task.y_train[rows]))",
     "kept.append((task.x_test, task.y_test))", "should be replayed|test rows"),
    ("replay_bytes", "held = [0]", "held = []; held.append(int(fraction * len(tasks[0].x_train)) * "
     "16)", "the task that is being learnt|are held"),
    ("replay_bytes", "x[0].numel() * x.element_size() + y.element_size()", "x[0].numel() + 1",
     "number of entries"),
    ("replay_bytes", "+ y.element_size()", "", "images alone"),
    ("replay_bytes", "held[-1] + int", "int", "each task adds"),
    ("replay_bytes", "int(fraction * len(x))", "round(fraction * len(x) + 0.4)", "are held"),
    ("replay_bytes", "x.element_size()", "4", "these are float64"),
    ("choose_informative", "return x[chosen], y[chosen]", "pass", "`return`"),
    ("choose_informative", "chosen += rows[distance.argsort()][: n // 3 + (k < n % 3)].tolist()",
     "chosen = torch.randint(60, (n,), generator=generator).tolist()", "more than once|came from"),
    ("choose_informative", "chosen += rows[distance.argsort()][: n // 3 + (k < n % 3)].tolist()",
     "chosen = list(range(n))", "came from each"),
    ("choose_informative", "rows[distance.argsort()]", "rows", "same rows"),
    ("choose_informative", "model.train(was)", "pass", "leave it so"),
    ("choose_informative", "y[chosen]", "y[:n]", "no longer belong"),
]  # fmt: skip

UNTRUE = [
    ("train_with_replay", BY_TURN, BEFOREHAND, "should be trained on"),
    ("ReservoirBuffer", "place < self.capacity", "False", "as if k"),
]
