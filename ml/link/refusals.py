"""Why a board refuses a command of an update, or gave an image up, in words for people."""

import struct

from ml.errors import UserError
from ml.link.messages import GivenUp, Refusal

REASON = struct.Struct("<BII")
PACK = "pack it again"
FIRMWARE = "the board needs newer firmware, or the model an older compiler"
# Reason -> what was expected, what to do. What was found is the number of the reason, where it has one.
WORDS = {
    Refusal.FLASH: ("flash that keeps what is written", "the board has no part for models, or it is worn"),
    Refusal.SIZE: (
        "an image that a slot has room for, in blocks that its flash can write",
        "smaller, or another --block",
    ),
    Refusal.COUNTER: ("a counter above that of the confirmed image", "pack it again with a higher --counter"),
    Refusal.PHASE: ("a board that waits for this", "see: python tools/update.py status"),
    Refusal.BLOCK: ("a block of the payload", "send it again"),
    Refusal.MISSING: ("all blocks", "send it again: only what is missing is sent"),
    Refusal.DIGEST: ("the image that was signed, found another", f"send it again, or {PACK}"),
    Refusal.CHANGES: ("changes that make an image", PACK),
    Refusal.BASE: (
        "the base of these changes on the board, found another image",
        "pack it with that --base, or without",
    ),
    Refusal.MANIFEST: ("a whole manifest", PACK),
    Refusal.KEY: ("a key that the firmware knows", "sign with another --key; see: python -m ml keys show"),
    Refusal.SIGNATURE: ("the manifest that was signed, found another", f"somebody changed it: {PACK}"),
    Refusal.PRODUCT: ("an update of the board's product, found another's", "take the update that is for it"),
    Refusal.APP: ("an update of the board's application, found another's", "take the update that is for it"),
    Refusal.POINTER: ("an update for this kind of processor", "pack it with --host for the board `host`, else without"),
    Refusal.KIND: ("a kind of payload that the firmware takes", "pack the whole image, without --base"),
    Refusal.KERNEL: ("kernels that the firmware has", FIRMWARE),
    Refusal.KERNEL_VERSION: ("kernels in the versions that the firmware has", FIRMWARE),
    Refusal.ARENA: ("a smaller arena", FIRMWARE),
    Refusal.STATE: ("less state", FIRMWARE),
    Refusal.WINDOW: ("a smaller window", FIRMWARE),
    Refusal.PARAMS: ("fewer parameters", FIRMWARE),
    Refusal.IMAGE: ("an image that the firmware can open", PACK),
    Refusal.SETTINGS: ("settings that suit the firmware", "pack a model of the same front end"),
    Refusal.SELF_CHECK: ("a model that computes what it should", f"it is given up; {PACK}"),
    Refusal.TRIAL: ("the end of the trial", "wait for its windows"),
}
GIVEN_UP = {
    GivenUp.NOTHING: "nothing was given up",
    GivenUp.HOST: "the host gave it up",
    GivenUp.DIGEST: "it was not the image that was signed",
    GivenUp.RESTART: "the board restarted during the trial",
    GivenUp.CHANGES: "its changes made no image",
    GivenUp.WATCHDOG: "the watchdog restarted the board during the trial",
    GivenUp.SELF_CHECK: "the model did not compute what it should",
    GivenUp.LATE: "the model was too slow for its deadline",
    GivenUp.IMAGE: "the firmware could not open it",
    GivenUp.SETTINGS: "its settings do not suit the firmware",
    GivenUp.REVERTED: "the host went back to the image before",
}


class RefusedError(UserError):
    """The board refuses; `reason` is a Refusal, or None for one that this program does not know."""

    def __init__(self, text: str, reason: Refusal | None) -> None:
        super().__init__(text)
        self.reason = reason


def refused(port: str, command: str, told: bytes) -> RefusedError:
    """`told`: the answer with the status REFUSED."""
    if len(told) != REASON.size:
        return RefusedError(f"{port}: expected {command} to succeed, found a refusal without a reason", None)
    number, needs, has = REASON.unpack(told)
    if number not in set(Refusal):
        return RefusedError(
            f"{port}: expected {command} to succeed, found the refusal {number}, which this program does not know; "
            "get a newer one",
            None,
        )
    expected, do = WORDS[Refusal(number)]
    numbers = f" (needs {needs:,}, has {has:,})" if needs or has else ""
    found = "" if ", found" in expected else ", found otherwise"
    return RefusedError(f"{port}: expected {expected}{found}{numbers}; {do}", Refusal(number))


def given_up(reason: int) -> str:
    """Why the last image was."""
    return GIVEN_UP[GivenUp(reason)] if reason in set(GivenUp) else f"for the reason {reason}"
