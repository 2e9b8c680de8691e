"""A right answer to 05-showdown as text, and mistakes to put in."""

PARTS = {
    "Learner": """
class Learner:
    def __init__(self, input_size, num_outputs, num_tasks, memory_bytes, seed):
        self.room = memory_bytes // (input_size + 2)
        self.x = torch.zeros(0, input_size, dtype=torch.uint8)
        self.y = torch.zeros(0, 2, dtype=torch.uint8)

    def learn(self, task, scenario):
        now = int(self.y[:, 1].max()) + 1 if len(self.y) else 0
        x = (255 * task.x_train).round().to(torch.uint8)
        y = torch.stack([task.y_train, torch.full_like(task.y_train, now)], dim=1).byte()
        x, y = torch.cat([self.x, x]), torch.cat([self.y, y])
        share = self.room // (now + 1)
        kept = torch.cat([(y[:, 1] == k).nonzero()[:share, 0] for k in range(now + 1)])
        self.x, self.y = x[kept], y[kept]

    def predict(self, x, task_id=None):
        own = self.y[:, 1] >= 0 if task_id is None else self.y[:, 1] == task_id
        rows, labels = self.x[own].float() / 255, self.y[own, 0]
        return labels[torch.cdist(x, rows).argmin(dim=1)].long()

    def state(self):
        return {"x": self.x, "y": self.y}

    def restore(self, state):
        self.x, self.y = state["x"], state["y"]
""",
}

STATE = 'return {"x": self.x, "y": self.y}'
MISTAKES = [
    ("Learner", "def restore(", "def again(", "no `restore`"),
    ("Learner", "return labels[", "labels[", "`return`"),
    ("Learner", ".argmin(dim=1)].long()", ".argmin(dim=1)]", "torch.int64"),
    ("Learner", "labels[torch.cdist(x, rows).argmin(dim=1)].long()", "-torch.cdist(x, rows)",
     "should have the shape"),
    ("Learner", ".long()", ".long() + 10", "outside of 0"),
    ("Learner", "self.y[own, 0]", "self.y[own, 0] % 2", "only 0 and 1 were predicted"),
    ("Learner", "self.y[own, 0]", "self.y[own, 0] * 0", "easy rows"),
    ("Learner", "torch.cdist(x, rows)", "torch.rand(len(x), len(rows))", "another label"),
    ("Learner", "self.y[:, 1] == task_id", "self.y[:, 1] >= 0", "outputs of its own"),
    ("Learner", "self.y[:, 1] == task_id", "self.y[:, 1] == 1 - task_id",
     "counted from 0|raised"),
    ("Learner", STATE, "pass", "`return`"),
    ("Learner", STATE, "return [self.x, self.y]", "return a dict"),
    ("Learner", STATE, 'return {"x": self.x, "y": self.y, "room": self.room}', "but tensors"),
    ("Learner", 'self.x, self.y = state["x"], state["y"]',
     'self.x, self.y = state["x"], state["y"].flip(0)', "otherwise than the one"),
    ("Learner", "share = self.room // (now + 1)\n", "share = self.room if now < 1 else 0\n",
     "was forgotten|still learn"),
    ("Learner", "for k in range(now + 1)]", "for k in range(now, now + 1)]", "was forgotten"),
    ("Learner", "for k in range(now + 1)]", "for k in range(max(0, now - 1), now + 1)]",
     "was forgotten"),
    ("Learner", "for k in range(now + 1)]", "for k in range(min(2, now + 1))]", "still learn"),
    ("Learner", "        share = self.room // (now + 1)", "        share = 10**6; x = x.float()",
     "Count in bytes"),
]  # fmt: skip
