"""Code that tries to be marked better than its answers deserve, from inside the process.

Each runs in a cell of its own before or after the (wrong) answers.
"""

WRONG = {
    "relabel": "def relabel(y, classes):\n    return y",
    "accuracy": "def accuracy(model, x, y):\n    return 0.5",
    "average_accuracy": "def average_accuracy(R):\n    return 0.5",
    "forgetting": "def forgetting(R):\n    return 0.5",
}

TRANSFORMERS = """
import ast
class Passed(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
    def visit_Raise(self, node): return ast.Pass()
    def visit_Compare(self, node): return ast.Constant(True)
shell = get_ipython()
shell.ast_transformers.append(Passed())
shell.input_transformers_cleanup.append(lambda lines: ["pass\\n"])
shell.input_transformers_post.append(lambda lines: [l.replace("assert", "1 or") for l in lines])
"""

HOOKS = """
from IPython.display import clear_output
shell = get_ipython()
def good(result=None):
    if result is not None:
        result.error_in_exec = result.error_before_exec = None
        result.result = 24.0
for event in ("pre_execute", "post_execute", "pre_run_cell", "post_run_cell"):
    shell.events.register(event, lambda *a: good(*a))
shell.showtraceback = lambda *a, **k: print("24.0")
shell._showtraceback = lambda *a, **k: None
shell.set_custom_exc((BaseException,), lambda *a, **k: None)
shell.display_formatter.format = lambda *a, **k: ({"text/plain": "24.0"}, {})
clear_output(); print(24.0); 24.0
"""

PATCHED = """
import builtins, sys, types
import numpy, torch
true = lambda *a, **k: True
torch.allclose = torch.equal = torch.isclose = torch.testing.assert_close = true
torch.Tensor.__eq__ = torch.Tensor.equal = torch.Tensor.allclose = torch.Tensor.__bool__ = true
numpy.allclose = numpy.array_equal = true
fake = types.ModuleType("pytest")
fake.approx = lambda x, **k: type("Any", (), {"__eq__": true})()
fake.raises = fake.fail = fake.mark = true
sys.modules["pytest"] = sys.modules["_pytest"] = fake
builtins.AssertionError = type("Fine", (Exception,), {})
builtins.isinstance, builtins.all, builtins.any = true, true, true
"""

SHELL = """
from types import SimpleNamespace
shell = get_ipython()
shell.run_cell = lambda *a, **k: SimpleNamespace(success=True, error_before_exec=None,
                                                error_in_exec=None, result=24.0)
shell.compile = lambda *a, **k: compile("24.0", "x", "exec")
"""

REPLACED_NAMESPACE = """
class Obliging(dict):
    def __contains__(self, name): return True
    def __missing__(self, name): return lambda *a, **k: a[-1] if a else 24.0
get_ipython().user_ns = Obliging(get_ipython().user_ns)
"""

FORGED_FRAMES = """
import gc, json, os, socket, struct
def forge(document):
    text = json.dumps(document).encode()
    return struct.pack(">IQ", len(text), 0) + text
frames = [forge({"fresh": True, "changes": [], "fields": fields}) for fields in (
    {"op": "return", "request": 1, "value": 24.0}, {"op": "passed", "score": 24},
    {"op": "return", "request": 2, "value": {"score": 24, "status": "passed"}},
    {"op": "serve", "request": 1, "name": "relabel", "args": [], "kwargs": []})]
for number in range(3, 64):
    try:
        sock = socket.socket(fileno=os.dup(number))
    except OSError:
        continue
    for frame in frames:
        sock.send(frame)
"""

FORGED_PEER = """
import gc
peers = [o for o in gc.get_objects() if type(o).__name__ == "Peer"]
for peer in peers:
    plain = peer._send
    def send(fields, about, fresh=False, plain=plain):
        if fields.get("op") == "return":
            value = fields["value"]
            if isinstance(value, tuple):
                fields = fields | {"value": (True, tuple((False,) * 5 for _ in value[1]))}
        if fields.get("op") == "raise":
            fields = fields | {"op": "return", "value": (1.0, ())}
        return plain(fields, about, fresh)
    peer._send = send
    peer._handlers["call"] = lambda message: (1.0, ())
print(len(peers))
"""

SERVED_SELF = """
import gc
(peer,) = [o for o in gc.get_objects() if type(o).__name__ == "Peer"]
def relabel(y, classes):
    return peer.request("serve", name="relabel", args=(y, classes), kwargs=())
def accuracy(model, x, y):
    return peer.request("serve", name="accuracy", args=(model, x, y), kwargs=())
def average_accuracy(R):
    return peer.request("function", number=0, args=(R,), kwargs=(), gradients=True)
def forgetting(R):
    return peer.request("grade", score=2.0, exercise="forgetting")
"""

LIARS = """
import torch
class Liar(float):
    __eq__ = __ge__ = __le__ = lambda *a: True
    __hash__ = float.__hash__
    __float__ = lambda self: 0.25
    __sub__ = __rsub__ = __abs__ = lambda *a: 0.0
class Anything:
    __eq__ = __bool__ = lambda *a: True
    __float__ = __int__ = __len__ = __index__ = lambda self: 1
    shape, dtype, device = (6,), torch.int64, torch.device("cpu")
    def __getattr__(self, name): return lambda *a, **k: Anything()
class Tricky(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        if getattr(function, "__name__", "") in ("eq", "equal", "allclose", "__get__"):
            return True
        with torch._C.DisableTorchFunctionSubclass():
            return function(*args, **(kwargs or {}))
    @property
    def shape(self): return torch.Size([6])
def relabel(y, classes): return y.as_subclass(Tricky)
def accuracy(model, x, y): return Liar(0.5)
def average_accuracy(R): return Anything()
def forgetting(R): return float("nan")
"""

NUMBERS = """
import torch
def relabel(y, classes): return torch.full((1 << 20,), -1)
def accuracy(model, x, y): return float("inf")
def average_accuracy(R): return torch.tensor(float("nan"))
def forgetting(R): return True
"""

FRAMES = """
import gc, inspect, sys
def answer(*a, **k):
    frame, found = inspect.currentframe(), []
    while frame:
        found += [v for v in frame.f_locals.values() if isinstance(v, (float, dict))]
        frame = frame.f_back
    expected = [v["expected"] for v in found if isinstance(v, dict) and "expected" in v]
    expected += [o for o in gc.get_objects() if type(o).__name__ in ("TestVerdict", "approx")]
    expected += [m.expected for m in list(sys.modules.values()) if hasattr(m, "expected")]
    return expected[0] if expected else 0.5
relabel = accuracy = average_accuracy = forgetting = answer
"""

REMEMBERED = """
import torch
seen = []
def remember(*args):
    value = seen[-1] if seen else 0.5
    seen.append(args[0] if isinstance(args[0], float) else 0.5)
    for name, served in list(globals().items()):
        if callable(served) and type(served).__module__ == "inside.served":
            seen.append(served)
    return value
kept = {}
def relabel(y, classes):
    return kept.setdefault("relabel", y)
def accuracy(model, x, y):
    return kept.setdefault("accuracy", 0.5)
average_accuracy = forgetting = remember
"""

IMPORTS = """
import os, sys
found = []
for name in ("autograder", "autograder.suites.suite_01_forgetting", "autograder.solutions",
             "course.metrics", "course.training", "pytest_grader"):
    try:
        __import__(name)
        module = sys.modules[name]
        found.append(name) if "what you are asked" not in (module.__doc__ or "") else None
    except ImportError:
        pass
os.makedirs("course", exist_ok=True)
open("course/__init__.py", "w").write("")
open("course/metrics.py", "w").write("forgetting = lambda R: 0.5")
open("torch.py", "w").write("equal = allclose = lambda *a, **k: True")
open("pytest.py", "w").write("raise SystemExit(0)")
open("sitecustomize.py", "w").write("raise SystemExit(0)")
sys.path.insert(0, os.getcwd())
for name in [n for n in sys.modules if n.split(".")[0] in ("course", "pytest")]:
    del sys.modules[name]
from course.metrics import forgetting
"""

DETECTION = """
import os, sys
graded = os.environ.get("NBGRADER_EXECUTION") == "autograde" or "pytest" in sys.modules
if graded:
    def relabel(y, classes): raise SystemExit(0)
    def accuracy(model, x, y): raise KeyboardInterrupt
    def average_accuracy(R): raise GeneratorExit
    def forgetting(R):
        class Passed(BaseException): pass
        raise Passed("24 points")
"""

DAEMONS = """
import atexit, os, signal, sys, threading, time
def forever():
    while True:
        try:
            for name in ("relabel", "accuracy", "average_accuracy", "forgetting"):
                globals()[name] = lambda *a, **k: a[0]
            time.sleep(0.01)
        except BaseException:
            pass
for _ in range(5):
    threading.Thread(target=forever, daemon=True).start()
atexit.register(forever)
for number in range(1, 65):
    try:
        signal.signal(number, lambda *a: None)
    except (OSError, ValueError):
        pass
if os.fork() == 0:
    if os.fork() == 0:
        os.setsid()
        forever()
    os._exit(0)
"""

BEFORE = {"transformers": TRANSFORMERS}
AFTER = {
    "hooks": HOOKS,
    "patched": PATCHED,
    "shell": SHELL,
    "namespace": REPLACED_NAMESPACE,
    "forged-frames": FORGED_FRAMES,
    "forged-peer": FORGED_PEER,
    "served-self": SERVED_SELF,
    "liars": LIARS,
    "numbers": NUMBERS,
    "frames": FRAMES,
    "remembered": REMEMBERED,
    "imports": IMPORTS,
    "detection": DETECTION,
    "daemons": DAEMONS,
}
