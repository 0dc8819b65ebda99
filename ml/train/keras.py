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

SETTINGS = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", "CUDA_VISIBLE_DEVICES": "-1"}


@functools.cache
def tensorflow() -> Any:
    """The TensorFlow module, set up."""
    os.environ.update(SETTINGS)
    with interrupts_later(), quiet():
        import tensorflow as tf  # noqa: PLC0415  takes seconds: only where it is needed

        with contextlib.suppress(RuntimeError):  # the program around us has used it: its threads are its own
            tf.config.threading.set_inter_op_parallelism_threads(1)
            tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.experimental.enable_op_determinism()
    return tf


def keras_module() -> Any:
    """The Keras module, set up."""
    tensorflow()
    with interrupts_later():
        import keras  # noqa: PLC0415

    return keras


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
