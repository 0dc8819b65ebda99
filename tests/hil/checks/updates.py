"""A model that is given in the field becomes active only if it is signed, meant for this board, and above its counter.

The firmware must believe the keys of tests/update/signing.py.
"""

import dataclasses
import struct

from ml.link.device import Device
from ml.link.messages import Command, Refusal
from ml.link.refusals import RefusedError
from ml.link.update import Updater
from ml.update.firmware import Program, sign_firmware
from ml.update.package import Update
from ml.update.sign import Release
from tests.hil.checks.waiting import restarted
from tests.update import signing

TOO_MUCH = 1 << 20  # bytes, more than a slot of any board


def next_update(device: Device, **more) -> Update:
    """The committed model of the application under the counter that comes next."""
    return signing.update(device.info.app, Updater(device).status().counter + 1, **more)


def next_firmware(device: Device, program: Program, base: Program, trial: int = 2) -> Update:
    """A patch of the firmware under the counter that comes next."""
    counter = Updater(device, firmware=True).status().counter + 1
    return sign_firmware(program, base, signing.KEYS, Release(counter, f"v{counter}", trial))


def changed(program: Program) -> Program:
    """Another firmware."""
    return dataclasses.replace(program, data=program.data[:-1] + bytes([program.data[-1] ^ 1]))


def installs(device: Device) -> Update:
    """A whole update, up to its confirmation."""
    update = next_update(device)
    for _ in Updater(device).install(update):
        pass
    status = Updater(device).status()
    assert (status.digest, status.counter) == (update.manifest.digest, update.manifest.counter)
    return update


def takes_nothing_that_is_not_signed(device: Device) -> None:
    """No signature, and that of another manifest."""
    update = next_update(device)
    _is_refused(device, dataclasses.replace(update, signature=bytes(64)), Refusal.SIGNATURE)
    other = next_update(device, trial=3).signature
    _is_refused(device, dataclasses.replace(update, signature=other), Refusal.SIGNATURE)


def takes_nothing_of_strangers(device: Device) -> None:
    """Who have a key of their own."""
    _is_refused(device, next_update(device, keys=signing.STRANGERS), Refusal.KEY)


def takes_nothing_twice(device: Device) -> None:
    """What was confirmed once is over."""
    _is_refused(device, installs(device), Refusal.COUNTER)


def takes_nothing_older_after_a_cut(board, device: Device) -> None:
    """The counter outlives it."""
    older, newer = installs(device), installs(device)
    with restarted(board, device) as again:
        assert Updater(again).status().digest == newer.manifest.digest
        _is_refused(again, older, Refusal.COUNTER)


def takes_nothing_of_another_board(device: Device) -> None:
    """Of another application, product or processor."""
    counter = Updater(device).status().counter + 1
    foreign = dataclasses.replace(signing.KEYS, product="pump")
    _is_refused(device, next_update(device, keys=foreign), Refusal.PRODUCT)
    _is_refused(device, signing.update("fall_detection", counter), Refusal.APP)
    _is_refused(device, next_update(device, host=True), Refusal.POINTER)


def takes_no_firmware_that_is_not_signed(device: Device, runs: Program) -> None:
    """A patch of the firmware that runs, without a signature."""
    patch = next_firmware(device, changed(runs), runs)
    _is_refused(device, dataclasses.replace(patch, signature=bytes(64)), Refusal.SIGNATURE)


def takes_no_patch_of_another_firmware(device: Device, runs: Program) -> None:
    """The base is not what runs."""
    other = dataclasses.replace(runs, data=bytes([runs.data[0] ^ 1]) + runs.data[1:])
    _is_refused(device, next_firmware(device, changed(runs), other), Refusal.BASE)


def takes_nothing_that_does_not_fit(device: Device) -> None:
    """More bytes than a slot has."""
    packed = dataclasses.replace(signing.packed(device.info.app), data=bytes(TOO_MUCH))
    update = signing.signed(packed, Updater(device).status().counter + 1)
    _is_refused(device, update, Refusal.SIZE)


def _is_refused(device: Device, update: Update, reason: Refusal) -> None:
    """For this reason, and the model that runs stays."""
    before = Updater(device).status()
    signed = update.signed + update.signature
    for offset in range(0, len(signed), 48):
        device.command(Command.UPDATE_MANIFEST, struct.pack("<H", offset) + signed[offset : offset + 48])
    found = "it was taken"
    try:
        Updater(device)._ask(Command.UPDATE_BEGIN, struct.pack("<H", 240))
    except RefusedError as error:
        found = error.reason.name if error.reason else str(error)
    assert found == reason.name, f"expected {reason.name}, found {found}"
    after = Updater(device).status()
    assert (after.digest, after.counter) == (before.digest, before.counter)
