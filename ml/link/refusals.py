"""Why a board refuses a command of an update, or gave an image up, in words for people."""

import struct

from ml.errors import UserError
from ml.link.messages import GivenUp, Refusal

REASON = struct.Struct("<BII")
PACK = "pack it again"
THEIRS = "take the update that is for it"
FIRMWARE = "the board needs newer firmware, or the model an older compiler"
# {needs} and {has} are the numbers of the answer.
WORDS = {
    Refusal.FLASH: "flash that keeps what is written, found none; the board has no part for models, or it is worn",
    Refusal.SIZE: "at most {has:,} bytes in a slot, blocks that flash can write, found {needs:,}; try another --block",
    Refusal.COUNTER: f"a counter above {{has}}, that of the board, found {{needs}}; {PACK}, with a higher one",
    Refusal.PHASE: "a board that waits for this, found it doing something else; see: python tools/update.py status",
    Refusal.BLOCK: "a block of the payload, found another; give the same command again",
    Refusal.MISSING: "all blocks, found {needs} missing; give the same command again: only these are sent",
    Refusal.DIGEST: f"the image that was signed, found another; it is given up: send it again, or {PACK}",
    Refusal.CHANGES: f"changes that make an image of its base, found others; it is given up: {PACK}",
    Refusal.BASE: f"the base of these changes on the board, found another image; {PACK}, without --base",
    Refusal.MANIFEST: f"a manifest as docs/update.md has it, found key {{needs}} at fault; {PACK}",
    Refusal.KEY: "a key that the firmware knows, found another; sign with another --key (python -m ml keys show)",
    Refusal.SIGNATURE: f"the manifest that was signed, found another; somebody changed it: {PACK}",
    Refusal.PRODUCT: f"an update of the board's product, found one of another; {THEIRS}",
    Refusal.APP: f"an update of the board's application, found one of another; {THEIRS}",
    Refusal.POINTER: "an image for pointers of {has} bytes, found {needs}; pack with --host for the board `host` alone",
    Refusal.KIND: f"a kind of payload that the firmware takes, found {{needs}}; {PACK}, without --base",
    Refusal.KERNEL: f"kernels that the firmware has, found number {{needs}}; {FIRMWARE}",
    Refusal.KERNEL_VERSION: f"version {{has}} of a kernel, found {{needs}}; {FIRMWARE}",
    Refusal.ARENA: f"an arena of at most {{has:,}} bytes, found {{needs:,}}; {FIRMWARE}",
    Refusal.STATE: f"at most {{has:,}} bytes of state, found {{needs:,}}; {FIRMWARE}",
    Refusal.WINDOW: f"a window of at most {{has:,}} bytes, found {{needs:,}}; {FIRMWARE}",
    Refusal.PARAMS: f"at most {{has:,}} bytes of parameters, found {{needs:,}}; {FIRMWARE}",
    Refusal.IMAGE: f"an image that the firmware can open, found another; it is given up: {PACK}",
    Refusal.SETTINGS: "settings that suit the firmware, found others; it is given up: take a model of its front end",
    Refusal.SELF_CHECK: f"a model that computes what it should, found another; it is given up: {PACK}",
    Refusal.TRIAL: "the end of the trial, found {needs} windows left; wait for them",
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
    words = WORDS[Refusal(number)].format(needs=needs, has=has)
    return RefusedError(f"{port}: expected {words}", Refusal(number))


def given_up(reason: int) -> str:
    """Why the last image was."""
    return GIVEN_UP[GivenUp(reason)] if reason in set(GivenUp) else f"for the reason {reason}"
