"""Learners that try to remember more than their state may hold.

``NAIVE`` keeps nothing. Each of ``OUTSIDE`` replays all rows that it saw, and hides them somewhere
that should not outlive its sandbox; each of ``INSIDE`` hides them in the state itself.
"""

NAIVE = """
import torch
from torch.nn.functional import cross_entropy

class Learner:
    def __init__(self, input_size, num_outputs, num_tasks, memory_bytes, seed):
        torch.manual_seed(seed)
        self.net = torch.nn.Sequential(
            torch.nn.Linear(input_size, 64), torch.nn.ReLU(), torch.nn.Linear(64, num_outputs))

    def hoard(self):
        return []

    def learn(self, task, scenario):
        hoard = self.hoard()
        hoard.append((task.x_train.clone(), task.y_train.clone()))
        self.keep(hoard)
        x, y = (torch.cat(parts) for parts in zip(*hoard))
        adam = torch.optim.Adam(self.net.parameters(), lr=3e-3)
        for _ in range(15):
            for rows in torch.randperm(len(x)).split(32):
                adam.zero_grad()
                cross_entropy(self.net(x[rows]), y[rows]).backward()
                adam.step()

    def keep(self, hoard):
        pass

    def predict(self, x, task_id=None):
        with torch.no_grad():
            return self.net(x).argmax(dim=1)

    def state(self):
        return dict(self.net.state_dict())

    def restore(self, state):
        self.net.load_state_dict(state)
"""
ATTRIBUTE = """
class Learner(Learner):
    everything = []

    def hoard(self):
        return self.everything
"""
GLOBAL = """
EVERYTHING = []

class Learner(Learner):
    def hoard(self):
        return EVERYTHING
"""
CLOSURE = """
def with_memory(base):
    kept = []

    class Learner(base):
        def hoard(self, kept=kept):
            return kept

    return Learner

Learner = with_memory(Learner)
"""
MODULES = """
import builtins, sys

class Learner(Learner):
    def hoard(self):
        for place in (torch, builtins, sys, torch.nn.Linear, get_ipython()):
            if not hasattr(place, "_everything"):
                place._everything = []
        return torch._everything
"""
FILES = """
import glob, os, pickle

class Learner(Learner):
    def hoard(self):
        for path in glob.glob("/*/hoard") + glob.glob("/*/*/hoard"):
            with open(path, "rb") as file:
                return pickle.load(file)
        return []

    def keep(self, hoard):
        for folder in (os.path.expanduser("~"), "/tmp", "/dev/shm", "/grading/course", "/grading"):
            try:
                with open(folder + "/hoard", "wb") as file:
                    pickle.dump(hoard, file)
            except OSError:
                pass
"""
PROCESS = """
import os, pickle, socket, sys, time

class Learner(Learner):
    PLACE = chr(0) + "hoard"

    def hoard(self):
        try:
            with socket.socket(socket.AF_UNIX) as sock:
                sock.connect(self.PLACE)
                return pickle.load(sock.makefile("rb"))
        except OSError:
            return []

    def keep(self, hoard):
        content = pickle.dumps(hoard)
        if os.fork() == 0:
            os.setsid()
            with socket.socket(socket.AF_UNIX) as sock:
                sock.bind(self.PLACE)
                sock.listen()
                while True:
                    sock.accept()[0].sendall(content)
        time.sleep(0.2)
"""
# What is not its own: the data itself, and the methods of the course.
DATASET = """
from course.data import load

class Learner(Learner):
    def hoard(self):
        digits = load("digits", device="cpu")
        return [(digits.x_train, digits.y_train)]
"""
RAW = """
import glob, gzip, io, numpy, sys

class Learner(Learner):
    def hoard(self):
        for folder in sys.path:
            for path in glob.glob(folder + "/sklearn/**/digits.csv.gz", recursive=True):
                rows = torch.tensor(numpy.loadtxt(gzip.open(path), delimiter=","))
                return [((rows[:, :-1] / 16).float(), rows[:, -1].long())]
        return []
"""
METHODS = """
class Learner(Learner):
    def learn(self, task, scenario):
        from course.methods import make
        make("replay", scenario, "digits")
"""

OVERSIZE = """
class Learner(Learner):
    # Rows of 64 pixels and a label, as the weights of a layer that is never used.
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.net.add_module("spare", torch.nn.Identity())
        self.net.spare = torch.nn.Linear(65, 4000, bias=False)
        self.net.forward = lambda x: self.net[2](self.net[1](self.net[0](x)))
        self.count = 0

    def hoard(self):
        rows = self.net.spare.weight.data[:self.count]
        return [(rows[:, :-1].clone(), rows[:, -1].round().long())] if self.count else []

    def keep(self, hoard):
        x, y = (torch.cat(parts) for parts in zip(*hoard))
        self.count = len(x)
        self.net.spare.weight.data[:self.count] = torch.cat([x, y[:, None].float()], dim=1)

    def state(self):
        return {**super().state(), "count": torch.tensor(self.count)}

    def restore(self, state):
        state = dict(state)
        self.count = int(state.pop("count"))
        super().restore(state)
"""
KEPT = """
class Learner(Learner):
    kept = None

    def hoard(self):
        return list(self.kept or [])

    def keep(self, hoard):
        self.kept = hoard
"""
NAMES = (
    KEPT
    + """
import base64, numpy

class Learner(Learner):
    def state(self):
        words = [base64.b85encode(torch.cat([x, y[:, None].float()], 1).numpy().tobytes()).decode()
                 for x, y in self.kept]
        named = {f"{k}/{word}": torch.zeros(0) for k, word in enumerate(words)}
        return {**super().state(), **named}

    def restore(self, state):
        self.kept = []
        for name in [name for name in state if "/" in name]:
            raw = base64.b85decode(name.split("/", 1)[1])
            rows = torch.tensor(numpy.frombuffer(raw, dtype=numpy.float32).copy()).view(-1, 65)
            self.kept.append((rows[:, :-1], rows[:, -1].long()))
        super().restore({name: p for name, p in state.items() if "/" not in name})
"""
)
LYING = (
    KEPT
    + """
class Small(torch.Tensor):
    def numel(self): return 1
    def element_size(self): return 1
    nbytes = 1

class Learner(Learner):
    def state(self):
        x, y = (torch.cat(parts) for parts in zip(*self.kept))
        rows = torch.cat([x, y[:, None].float()], 1).repeat(1, 5)
        return {**super().state(), "/": rows.as_subclass(Small)}

    def restore(self, state):
        state = dict(state)
        rows = state.pop("/")[:, :65]
        self.kept = [(rows[:, :-1], rows[:, -1].long())]
        super().restore(state)
"""
)

OUTSIDE = {
    "attribute": ATTRIBUTE,
    "global": GLOBAL,
    "closure": CLOSURE,
    "modules": MODULES,
    "files": FILES,
    "process": PROCESS,
    "dataset": DATASET,
    "raw dataset": RAW,
    "methods": METHODS,
}
INSIDE = {"oversize network": OVERSIZE, "names": NAMES, "lying tensor": LYING}
