"""An image on this computer: lib/image shows it, and it is used as a compiled header is."""

from __future__ import annotations

import ctypes
import tempfile
from pathlib import Path

from ml.compiler.host import NN, HostModel, _Layer, _Model, _Stream
from ml.errors import UserError
from ml.native.build import archive, load
from ml.paths import ROOT

IMAGE = ROOT / "lib" / "image"
FFT = ROOT / "lib" / "frontend" / "src"

# A firmware with every kernel and every transform.
_FIRMWARE = """#include "image/image.h"
#include "frontend/fft.h"
#include "image/kernels.h"
#include "image/settings.h"
#include <string.h>

static const image_symbol symbols[] = {
    {IMAGE_FFT_64, &fft_64}, {IMAGE_FFT_128, &fft_128}, {IMAGE_FFT_256, &fft_256},
    {IMAGE_FFT_512, &fft_512}, {IMAGE_FFT_1024, &fft_1024}, {IMAGE_FFT_2048, &fft_2048},
};
static uint8_t arena[1 << 22] IMAGE_ALIGNED, state[1 << 20] IMAGE_ALIGNED, params[1 << 18] IMAGE_ALIGNED;
static image_firmware firmware = {
    IMAGE_ROWS(image_all_kernels), IMAGE_ROWS(symbols), IMAGE_MEMORY(arena), IMAGE_MEMORY(state), IMAGE_MEMORY(params),
    1 << 20,
};
static image shown;
static image_refusal why;

image_firmware *host_firmware(void) { return &firmware; }
const image_refusal *host_refusal(void) { return &why; }
const char *host_reason(void) { return image_reason_text(why.reason); }
_Bool host_open(const void *bytes, uint32_t room) {
    why = (image_refusal){IMAGE_RIGHT, 0, 0};
    return image_open(&shown, bytes, room, &firmware, &why);
}
const void *host_settings(uint16_t id) { return image_settings(&shown, id); }
const nn_model *compiled_model(void) { return image_model(&shown); }
const nn_stream *compiled_stream(void) { return image_stream(&shown); }
_Bool compiled_check(void) { return nn_self_test(image_model(&shown)); }
_Bool compiled_push(const int8_t *rows) { return nn_push(image_stream(&shown), rows); }
void compiled_feed(const int8_t *rows) { nn_feed(image_stream(&shown), rows); }
_Bool compiled_stream_check(void) { return nn_stream_self_test(image_stream(&shown)); }
void compiled_run(const int8_t *inputs, int8_t *outputs, uint32_t count) {
    const nn_model *model = image_model(&shown);
    for (uint32_t i = 0; i < count; i++) {
        memcpy(model->input, inputs + i * model->input_size, model->input_size);
        nn_run(model);
        memcpy(outputs + i * model->output_size, model->output, model->output_size);
    }
}
"""


class Firmware(ctypes.Structure):
    """image_firmware."""

    _fields_ = (
        ("kernel", ctypes.c_void_p),
        ("kernels", ctypes.c_uint16),
        ("symbol", ctypes.c_void_p),
        ("symbols", ctypes.c_uint16),
        ("arena", ctypes.c_void_p),
        ("arena_size", ctypes.c_uint32),
        ("state", ctypes.c_void_p),
        ("state_size", ctypes.c_uint32),
        ("params", ctypes.c_void_p),
        ("params_size", ctypes.c_uint32),
        ("window", ctypes.c_uint32),
    )


class Refusal(ctypes.Structure):
    """image_refusal."""

    _fields_ = (("reason", ctypes.c_int), ("needs", ctypes.c_uint32), ("has", ctypes.c_uint32))


def refusal(library: ctypes.CDLL) -> str:
    """Why `host_open` refused the last image, "" when it did not."""
    found, reason = library.host_refusal().contents, library.host_reason().decode()
    return f"{reason}: needs {found.needs}, has {found.has}" if found.needs or found.has else reason


def firmware_library(flags: tuple[str, ...] = ()) -> ctypes.CDLL:
    """The firmware as a shared library; loaded once, so that one image is open at a time."""
    options = {"includes": [IMAGE / "include"], "flags": [*flags, "-DIMAGE_MAX_KERNELS=64"]}
    kernels = archive("nn", sorted(NN.rglob("*.c")), flags=list(flags))
    parts = archive("image", [*sorted((IMAGE / "src").glob("*.c")), *sorted(FFT.glob("fft*.c"))], **options)
    structures = {
        "nn_layer": _Layer,
        "nn_model": _Model,
        "nn_stream": _Stream,
        "image_firmware": Firmware,
        "image_refusal": Refusal,
    }
    with tempfile.TemporaryDirectory() as folder:
        main = Path(folder) / "image_firmware.c"
        main.write_text(_FIRMWARE)
        library = load("image_firmware", [main, parts, kernels], structures=structures, **options)
    library.host_firmware.restype = ctypes.POINTER(Firmware)
    library.host_refusal.restype = ctypes.POINTER(Refusal)
    library.host_open.restype = library.compiled_check.restype = ctypes.c_bool
    library.compiled_push.restype = library.compiled_stream_check.restype = ctypes.c_bool
    library.compiled_model.restype = ctypes.POINTER(_Model)
    library.compiled_stream.restype = ctypes.POINTER(_Stream)
    library.host_reason.restype = ctypes.c_char_p
    library.host_settings.restype = ctypes.c_void_p
    return library


class HostImage(HostModel):
    """An image for this computer (`pack(..., host=True)`), open until another one is."""

    def __init__(self, data: bytes, flags: tuple[str, ...] = ()):
        self.library = firmware_library(flags)
        self.memory = aligned(data)
        if not self.library.host_open(self.memory, len(data)):
            found = refusal(self.library)
            raise UserError(f"expected an image that this computer can run, found: {found}; pack it with --host")
        self.model = self.library.compiled_model().contents
        stream = self.library.compiled_stream()
        self.stream = stream.contents if stream else None
        self.first = self.stream.first if self.stream else None
        self.name = self.model.name.decode()


def aligned(data: bytes) -> ctypes.Array:
    """The bytes at a multiple of 8, as flash has them."""
    memory = (ctypes.c_uint64 * (len(data) // 8 + 1))()
    ctypes.memmove(memory, data, len(data))
    return memory
