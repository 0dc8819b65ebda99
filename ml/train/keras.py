"""Keras on TensorFlow, quiet and repeatable: the only place from which the rest of `ml` imports either.

One thread and no oneDNN: sums are then taken in the same order on every run, whatever the number of cores. These
networks are too small to gain from more; folds run beside each other instead.
"""

import contextlib
import functools
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

# Keras imports them, where they are installed, for pictures and wrappers that nothing here uses: a third of the time
# that it takes to start.
NEEDLESS = ("matplotlib", "pandas", "sklearn")

SETTINGS = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", "CUDA_VISIBLE_DEVICES": "-1"}


@functools.cache
def tensorflow() -> Any:
    """The TensorFlow module, set up."""
    os.environ.update(SETTINGS)
    with interrupts_later(), quiet(), _without(*NEEDLESS):
        import tensorflow as tf  # noqa: PLC0415  takes seconds: only where it is needed

        with contextlib.suppress(RuntimeError):  # the program around us has used it: its threads are its own
            tf.config.threading.set_inter_op_parallelism_threads(1)
            tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.experimental.enable_op_determinism()
    return tf


def keras_module() -> Any:
    """The Keras module, set up."""
    tensorflow()
    with interrupts_later(), _without(*NEEDLESS):
        import keras  # noqa: PLC0415

    return keras


class _Hidden:
    """Tells the thread that made it that packages are not installed; one that is imported already stays."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names, self.thread = names, threading.get_ident()

    def find_spec(self, name: str, path=None, target=None) -> None:
        if name in self.names and threading.get_ident() == self.thread:
            raise ModuleNotFoundError(f"{name} is not for Keras", name=name)


@contextlib.contextmanager
def _without(*names: str) -> Iterator[None]:
    """Imports in the block go as if these packages were not installed."""
    hidden = _Hidden(names)
    sys.meta_path.insert(0, hidden)
    try:
        yield
    finally:
        sys.meta_path.remove(hidden)


def compiled(model, optimizer, loss, metrics: list[str] | None = None) -> None:
    """`model.compile` for `fit`, with the state of the optimiser and of the metrics made now. Keras makes it in the
    first step of `fit`, and traces that step again where it has: half a second for the smallest network. The weights
    that come out are the same, bit for bit. The targets must have the shape of the outputs."""
    model.compile(optimizer=optimizer, loss=loss, metrics=metrics)
    optimizer.build(model.trainable_variables)
    if metrics:
        answer = np.zeros((1, *model.output_shape[1:]), np.float32)
        model.compute_metrics(None, answer, answer)
        model.reset_metrics()


@contextlib.contextmanager
def interrupts_later() -> Iterator[None]:
    """Keeps Ctrl-C until the block has ended: raised inside an import of TensorFlow's it can be swallowed there."""
    mine = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGINT)
    if not mine or before is not signal.default_int_handler:
        yield  # somebody else decides about interrupts
        return
    asked: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: asked.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if asked:
        raise KeyboardInterrupt


@contextlib.contextmanager
def quiet(*, show: bool = True) -> Iterator[None]:
    """Hides what C++ code prints, which no log level reaches; shows it when something goes wrong, or not."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    with tempfile.TemporaryFile() as hidden:
        try:
            for stream in (1, 2):
                os.dup2(hidden.fileno(), stream)
            yield
        except Exception:
            hidden.seek(0)
            os.write(kept[1], hidden.read() if show else b"")
            raise
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for stream, descriptor in zip((1, 2), kept, strict=True):
                os.dup2(descriptor, stream)
                os.close(descriptor)
