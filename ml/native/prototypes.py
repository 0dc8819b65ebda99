"""Classes that a device learns from a few examples (lib/learn) in Python: nearest class mean on a network's features.

learnt = Prototypes(features=60, model="1c8f32c6858fb637", stray=16)
place = learnt.name("clap")
for example in examples:                      # int8 (features,)
    learnt.add(place, example)
scores, near = learnt.answer(features, network, labels)      # int8 (n, all classes), bool (n,)
bytes(learnt), Prototypes.read(raw, ...)      # as a device keeps it, and sends it over the link

A class on the wire, 32-bit words, little-endian: CRC-32 of what follows, magic, CRC-32 of the model's hash, features
u16, examples u16, sum of the squared lengths u64, label (16 bytes, ASCII, zeros behind it), a sum i32 for each feature.
"""

import ctypes
import functools
import zlib
from collections.abc import Sequence

import numpy as np

from ml.errors import UserError
from ml.native.build import ROOT, load
from ml.native.imu import check_range

MAGIC = 0x314F5250
MAX_FEATURES, MAX_PLACES, MAX_CLASSES, MAX_EXAMPLES = 160, 16, 32, 65535
LABEL = 16  # bytes, the zero behind it too
PLACES = 8


class Prototypes:
    """Places for classes, as `learn_classes` describes them. All memory is that of the device, byte for byte."""

    def __init__(self, features: int, model: str, *, stray: int, places: int = PLACES) -> None:
        check_range("features", features, 1, MAX_FEATURES)
        check_range("places", places, 1, MAX_PLACES)
        check_range("stray", stray, 1, 255)
        self.features, self.places, self.model, self.stated = features, places, model, stray
        self.memory = np.zeros((places, ctypes.sizeof(_Class) // 4 + features), np.uint32)
        self.raw = _Classes(self.memory.ctypes.data, places, features, stray, zlib.crc32(model.encode()))

    @classmethod
    def read(cls, raw: bytes, features: int, model: str, *, stray: int) -> "Prototypes":
        """What a device sent. UserError where it is of another network, damaged, or cut."""
        size = class_size(features)
        if not raw or len(raw) % size:
            raise UserError(f"expected classes of {size} bytes each, found {len(raw)} bytes; read them again")
        made = cls(features, model, stray=stray, places=len(raw) // size)
        made.memory[:] = np.frombuffer(raw, "<u4").reshape(made.memory.shape)
        for place in range(made.places):
            if made.taken(place) and not made.valid(place):
                raise UserError(f"class {place}: expected one of model {model}, found another or a damaged one")
        return made

    def __bytes__(self) -> bytes:
        return self.memory.astype("<u4").tobytes()

    def of(self, place: int) -> bytes:
        """One class as it is kept and sent."""
        return self.memory[place].astype("<u4").tobytes()

    @property
    def labels(self) -> dict[int, str]:
        """By place, of those that are taken."""
        return {i: self._at(i).label.decode(errors="replace") for i in range(self.places) if self.taken(i)}

    def taken(self, place: int) -> bool:
        return self._at(place).magic == MAGIC

    def examples(self, place: int) -> int:
        return self._at(place).examples

    def sums(self, place: int) -> np.ndarray:
        """int32 (features,): a view, which may be written; `seal` afterwards."""
        return self.memory[place, ctypes.sizeof(_Class) // 4 :].view(np.int32)

    def squares(self, place: int) -> int:
        """Sum of the examples' squared lengths."""
        low, high = self._at(place).squares
        return low | high << 32

    def place(self, label: str) -> int | None:
        found = _library().learn_find(self._self, check_label(label).ljust(LABEL, b"\0"))
        return None if found < 0 else found

    def name(self, label: str) -> int:
        """A free place for a class of that label, which has no example yet."""
        place = _library().learn_free(self._self)
        if place < 0:
            raise UserError(f"expected room for the class {label!r}, found {self.places} classes; forget one")
        _library().learn_name(self._self, place, check_label(label).ljust(LABEL, b"\0"))
        return place

    def put(self, label: str, examples: int, squares: int, sums: np.ndarray) -> int:
        """A class out of sums that were made elsewhere, such as averages of several devices; its place."""
        place = self.place(label)
        place = self.name(label) if place is None else place
        made = self._at(place)
        made.examples = examples
        made.squares[:] = squares & 0xFFFFFFFF, squares >> 32
        self.sums(place)[:] = sums
        self.seal(place)
        if not self.valid(place):
            self.remove(place)
            raise UserError(f"{label}: expected sums that {examples} examples can have, found others")
        return place

    def add(self, place: int, example: np.ndarray) -> bool:
        """False: it has MAX_EXAMPLES."""
        return self._add(place, example, 1)

    def subtract(self, place: int, example: np.ndarray) -> bool:
        """One that was added before. False: there is none."""
        return self._add(place, example, -1)

    def _add(self, place: int, example: np.ndarray, times: int) -> bool:
        x = self._checked(example[None])
        return bool(_library().learn_add(ctypes.byref(self._at(place)), x.ctypes, times))

    def remove(self, place: int) -> None:
        _library().learn_remove(self._self, place)

    def seal(self, place: int) -> None:
        """Sets the CRC."""
        _library().learn_seal(ctypes.byref(self._at(place)))

    def valid(self, place: int) -> bool:
        return bool(_library().learn_valid_at(self._self, place))

    def distances(self, place: int, examples: np.ndarray) -> np.ndarray:
        """Squared distances of int8 examples (n, features) from the mean of a class, uint32 (n,)."""
        examples, made = self._checked(examples), np.empty(len(examples), np.uint32)
        _library().learn_distance_all(self._self, place, examples.ctypes, len(examples), made.ctypes)
        return made

    @property
    def stray(self) -> int:
        """Mean squared distance of an example from the mean of its class."""
        return _library().learn_stray(self._self)

    def all_labels(self, labels: Sequence[str]) -> list[str]:
        """The network's labels and, behind them, those that it does not have, in the order of their places."""
        return [*labels, *(one for one in self.labels.values() if one not in labels)]

    def answer(
        self, features: np.ndarray, network: np.ndarray, labels: Sequence[str], background: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """int8 scores (n, classes of `all_labels`) out of the network's features int8 (n, features) and its scores int8
        (n, labels); and bool (n,): some class is near. `background`: windows int8 (n, features) in which nothing was
        meant, in order."""
        features, network = self._checked(features), np.ascontiguousarray(network)
        if network.dtype != np.int8 or network.shape != (len(features), len(labels)):
            raise UserError(f"expected int8 scores ({len(features)}, {len(labels)}), found {network.shape}")
        every = self.all_labels(labels)
        check_range("classes", len(every), 1, MAX_CLASSES)
        index = (ctypes.c_uint8 * MAX_PLACES)(
            *(every.index(self.labels[i]) if i in self.labels else 0 for i in range(self.places))
        )
        mean = np.zeros(self.features, np.int16)
        behind = _Background(mean.ctypes.data, self.features, 0)
        for window in () if background is None else self._checked(background):
            _library().learn_background_add(ctypes.byref(behind), window.ctypes)
        places = (ctypes.addressof(self.raw), ctypes.addressof(behind))
        settings = _Answers(*places, self.stray, len(labels), len(every), index)
        made, near = np.empty((len(features), len(every)), np.int8), np.empty(len(features), np.bool_)
        _library().learn_answer_all(
            ctypes.byref(settings), features.ctypes, network.ctypes, len(features), made.ctypes, near.ctypes
        )
        return made, near

    @property
    def _self(self):
        return ctypes.byref(self.raw)

    def _at(self, place: int) -> "_Class":
        check_range("place", place, 0, self.places - 1)
        return _Class.from_address(self.memory[place].ctypes.data)

    def _checked(self, examples: np.ndarray) -> np.ndarray:
        examples = np.ascontiguousarray(examples)
        if examples.dtype != np.int8 or examples.ndim != 2 or examples.shape[1] != self.features:
            raise UserError(f"expected int8 examples (n, {self.features}), found {examples.dtype} {examples.shape}")
        return examples


def class_size(features: int) -> int:
    """Bytes of a class."""
    return ctypes.sizeof(_Class) + 4 * features


def check_label(label: str) -> bytes:
    """As the device keeps it; UserError where it does not fit."""
    if not 1 <= len(label) < LABEL or not label.isascii() or not label.isprintable() or label[0] == " ":
        raise UserError(
            f"expected a label of 1 to {LABEL - 1} characters (ASCII, the first no space), found {label[:40]!r}"
        )
    return label.encode()


class _Class(ctypes.Structure):
    _fields_ = (
        ("crc", ctypes.c_uint32),
        ("magic", ctypes.c_uint32),
        ("model", ctypes.c_uint32),
        ("features", ctypes.c_uint16),
        ("examples", ctypes.c_uint16),
        ("squares", ctypes.c_uint32 * 2),
        ("label", ctypes.c_char * LABEL),
    )


class _Classes(ctypes.Structure):
    _fields_ = (
        ("memory", ctypes.c_void_p),
        ("places", ctypes.c_uint8),
        ("features", ctypes.c_uint8),
        ("stray", ctypes.c_uint16),
        ("model", ctypes.c_uint32),
    )


class _Background(ctypes.Structure):
    _fields_ = (("mean", ctypes.c_void_p), ("features", ctypes.c_uint8), ("windows", ctypes.c_uint8))


class _Answers(ctypes.Structure):
    _fields_ = (
        ("learnt", ctypes.c_void_p),
        ("background", ctypes.c_void_p),
        ("stray", ctypes.c_uint32),
        ("classes", ctypes.c_uint8),
        ("all", ctypes.c_uint8),
        ("index", ctypes.c_uint8 * MAX_PLACES),
    )


@functools.cache
def _library() -> ctypes.CDLL:
    parts = ("learn/src/prototypes", "learn/src/answer", "frontend/src/integer", "nn/src/model")
    sources = [*(ROOT / "lib" / f"{part}.c" for part in parts), ROOT / "ml/native/prototypes.c"]
    structures = {
        "learn_class": _Class,
        "learn_classes": _Classes,
        "learn_answers": _Answers,
        "learn_background": _Background,
    }
    library = load("prototypes", sources, structures=structures)
    pointer, size, place = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint32
    for name, arguments, result in (
        ("find", [pointer, ctypes.c_char_p], ctypes.c_int32),
        ("free", [pointer], ctypes.c_int32),
        ("name", [pointer, place, ctypes.c_char_p], pointer),
        ("remove", [pointer, place], None),
        ("add", [pointer, pointer, ctypes.c_int32], ctypes.c_bool),
        ("seal", [pointer], None),
        ("valid_at", [pointer, place], ctypes.c_bool),
        ("stray", [pointer], ctypes.c_uint32),
        ("distance_all", [pointer, place, pointer, size, pointer], None),
        ("background_add", [pointer, pointer], None),
        ("answer_all", [pointer, pointer, pointer, size, pointer, pointer], None),
    ):
        call = getattr(library, f"learn_{name}")
        call.argtypes, call.restype = arguments, result
    return library
