"""Right answers to 03-l2 as text, and mistakes to put in."""

PARTS = {
    "snapshot": """
def snapshot(model):
    return {name: p.detach().clone() for name, p in model.named_parameters()}
""",
    "l2_penalty": """
def l2_penalty(model, anchor):
    total = 0
    for name, p in model.named_parameters():
        total = total + ((p - anchor[name]) ** 2).sum()
    return total / 2
""",
    "train_step_with_penalty": """
def train_step_with_penalty(model, optimizer, x, y, penalty, strength):
    optimizer.zero_grad()
    total = F.cross_entropy(model(x), y) + strength * penalty(model)
    total.backward()
    optimizer.step()
    return total.item()
""",
    "train_with_l2": """
def train_with_l2(model, tasks, train_on, strength):
    penalty = None
    for task in tasks:
        train_on(model, task.x_train, task.y_train, penalty)
        anchor = {name: p.detach().clone() for name, p in model.named_parameters()}

        def penalty(m, anchor=anchor):
            pairs = [(p, anchor[name]) for name, p in m.named_parameters()]
            return strength * sum(((p - a) ** 2).sum() for p, a in pairs) / 2
""",
    "best_strength": """
def best_strength(results):
    means = {s: (old + new) / 2 for s, (old, new) in results.items()}
    means = {s: mean for s, mean in means.items() if np.isfinite(mean)}
    if not means:
        raise ValueError("nothing to choose from")
    return max(sorted(means), key=lambda s: means[s])
""",
}

MISTAKES = [
    ("snapshot", "return {", "{", "`return` missing"),
    ("snapshot", "p.detach().clone()", "p", "share their memory"),
    ("snapshot", "p.detach().clone()", "p.detach()", "share their memory"),
    ("snapshot", "p.detach().clone()", "p.clone()", "still requires gradients"),
    ("snapshot", "p.detach().clone()", "p.requires_grad_(False).clone()", "no longer be trained"),
    ("snapshot", "p.detach().clone()", "p.detach().clone().float()", "should be torch.float64"),
    ("snapshot", "p.detach().clone()", "p.detach().numpy().copy()", "not of type ndarray"),
    ("snapshot", "p.detach().clone()", "p.detach().clone().flatten()", "shape (2, 2)"),
    ("snapshot", "p.detach().clone()", "torch.zeros_like(p)", "but holds"),
    ("snapshot", "p.detach().clone()", "p.data.sub_(1).clone()", "but holds"),
    ("snapshot", "model.named_parameters()", "model[0].named_parameters()", "there is none for"),
    ("snapshot", "in model.named_parameters()", "in model.named_parameters() if p.dim() > 1",
     "none for 0.bias, 2.bias"),
    ("snapshot", "model.named_parameters()}", "[*model.named_parameters(), ('x', p0(model))]}\n"
     "def p0(model):\n    return model[0].bias", "no parameter called x"),
    ("snapshot", "{name: p.detach().clone() for name, p in model.named_parameters()}",
     "[p.detach().clone() for p in model.parameters()]", "a dict, not of type list"),
    ("snapshot", "return {", "model.eval(); return {", "training mode"),
    ("snapshot", "return {", "model.zero_grad(); return {", "leave it alone"),
    ("snapshot", "(model):\n", "(model, kept={}):\n    kept.clear()\n"
     "    kept.update((n, p.detach().clone()) for n, p in model.named_parameters())\n"
     "    return kept\n", "a new dict in every call"),
    ("l2_penalty", "return total / 2", "pass", "`return` missing"),
    ("l2_penalty", "return total / 2", "model.eval(); return total / 2", "in training mode"),
    ("l2_penalty", "return total / 2", "model.zero_grad(); return total / 2", "leave it alone"),
    ("l2_penalty", "return total / 2", "return total", "half is missing"),
    ("l2_penalty", "return total / 2", "return total / 4", "not the differences"),
    ("l2_penalty", "return total / 2", "return total / 6", "mean over all entries"),
    ("l2_penalty", "return total / 2", "return total.sqrt()", "the root"),
    ("l2_penalty", "return total / 2", "return total.sqrt() / 2", "root out"),
    ("l2_penalty", "return total / 2", "return total.sqrt() ** 2 / 2", "Is there a root"),
    ("l2_penalty", "return total / 2", "return total.item() / 2", "bare number"),
    ("l2_penalty", "return total / 2", "return total.detach() / 2", "has no gradient"),
    ("l2_penalty", "return total / 2", "total.backward(); return total / 2", "used up already"),
    ("l2_penalty", "return total / 2", "return total[None] / 2", "shape ()"),
    ("l2_penalty", "return total / 2", "return total.float() / 2", "torch.float64"),
    ("l2_penalty", ".sum()", ".mean()", "over each tensor"),
    ("l2_penalty", "((p - anchor[name]) ** 2).sum()", "(p - anchor[name]).norm()", "lengths"),
    ("l2_penalty", "((p - anchor[name]) ** 2).sum()", "(p - anchor[name]).abs().sum()", "absolute"),
    ("l2_penalty", "((p - anchor[name]) ** 2).sum()", "(p - anchor[name]).sum() ** 2",
     "before you add them up"),
    ("l2_penalty", "((p - anchor[name]) ** 2)", "(p ** 2 - anchor[name] ** 2)",
     "differences first"),
    ("l2_penalty", "((p - anchor[name]) ** 2)", "(p ** 2)", "subtract the anchor"),
    ("l2_penalty", "((p - anchor[name]) ** 2)", "((p.detach() - anchor[name]) ** 2)",
     "has no gradient"),
    ("l2_penalty", "p - anchor[name]", "p - anchor[name] - (p - p.detach()) / 2",
     "should be theta - anchor"),
    ("l2_penalty", "p - anchor[name]", "p.data.sub_(anchor[name])", "must stay as it is|no grad"),
    ("l2_penalty", "p - anchor[name]", "anchor[name].sub_(p)", "anchor was changed"),
    ("l2_penalty", "anchor[name]", "anchor.pop(name)", "anchor was changed"),
    ("l2_penalty", "total = total + ((p", "total = ((p", "Only the last parameter"),
    ("l2_penalty", "in model.named_parameters():", "in model.named_parameters():\n"
     "        if name.endswith('bias'): continue", "bias counts too"),
    ("l2_penalty", "for name, p in model.named_parameters():",
     "for name, p in zip(anchor, model.parameters()):", "by their names"),
    ("l2_penalty", "p - anchor[name]", "p + 1e-3 - anchor[name]", "gradient should be 0"),
    ("train_step_with_penalty", "return total.item()", "pass", "`return` missing"),
    ("train_step_with_penalty", "return total.item()", "return total", "`.item()`"),
    ("train_step_with_penalty", "strength * penalty(model)", "penalty(model)", "not multiplied"),
    ("train_step_with_penalty", "strength * penalty(model)", "strength**2 * penalty(model)",
     "strength twice"),
    ("train_step_with_penalty", "+ strength * penalty(model)", "", "cross-entropy alone"),
    ("train_step_with_penalty", "F.cross_entropy(model(x), y) +", "", "add the cross-entropy"),
    ("train_step_with_penalty", "F.cross_entropy(model(x), y) + strength * penalty(model)",
     "strength * (F.cross_entropy(model(x), y) + penalty(model))", "it counts in full"),
    ("train_step_with_penalty", "F.cross_entropy(model(x), y) + strength * penalty(model)",
     "strength * F.cross_entropy(model(x), y) + penalty(model)", "belongs to the penalty"),
    ("train_step_with_penalty", "F.cross_entropy(model(x), y) +",
     "(1 - strength) * F.cross_entropy(model(x), y) +", "not 1 - strength"),
    ("train_step_with_penalty", "y) + strength", "y) - strength", "not subtracted"),
    ("train_step_with_penalty", "penalty(model)", "penalty(model) / len(x)", "number of rows"),
    ("train_step_with_penalty", "penalty(model)", "penalty(model) * len(x)", "for each row"),
    ("train_step_with_penalty", "model(x), y", "model(x), y, reduction='sum'", "be their mean"),
    ("train_step_with_penalty", "model(x), y", "model(x).softmax(1), y", "the softmax itself"),
    ("train_step_with_penalty", "penalty(model)", "penalty(model).item()", "were no penalty"),
    ("train_step_with_penalty", "penalty(model)", "penalty(__import__('copy').deepcopy(model))",
     "not about a copy"),
    ("train_step_with_penalty", "penalty(model)", "penalty()", "missing 1 required"),
    ("train_step_with_penalty", "strength * penalty(model)", "(penalty(model) if strength else 9)",
     "With strength 0"),
    ("train_step_with_penalty", "    optimizer.step()", "", "what they were before"),
    ("train_step_with_penalty", "    total.backward()\n    optimizer.step()",
     "    optimizer.step()\n    total.backward()", "what they were before"),
    ("train_step_with_penalty", "    optimizer.zero_grad()", "", "left over from before"),
    ("train_step_with_penalty", "    optimizer.zero_grad()",
     "    [p.grad.mul_(0) for p in model.parameters() if p.grad is not None]", "times 0 is NaN"),
    ("train_step_with_penalty", "return total.item()",
     "return (F.cross_entropy(model(x), y) + strength * penalty(model)).item()", "after the step"),
    ("train_step_with_penalty", "    optimizer.zero_grad()",
     "    optimizer.zero_grad(); model.eval()", "in training mode"),
    ("train_step_with_penalty", "    optimizer.zero_grad()",
     "    optimizer.zero_grad(); x.mul_(2)", "changed in place|cross-entropy"),
    ("train_with_l2", "task.y_train, penalty)", "task.y_train)", "got no penalty"),
    ("train_with_l2", "train_on(model, task.x_train, task.y_train, penalty)",
     "train_on(model, task.x_train, task.y_train, penalty and penalty(model))", "a function of"),
    ("train_with_l2", "        train_on(model, task.x_train, task.y_train, penalty)", "",
     "3 times, but was called 0"),
    ("train_with_l2", "task.x_train, task.y_train, penalty", "task.x_test, task.y_test, penalty",
     "training rows of task 1"),
    ("train_with_l2", "train_on(model, task.x_train, task.y_train, penalty)",
     "train_on(model, *(torch.cat([getattr(t, n) for t in tasks[:tasks.index(task) + 1]]) "
     "if task is not tasks[0] else getattr(task, n) for n in ('x_train', 'y_train')), penalty)",
     "more rows"),
    ("train_with_l2", "train_on(model,", "train_on(__import__('copy').deepcopy(model),",
     "the very model"),
    ("train_with_l2", "    penalty = None\n",
     "    penalty = lambda m: sum((p**2).sum() for p in m.parameters())\n", "nothing to hold"),
    ("train_with_l2", "p.detach().clone()", "p.detach()", "Is the anchor a copy"),
    ("train_with_l2", "p.detach().clone()", "p.clone()", "not detached"),
    ("train_with_l2", "p.detach().clone()", "torch.zeros_like(p)", "towards zero"),
    ("train_with_l2", "        anchor = {", "        anchor = locals().get('anchor') or {",
     "end of the first task"),
    ("train_with_l2", "return strength * sum", "return sum", "Multiply by the strength"),
    ("train_with_l2", "return strength * sum", "return strength**2 * sum", "multiplied in twice"),
    ("train_with_l2", "for p, a in pairs) / 2", "for p, a in pairs)", "half is missing"),
    ("train_with_l2", "for p, a in pairs) / 2", "for p, a in pairs) ** 0.5", "root in it"),
    ("train_with_l2", "for p, a in pairs) / 2", "for p, a in pairs) / 4", "mean of the squares"),
    ("train_with_l2", "for p, a in pairs) / 2", "for p, a in pairs[:1]) / 2", "bias counts"),
    ("train_with_l2", "for p, a in pairs) / 2", "for p, a in pairs).detach() / 2",
     "gradient of the penalty is zero"),
    ("train_with_l2", "for p, a in pairs) / 2", "for p, a in pairs).item() / 2", "scalar tensor"),
    ("train_with_l2", "anchor[name]) for name", "anchor[name + 's']) for name", "raised KeyError"),
    ("train_with_l2", "((p - a) ** 2).sum()", "((p - a) * (p.detach() - a)).sum()",
     "but is 0.2 and 0.3"),
    ("train_with_l2", "        anchor = {",
     "        torch.nn.init.zeros_(model.bias)\n        anchor = {", "outside `train_on`"),
    ("best_strength", "    return max", "    max", "`return` missing"),
    ("best_strength", "(old + new) / 2", "old", "best on the old task"),
    ("best_strength", "(old + new) / 2", "new", "best on the new task"),
    ("best_strength", "(old + new) / 2", "old * new", "their mean is lower"),
    ("best_strength", "return max(sorted(means), key=lambda s: means[s])",
     "return max(means.values())", "mean itself"),
    ("best_strength", "max(sorted(means), key=lambda s: means[s])",
     "max(means, key=lambda s: means[s])", "not the first"),
    ("best_strength", "sorted(means)", "reversed(means)", "not the last"),
    ("best_strength", "max(sorted(means)", "min(sorted(means)", "not losses"),
    ("best_strength", "max(sorted(means), key=lambda s: means[s])",
     "max((s for s in sorted(means) if s), key=lambda s: means[s])", "no strength at all"),
    ("best_strength", "if np.isfinite(mean)", "", "NaN or infinite"),
    ("best_strength", "mean for s, mean in means.items() if np.isfinite(mean)",
     "np.nan_to_num(mean, posinf=0) for s, mean in means.items()", "NaN or infinite"),
    ("best_strength", "if np.isfinite(mean)", "if not np.isnan(mean)", "NaN or infinite"),
    ("best_strength", "np.isfinite(mean)", "np.isfinite(results[s][0])", "NaN or infinite"),
    ("best_strength", "np.isfinite(mean)", "np.isfinite(results[s][1])", "NaN or infinite"),
    ("best_strength", "    return max", "    results.clear(); return max", "`results` was changed"),
    ("best_strength", 'raise ValueError("nothing to choose from")', "return None", "None came"),
    ("best_strength", '    if not means:\n        raise ValueError("nothing to choose from")\n',
     "    means[0]\n", "raised KeyError"),
]  # fmt: skip

UNTRUE = [
    ("train_step_with_penalty", "F.cross_entropy(model(x), y)",
     "F.cross_entropy(model(x).softmax(1), y)", "had a part"),
]  # fmt: skip
