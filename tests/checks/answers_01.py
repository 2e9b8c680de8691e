"""Right answers to 01-forgetting as text."""

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
