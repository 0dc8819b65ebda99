"""Resource variables become state: an array beside the arena for each, which a reset sets to its first value.

TensorFlow keeps a streaming model's history in them. VAR_HANDLE names a variable, READ_VARIABLE copies it out,
ASSIGN_VARIABLE copies it in, and a CALL_ONCE runs a second subgraph that assigns constants before the first inference.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ml.compiler.graph import Graph, Op, Operands, Tensor
from ml.compiler.operators.variables import FAULT, TYPES
from ml.compiler.passes.fold import fold_constants

Name = tuple[str, str]  # container, shared name


def resolve_variables(graph: Graph) -> None:
    """READ_VARIABLE reads a variable tensor from here on, and ASSIGN_VARIABLE makes one. What is wrong is left to the
    operator's check, in the option FAULT."""
    names = _names(graph)
    if not any(op.kind in ("CALL_ONCE", "VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE") for op in graph.ops):
        return
    first = _first_values(graph)
    states = _states(graph, names, first)
    _compare(graph, first, states)
    kept = []
    for op in graph.ops:
        if op.kind in ("READ_VARIABLE", "ASSIGN_VARIABLE"):
            _resolve(op, names, states)
        if op.kind == "VAR_HANDLE" and not _is_handle(graph, op):
            op.options[FAULT] = "it makes something else than the handle of a variable"
        if FAULT in op.options or op.kind not in ("CALL_ONCE", "VAR_HANDLE"):
            kept.append(op)
    graph.ops = kept


def _names(graph: Graph) -> dict[int, Name]:
    """id of a handle -> the name of its variable."""
    handles = [op for op in graph.ops if op.kind == "VAR_HANDLE" and len(op.outputs) == 1]
    return {id(op.output): (op.options["container"], op.options["shared_name"]) for op in handles}


def _is_handle(graph: Graph, op: Op) -> bool:
    """Nobody takes it for a tensor."""
    made = op.outputs[0] if len(op.outputs) == 1 and not op.inputs else None
    if made is None or made.dtype != "resource" or any(out is made for out in graph.outputs):
        return False
    return all(user.kind in ("READ_VARIABLE", "ASSIGN_VARIABLE") for user in graph.consumers(made))


def _assigned(graph: Graph, names: dict[int, Name]) -> Iterator[tuple[Name, Tensor]]:
    """What each ASSIGN_VARIABLE assigns, in their order."""
    for op in graph.ops:
        whole = op.kind == "ASSIGN_VARIABLE" and len(op.inputs) == 2 and all(t is not None for t in op.inputs)
        if whole and id(op.inputs[0]) in names:
            yield names[id(op.inputs[0])], op.inputs[1]


def _first_values(graph: Graph) -> dict[Name, Tensor]:
    """What the subgraphs that run once assign."""
    found: dict[Name, Tensor] = {}
    for op in graph.ops:
        if op.kind == "CALL_ONCE":
            number = op.options["init_subgraph_index"]
            if not 0 < number <= len(graph.others):
                op.options[FAULT] = f"it runs subgraph {number}, which the model has not"
                continue
            once = graph.others[number - 1]
            fold_constants(once)
            assigned = dict(_assigned(once, _names(once)))
            strange = next((o for o in once.ops if o.kind not in ("VAR_HANDLE", "ASSIGN_VARIABLE")), None)
            if strange is not None:
                op.options[FAULT] = f"subgraph {number} has a {strange.kind}; only constants can be assigned there"
            elif any(tensor.data is None for tensor in assigned.values()):
                op.options[FAULT] = f"subgraph {number} assigns what is not constant"
            else:
                found |= assigned
    return found


def _states(graph: Graph, names: dict[int, Name], first: dict[Name, Tensor]) -> dict[Name, Tensor]:
    """A variable tensor for each name that is assigned, of the type and shape of what is assigned first."""
    states: dict[Name, Tensor] = {}
    for name, value in [*_assigned(graph, names), *first.items()]:
        if name not in states:
            state = replace(value, index=-1, name=name[1] or value.name, variable=True, data=None, view_of=None)
            state.initial = first[name].data if name in first else None
            states[name] = state
    return states


def _compare(graph: Graph, first: dict[Name, Tensor], states: dict[Name, Tensor]) -> None:
    """What is assigned once is of the variable's type and shape."""
    strange = next((n for n, v in first.items() if (v.dtype, v.shape) != (states[n].dtype, states[n].shape)), None)
    for op in graph.ops:
        if op.kind == "CALL_ONCE" and strange is not None:
            one, state = first[strange], states[strange]
            op.options[FAULT] = (
                f"it assigns {one.dtype} {list(one.shape)} to the variable {strange[1]!r}, which is {state.dtype} "
                f"{list(state.shape)}"
            )


def _resolve(op: Op, names: dict[int, Name], states: dict[Name, Tensor]) -> None:
    reads = op.kind == "READ_VARIABLE"
    expected = (1, 1) if reads else (2, 0)
    if (len(op.inputs), len(op.outputs)) != expected or any(t is None for t in op.inputs):
        op.options[FAULT] = "its inputs and outputs are not those of the operator"
        return
    name = names.get(id(op.inputs[0]))
    value = op.output if reads else op.inputs[1]
    state = states.get(name) if name else None
    if name is None:
        op.options[FAULT] = "no VAR_HANDLE made its variable"
    elif state is None:
        op.options[FAULT] = f"nothing assigns its variable {name[1]!r}"
    elif value.dtype != state.dtype or value.shape != state.shape:
        op.options[FAULT] = (
            f"it is {value.dtype} {list(value.shape)}, but its variable {name[1]!r} is {state.dtype} "
            f"{list(state.shape)}"
        )
    elif value.dtype not in TYPES:
        op.options[FAULT] = f"it is {value.dtype}, expected {' or '.join(TYPES)}"
    elif reads:
        op.inputs = Operands([state])
    else:
        made = replace(value, data=None, view_of=state, view_start=0, variable=False)
        op.inputs, op.outputs = Operands([value]), [made]


def share_variables(graph: Graph) -> None:
    """Leaves out copies: what is read is the variable itself as long as nothing assigns it, and what is assigned is
    made there at once."""
    for op in [op for op in graph.ops if op.kind == "READ_VARIABLE" and FAULT not in op.options]:
        if _can_be_read_there(graph, op):
            op.output.view_of = op.inputs[0]
            graph.ops.remove(op)
    for op in [op for op in graph.ops if op.kind == "ASSIGN_VARIABLE" and FAULT not in op.options]:
        if _can_be_made_there(graph, op):
            op.inputs[0].storage.view_of = op.output.view_of
            graph.ops.remove(op)


def _places(graph: Graph, storage: Tensor, *, made: bool) -> list[int]:
    """The operators that make or read it, by their places."""
    lists = [op.outputs if made else op.inputs for op in graph.ops]
    return [at for at, tensors in enumerate(lists) if any(t is not None and t.storage is storage for t in tensors)]


def _is_end(graph: Graph, storage: Tensor) -> bool:
    return any(end.storage is storage for end in (*graph.inputs, *graph.outputs))


def _can_be_read_there(graph: Graph, op: Op) -> bool:
    at, read = graph.ops.index(op), _places(graph, op.output.storage, made=False)
    assigned = [place for place in _places(graph, op.inputs[0].storage, made=True) if place > at]
    return not _is_end(graph, op.output.storage) and not any(place < max(read, default=at) for place in assigned)


def _can_be_made_there(graph: Graph, op: Op) -> bool:
    value, state = op.inputs[0].storage, op.output.storage
    makers, at = _places(graph, value, made=True), graph.ops.index(op)
    if value.data is not None or value.variable or len(makers) != 1 or _is_end(graph, value):
        return False
    if value.size != state.size or op.inputs[0].start:
        return False
    used = {*_places(graph, state, made=False), *_places(graph, state, made=True)} - {at}
    later = [place for place in _places(graph, state, made=True) if place > at]
    overwritten = later and max(_places(graph, value, made=False)) > min(later)
    return not any(makers[0] <= place < at for place in used) and not overwritten
