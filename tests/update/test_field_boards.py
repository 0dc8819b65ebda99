"""What a board does with a model that it is given: on trial, given up, confirmed, and killed meanwhile."""

import dataclasses
import struct
import zlib

import pytest

from ml.errors import UserError
from ml.image.pack import Packed
from ml.link.device import CommandError, Device
from ml.link.messages import NO_SLOT, Command, GivenUp, Phase, Refusal
from ml.link.update import Updater
from ml.update.package import digest
from tests.update import signing
from tests.update.kills import kills

APP = "gesture_recognition"


@pytest.fixture(scope="module")
def running(started):
    return started(f"{APP}-host", signing.flags())


@pytest.fixture
def device(running):
    with Device.open(str(running.console), app=APP) as opened:
        yield opened


def given(device: Device, packed: Packed, trial: int = 1, **more) -> None:
    """The next update, until it is confirmed."""
    update = signing.signed(packed, Updater(device).status().counter + 1, trial=trial, **more)
    for _ in Updater(device).install(update):
        pass


def wrong(packed: Packed, old: bytes, new: bytes) -> Packed:
    """The image with bytes replaced, and the checksum of what it is then."""
    assert packed.data.count(old) == 1 and len(old) == len(new)
    data = bytearray(packed.data.replace(old, new))
    data[signing.CRC : signing.CRC + 4] = zlib.crc32(data[signing.CRC + 4 :]).to_bytes(4, "little")
    return dataclasses.replace(packed, data=bytes(data))


def test_what_was_given_runs_and_is_told_and_may_be_taken_back(device):
    before = device.info.model.hash
    given(device, signing.packed(APP, host=True))
    given(device, signing.renamed(signing.packed(APP, host=True)), base=signing.packed(APP, host=True).data)
    device.command(Command.GET_INFO)
    status = Updater(device).status()
    assert status.running != NO_SLOT
    found, expected = device.numbers(Command.SELF_TEST, "<II")
    assert found == expected
    assert device.info.update.image == device.info.update.base == status.digest[:8].hex()
    assert device.info.model.hash[:-1] == before[:-1] and device.info.model.hash != before
    Updater(device).revert()
    assert Updater(device).status().given_up == GivenUp.REVERTED


def test_a_way_back_that_is_asked_for_again_and_again_is_gone_once(device):
    first = signing.packed(APP, host=True)
    given(device, first)
    given(device, signing.renamed(first))
    before = Updater(device).status()
    leave = struct.pack("<BI", before.confirmed, before.counter)
    for _ in range(3):  # as by a host that hears no answer
        assert device.command(Command.UPDATE_REVERT, leave) == b""
    after = Updater(device).status()
    assert (after.digest, after.given_up) == (digest(first.data), GivenUp.REVERTED)
    assert after.counter == before.counter and after.confirmed != before.confirmed
    given(device, signing.renamed(first))
    assert device.command(Command.UPDATE_REVERT, leave) == b""  # it comes late
    assert Updater(device).status().digest == before.digest


def test_nothing_is_taken_back_during_a_trial(device):
    packed = signing.packed(APP, host=True)
    given(device, packed)
    before = Updater(device).status()
    update = signing.signed(signing.renamed(packed), before.counter + 1, trial=1000)
    steps = Updater(device).install(update)
    next(step for step in steps if step.stage == "try")
    with pytest.raises(CommandError) as refused:
        device.command(Command.UPDATE_REVERT, struct.pack("<BI", before.confirmed, before.counter))
    assert refused.value.data[0] == Refusal.PHASE
    assert Updater(device).revert().digest == before.digest


def test_an_image_that_does_not_compute_what_it_should_is_given_up(device):
    packed = signing.packed(APP, host=True)
    before = Updater(device).status()
    with pytest.raises(UserError, match="computes what it should"):
        given(device, wrong(packed, packed.check.to_bytes(4, "little"), (packed.check ^ 1).to_bytes(4, "little")))
    after = Updater(device).status()
    assert after.given_up == GivenUp.SELF_CHECK
    assert (after.digest, after.counter, after.phase) == (before.digest, before.counter, Phase.IDLE)


def test_a_killed_board_comes_back_with_a_model_that_was_confirmed(firmware):
    assert kills(APP, "host", 4, firmware.folder, longest_s=2.0) >= 0
