"""What is exported: the sources that a model needs and no others, which every compiler takes without a warning."""

import shutil
import subprocess
from pathlib import Path

import pytest

from ml.export import closure
from ml.native.build import archive, compiler
from tests.export.exported import APPS, STRICT, build, units

COMPILERS = ("gcc", "clang")
LANGUAGES = (("c", "c99"), ("c++", "c++11"))
ARM = "arm-none-eabi-gcc"
USED = "extern const nn_model *all[];\nconst nn_model *all[] = {{&{app}_model}};\n"
OF_C = ("mem", "str", "__")  # prefixes of what the compiler's own libraries have


def needs(tool: str) -> str:
    if not shutil.which(tool):
        pytest.skip(f"no {tool}")
    return tool


def symbols(nm: str, path: object, which: str) -> set[str]:
    listed = subprocess.run([nm, "-g", which, str(path)], capture_output=True, text=True, check=True).stdout
    return {line.split()[-1] for line in listed.splitlines() if line and not line.endswith(":")}


def test_the_text_of_lib_says_what_the_linker_says():
    """Everything that sources define for others is found in their text: nothing stays without this library's name."""
    for part in closure.PARTS:
        found = [source for source in closure.library().values() if source.place.startswith(f"{part}/")]
        paths = sorted(source.path for source in found if source.path.suffix == ".c")
        assert symbols("nm", archive(part, paths), "--defined-only") <= {*closure.names(found)}, part


@pytest.mark.parametrize("app", APPS)
def test_no_warning_in_what_users_include_nor_in_the_sources(app, library, tmp_path):
    folder = library(app)
    for tool in COMPILERS:
        command = [needs(tool), *STRICT, "-fsyntax-only", "-I", folder / "src"]
        for language, standard in LANGUAGES:
            user = tmp_path / "user.c"
            user.write_text(f'#include "{app}.h"\n')
            model = tmp_path / "model.c"
            model.write_text(f'#include "{app}/{app}_model.h"\n{USED.format(app=app)}')
            build([*command, f"-std={standard}", "-x", language, user])
            build([*command, f"-std={standard}", "-x", language, "-include", f"{app}/config.h", model])
        assert not build([*command, "-std=c99", *units(folder)])


@pytest.mark.parametrize(("cpu", "apps"), [("cortex-m0plus", APPS[:1]), ("cortex-m4", APPS)])
def test_the_cross_compiler_takes_it_with_one_include_folder(cpu, apps, library, tmp_path):
    """Nothing but the C library is missing, and all that others could name has the library's name in front."""
    for app in apps:
        folder, whole = library(app), tmp_path / f"{app}.o"
        flags = ["-std=c99", f"-mcpu={cpu}", "-mthumb", "-O0", "-nostdlib", "-r", "-I", folder / "src"]
        build([needs(ARM), *flags, *units(folder), "-o", whole])
        missing = {name for name in symbols("nm", whole, "--undefined-only") if not name.startswith(OF_C)}
        assert not missing
        assert all(name.startswith(f"{app}_") for name in symbols("nm", whole, "--defined-only"))


@pytest.mark.parametrize("app", APPS)
def test_no_kernel_is_exported_that_the_model_does_not_use(app, library, tmp_path):
    """Of each source at least one function remains when the linker has thrown away what nobody needs."""
    folder = library(app)
    main = tmp_path / "main.c"
    main.write_text(f'#include "{app}.h"\nint main(void) {{ return {app}_self_test(); }}\n')
    kept = tmp_path / "map"
    sections = ["-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections", f"-Wl,-Map={kept}"]
    objects = []
    for unit in units(folder):
        objects.append(tmp_path / (unit.removeprefix(str(folder / "src")).strip("/").replace("/", "-") + ".o"))
        command = [compiler(), "-std=c99", "-O0", *sections[:2], "-I", folder / "src", "-c", unit, "-o", objects[-1]]
        build(command, Path(unit).parent)
    build([compiler(), *sections, "-I", folder / "src", main, *objects, "-lm", "-o", tmp_path / "program"])
    layout = kept.read_text().partition("Linker script and memory map")[2]
    unused = [one.name for one in objects if f"/{one.name}\n" not in layout and f"/{one.name} " not in layout]
    assert unused == []
