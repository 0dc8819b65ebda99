"""Classes that a device learns from examples (SHOW, NEWS and FORGET of LEARN in docs/protocol.md).

classes = Classes(device)
classes.show("clap", 3)          # from now on the sensor sees three examples
...                              # classes.told().news says what became of each, and of all of them
classes.forget("clap")
"""

from dataclasses import dataclass

from ml.errors import UserError
from ml.link.baseline import Baseline
from ml.link.device import Device
from ml.link.messages import ALL, Command, Learn, News


@dataclass(frozen=True)
class Told:
    """What became of what was shown last."""

    news: News
    other: int | None  # class that it is about, among the device's labels
    left_out: int  # examples that were unlike the others
    classes: int  # learnt, of all labels
    count: int  # of news since the start, modulo 2^16


class Classes(Baseline):
    """Of a device whose application learns classes; others refuse with UNSUPPORTED. What a baseline may be read,
    written and kept by, so may all classes together: their layout is that of ml/native/prototypes.py."""

    def show(self, label: str, examples: int) -> None:
        """Learns that class from the next so many examples; 0: awaits no more of them, and learns nothing."""
        self._do(Learn.SHOW, bytes([examples]) + label.encode())

    def told(self) -> Told:
        news, other, left_out, classes, count = self.device.numbers(Command.LEARN, "<BBBBH", bytes([Learn.NEWS]))
        if news not in set(News):
            raise UserError(f"{self.device.port.name}: expected news that are known here, found {news}; update Thimble")
        return Told(News(news), None if other == ALL else other, left_out, classes, count)

    def forget(self, label: str = "") -> None:
        """The class of that label, or all of them."""
        self._do(Learn.FORGET, label.encode())

    @classmethod
    def of(cls, device: Device) -> "Classes":
        """UserError where the device's firmware learns no classes."""
        if device.statistics().learnt is None:
            raise UserError(
                f"{device.port.name}: expected firmware that learns classes, found {device.info.app} without; build it "
                "anew, or see docs/learning.md for the applications that do"
            )
        return cls(device)
