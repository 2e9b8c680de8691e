"""Right answers to 01-forgetting as text, other ways to write them, and mistakes to put in."""

PARTS = {
    "select_classes": """
def select_classes(x, y, classes):
    kept = torch.isin(y, torch.tensor(list(classes)))
    return x[kept], y[kept]
""",
    "relabel": """
def relabel(y, classes):
    result = torch.full_like(y, -1)
    for new, old in enumerate(classes):
        result[y == old] = new
    if (result < 0).any():
        raise ValueError(f"not among {classes}: {y[result < 0].tolist()}")
    return result
""",
    "train_step": """
def train_step(model, optimizer, x, y):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()
""",
    "train_epochs": """
def train_epochs(model, optimizer, x, y, epochs, batch_size, generator):
    history = []
    for _ in range(epochs):
        total = 0.0
        for rows in torch.randperm(len(x), generator=generator).split(batch_size):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        history.append(total / len(x))
    return history
""",
    "accuracy": """
def accuracy(model, x, y):
    mode = model.training
    model.eval()
    with torch.no_grad():
        right = (model(x).argmax(dim=1) == y).sum().item()
    model.train(mode)
    return right / len(y)
""",
    "accuracy_matrix": """
def accuracy_matrix(model, tasks, train_on):
    R = torch.zeros(len(tasks), len(tasks))
    for i, task in enumerate(tasks):
        train_on(model, task.x_train, task.y_train)
        mode = model.training
        model.eval()
        with torch.no_grad():
            for j, other in enumerate(tasks):
                R[i, j] = (model(other.x_test).argmax(1) == other.y_test).float().mean()
        model.train(mode)
    return R
""",
    "average_accuracy": """
def average_accuracy(R):
    return R[-1].mean().item()
""",
    "forgetting": """
def forgetting(R):
    if len(R) == 1:
        return 0.0
    return (R[:-1, :-1].max(dim=0).values - R[-1, :-1]).mean().item()
""",
    "backward_transfer": """
def backward_transfer(R):
    if len(R) == 1:
        return 0.0
    return (R[-1] - R.diagonal())[:-1].mean().item()
""",
}

# Exercise, what is replaced in the right answer and by what, and words of the message it gets.
MISTAKES = [
    ("select_classes", "return x[kept], y[kept]", "return x[kept]", "two tensors"),
    ("select_classes", "return x[kept], y[kept]", "pass", "`return` missing"),
    ("select_classes", "return x[kept], y[kept]", "return x, y[kept]", "shape (3, 2)"),
    ("select_classes", "x[kept], y[kept]", "x[:kept.sum()], y[kept]", "the same mask"),
    ("select_classes", "return x[kept], y[kept]", "return x[~kept], y[~kept]", "shape (3,)"),
    ("select_classes", "torch.tensor(list(classes))", "torch.tensor(min(classes))", "shape (3,)"),
    (
        "select_classes",
        "kept = torch.isin(y, torch.tensor(list(classes)))",
        "kept = torch.cat([(y == c).nonzero().flatten() for c in classes])",
        "original order",
    ),
    ("select_classes", "return x[kept], y[kept]", "return x[kept].squeeze(), y[kept].squeeze()",
     "shape (1, 2)"),
    ("select_classes", "return x[kept]", "x.mul_(2); return x[kept] / 2", "changed in place"),
    ("relabel", "enumerate(classes)", "enumerate(sorted(classes))", "need not be sorted"),
    ("relabel", "    return result", "    return y % 2", "should become"),
    ("relabel", "    return result", "    return y // 2", "should become"),
    ("relabel", "    return result", "    return result.float()", "int64"),
    ("relabel", "result = torch.full_like(y, -1)", "result = y", "changed in place"),
    (
        "relabel",
        "result[y == old] = new",
        "result = result if new else y.clone(); result[result == old] = new",
        "those already replaced",
    ),
    ("relabel", "if (result < 0).any()", "if False", "should raise a ValueError"),
    ("relabel", "if (result < 0).any()", "if y.max() > max(classes)", "Label 5 is not"),
    ("relabel", 'ValueError(f"not', 'KeyError(f"not', "raised KeyError"),
    ("relabel", '{y[result < 0].tolist()}")', '")', "should name it"),
    ("train_step", "optimizer.zero_grad()", "pass", "must be cleared before `backward`"),
    ("train_step", "return loss.item()", "optimizer.zero_grad(); return loss", "`.item()`"),
    ("train_step", "return loss.item()", "pass", "`return` missing"),
    (
        "train_step",
        "return loss.item()",
        "return F.cross_entropy(model(x), y).item()",
        "loss after the step",
    ),
    ("train_step", "model(x), y", "model(x).softmax(1), y", "the softmax itself"),
    ("train_step", "model(x), y", "model(x), y, reduction='sum'", "sum over the rows"),
    ("train_step", "loss.backward()\n    optimizer.step()", "optimizer.step()\n    loss.backward()",
     "must be computed"),
    ("train_step", "model(x), y", "model(x).squeeze(), y", "raised"),
    ("train_step", "model(x), y", "model(x.float()), y", "dtype"),
    ("train_step", "    optimizer.step()", "", "what they were before"),
    ("train_step", "return loss.item()", "return float('nan')", "nan"),
    ("train_step", "return loss.item()", "return '0.3778'", "not of type str"),
    ("train_epochs", ".split(batch_size)", "[:len(x) // batch_size * batch_size].split(batch_size)",
     "last, smaller batch"),
    ("train_epochs", "y[rows]", "y[torch.randperm(len(y))[:len(rows)]]",
     "shuffle x and y together"),
    ("train_epochs", "optimizer.zero_grad()", "pass", "gradients cleared"),
    ("train_epochs", ".split(batch_size)", ".split(1)", "batches 3 rows each"),
    ("train_epochs", "torch.randperm(len(x), generator=generator)", "torch.arange(len(x))",
     "shuffled in every epoch"),
    ("train_epochs", "generator=generator", "generator=generator.manual_seed(3)", "same order"),
    ("train_epochs", "torch.randperm(len(x), generator=generator)", "torch.randperm(len(x))",
     "Draw the order from the `generator`"),
    ("train_epochs", "torch.randperm(len(x), generator=generator)",
     "torch.tensor(np.random.permutation(len(x)))", "Draw the order from the `generator`"),
    ("train_epochs", "torch.randperm(len(x), generator=generator)",
     "torch.randperm(len(x), generator=torch.Generator().manual_seed(_))", "ended with the same"),
    ("train_epochs", "total / len(x)", "total / batch_size", "sum over the batches"),
    ("train_epochs", "loss.item() * len(rows)", "loss.item() * len(x) / -(-len(x) // batch_size)",
     "A batch of 1 row"),
    ("train_epochs", "    return history", "    return history[-1]", "list of losses"),
    ("train_epochs", "    return history", "    return history[:1]", "2 losses, not 1"),
    ("train_epochs", "    return history", "    pass", "`return` missing"),
    ("train_epochs", "total += loss.item()",
     "total += F.cross_entropy(model(x[rows]), y[rows]).item()", "take it before each step"),
    ("accuracy", "return right / len(y)", "return 100 * right / len(y)", "not in percent"),
    ("accuracy", "return right / len(y)", "return right", "divide by the number of rows"),
    ("accuracy", "return right / len(y)", "return right / 2000", "should be"),
    ("accuracy", "model(x).argmax(dim=1) == y)", "model(x[:960]).argmax(dim=1) == y[:960])",
     "should be 0.993"),
    ("accuracy", "return right / len(y)",
     "return right / len(y) if len(y) < 64 else min(1, right / (len(y) // 64 * 64))",
     "Every row counts"),
    ("accuracy", "model(x).argmax(dim=1)", "model(x).squeeze().argmax(dim=1)", "raised"),
    ("accuracy", "model(x).argmax", "model(x.float()).argmax", "dtype"),
    ("accuracy", "    model.eval()", "", "Dropout must be off"),
    ("accuracy", "    model.train(mode)", "", "training mode again"),
    ("accuracy", "    model.train(mode)", "    model.train()", "evaluation mode again"),
    ("accuracy", "with torch.no_grad()", "if True", "Gradients were tracked"),
    ("accuracy", "with torch.no_grad():", "torch.set_grad_enabled(False)\n    if True:",
     "still switched off"),
    ("accuracy", "with torch.no_grad()", "if model.requires_grad_(False)",
     "can no longer be trained"),
    ("accuracy_matrix", "    return R", "    return R.T", "transposed"),
    ("accuracy_matrix", "    return R", "    return R.tril()", "above the diagonal"),
    ("accuracy_matrix", "    return R", "    return 100 * R", "not in percent"),
    ("accuracy_matrix", "    return R", "    return R.tolist()", "not of type list"),
    ("accuracy_matrix", "    return R", "    return R[-1]", "(3, 3)"),
    ("accuracy_matrix", "    return R", "    return R[-1].repeat(3, 1)", "All rows are alike"),
    ("accuracy_matrix", "R = torch.zeros(len(tasks), len(tasks))",
     "R = torch.zeros(len(tasks), len(tasks)); torch.set_grad_enabled(False)",
     "gradients are switched off"),
    ("accuracy_matrix", "    return R", "    torch.nn.init.zeros_(model[1].bias); return R",
     "other weights"),
    ("accuracy_matrix", "        model.eval()", "", "measure in evaluation mode"),
    ("accuracy_matrix", "        model.train(mode)", "", "Put back the mode"),
    ("accuracy_matrix", "train_on(model, task.x_train, task.y_train)",
     "train_on(model, torch.cat([t.x_train for t in tasks[:i + 1]]), task.y_train)", "more rows"),
    ("accuracy_matrix", "train_on(model, task.x_train, task.y_train)",
     "import copy; model = copy.deepcopy(model); train_on(model, task.x_train, task.y_train)",
     "the very model"),
    ("accuracy_matrix", "train_on(model, task.x_train, task.y_train)",
     "train_on(model, task.x_test[:2], task.y_test[:2])", "training rows of task 0"),
    ("accuracy_matrix", "        train_on(model, task.x_train, task.y_train)", "", "3 times"),
    ("accuracy_matrix", "(model(other.x_test).argmax(1) == other.y_test).float().mean()",
     "(model(other.x_train).argmax(1) == other.y_train).float().mean()", "Use the test rows"),
    ("average_accuracy", "R[-1]", "R.diagonal()", "mean of the diagonal"),
    ("average_accuracy", "R[-1]", "R[:, -1]", "mean of the last column"),
    ("average_accuracy", "R[-1]", "R", "whole matrix"),
    ("average_accuracy", "mean()", "sum()", "sum of the last row"),
    ("average_accuracy", "R[-1]", "R[-1].mul_(100)", "changed in place"),
    ("forgetting", "R[:-1, :-1].max", "R[:, :-1].max", "before the last task"),
    ("forgetting", "R[:-1, :-1].max(dim=0).values", "R.diagonal()[:-1]", "just after learning"),
    ("forgetting", "return (R[:-1, :-1].max(dim=0).values - R[-1, :-1]).mean().item()",
     "return (R[:-1, :-1].max(dim=0).values - R[-1, :-1]).sum().item() / len(R)", "T - 1 tasks"),
    ("forgetting", "- R[-1, :-1])", "- R[-1, :-1]).clamp(min=0)", "got better"),
    ("forgetting", "    if len(R) == 1:\n        return 0.0\n", "", "of 0 rows|raised IndexError"),
    ("backward_transfer", "R[-1] - R.diagonal()", "R.diagonal() - R[-1]", "sign is turned"),
    ("backward_transfer", "[:-1].mean()", "[:-1].sum().div(len(R))", "not over T"),
    ("backward_transfer", "[:-1].mean()", ".mean()", "not over T"),
    ("backward_transfer", "R.diagonal()", "R[:-1].max(dim=0).values", "not with the best"),
    ("backward_transfer", "    if len(R) == 1:\n        return 0.0\n", "", "is nan"),
]  # fmt: skip
