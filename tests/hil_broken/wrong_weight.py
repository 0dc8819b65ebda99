"""A board with one wrong bit in the weights of its model: its firmware is patched and started again."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from elftools.elf.elffile import ELFFile

from ml.link.device import Device

PLACE = 700  # byte of the packed weights


@contextlib.contextmanager
def wrong_weight(board) -> Iterator[Device]:
    """Open, if it opens; the firmware is as it was afterwards, when the board is next started."""
    program = Path(json.loads((Path(board.port).parent / "emulator.json").read_text())["program"])
    good = program.read_bytes()
    wrong, at = bytearray(good), _offset(program, "_3_fully_connected_packed") + PLACE
    wrong[at] ^= 0x40
    program.write_bytes(wrong)
    try:
        board.power_cycle()
        with board.open() as device:
            yield device
    finally:
        program.write_bytes(good)
        board.power_cycle()


def _offset(program: Path, ending: str) -> int:
    """In the file, of a constant."""
    with program.open("rb") as file:
        elf = ELFFile(file)
        (symbol,) = [one for one in elf.get_section_by_name(".symtab").iter_symbols() if one.name.endswith(ending)]
        section = elf.get_section(symbol["st_shndx"])
        return section["sh_offset"] + symbol["st_value"] - section["sh_addr"]
