"""From a checked graph to numbered layers with kernels and places in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ml.compiler.graph import Graph, Op, Tensor
from ml.compiler.operators import FAMILIES, Lowered, Options, Unsupported, form, lower
from ml.compiler.plan import Buffer, Overlaps, Plan, aligned, covered, plan
from ml.compiler.schema import ACCELERATORS
from ml.compiler.sharing import share_arrays
from ml.errors import UserError

MAX_ARENA = 64 << 20
MAX_MACS = 4_000_000_000  # minutes on the host and hours on a board: a damaged file


@dataclass
class Layer:
    """One operator as it will run."""

    number: int
    op: Op
    lowered: Lowered
    macs: int
    live: int = 0  # bytes of the arena in use while it runs
    scratch_key: int = -1

    @property
    def label(self) -> str:
        return f"{self.number}_{self.op.kind.lower()}"


@dataclass(frozen=True)
class Stream:
    """What makes a program a streaming one: an inference takes the next rows of the input, not a window."""

    axis: int  # of the window that is time
    hop: int  # new rows an inference
    rows: int  # of a window
    window_size: int  # bytes
    window_macs: int  # of an inference on a whole window

    @property
    def warm_up(self) -> int:
        """Inferences from the start until the window is full."""
        return -(-self.rows // self.hop)


@dataclass
class Program:
    """A model ready to be written down."""

    graph: Graph
    layers: list[Layer]
    plan: Plan
    variables: list[Tensor]  # state, each an array of its own outside the arena
    stream: Stream | None = None

    @property
    def streamed(self) -> Stream:
        """`stream` of a program that is known to be in streaming form."""
        if self.stream is None:
            raise ValueError("expected a program in streaming form, found one of whole windows")
        return self.stream

    def offset(self, tensor: Tensor) -> int:
        return self.plan.offsets[id(tensor.storage)] + tensor.start

    @property
    def macs(self) -> int:
        return sum(layer.macs for layer in self.layers)

    @property
    def state(self) -> int:
        """Bytes that stay from one inference to the next."""
        return sum(tensor.size for tensor in self.variables)

    @property
    def ram(self) -> int:
        """Bytes of arena and state."""
        return self.plan.size + self.state

    @property
    def input(self) -> Tensor:
        """What an inference takes: the model's input, or the block of all of them."""
        return _block(self.graph.inputs)

    @property
    def output(self) -> Tensor:
        return _block(self.graph.outputs)


def _block(ends: list[Tensor]) -> Tensor:
    return ends[0] if len(ends) == 1 else ends[0].storage


MOST_FAULTS = 4  # in one message
ENDS = ("int8", "uint8", "int16", "int32")  # types of a model's input and output


def check(graph: Graph, name: str) -> None:
    """Names every operator that is not supported, with the tensor in the way, in one UserError."""
    floats = [op for op in graph.ops if _known(op) and _is_float(op)]
    faults = [fault for op in graph.ops if op not in floats and (fault := _fault(op))]
    if floats:
        faults.insert(0, _float_fault(floats, len(graph.ops)))
    for role, tensors in (("input", graph.inputs), ("output", graph.outputs)):
        faults += [] if tensors else [f"no {role}, expected at least one"]
        faults += [fault for t in tensors if (fault := _end_fault(role, t)) and not (floats and t.dtype == "float32")]
        twice = next((t for i, t in enumerate(tensors) if role == "input" and any(t is o for o in tensors[:i])), None)
        faults += [f"the {role} {_named(twice)} is listed twice"] if twice else []
    if faults:
        more = f" and {len(faults) - MOST_FAULTS} more" if len(faults) > MOST_FAULTS else ""
        listed = "; ".join(faults[:MOST_FAULTS])
        raise UserError(f"{name}: not supported: {listed}{more}. See docs/operators.md for what is")


def _is_float(op: Op) -> bool:
    return _float_tensor(op) is not None


def _float_tensor(op: Op) -> Tensor | None:
    """The first of its activations that is no integer, from the output on."""
    made = (*op.outputs, *(t for t in op.inputs if t is not None and t.data is None))
    return next((t for t in made if t.dtype in ("float16", "float32", "float64")), None)


def _float_fault(floats: list[Op], count: int) -> str:
    """One line for all of them: a float model has nothing else."""
    tensor = _float_tensor(floats[0]) or floats[0].output
    first = f"operator {floats[0].index} {floats[0].kind} at {_named(tensor)}"
    work = (
        f"operators work on {tensor.dtype}, the first is" if len(floats) > 1 else f"operators works on {tensor.dtype}:"
    )
    return f"{len(floats)} of {count} {work} {first}; quantise the model fully, inputs and outputs too"


def _end_fault(role: str, tensor: Tensor) -> str | None:
    """What is wrong with the model's input or output."""
    at = f"the {role} {_named(tensor)}"
    if tensor.dtype not in ENDS:
        return f"{at}: it is {tensor.dtype}, expected {' or '.join(ENDS)}; quantise the model fully"
    if tensor.dynamic:
        return f"{at}: axis {tensor.dynamic[0]} has no fixed length; convert the model with a fixed input shape"
    if tensor.storage.data is not None:
        return f"{at} is constant"
    if tensor.storage.variable:
        return f"{at} is a variable that the model keeps"
    return None


def _known(op: Op) -> bool:
    return form(op) in FAMILIES


def _fault(op: Op) -> str | None:
    if not _known(op):
        compiled_by = next((by for custom, by in ACCELERATORS.items() if op.kind == f"CUSTOM {custom!r}"), None)
        if compiled_by:
            return f"operator {op.index} {op.kind} was made by {compiled_by}; give the .tflite from before that step"
        tensor = op.outputs[0] if op.outputs else None
        return f"operator {op.index} {op.kind}" + (f" (makes {_named(tensor)})" if tensor else "")
    try:
        FAMILIES[form(op)].check(op)
        lower(op, Options())  # a kernel may still find a scale or a bias out of range
    except Unsupported as why:
        tensor = why.tensor
        return f"operator {op.index} {op.kind}" + (f" at {_named(tensor)}" if tensor else "") + f": {why}"
    return None


def _named(tensor: Tensor) -> str:
    return f"tensor {tensor.index} {' '.join(tensor.name.split())[:60]!r}"


def build(graph: Graph, options: Options, name: str) -> Program:
    """Chooses kernels and places tensors. The graph has passed `check`."""
    layers = [
        Layer(number, op, lowered, FAMILIES[form(op)].macs(op))
        for number, (op, lowered) in enumerate(zip(graph.ops, _lowered(graph.ops, options), strict=True))
    ]
    program = draft(graph, layers)
    if program.macs > MAX_MACS:
        raise UserError(
            f"{name}: expected at most {MAX_MACS:,} multiply-accumulates, found {program.macs:,}; no board runs that"
        )
    _clear_gaps(graph, layers)
    share_arrays(layers)
    buffers, overlaps = buffers_of(program)
    total = sum(buffer.size for buffer in buffers)
    if max((b.size for b in buffers), default=0) > MAX_ARENA or total > 64 * MAX_ARENA:
        raise UserError(f"{name}: expected tensors of at most {MAX_ARENA >> 20} MB, found larger; no board holds them")
    program.plan = plan(buffers, overlaps, options.tries)
    for layer in layers:
        layer.live = covered(buffers, program.plan.offsets, layer.number)
    return program


def _lowered(ops: list[Op], options: Options) -> Iterator[Lowered]:
    """Strips of a layer that have the same shape are lowered once; each gets a copy, whose text may change later."""
    strips: dict[tuple, Lowered] = {}
    for op in ops:
        if "pads" not in op.options:
            yield lower(op, options)
            continue
        key = strip_key(op)
        if key not in strips:
            strips[key] = lower(op, options)
        yield replace(strips[key])


def strip_key(op: Op) -> tuple:
    """Equal for strips of one layer that differ in their place alone."""
    constants = tuple(id(one.data) for one in op.inputs[1:] if one is not None)
    return op.index, op.kind, constants, op.inputs[0].shape, op.output.shape, op.options["pads"]


def _clear_gaps(graph: Graph, layers: list[Layer]) -> None:
    """The bytes between outputs of one block are 0, so that the block's checksum is the same everywhere."""
    for output in graph.outputs if len(graph.outputs) > 1 else []:
        gap, end = aligned(output.size) - output.size, output.start + output.size
        made = [one for one in layers if one.op.output.storage is output.storage and one.op.output.start < end]
        if gap and made:
            last, lowered = made[-1].op.output, made[-1].lowered
            lowered.calls = [*lowered.calls, f"nn_fill((int8_t *){{out}} + {end - last.start}, 0, {gap})"]
            lowered.headers = tuple(dict.fromkeys((*lowered.headers, "nn/copy.h")))


def draft(graph: Graph, layers: list[Layer]) -> Program:
    """A program without places in memory."""
    return Program(graph, layers, Plan({}, 0, 0), _variables(graph))


def _variables(graph: Graph) -> list[Tensor]:
    used = [t.storage for op in graph.ops for t in (*op.inputs, *op.outputs) if t is not None]
    return list({id(t): t for t in used if t.variable}.values())


def buffers_of(program: Program) -> tuple[list[Buffer], Overlaps]:
    """Lifetimes in steps: the input lives from step 0, the output to the last step."""
    graph, layers = program.graph, program.layers
    fixed = {id(t) for t in program.variables}
    sizes, first, last = {}, {}, {}

    def touch(tensor: Tensor, step: int) -> None:
        storage = tensor.storage
        key = id(storage)
        if storage.data is not None or key in fixed:
            return
        if key not in first:
            first[key], sizes[key] = step, storage.size
        if tensor is not storage:
            sizes[key] = max(sizes[key], tensor.size)
        last[key] = step

    touch(graph.inputs[0], 0)
    for layer in layers:
        for tensor in (*layer.op.inputs, *layer.op.outputs):
            if tensor is not None:
                touch(tensor, layer.number)
        if layer.lowered.scratch:
            key = layer.scratch_key = id(layer)
            sizes[key], first[key], last[key] = layer.lowered.scratch, layer.number, layer.number
    touch(graph.outputs[0], max(len(layers) - 1, 0))
    buffers = [Buffer(key, sizes[key], first[key], last[key]) for key in sizes]
    new = {key for key in sizes if not any(key == id(t.storage) for t in graph.inputs)}
    begins = {key: first[key] for key in new}
    return buffers, _overlaps(layers, begins, last) | _tiled(graph, layers, begins, last)


def _overlaps(layers: list[Layer], first: dict[int, int], last: dict[int, int]) -> Overlaps:
    """Where a kernel may write over an input that nobody reads again. `first` and `last`: the layers that make and
    read a buffer; an output in a block that holds another output already is no new one."""
    overlaps = {}
    for layer in layers:
        out = id(layer.op.output.storage)
        if first.get(out) != layer.number:
            continue
        for position, distance in layer.lowered.overlap.items():
            key = id(layer.op.inputs[position].storage)
            if layer.op.inputs[position].start or layer.op.output.start:
                continue  # `distance` is between the tensors, an overlap between their storages
            twice = any(id(t.storage) == key for t in _others(layer, position))
            if key in last and last[key] == layer.number and key != out and not twice:
                other = overlaps.get((out, key), 0)
                overlaps[out, key] = None if distance is None or other is None else max(distance, other)
    return overlaps


def _others(layer: Layer, position: int) -> list[Tensor]:
    """The inputs that the kernel must not overwrite while it reads the one at `position`."""
    given, free = layer.op.inputs, layer.lowered.overlap
    whole = given[position].storage.size == given[position].size  # not one of several in a block
    return [t for i, t in enumerate(given) if i != position and t is not None and not (whole and i in free)]


def _tiled(graph: Graph, layers: list[Layer], first: dict[int, int], last: dict[int, int]) -> Overlaps:
    """Where the output of layers in strips may follow their input row by row, as nobody reads it again."""
    numbers = {id(layer.op): layer.number for layer in layers}
    overlaps = {}
    for tile in graph.tiles:
        key, out = id(tile.first[-1].inputs[0].storage), id(tile.second[0].output.storage)
        if last.get(key) == numbers[id(tile.first[-1])] and first.get(out) == numbers[id(tile.second[0])]:
            overlaps[out, key] = tile.distance
    return overlaps
