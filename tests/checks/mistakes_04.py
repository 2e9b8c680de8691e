"""Right answers to 04-ewc as text, and mistakes to put in."""

GRADIENTS = """
def sample_gradients(model, x, y):
    names, rows = [n for n, _ in model.named_parameters()], []
    for k in range(len(x)):
        log_p = model(x[k : k + 1]).log_softmax(dim=1)[0, y[k]]
        rows.append(torch.autograd.grad(log_p, list(model.parameters())))
    return {n: torch.stack([row[i] for row in rows]) for i, n in enumerate(names)}
"""
TOGETHER = """
def sample_gradients(model, x, y):
    weights = {n: p.detach() for n, p in model.named_parameters()}
    def log_p(weights, row, label):
        logits = torch.func.functional_call(model, weights, (row[None],))
        return logits.log_softmax(dim=1).gather(1, label[None, None]).squeeze()
    return torch.vmap(torch.func.grad(log_p), in_dims=(None, 0, 0))(weights, x, y)
"""
FISHER = (
    GRADIENTS
    + """
def fisher_diagonal(model, x):
    mode = model.training
    model.eval()
    p = model(x).softmax(dim=1).detach()
    total = {n: torch.zeros_like(w).detach() for n, w in model.named_parameters()}
    for c in range(p.shape[1]):
        for n, g in sample_gradients(model, x, torch.full((len(x),), c)).items():
            total[n] += torch.einsum("n,n...->...", p[:, c], g**2) / len(x)
    model.train(mode)
    return total
"""
)
EVALUATING = """
def empirical_fisher(model, x, y):
    mode = model.training
    model.eval()
"""
PENALTY = """
def ewc_penalty(model, anchor, fisher):
    return sum((fisher[n] * (p - anchor[n]) ** 2).sum() for n, p in model.named_parameters()) / 2
"""
PARTS = {
    "sample_gradients": GRADIENTS,
    "empirical_fisher": GRADIENTS
    + EVALUATING
    + """
    gradients = sample_gradients(model, x, y)
    model.train(mode)
    return {n: (g**2).mean(dim=0) for n, g in gradients.items()}
""",
    "fisher_diagonal": FISHER,
    "ewc_penalty": PENALTY,
    "merge_fisher": """
def merge_fisher(old, new, decay):
    return {n: decay * old[n] + new[n] for n in new}
""",
    "train_with_ewc": FISHER
    + PENALTY
    + """
def train_with_ewc(model, tasks, train_on, strength):
    earlier = []
    for task in tasks:
        now = list(earlier)
        penalty = lambda m, now=now: strength * sum(ewc_penalty(m, a, f) for a, f in now)
        train_on(model, task.x_train, task.y_train, penalty if now else None)
        anchor = {n: p.detach().clone() for n, p in model.named_parameters()}
        earlier.append((anchor, fisher_diagonal(model, task.x_train)))
""",
    "train_with_online_ewc": FISHER
    + PENALTY
    + """
def train_with_online_ewc(model, tasks, train_on, strength, decay):
    fisher = anchor = penalty = None
    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty)
        anchor = {n: p.detach().clone() for n, p in model.named_parameters()}
        new = fisher_diagonal(model, task.x_train)
        fisher = {n: decay * fisher[n] + new[n] for n in new} if fisher else new
        penalty = lambda m, a=anchor, f=fisher: strength * ewc_penalty(m, a, f)
""",
}

AS_NUMBER = TOGETHER.replace(".gather(1, label[None, None]).squeeze()", "[0, int(label)]")
KEEP = "earlier.append((anchor, fisher_diagonal(model, task.x_train)))"
EMPIRICAL = (
    "{n: (g**2).mean(dim=0) for n, g in "
    "sample_gradients(model, task.x_train, task.y_train).items()}"
)
MERGE = "{n: decay * fisher[n] + new[n] for n in new}"
MISTAKES = [
    ("sample_gradients", "log_p, list", "-log_p, list", "sign is turned"),
    ("sample_gradients", ".log_softmax(dim=1)", "", "log-softmax first"),
    ("sample_gradients", GRADIENTS, AS_NUMBER, "made into one Python number"),
    ("sample_gradients", GRADIENTS, AS_NUMBER, "The same as above: Gives one gradient"),
    ("sample_gradients", GRADIENTS, AS_NUMBER.replace("int(label)", "label"), "square brackets"),
    ("sample_gradients", "(log_p, list", "(log_p / len(x), list", "divided by the number"),
    ("sample_gradients", "for row in rows])", "for row in rows]).mean(0, keepdim=True)", "shape"),
    ("sample_gradients", "for row in rows])", "for row in rows]).cumsum(0)", "not cleared"),
    ("sample_gradients", "torch.stack([row[i] for row in rows])",
     "torch.stack([row[i] for row in rows]).mean(0).expand(len(x), 2, 2)", "batch mean"),
    ("sample_gradients", "rows.append(torch.autograd.grad(log_p, list(model.parameters())))",
     "model.zero_grad(); log_p.backward(); "
     "rows.append([p.grad.clone() for p in model.parameters()])", "`.grad` of the model"),
    ("empirical_fisher", "(g**2).mean(dim=0)", "g.mean(dim=0) ** 2", "batch mean"),
    ("empirical_fisher", "(g**2).mean(dim=0)", "(g**2).sum(dim=0)", "sum over the rows"),
    ("empirical_fisher", "(g**2).mean(dim=0)", "g.mean(dim=0)", "not squared"),
    ("empirical_fisher", "sample_gradients(model, x, y)\n    model.train(mode)",
     "sample_gradients(model, x, y)", "Put back the mode"),
    ("empirical_fisher", "    model.eval()\n", "", "should be off"),
    ("empirical_fisher", GRADIENTS + EVALUATING,
     TOGETHER + EVALUATING.replace("    model.eval()\n", ""), "should be in evaluation mode"),
    ("empirical_fisher", "gradients = sample_gradients(model, x, y)",
     "keep = slice(0, 255); gradients = sample_gradients(model, x[keep], y[keep])",
     "Fisher of 613 rows"),
    ("empirical_fisher", "(g**2).mean(dim=0)", "(g**2).mean(dim=0).float()", "torch.float64"),
    ("fisher_diagonal", "return total", "return {n: f.float() for n, f in total.items()}",
     "torch.float64"),
    ("sample_gradients", "for row in rows])", "for row in rows]).float()", "torch.float64"),
    ("sample_gradients", "    for k in range", "    model.eval()\n    for k in range",
     "Put back the mode"),
    ("ewc_penalty", "(fisher[n] * (p - anchor[n]) ** 2)",
     "(fisher[n] * (p - anchor[n]) ** 2).float()", "torch.float64"),
    ("ewc_penalty", "anchor[n]", "dict(zip(fisher, anchor.values()))[n]", "should be"),
    ("merge_fisher", "decay * old[n] + new[n]", "(decay * old[n] + new[n]).float()",
     "torch.float64"),
    ("merge_fisher", "decay * old[n]", "decay * dict(zip(new, old.values()))[n]", "should be"),
    ("fisher_diagonal", "p[:, c], g**2", "(p * 0 + 1)[:, c], g**2", "not weighted"),
    ("fisher_diagonal", "p[:, c], g**2", "(p * 0 + 0.5)[:, c], g**2", "mean over classes"),
    ("fisher_diagonal", "p[:, c], g**2", "p[:, c] ** 2, g**2", "squared too"),
    ("fisher_diagonal", " / len(x)\n    model", "\n    model", "sum over the rows"),
    ("fisher_diagonal", "for c in range(p.shape[1])", "for c in [1]", "should be"),
    ("fisher_diagonal", "    model.train(mode)\n", "", "Put back the mode"),
    ("fisher_diagonal", "    model.eval()\n", "", "should be off"),
    ("fisher_diagonal", "    p = model(x)", "    x = x[:64] if len(x) > 2 else x[:2]; "
     "x[1:] *= 1 + (len(x) > 2)\n    p = model(x)", "Fisher of 613 rows"),
    ("fisher_diagonal", "    return total\n", "    own = dict(model.named_parameters()); "
     "return {n: f + 0 * own[n] for n, f in total.items()}\n", "Detach it"),
    ("ewc_penalty", " / 2", "", "half is missing"),
    ("ewc_penalty", "fisher[n] *", "fisher[n] ** 2 *", "squared again"),
    ("ewc_penalty", "fisher[n] *", "1 *", "plain L2"),
    ("ewc_penalty", "- anchor[n]", "- 0", "anchor was not subtracted"),
    ("ewc_penalty", " / 2", ".detach() / 2", "no gradient"),
    ("ewc_penalty", " / 2", ".item() / 2", "should be a torch tensor"),
    ("merge_fisher", "decay * old[n] + new[n]", "old[n] + decay * new[n]", "The new one faded"),
    ("merge_fisher", "+ new[n]", "+ (1 - decay) * new[n]", "moving average"),
    ("merge_fisher", "decay * old[n]", "old[n]", "Nothing faded"),
    ("merge_fisher", "decay * old[n] + new[n]", "old[n].mul_(decay).add_(new[n])",
     "belongs to whoever called"),
    ("train_with_ewc", "penalty if now else None", "None", "should not be 0"),
    ("train_with_ewc", "now = list(earlier)", "now = earlier[-1:]", "task just before"),
    ("train_with_ewc", "now = list(earlier)", "now = earlier[:1]", "Only the first task"),
    ("train_with_ewc", "now = list(earlier)", "now = earlier[-1:] * len(earlier)", "last anchor"),
    ("train_with_ewc", "strength * sum(", "strength * 2 * sum(", "half is missing"),
    ("train_with_ewc", "strength * sum(", "sum(", "strength is missing"),
    ("train_with_ewc", "task.x_train, task.y_train, penalty", "task.x_test, task.y_test, penalty",
     "training rows of task"),
    ("train_with_ewc", "fisher_diagonal(model, task.x_train)", EMPIRICAL, "empirical Fisher"),
    ("train_with_ewc", "ewc_penalty(m, a, f) for a, f in now",
     "ewc_penalty(m, a, fisher_diagonal(m, tasks[0].x_train)) for a, f in now",
     "at other weights"),
    ("train_with_ewc", KEEP, "earlier.append((anchor, fisher_diagonal(model, task.x_train)));"
     " model[0].weight.data += 1", "outside `train_on`|should be"),
    ("train_with_ewc", "earlier = []", "w0 = {n: p.detach().clone() for n, p in "
     "model.named_parameters()}; earlier = [(w0, {n: p * 0 + 1 for n, p in w0.items()})]",
     "nothing to hold on to"),
    ("train_with_online_ewc", "fisher_diagonal(model, task.x_train)", EMPIRICAL,
     "empirical Fisher"),
    ("train_with_online_ewc", MERGE, "{n: fisher[n] + new[n] for n in new}", "Nothing faded"),
    ("train_with_online_ewc", MERGE, "{n: fisher[n] + decay * new[n] for n in new}",
     "The new Fisher faded"),
    ("train_with_online_ewc", MERGE, "new", "was lost"),
    ("train_with_online_ewc", MERGE, "fisher", "never updated"),
    ("train_with_online_ewc", "strength * ewc_penalty(m, a, f)",
     "strength * ewc_penalty(m, a, {n: v * decay for n, v in f.items()})", "in the penalty too"),
    ("train_with_online_ewc", "if fisher else new",
     "if fisher else {n: decay * new[n] for n in new}", "faded twice"),
    ("train_with_online_ewc", MERGE + " if fisher else new",
     "{n: decay * (fisher[n] if fisher else 0) + (1 - decay) * new[n] for n in new}",
     "moving average"),
    ("train_with_online_ewc", MERGE + " if fisher else new",
     "{n: (fisher[n] if fisher else 0) + decay * new[n] for n in new}", "Both Fishers"),
    ("train_with_online_ewc", "task.x_train, task.y_train, penalty",
     "task.x_test, task.y_test, penalty", "training rows of task"),
    ("train_with_online_ewc", "fisher = anchor = penalty = None",
     "fisher = anchor = None; penalty = lambda m: (m[0].weight ** 2).sum()",
     "nothing to hold on to"),
]  # fmt: skip

UNTRUE = [
    ("sample_gradients", GRADIENTS, AS_NUMBER, "file an issue"),
    ("empirical_fisher", GRADIENTS + EVALUATING,
     TOGETHER + EVALUATING.replace("    model.eval()\n", ""), "randomness"),
    ("train_with_online_ewc", "strength * ewc_penalty(m, a, f)",
     "strength * ewc_penalty(m, a, {n: v * decay for n, v in f.items()})", "faded already"),
    ("train_with_online_ewc", MERGE + " if fisher else new",
     "{n: (fisher[n] if fisher else 0) + decay * new[n] for n in new}", "moving average"),
]  # fmt: skip
