"""What each target has around the sources: place in the library -> text."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from ml.export.assemble import render, sources
from ml.export.model import Model
from ml.paths import ROOT

WIDTH = 118  # of a line of text
VERSION = "1.0.0"  # of an exported library; the model's hash says which model it has


@dataclass(frozen=True)
class Target:
    """Where a library goes."""

    name: str
    use: str  # for its README
    files: Callable[[Model, list[str], str], dict[str, str]]  # of the model, its C files and its example's main.c
    zipped: bool = False


def library(model: Model, target: Target, arena: str | None) -> dict[str, str]:
    """Every file of an exported library."""
    files = sources(model, arena)
    units = sorted(place for place in files if place.endswith(".c"))
    main = render("main.c", "example.c.j2" if model.kind.pipeline else "example_network.c.j2", model, arena)
    files |= target.files(model, units, main)
    files["README.md"] = _readme(model, target, arena)
    credits = [textwrap.fill(credit, WIDTH, subsequent_indent="  ") for credit in model.credits()]
    files["NOTICE"] = render("NOTICE", "NOTICE.j2", model, credits=credits)
    files["LICENSE"] = (ROOT / "LICENSE").read_text()
    return files


def _readme(model: Model, target: Target, arena: str | None) -> str:
    lent = f" The program lends them `{arena}`; `src/{model.name}.h` says how." if arena else ""
    labels = textwrap.fill(", ".join(f"`{label[1:-1]}`" for label in model.labels), WIDTH)
    use = target.use.format(name=model.name)
    rate = f"{model.rate_mhz / 1000:g} Hz" if model.kind.pipeline else ""
    return render("README.md", "README.md.j2", model, use=use, lent=lent, labels=labels, rate=rate, **_words(model))


def _words(model: Model) -> dict[str, str]:
    return {"version": VERSION, "sentence": model.kind.about[0].upper() + model.kind.about[1:]}


def _example(model: Model, main: str) -> dict[str, str]:
    return {f"examples/{model.name}/main.c": main}


def _cmake(model: Model, units: list[str], main: str) -> dict[str, str]:
    made = render("CMakeLists.txt", "CMakeLists.txt.j2", model, units=units, **_words(model))
    return {"CMakeLists.txt": made} | _example(model, main)


def _platformio(model: Model, units: list[str], main: str) -> dict[str, str]:
    words = _words(model)
    manifest = {
        "name": model.name,
        "version": words["version"],
        "description": words["sentence"],
        "license": "Apache-2.0",
        "headers": f"{model.name}.h",
        "frameworks": "*",
        "platforms": "*",
        "build": {"includeDir": "src", "srcDir": "src"},
    }
    return {"library.json": json.dumps(manifest, indent=2) + "\n"} | _example(model, main)


def _arduino(model: Model, units: list[str], main: str) -> dict[str, str]:
    sketch = "example.ino.j2" if model.kind.pipeline else "example_network.ino.j2"
    api = render(f"{model.name}.h", "api.h.j2", model)
    functions = sorted(set(re.findall(rf"\b{model.name}_(\w+)\(", api)))
    return {
        "library.properties": render("library.properties", "library.properties.j2", model, **_words(model)),
        "keywords.txt": render("keywords.txt", "keywords.txt.j2", model, functions=functions),
        f"examples/{model.name}/{model.name}.ino": render(f"{model.name}.ino", sketch, model),
    }


def _zephyr(model: Model, units: list[str], main: str) -> dict[str, str]:
    words = _words(model)
    return {
        "zephyr/CMakeLists.txt": render("CMakeLists.txt", "zephyr_CMakeLists.txt.j2", model, units=units),
        "zephyr/Kconfig": render("Kconfig", "zephyr_Kconfig.j2", model, **words),
        "zephyr/module.yml": render("module.yml", "zephyr_module.yml.j2", model),
        f"examples/{model.name}/src/main.c": main,
        f"examples/{model.name}/CMakeLists.txt": render("CMakeLists.txt", "zephyr_project.txt.j2", model),
        f"examples/{model.name}/prj.conf": f"CONFIG_{model.name.upper()}=y\n",
    }


def _idf(model: Model, units: list[str], main: str) -> dict[str, str]:
    words = _words(model)
    example = f"examples/{model.name}"
    return {
        "CMakeLists.txt": render("CMakeLists.txt", "idf_CMakeLists.txt.j2", model, units=units),
        "idf_component.yml": render("idf_component.yml", "idf_component.yml.j2", model, **words),
        f"{example}/CMakeLists.txt": render("CMakeLists.txt", "idf_project.txt.j2", model),
        f"{example}/main/CMakeLists.txt": 'idf_component_register(SRCS "main.c")\n',
        f"{example}/main/main.c": render("main.c", "idf_main.c.j2", model, main=main),
    }


TARGETS = {
    target.name: target
    for target in (
        Target("platformio", "PlatformIO: put this folder into your project's `lib`.", _platformio),
        Target(
            "arduino",
            "Arduino IDE: Sketch, Include Library, Add .ZIP Library; then File, Examples, {name}.",
            _arduino,
            zipped=True,
        ),
        Target("cmake", "CMake: `add_subdirectory({name})` and `target_link_libraries(app PRIVATE {name})`.", _cmake),
        Target(
            "zephyr",
            "Zephyr: add this folder to `ZEPHYR_EXTRA_MODULES` and `CONFIG_{name}` in capitals to prj.conf, as\n"
            "`examples/{name}` does. Written from Zephyr's documentation and not built with it.",
            _zephyr,
        ),
        Target(
            "idf",
            "ESP-IDF: put this folder into your project's `components`. Written from ESP-IDF's documentation and not "
            "built\nwith it.",
            _idf,
        ),
    )
}
