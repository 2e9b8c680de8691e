"""Why a cell of ours differs from the published one, where that was looked into."""

from __future__ import annotations

_FISHER = (
    "**EWC and online EWC, task**: our Fisher is exact, theirs that of the most likely label, "
    "which is far smaller where a network is sure. Tried with theirs, on 1,024 rows a task, and "
    "their strengths: EWC 98.2 and 96.1 (two seeds), online EWC 98.3 (one seed). With the exact "
    "one and their strength EWC has 99.5 (one seed), as with the strength that was chosen."
)
_LWF = (
    "**LwF**: theirs is quoted from a table with 2,000 iterations a task in place of four epochs, "
    "about 380. With 21 epochs, as many as that, ours has 73.5 and 69.2 with domains (two seeds), "
    "where theirs has 71.0: the fewer steps forget less. Where the task is told it makes a tenth "
    "of a percent. With classes it has 20.3 (one seed), further away; a softmax over the classes "
    "seen so far (19.7) and pixels without frame and normalisation (20.5) do not bring it nearer. "
    "That cell is not explained."
)
_REPLAY = (
    "**Replay**: theirs mixes the remembered rows, repeated, into batches of 128, so it makes "
    "twice as many steps. With batches of 64 new and 64 old rows (two seeds) ours has 95.2 and "
    "95.0 with 4,400 rows and classes, 91.6 and 89.9 with 1,100; with domains 94.3 and 94.9, no "
    "nearer than before: that cell is not explained."
)
_SEEN = (
    "**SI and MAS, class**: theirs takes the softmax over the classes seen so far. With the loss "
    "changed to that, two seeds, SI has 19.65 twice, where theirs has 19.67, and MAS 19.65 and "
    "20.39. (L2, which agrees, then has 22.8 and 23.7.)"
)
_CLOSE = (
    "**Joint training, domain and class; SI, task**: less than half a percent above theirs. How "
    "far their runs lie apart we do not know, so three standard errors of ours alone are allowed. "
    "Not looked into."
)
# (row, scenario) -> what was found; one text may stand for several cells.
REASONS: dict[tuple[str, str], str] = {
    ("EWC", "task"): _FISHER,
    ("online EWC", "task"): _FISHER,
    ("LwF", "task"): _LWF,
    ("LwF", "domain"): _LWF,
    ("LwF", "class"): _LWF,
    ("replay, 1,100 rows", "domain"): _REPLAY,
    ("replay, 1,100 rows", "class"): _REPLAY,
    ("replay, 4,400 rows", "class"): _REPLAY,
    ("SI", "class"): _SEEN,
    ("MAS", "class"): _SEEN,
    ("SI", "domain"): (
        "**SI, domain**: the strength that was chosen is ten times theirs, and the largest that "
        "was tried. With theirs ours has 66.2 (68.7 and 63.7, two seeds), theirs 64.8."
    ),
    ("SI", "task"): _CLOSE,
    ("joint training", "domain"): _CLOSE,
    ("joint training", "class"): _CLOSE,
    ("MAS", "domain"): (
        "**MAS, domain**: their importance takes the gradient of a batch's mean, in which rows "
        "cancel, so it is smaller and their strengths mean something else. With that importance "
        "and a strength of 100 ours has 65.6 ± 1.0 (four seeds; the best of 1, 10, 100 and 1,000 "
        "for two of them, on test rows), with 1 it has 60.5 (two seeds)."
    ),
}
