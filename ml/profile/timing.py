"""The cycles of instructions on a Cortex-M4: the table of the Cortex-M4 technical reference manual (r0p1, 3.3).

Zero-wait-state memory, aligned data, no interrupts. Not checked against silicon: what is made from it is an estimate.

- Data processing, multiplications of any kind, saturation, IT: 1. Divisions: 2 to 12, taken as 7.
- LDR, STR: 2; STR with an immediate offset 1. A single load or store directly after a single load, whose address does
  not depend on what that loads: one less, at least 1.
- LDRD, STRD 3; LDM, STM, PUSH, POP 1 + words; TBB, TBH 3.
- An address register written by the data-processing instruction directly before: 1 more.
- Taken branches and writes to PC: the pipeline refills, 1 to 3 cycles, taken as 2.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import capstone
from capstone import arm_const

REFILL = 2
DIVISION = 7
# Instructions behind an IT are costed as if they were executed.

SINGLE_LOADS = {"ldr", "ldrb", "ldrh", "ldrsb", "ldrsh", "ldrt", "ldrbt", "ldrht", "ldrex", "ldrexb", "ldrexh"}
SINGLE_STORES = {"str", "strb", "strh", "strt", "strex", "strexb", "strexh"}
MULTIPLES = ("push", "pop", "ldm", "stm")
FIXED = {"ldrd": (3, 0), "strd": (3, 0), "tbb": (3, 3), "tbh": (3, 3), "sdiv": (DIVISION, 0), "udiv": (DIVISION, 0)}
BRANCHES = {"b", "bl", "bx", "blx", "cbz", "cbnz"}
NOT_COMPUTING = SINGLE_LOADS | SINGLE_STORES | BRANCHES | set(FIXED)
FLOAT_MULTIPLY_ADD = {"vmla", "vmls", "vnmla", "vnmls", "vfma", "vfms", "vfnma", "vfnms"}


@dataclass(frozen=True)
class BlockCost:
    """A basic block: `refill` is added each time the block is left by a jump rather than by falling through."""

    instructions: int
    cycles: int
    refill: int


class Decoder:
    """Thumb machine code to costs."""

    def __init__(self, refill: int = REFILL):
        self.refill = refill
        self.thumb = capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS)
        self.thumb.detail = True

    def cost(self, code: bytes, address: int) -> BlockCost:
        """The block that starts at `address`; the first instruction counts as following nothing."""
        return block_cost(self.thumb.disasm(code, address), self.refill)


def block_cost(instructions: Iterable[capstone.CsInsn], refill: int) -> BlockCost:
    count = cycles = leaving = 0
    loaded: int | None = None  # what the single load directly before wrote
    computed: set[int] = set()  # what the data-processing instruction directly before wrote
    for instruction in instructions:
        name = (instruction.insn_name() or "").split(".")[0]
        step, leaves, loads = _cost(instruction, name, loaded, computed, refill)
        count, cycles, leaving = count + 1, cycles + step, leaves
        loaded = instruction.operands[0].reg if loads else None
        computed = _computed(instruction, name)
    return BlockCost(count, cycles, leaving)


def _cost(instruction, name: str, loaded: int | None, computed: set[int], refill: int) -> tuple[int, int, bool]:
    """Cycles, refill on leaving, and whether it is a single load."""
    if name in SINGLE_LOADS or name in SINGLE_STORES:
        return _single_access(instruction, name, loaded, computed)
    if name.startswith(MULTIPLES):
        return _multiple_access(instruction, name, refill)
    if name in BRANCHES:
        return 1, refill, False
    if name.startswith("v"):
        return _float(instruction, name), 0, False
    if name in FIXED:
        return *FIXED[name], False
    writes_pc = name in ("mov", "add") and arm_const.ARM_REG_PC in instruction.regs_access()[1]
    return 1, refill if writes_pc else 0, False


def _single_access(instruction, name: str, loaded: int | None, computed: set[int]) -> tuple[int, int, bool]:
    memory = next(o.mem for o in instruction.operands if o.type == arm_const.ARM_OP_MEM)
    address = {memory.base, memory.index} - {0}
    load = name in SINGLE_LOADS
    cycles = 2 if load or memory.index else 1
    if loaded is not None and loaded not in address:
        cycles = max(1, cycles - 1)
    if address & computed:
        cycles += 1
    if load and instruction.operands[0].reg == arm_const.ARM_REG_PC:
        return 2, 3, True
    return cycles, 0, load


def _multiple_access(instruction, name: str, refill: int) -> tuple[int, int, bool]:
    registers = [o.reg for o in instruction.operands if o.type == arm_const.ARM_OP_REG]
    words = len(registers) - (0 if name in ("push", "pop") else 1)
    to_pc = name.startswith(("pop", "ldm")) and arm_const.ARM_REG_PC in registers
    return 1 + words, refill if to_pc else 0, False


def _float(instruction, name: str) -> int:
    """VMOV of two core registers is taken as 1 too."""
    registers = [o.reg for o in instruction.operands if o.type == arm_const.ARM_OP_REG]
    doubles = [arm_const.ARM_REG_D0 <= register <= arm_const.ARM_REG_D31 for register in registers]
    if name in ("vldr", "vstr"):
        return 3 if any(doubles) else 2
    if name in ("vpush", "vpop") or name.startswith(("vldm", "vstm")):
        return 1 + sum(2 if double else 1 for double in doubles)
    if name in FLOAT_MULTIPLY_ADD:
        return 3
    return 14 if name in ("vdiv", "vsqrt") else 1


def _computed(instruction, name: str) -> set[int]:
    """Registers that a data-processing instruction wrote, empty for all other kinds."""
    if name in NOT_COMPUTING or name.startswith((*MULTIPLES, "v")):
        return set()
    return set(instruction.regs_access()[1]) - {arm_const.ARM_REG_CPSR}
