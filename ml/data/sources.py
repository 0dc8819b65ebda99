"""Where known recordings come from: under which licence, by whom, and what to cite. A manifest names its source; what
its own column `licence` says goes before what is known here.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ml.data.rows import Row

OPEN = ("Apache-2.0", "BSD-3-Clause", "CC-BY-3.0", "CC-BY-4.0", "CC0-1.0", "MIT", "ODC-By-1.0", "PDDL-1.0")


@dataclass(frozen=True)
class Source:
    """Recordings that somebody published."""

    licence: str  # SPDX identifier; "" where there is none that is standard
    credit: str  # authors, title, where


WARDEN = Source(
    "CC-BY-4.0",
    'P. Warden, "Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition", arXiv:1804.03209, 2018',
)
UMAFALL = Source(
    "CC-BY-4.0",
    'E. Casilari, J. A. Santoyo-Ramon, J. M. Cano-Garcia, "UMAFall: A Multisensor Dataset for the Research on '
    'Automatic Fall Detection", Procedia Computer Science 110 (2017) 32-39, doi 10.1016/j.procs.2017.06.110',
)
KNOWN = {  # the beginning of a source's name -> what is known; the longest that fits counts
    "speech-commands": WARDEN,
    "gsc": WARDEN,
    "arabic-speech-commands": Source(
        "CC-BY-4.0",
        'A. Ghandoura, F. Hjabo, O. Al Dakkak, "Building and Benchmarking an Arabic Speech Commands Dataset for '
        'Small-Footprint Keyword Spotting", Engineering Applications of Artificial Intelligence, 2021',
    ),
    "uhh-imu-gestures": Source(
        "MIT",
        'Copyright (c) 2019 Stephan Tietz; D. Jirak, S. Tietz, H. Ali, S. Wermter, "Echo State Networks and Long '
        'Short-Term Memory for Continuous Gesture Recognition: a Comparative Study", Cognitive Computation, 2020, doi '
        "10.1007/s12559-020-09754-0",
    ),
    "arduino-nano33ble:martinlindholdt": Source("MIT", "Copyright (c) 2020 Martin Lindholdt"),
    "arduino-nano33ble:ChiaHong95": Source("MIT", "Copyright (c) 2023 Chia-Hung Cho"),
    "arduino-nano33ble:AdamClarkStandke": Source("MIT", "Copyright (c) 2023 Adam Standke"),
    "arduino-nano33ble:nanguoyu": Source("MIT", "Copyright (c) 2024 Dong Wang"),
    "umafall": UMAFALL,
    "uci-accelerometer-fan": Source(
        "CC-BY-4.0",
        'G. Scalabrini Sampaio et al., "Prediction of Motor Failure Time Using An Artificial Neural Network", Sensors '
        "19(19):4342, 2019 (UCI data set Accelerometer)",
    ),
    "hymel-ceiling-fan": Source("", 'S. Hymel, "Edge AI Anomaly Detection", DigiKey, 2020'),
    "uestc-bearing": Source(
        "",
        'C. Liu et al., "A New Target Domain One-Class Learning Bearing Fault Detection Framework", IEEE Sensors '
        "Journal, 2025, doi 10.1109/JSEN.2025.3635217",
    ),
}
SPDX = {licence.replace("-", " ").casefold(): licence for licence in OPEN}  # as people write them


def known(source: str) -> Source | None:
    """What is known of a source by its name in a manifest."""
    fitting = [name for name in KNOWN if source.startswith(name)]
    return KNOWN[max(fitting, key=len)] if fitting else None


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
