"""Sound without speech: noise of several colours, hum, fans, and knocking."""

import numpy as np

KINDS = ("white", "pink", "brown", "hum", "fan", "knocks")


def noise(kind: str, count: int, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
    """Float (count,) of root mean square 1."""
    made = _MAKERS[kind](count, rate_hz, rng)
    made = made - made.mean()
    return made / max(1e-9, float(np.sqrt(np.mean(made**2))))


def _coloured(slope: float):
    """Noise whose power falls with the `slope`-th power of frequency."""

    def make(count: int, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
        spectrum = np.fft.rfft(rng.normal(size=count))
        hertz = np.maximum(np.fft.rfftfreq(count, 1 / rate_hz), 20.0)
        return np.fft.irfft(spectrum * hertz ** (-slope / 2), count)

    return make


def _hum(count: int, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
    mains = rng.choice([50.0, 60.0])
    times = np.arange(count) / rate_hz
    tones = sum(
        rng.uniform(0.2, 1) / order * np.sin(2 * np.pi * mains * order * times + rng.uniform(0, 6))
        for order in range(1, 12)
    )
    return tones + 0.1 * _coloured(1)(count, rate_hz, rng)


def _fan(count: int, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
    times = np.arange(count) / rate_hz
    beat = 1 + 0.4 * np.sin(2 * np.pi * rng.uniform(3, 25) * times)
    return beat * _coloured(rng.uniform(0.8, 1.8))(count, rate_hz, rng)


def _knocks(count: int, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
    """Damped tones at random times: dishes, keys, doors."""
    from scipy.signal import lfilter  # noqa: PLC0415  takes a second to import, which most commands need not

    struck = np.zeros(count)
    hits = rng.integers(0, count, max(1, int(count / rate_hz * rng.uniform(0.5, 4))))
    struck[hits] = rng.uniform(0.1, 1, len(hits)) * rng.choice([-1, 1], len(hits))
    made = 0.002 * rng.normal(size=count)
    for _ in range(3):
        pole = np.exp(-1 / (rng.uniform(0.005, 0.06) * rate_hz) + 2j * np.pi * rng.uniform(200, 5000) / rate_hz)
        made += lfilter([1.0], [1.0, -2 * pole.real, abs(pole) ** 2], struck)
    return made


_MAKERS = {
    "white": _coloured(0), "pink": _coloured(1), "brown": _coloured(2),
    "hum": _hum, "fan": _fan, "knocks": _knocks,
}  # fmt: skip
