"""Rounds among clients of Flower (https://flower.ai), where a fleet speaks it. Flower is no dependency of the project.

At the server, clients become members of `rounds.run`; a client answers for a member of its own:

    members = [flower_member(proxy) for proxy in client_manager.all().values()]
    flower_client(Linked(device, "ring"))     # a flwr.client.NumPyClient

A step of a round goes as the `fit` of a client: its name in the configuration, everything else as arrays. Flower
carries masked numbers only, and has no part in the sum.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from ml.errors import UserError
from ml.fleet.masks import RefusalError
from ml.fleet.rounds import AwayError, Member
from ml.fleet.settings import Offer, Settings

JOIN, CONTRIBUTE, REVEAL = "join", "contribute", "reveal"
PATIENCE_S = 60.0
Arrays = list[np.ndarray]
Ask = Callable[[str, Arrays], Arrays]  # a step and its arrays -> the answer's


class Remote:
    """A member (rounds.py) at the other end of `ask`, which raises AwayError where nothing comes back."""

    def __init__(self, name: str, ask: Ask) -> None:
        self.name, self._ask = name, ask

    def join(self, offer: Offer) -> bytes:
        told = asdict(offer) | {"model": offer.model.hex()}
        return self._bytes(self._one(JOIN, [_text(json.dumps(told))]))

    def contribute(self, own: int, keys: Sequence[bytes]) -> np.ndarray:
        return self._one(CONTRIBUTE, [np.array([own]), *map(_array, keys)])

    def reveal(self, present: Sequence[int]) -> list[bytes]:
        return [self._bytes(one) for one in self._ask(REVEAL, [np.array(present)])]

    def _one(self, step: str, arrays: Arrays) -> np.ndarray:
        found = self._ask(step, arrays)
        if len(found) != 1:
            raise RefusalError(f"{self.name}: expected one array of {step}, found {len(found)}: it takes no part")
        return found[0]

    def _bytes(self, found: np.ndarray) -> bytes:
        if found.dtype != np.uint8:
            raise RefusalError(f"{self.name}: expected bytes, found {found.dtype}")
        return found.tobytes()


def answer(member: Member, step: str, arrays: Arrays) -> Arrays:
    """What a client sends back; [] where the member does not take part in this step."""
    try:
        if step == JOIN:
            told = json.loads(arrays[0].tobytes())
            settings, model = Settings(**told.pop("settings")), bytes.fromhex(told.pop("model"))
            return [_array(member.join(Offer(model=model, settings=settings, **told)))]
        if step == CONTRIBUTE:
            return [member.contribute(int(arrays[0][0]), [key.tobytes() for key in arrays[1:]])]
        if step == REVEAL:
            return [_array(key) for key in member.reveal([int(at) for at in arrays[0]])]
    except (UserError, ValueError, TypeError, KeyError, IndexError, AttributeError):
        return []
    return []


def flower_client(member: Member) -> Any:
    """A NumPyClient that answers for this member."""
    flwr = _flower("flwr.client")

    class Client(flwr.NumPyClient):
        def fit(self, parameters: Arrays, config: dict) -> tuple[Arrays, int, dict]:
            return answer(member, str(config.get("step", "")), parameters), 1, {}

    return Client()


def flower_member(proxy: Any) -> Remote:
    """The client behind a ClientProxy of Flower's server."""
    common = _flower("flwr.common")

    def ask(step: str, arrays: Arrays) -> Arrays:
        asked = common.FitIns(common.ndarrays_to_parameters(arrays), {"step": step})
        try:
            found = proxy.fit(asked, timeout=PATIENCE_S, group_id=None)
        except Exception as error:  # whatever its transport raises: the client is away
            raise AwayError(f"{proxy.cid}: expected an answer to {step}, found {error}") from error
        if found.status.code != common.Code.OK:
            raise AwayError(f"{proxy.cid}: expected an answer to {step}, found {found.status.message}")
        return common.parameters_to_ndarrays(found.parameters)

    return Remote(str(proxy.cid), ask)


def _flower(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise UserError("expected the package flwr for clients of Flower, found none; pip install flwr") from None


def _array(data: bytes) -> np.ndarray:
    return np.frombuffer(data, np.uint8)


def _text(text: str) -> np.ndarray:
    return _array(text.encode())
