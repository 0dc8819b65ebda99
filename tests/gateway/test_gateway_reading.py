"""Settings that make no sense are one line that says where."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.errors import UserError
from ml.gateway import keys, reading
from ml.gateway.limits import Limits
from tests import command

GOOD = """
[gateway]
name = "north"
[nodes]
[udp]
listen = "127.0.0.1:0"
[[board]]
name = "press"
port = "/dev/ttyACM0"
[http]
url = "http://127.0.0.1:1/events"
[[rule]]
name = "quiet"
kind = "quiet"
nodes = ["f3-*"]
within_s = 600
"""
SECOND = '[[second]]\napp = "a"\nfirst = "a.tflite"\nmodel = "b.tflite"\nlabels = ["x", "y"]\n'


def check(tmp_path, text: str):
    path = tmp_path / "gateway.toml"
    path.write_text(text)
    return reading.read(path)


def test_a_good_file_is_read_with_its_defaults(tmp_path):
    made = check(tmp_path, GOOD)
    assert (made.name, made.most_mb, made.store) == ("north", 1024, tmp_path / "gateway.db")
    assert made.udp == ("127.0.0.1", 0) and made.nodes and made.nodes.rate == 20
    assert made.rules[0].nodes == ("f3-*",) and made.page is None


def test_rules_wait_for_what_a_larger_model_says(tmp_path):
    made = check(tmp_path, f"{GOOD}late_s = 1.5\n{SECOND}between = [3, 4]\n{SECOND}between = [5, 6]\nlate_s = 4\n")
    assert [one.late_s for one in made.seconds] == [2, 4] and made.seconds[0].between == (3, 4)
    assert [one.late_s for one in made.patient_rules] == [5.5] and made.rules[0].late_s == 1.5


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("[http]", "[htp]", "expected one of"),
        ('url = "http', 'url = "ftp', "[http] url: expected http:// or https://"),
        ('name = "north"', 'name = "a/b"', "[gateway] name: expected a name"),
        ('name = "north"', 'nam = "north"', "found 'nam'"),
        ('name = "press"', 'name = "rule.quiet"', "[[board]] 1 name: expected a name"),
        ("127.0.0.1:0", "localhost", "[udp] listen: expected ADDRESS:PORT"),
        ("127.0.0.1:0", "127.0.0.1:99999", "[udp] listen: expected ADDRESS:PORT"),
        ("[nodes]", "[nodes]\nrate = 0", "[nodes] rate: expected a number of 0.01 to 1e+06, found 0"),
        ("[nodes]", "[metrics]\nlisten = '0.0.0.0:1'\n[nodes]", "expected 127.0.0.1, found 0.0.0.0"),
        ("[nodes]\n", "", "expected [nodes]"),
        ("within_s = 600", "", "[[rule]] 1: expected within_s, found none"),
        ("within_s = 600", "within_s = nan", "within_s: expected a number"),
        ('kind = "quiet"', 'kind = "loud"', "kind: expected one of quiet, several, fuse, found 'loud'"),
        ("[[board]]", "[[board]]\nname='press'\nport='x'\n[[board]]", "expected each name once, found 'press' twice"),
        ("[http]\nurl", "[nothing]\nurl", "expected"),
        ("[gateway]", "[gateway", "expected TOML"),
        ("[udp]", f"{SECOND}between = [200, 100]\n[udp]", "between: expected [FROM, TO] of 0 to 255, found [200, 100]"),
        ("[udp]", f"{SECOND}between = [0, 256]\n[udp]", "between: expected [FROM, TO] of 0 to 255, found [0, 256]"),
        ("[udp]", f"{SECOND}between = [0, 1]\nlate_s = 0\n[udp]", "[[second]] 1 late_s: expected a number of 0.1"),
    ],
)
def test_a_setting_that_makes_no_sense_is_one_line(tmp_path, old, new, expected):
    assert old in GOOD
    with pytest.raises(UserError) as error:
        check(tmp_path, GOOD.replace(old, new, 1))
    assert expected in str(error.value) and "\n" not in str(error.value)


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.dates()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)
KEYS = ("gateway", "nodes", "udp", "http", "mqtt", "mqtt_in", "board", "rule", "group", "page", "metrics")


@given(st.sampled_from(KEYS), st.one_of(VALUES, st.dictionaries(st.text(max_size=8), VALUES, max_size=4)), st.data())
def test_whatever_a_table_holds_it_is_read_or_refused_in_a_line(tmp_path_factory, key, value, data):
    told = tomllib.loads(GOOD)
    known = ("name", "listen", "url", "port", "kind", "nodes", "within_s", "labels", "rate", "host", "anyone", "keys")
    if isinstance(value, dict) and data.draw(st.booleans()):
        value = value | {data.draw(st.sampled_from(known)): data.draw(VALUES)}
    try:
        reading.settings(told | {key: value}, "gateway.toml: ", tmp_path_factory.getbasetemp())
    except UserError as error:
        assert "\n" not in str(error)


def test_keys_that_others_may_read_and_lines_that_are_no_keys_are_refused(tmp_path):
    path = tmp_path / "nodes.keys"
    made = keys.add(path, 5, 3, "door")
    assert [one.name for one in made] == ["door-5", "door-6", "door-7"]
    assert keys.read(path) == {one.node: one for one in made}
    with pytest.raises(UserError, match="expected new nodes, found 7"):
        keys.add(path, 7, 1, "x")
    for line in (
        "8 00 x",
        "x " + "00" * 32,
        f"-1 {'00' * 32}",
        f"9 {'00' * 32} a/b",
        f"9 {'00' * 32} rule.a",
        f"5 {'00' * 32} y",
        "1",
    ):
        keys.write(path, made)
        with path.open("a") as file:
            file.write(f"{line}\n")
        with pytest.raises(UserError, match=r"nodes\.keys:4: expected"):
            keys.read(path)
    keys.write(path, made)
    path.chmod(0o644)
    with pytest.raises(UserError, match="chmod 600"):
        keys.read(path)


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 0.5)), max_size=300))
def test_a_sender_gets_its_burst_and_its_rate_whatever_the_others_do(asked):
    limits, alone, now = Limits(5, 3), {number: Limits(5, 3) for number in range(4)}, 0.0
    for sender, wait in asked:
        now += wait
        assert limits.takes(sender, now) == alone[sender].takes(sender, now)


def test_the_tool_checks_settings_and_makes_keys(tmp_path):
    (tmp_path / "gateway.toml").write_text(GOOD)
    config = ("--config", tmp_path / "gateway.toml")
    made = command.script("tools/gateway.py", "enrol", *config, 1, "--count", 2, "--name", "door", status=0)
    assert [line.split()[2] for line in made.stdout.splitlines()] == ["door-1", "door-2"]
    assert "good; 1 boards, 2 keys, 1 rules" in command.script("tools/gateway.py", "check", *config, status=0).stdout
    assert "expected --config" in command.script("tools/gateway.py", status=1).stderr
