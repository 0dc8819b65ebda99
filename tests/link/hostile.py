"""What a board might say of itself that is not so: INFO and TELEMETRY with values that nobody expects, drawn at random.

Drawn by `random`, not by Hypothesis: a thousand of them take half a second.
"""

from random import Random

NUMBERS = (-(10**400), -1, 0, 1, 3, 200, 255, 256, 2**31, 2**32, 2**53, 2**64, 10**9, 10**10, 10**400)
TEXTS = (
    *("", " ", "a\0b", "\x1b[2J\x1b[H", "\x9b31m", "\u202egnp", "/../../evil", "..", "[bold]x[/nothing]", "é" * 64),
    *("x" * 500, "a\r\nb", "a,b", "=1+1", "mic", "imu", "scores", "timing", "int16", "uint32", "%s{0}", "\ud7ff"),
)
OTHERS = (None, True, -0.5, float("nan"), float("inf"), b"bytes", [], {}, [[]], [{}], [["a"], "b", 1])


def hostile(random: Random, right: dict) -> dict:
    """`right` with one to four of its values, at any depth, replaced, left out or repeated."""
    said = right
    for _ in range(random.randint(1, 4)):
        said = _spoilt(random, said)
    return said


def _spoilt(random: Random, value: object) -> object:
    """One place in a value is another."""
    if not isinstance(value, dict | list) or not value or random.random() < 0.05:
        return random.choice(random.choice((NUMBERS, NUMBERS, TEXTS, OTHERS)))
    key = random.choice(list(value)) if isinstance(value, dict) else random.randrange(len(value))
    made = value.copy()
    if random.random() < 0.9:
        made[key] = _spoilt(random, value[key])
    elif isinstance(value, list):
        made.append(value[key])
    else:
        del made[key]
    return made
