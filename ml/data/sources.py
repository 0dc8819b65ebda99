"""Where known recordings come from: under which licence, by whom, and what to cite. A manifest names its source; what
its own column `licence` says goes before what is known here.
"""

import functools
from collections.abc import Iterable
from dataclasses import dataclass

from ml.data.fetching.catalogue import read_catalogue
from ml.data.rows import Row

OPEN = (
    *("Apache-2.0", "BSD-3-Clause", "CC-BY-3.0", "CC-BY-4.0", "CC0-1.0", "LicenseRef-public-domain", "MIT"),
    *("ODC-By-1.0", "PDDL-1.0"),
)


@dataclass(frozen=True)
class Source:
    """Recordings that somebody published."""

    licence: str  # SPDX identifier; "" where there is none that is standard
    credit: str  # authors, title, where


CATALOGUED = {  # the beginning of a source's name -> its table in datasets/catalogue.toml; the longest that fits counts
    "speech-commands": "speech_commands",
    "gsc": "speech_commands",
    "arabic-speech-commands": "arabic_speech_commands",
    "uhh-imu-gestures": "uhh_gestures",
    "arduino-nano33ble:martinlindholdt": "nano33ble_gestures",
    "uci-accelerometer-fan": "uci_accelerometer",
}
OTHERS = {  # what cannot be fetched from there
    "arduino-nano33ble:ChiaHong95": Source("MIT", "Copyright (c) 2023 Chia-Hung Cho"),
    "arduino-nano33ble:AdamClarkStandke": Source("MIT", "Copyright (c) 2023 Adam Standke"),
    "arduino-nano33ble:nanguoyu": Source("MIT", "Copyright (c) 2024 Dong Wang"),
    "sp-sw-har": Source(
        "CC-BY-4.0",
        "M. Matey-Sanz, S. Casteleyn, C. Granell, Dataset of inertial measurements of smartphones and smartwatches for "
        "human activity recognition, Data in Brief, 2023, doi 10.1016/j.dib.2023.109809",
    ),
    "assist-iot-stairs": Source(
        "CC-BY-4.0",
        "A. Danilenka, P. Sowinski, K. Kobus, A. Dabrowska, K. Rachwal, K. Bogacka, B. Baszczynski, multimodal fall "
        "detection data set, doi 10.5281/zenodo.8340378",
    ),
    "hymel-ceiling-fan": Source("", "S. Hymel, Edge AI Anomaly Detection, DigiKey, 2020"),
    "picovoice-barista": Source("Apache-2.0", "Picovoice, speech-to-intent-benchmark: spoken orders in a coffee shop"),
    "berlin-noise": Source("CC-BY-4.0", "Berlin Noise by Thomas Rosen"),
    "precise-bg-noise": Source("LicenseRef-public-domain", "JarbasAI, in Mycroft AI's Precise-Community-Data"),
    "asterisk-core-sounds": Source(
        "",  # another one for each voice
        "Asterisk core sounds: Carlo Flora, Maxim Topal (CC BY 3.0), Allison Smith, June Wallack, Digium "
        "(CC BY-SA 3.0)",
    ),
    "uestc-bearing": Source(
        "",
        "C. Liu et al., A New Target Domain One-Class Learning Bearing Fault Detection Framework, IEEE Sensors "
        "Journal, 2025, doi 10.1109/JSEN.2025.3635217",
    ),
}
SPDX = {licence.replace("-", " ").casefold(): licence for licence in OPEN}  # as people write them


def known(source: str) -> Source | None:
    """What is known of a source by its name in a manifest."""
    fitting = [name for name in _known() if source.startswith(name)]
    return _known()[max(fitting, key=len)] if fitting else None


@functools.cache
def _known() -> dict[str, Source]:
    entries = read_catalogue()
    of = {name: Source(entry.licence, entry.cite) for name, entry in entries.items()}
    by_name = {entry.source: of[name] for name, entry in entries.items()}
    # The recordings were published twice; those with these names are from figshare.
    umafall = Source("CC-BY-4.0", f"{entries['umafall'].cite}; licence: {entries['umafall'].licence}")
    return by_name | {start: of[name] for start, name in CATALOGUED.items()} | OTHERS | {"umafall": umafall}


def licence(row: Row) -> str:
    """Of a recording: as the manifest says, or as is known of its source; "" where nobody says."""
    found = known(row.source)
    said = row.licence or (found.licence if found else "")
    return SPDX.get(said.replace("-", " ").casefold(), said)


def closed(licences: Iterable[str]) -> list[str]:
    """Those under which a model may not simply be shipped; "none stated" for the empty one."""
    return sorted({one or "none stated" for one in licences if one not in OPEN})


def credits(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Of recordings of these (source, licence): what they are, under which licence, whom to name; a line for each."""
    groups: dict[tuple[str, str], list[str]] = {}
    for source, terms in sorted(set(pairs)):
        found = known(source)
        groups.setdefault((terms, found.credit if found else ""), []).append(source or "source not stated")
    return [
        f"{', '.join(names)} ({terms or 'no licence stated'})" + (f": {credit}" if credit else "")
        for (terms, credit), names in groups.items()
    ]
