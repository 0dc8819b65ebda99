"""`pio device monitor` with this filter shows frames as readable lines; text passes unchanged.

Decoding is that of ml/link. It needs the packages cobs and cbor2 in PlatformIO's Python; where they are missing the
filter says so once and lets everything pass.
"""

import sys

from platformio.device.monitor.filters.base import DeviceMonitorFilterBase


class Thimble(DeviceMonitorFilterBase):
    NAME = "thimble"

    def __call__(self):
        """Called once, when the monitor starts with this filter."""
        self.readable = None
        sys.path.insert(0, self.project_dir)
        try:
            from ml.link.readable import Readable  # noqa: PLC0415 - may be missing
        except Exception as error:
            print(f"--- thimble filter: frames stay raw: {error}; run: {sys.executable} -m pip install cobs cbor2")
        else:
            self.readable = Readable()
        return self

    def set_running_terminal(self, terminal):
        super().set_running_terminal(terminal)
        terminal.set_rx_encoding("latin-1")  # a character a byte, whatever the byte

    def rx(self, text):
        data = text.encode("latin-1", "replace")
        if self.readable is None:
            return data.decode("utf-8", "replace")
        return "".join(line + "\n" for line in self.readable.feed(data))
