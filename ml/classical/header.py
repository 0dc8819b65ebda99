"""A model in integers as one C header, which includes its family's header of lib/classical."""

from collections.abc import Sequence
from hashlib import sha256

from ml.classical.check import check
from ml.classical.form import Form
from ml.printable import printable


def identity(form: Form) -> str:
    """16 hex digits: two models with the same tables have the same."""
    key = sha256(f"{form.c_type} {form.fields('x')}".encode())
    for table in form.tables():
        key.update(table.values.astype("<i8").tobytes())
    return key.hexdigest()[:16]


def source(form: Form, name: str, labels: Sequence[str], note: Sequence[str] = ()) -> str:
    """The same model gives the same bytes. `note`: lines for a reader, as its figures."""
    said = "".join(f"// {printable(line)}\n" for line in note)  # names of others in it are safe
    texts = ", ".join(_characters(label) for label in labels)
    return f"""// Written by `python -m ml classical`; do not edit.
//
// {form.family}: {form.inputs} inputs (int8), {form.classes} classes, {form.bytes:,} B of tables.
{said}#ifndef {name.upper()}_CLASSICAL_H
#define {name.upper()}_CLASSICAL_H

#include "{form.header}"

#define {name}_INPUTS {form.inputs}
#define {name}_CLASSES {form.classes}
#define {name}_HASH "{identity(form)}"
#define {name}_CHECK UINT32_C(0x{check(form):08x}) // CRC-32 of the scores for classical_fixed_row

{form.c_source(name)}
// x [{form.inputs}] -> scores [{form.classes}]; returns the class.
static inline uint8_t {name}_classify(const int8_t *x, int32_t *scores) {{
    return {form.run}(&{name}_classical, x, scores);
}}

// The label of a class, in CLASSICAL_TABLE: read it with classical_u8 up to its zero byte.
static inline const uint8_t *{name}_label(uint8_t class_id) {{
    static const uint8_t text[] CLASSICAL_TABLE = {{{texts}}};
    return classical_text(text, class_id);
}}

#endif
"""


def _characters(label: str) -> str:
    """The UTF-8 of a label and a zero byte, as C."""
    plain = label.isascii() and label.isprintable() and not set(label) & set("'\\\\")
    bytes_ = [f"'{c}'" for c in label] if plain else [str(byte) for byte in label.encode() if byte]
    return ", ".join([*bytes_, "0"])
