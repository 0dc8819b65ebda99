"""An emulated Cortex-M4 that counts: which basic blocks ran, how often, and what that costs (see timing.py)."""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import unicorn
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection
from unicorn import arm_const

from ml.errors import UserError
from ml.profile.timing import BlockCost, Decoder

FLASH, FLASH_SIZE = 0x00000000, 4 << 20
RAM, RAM_SIZE = 0x20000000, 4 << 20
SYSTEM = 0xE000E000  # control registers: plain memory here
RETURN = 0x10000000  # outside everything: a call that returns there is over
PATIENCE_US = 600_000_000  # of this computer: the largest models take seconds
FOREVER = 0xFFFFFFFE  # an address that is never reached


@dataclass(frozen=True)
class Count:
    """What a stretch of execution took."""

    instructions: int
    cycles: int  # with timing.REFILL cycles for each refill
    refills: int  # times the pipeline was refilled by a branch: the manual leaves open whether that takes 1, 2 or 3


class Machine:
    """A Cortex-M4F with a bare-metal image in its memory."""

    def __init__(self, image: Path):
        mode = unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS
        # The package exports the class by `import *`, which pyright takes for private.
        self.core = unicorn.Uc(unicorn.UC_ARCH_ARM, mode)  # pyright: ignore[reportPrivateImportUsage]
        self.core.ctl_set_cpu_model(arm_const.UC_CPU_ARM_CORTEX_M4)
        for base, size in ((FLASH, FLASH_SIZE), (RAM, RAM_SIZE), (RETURN, 0x1000), (SYSTEM, 0x1000)):
            self.core.mem_map(base, size)
        self.core.reg_write(arm_const.UC_ARM_REG_C1_C0_2, 0xF << 20)  # access to the FPU
        self.core.reg_write(arm_const.UC_ARM_REG_FPEXC, 1 << 30)
        self.symbols = self._load(image)
        self.decoder = Decoder()
        self.costs: dict[tuple[int, int], BlockCost] = {}

    def _load(self, image: Path) -> dict[str, int]:
        with image.open("rb") as file:
            elf = ELFFile(file)
            for segment in elf.iter_segments():
                if segment["p_type"] == "PT_LOAD" and segment["p_filesz"]:
                    self.core.mem_write(segment["p_paddr"], segment.data())
            table = elf.get_section_by_name(".symtab")
            names = table.iter_symbols() if isinstance(table, SymbolTableSection) else ()
            return {symbol.name: symbol["st_value"] & ~1 for symbol in names if symbol.name}

    def address(self, symbol: str) -> int:
        if symbol not in self.symbols:
            raise UserError(f"expected a function {symbol} in the image, found none; build the image anew")
        return self.symbols[symbol]

    def read(self, address: int, size: int) -> bytes:
        return bytes(self.core.mem_read(address, size))

    def write(self, address: int, data: bytes) -> None:
        self.core.mem_write(address, data)

    def call(self, symbol: str, *arguments: int, stack: int = RAM + RAM_SIZE - 64) -> Count:
        """Calls a C function with up to four words and counts from its entry to its return."""
        registers = (arm_const.UC_ARM_REG_R0, arm_const.UC_ARM_REG_R1, arm_const.UC_ARM_REG_R2, arm_const.UC_ARM_REG_R3)
        for register, value in zip(registers, arguments, strict=False):
            self.core.reg_write(register, value)
        self.core.reg_write(arm_const.UC_ARM_REG_SP, stack)
        self.core.reg_write(arm_const.UC_ARM_REG_LR, RETURN | 1)
        return self.count(self.address(symbol), RETURN)

    def result(self) -> int:
        """What the last call returned."""
        return self.core.reg_read(arm_const.UC_ARM_REG_R0)

    def boot(self, until: str) -> None:
        """Runs from reset to the entry of a function."""
        stack, start = struct.unpack("<II", self.read(FLASH, 8))
        self.core.reg_write(arm_const.UC_ARM_REG_SP, stack)
        self.go_on(start & ~1, self.address(until))

    def go_on(self, start: int, until: int, limit: int | None = None) -> None:
        """Runs on without counting."""
        self.core.emu_start(start | 1, limit or until, timeout=PATIENCE_US)
        stopped = self.core.reg_read(arm_const.UC_ARM_REG_PC)
        if stopped != until:
            raise UserError(
                f"expected the image to reach {until:#x}, but it stopped at {stopped:#x} or had not ended after "
                f"{PATIENCE_US / 1e6:g} s; look for an endless loop"
            )

    def count(self, start: int, until: int) -> Count:
        """Runs from one address to another and counts what lies between."""
        edges: Counter[tuple[int, int]] = Counter()
        sizes: dict[int, int] = {}
        previous = 0

        def on_block(core, address, size, data):
            nonlocal previous
            edges[previous, address] += 1
            sizes.setdefault(address, size)
            previous = address
            if address == until:
                core.emu_stop()  # here rather than by emu_start's limit, so that the edge into it is seen

        hook = self.core.hook_add(unicorn.UC_HOOK_BLOCK, on_block)
        self.core.ctl_flush_tb()  # blocks translated before the hook was there would not call it
        try:
            self.go_on(start, until, FOREVER)
        finally:
            self.core.hook_del(hook)
        return self._sum(edges, sizes, until)

    def _sum(self, edges, sizes: dict[int, int], until: int) -> Count:
        instructions = cycles = refills = 0
        for (before, block), times in edges.items():
            if block != until:
                cost = self._cost(block, sizes[block])
                instructions += cost.instructions * times
                cycles += cost.cycles * times
            if before and block != before + sizes[before]:
                refill = self._cost(before, sizes[before]).refill
                cycles += refill * times
                refills += times if refill == self.decoder.refill else 0
        return Count(instructions, cycles, refills)

    def _cost(self, address: int, size: int) -> BlockCost:
        key = address, size
        if key not in self.costs:
            self.costs[key] = self.decoder.cost(self.read(address, size), address)
        return self.costs[key]
