"""lib/service is a core with leaves: what core.h says of itself is so."""

import re
from graphlib import TopologicalSorter

import pytest

from ml.paths import ROOT

SOURCES = {path.stem: path.read_text() for path in (ROOT / "lib/service/src").glob("*.c")}
CORE = {"core", "send", "streams", "inject", "watch", "counters", "arena", "clock", "kept", "windows"}
TOP = {"service", "commands"}
LEAVES = sorted(SOURCES.keys() - CORE - TOP)


def defined(source: str) -> set[str]:
    """What a file brings to others."""
    return set(re.findall(r"^(?!static|typedef)\w[\w *]*?\b(service_\w+)\([^;]*?\) \{(?: //.*)?$", source, re.M))


OWNERS = {name: stem for stem, source in SOURCES.items() for name in defined(source)}


def used(stem: str) -> set[str]:
    """The other files that a file calls."""
    names = set(re.findall(r"\bservice_\w+(?=\()", SOURCES[stem])) - defined(SOURCES[stem])
    return {OWNERS[name] for name in names if name in OWNERS}


def test_every_function_of_the_inside_is_found():
    header = (ROOT / "lib/service/src/core.h").read_text()
    declared = set(re.findall(r"^\w[\w *]*?\b(service_\w+)\(", header, re.M))
    assert len(declared) > 30
    assert declared <= set(OWNERS)


@pytest.mark.parametrize("leaf", LEAVES)
def test_a_leaf_knows_the_core_alone(leaf):
    own = re.findall(r'#include "((?:service/)?\w+\.h)"', SOURCES[leaf])
    assert own == ["core.h"]
    assert used(leaf) <= CORE


def test_the_core_knows_no_leaf_and_goes_round_in_no_circle():
    graph = {stem: used(stem) for stem in CORE}
    assert set().union(*graph.values()) <= CORE
    assert set(TopologicalSorter(graph).static_order()) == CORE
