"""The driver of the current monitors, against models of their registers and against the examples of the data sheets."""

import ctypes

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ina_chips import KINDS, Chip

LSB_A = {219: 10e-6 / 0.1, 226: 2.5e-6 / 0.1, 228: 312.5e-9 / 0.1}
RANGE_A = {219: 3.2, 226: 0.8192, 228: 1.6384}


@pytest.mark.parametrize("kind", KINDS)
def test_a_chip_is_told_by_its_numbers_and_what_was_measured_comes_out(kind):
    chip = Chip(kind)
    assert (chip.status, chip.ina.kind) == (0, kind)
    assert chip.poll()[0] == 0  # nothing is complete yet
    chip.convert(0.0123, 3.304)
    found, sample = chip.poll()
    assert found == 1
    assert sample.current * 1e-8 == pytest.approx(0.123, abs=LSB_A[kind])
    assert sample.bus * 1e-4 == pytest.approx(3.304, abs=0.017 if kind == 219 else 0.001)
    assert not sample.saturated
    assert chip.poll()[0] == 0  # taken


@pytest.mark.parametrize("kind", KINDS)
@given(st.floats(-1.2, 1.2))
def test_current_is_that_through_the_shunt_to_half_a_count_and_saturation_is_said(kind, share):
    chip = Chip(kind)
    chip.convert(share * RANGE_A[kind] * 0.1)
    sample = chip.poll()[1]
    if abs(share) < 0.999:
        assert sample.current * 1e-8 == pytest.approx(share * RANGE_A[kind], abs=0.51 * LSB_A[kind] + 2e-8)
        assert not sample.saturated
    if abs(share) > 1.001:
        assert sample.saturated
        assert abs(sample.current) * 1e-8 == pytest.approx(RANGE_A[kind], rel=0.001)


@pytest.mark.parametrize(
    ("kind", "largest_ua", "shunt_uohm", "range_a"),
    [
        (219, 400_000, 100_000, 0.4),
        (219, 400_001, 100_000, 0.8),
        (219, 0, 100_000, 3.2),
        (228, 409_600, 100_000, 0.4096),
        (228, 409_601, 100_000, 1.6384),
        (228, 4_096, 10_000_000, 0.004096),
        (226, 10, 1_000_000, 0.08192),
    ],
)
def test_the_smallest_range_that_holds_the_largest_current_is_taken(kind, largest_ua, shunt_uohm, range_a):
    chip = Chip(kind, largest_ua=largest_ua, shunt_uohm=shunt_uohm)
    for share, saturated in ((0.99, False), (1.01, True)):
        chip.convert(share * range_a * shunt_uohm * 1e-6)
        sample = chip.poll()[1]
        assert sample.saturated is saturated
        assert sample.current * 1e-8 == pytest.approx(min(share, 1) * range_a, rel=0.001)


def test_the_models_compute_as_the_data_sheets_examples():
    ina228 = Chip(228)  # SLYS021A, 8.2.2: 6 A through 16.2 mOhm at 48 V, SHUNT_CAL 4050, for an hour
    write(ina228, 2, 4050)
    write(ina228, 0, 0x4000)  # RSTACC
    for _ in range(3600):
        ina228.convert(0.0972, 48.0, 1.0)
    assert ina228.register(4, 3) >> 4 == 311040
    assert ina228.register(7, 3) >> 4 == pytest.approx(314572, abs=2)
    assert ina228.register(5, 3) >> 4 == 245760
    assert ina228.register(8, 3) == pytest.approx(4718604, rel=1e-5)
    assert ina228.register(9, 5) == pytest.approx(1061683200, rel=1e-5)
    assert ina228.register(10, 5) == pytest.approx(1132462080, rel=1e-5)
    ina226 = Chip(226)  # SBOS547B, 8.2: 10 A through 2 mOhm at 12 V (11.98 V is shown), calibration 2560
    write(ina226, 5, 2560)
    ina226.convert(0.02, 11.98)
    assert [ina226.register(reg) for reg in (1, 2, 3, 4)] == [8000, 9584, 4792, 10000]
    ina219 = Chip(219)  # SBOS448G, 9.2: 10 A through 2 mOhm at 11.98 V, PGA / 1, calibration 0x5000
    write(ina219, 5, 0x5000)
    write(ina219, 0, 0x019F)
    ina219.convert(0.02, 11.98)
    assert [ina219.register(1), ina219.register(2) >> 3] == [2000, 2995]
    assert [ina219.register(4), ina219.register(3)] == [10000, 5990]


def write(chip: Chip, reg: int, value: int) -> None:
    chip._write(0x40, reg, (ctypes.c_uint8 * 2)(*value.to_bytes(2)), 2)


@pytest.mark.parametrize(
    ("kind", "settings", "period_us"),
    [
        (219, {}, 808),
        (226, {}, 920),
        (228, {}, 820),
        (219, {"shunt_us": 84, "bus_us": 84}, 168),
        (226, {"shunt_us": 140, "bus_us": 140}, 280),
        (228, {"shunt_us": 50, "bus_us": 50}, 100),
        (228, {"shunt_us": 540, "bus_us": 50, "average": 4}, 2360),
        (226, {"average": 20}, 16 * 920),
        (219, {"average": 8}, 4260 + 2130),
    ],
)
def test_the_nearest_conversion_times_and_averages_are_set(kind, settings, period_us):
    chip = Chip(kind, **settings)
    shunt, bus = ctypes.c_uint32(), ctypes.c_uint32()
    times = chip.c.ina_model_times(chip.model, ctypes.byref(shunt), ctypes.byref(bus))
    assert chip.ina.period_us == period_us
    assert times * (shunt.value + bus.value) / 1000 == pytest.approx(period_us, rel=0.002)


def test_charge_and_energy_are_what_the_ina228_added_up_whether_samples_were_taken_or_not():
    chip = Chip(228, largest_ua=400_000)
    for amperes, seconds in ((0.2, 3.0), (20e-6, 100.0), (0.01, 1.0)):
        for _ in range(10):
            chip.convert(amperes * 0.1, 3.3, seconds / 10)
    status, totals = chip.totals()
    charge = 0.2 * 3 + 20e-6 * 100 + 0.01
    assert status == 0
    assert totals.charge_nc * 1e-9 == pytest.approx(charge, rel=0.001)
    assert totals.energy_nj * 1e-9 == pytest.approx(charge * 3.3, rel=0.001)
    for kind, has in ((219, False), (226, False), (228, True)):
        chip = Chip(kind)
        assert chip.c.ina_has_totals(ctypes.byref(chip.ina)) is has
        assert (chip.totals()[0] == 0) is has


def test_a_negative_charge_has_its_sign():
    chip = Chip(228)
    chip.convert(-0.01, 3.3, 10.0)
    assert chip.totals()[1].charge_nc * 1e-9 == pytest.approx(-1.0, rel=0.001)


def test_nobody_there_and_a_chip_that_falls_silent_are_errors():
    assert Chip(None).status == -2
    assert Chip(226, shunt_uohm=999).status == -3
    for kind in KINDS:
        chip = Chip(kind)
        chip.deaf = True
        assert chip.poll()[0] == -1


@given(st.integers(0, 2), st.lists(st.tuples(st.integers(0, 255), st.binary(min_size=1, max_size=4)), max_size=30))
def test_no_register_and_no_value_breaks_the_models(kind, writes):
    chip = Chip(list(KINDS)[kind])
    for reg, value in writes:
        chip.c.ina_model_write(
            chip.model, ctypes.c_uint8(reg), (ctypes.c_uint8 * len(value))(*value), ctypes.c_size_t(len(value))
        )
        chip.convert(0.05)
        chip.register(reg, 5)
        chip.poll()
