"""The colours of the figures can be told apart, and read, by those who do not see all colours."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from course.plots.style import COLOURS, HATCHES, MARKERS, STYLES

# How colours look without one of the three kinds of cones (Machado et al. 2009, severity 1),
# and without any: on linear RGB.
VISION = {
    "all colours": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
WHITE = np.array([0.95047, 1.0, 1.08883])


def linear(colour):
    values = np.array(to_rgb(colour))
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIELAB of linear RGB: in it a distance of 2.3 is just visible."""
    x, y, z = np.cbrt(TO_XYZ @ np.clip(rgb, 0.0, 1.0) / WHITE)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("vision", VISION)
def test_any_two_colours_differ_to_every_eye(vision):
    seen = [lab(np.array(VISION[vision]) @ linear(colour)) for colour in COLOURS]
    distances = [float(np.linalg.norm(a - b)) for a, b in combinations(seen, 2)]
    assert min(distances) > 10


def test_the_first_colours_stand_out_from_the_paper():
    """A contrast of 3 to 1, as WCAG 2 asks; the sixth and seventh line have their label alone."""
    lights = [linear(colour) @ [0.2126, 0.7152, 0.0722] for colour in COLOURS[:5]]
    assert min(1.05 / (light + 0.05) for light in lights) > 3.0


def test_nothing_is_told_by_its_colour_alone():
    for looks in (STYLES, HATCHES, MARKERS):
        assert len(set(looks)) == len(COLOURS)
