"""The data-quality report of a run: what was left out and why, and what is used but doubtful.

review(data) -> dict                      # JSON-able
write(data, build/<app>)                  # data_quality.json, data_quality.md, data_quality.html
refuse(data)                              # for --strict: UserError when anything was left out
"""

import html
from collections import Counter
from pathlib import Path

from ml.data.manifest import Dataset, Item
from ml.data.quality import findings
from ml.data.quality.noted import noted
from ml.errors import UserError
from ml.files import replace_file, write_json
from ml.native.parallel import each

TWICE = "the same samples as {}: it counts twice"
SHOWN = 200  # rows of each table; the JSON has all of them


def review(data: Dataset) -> dict:
    """What was found of every recording of a data set."""
    told = each(_of, list(data.items))
    label = {item.file: item.label for item in data.items}
    twice = [
        {"file": file, "label": label[file], "kind": "duplicate", "text": TWICE.format(first)}
        for file, first in data.twice
        if file in label
    ]
    return {
        "data": data.hash,
        "recordings": len(data.items) + len(data.left_out),
        "used": len(data.items),
        "left_out": [{"file": one.file, "reason": one.reason} for one in data.left_out],
        "doubtful": [row for rows in [*told, twice] for row in rows],
    }


def _of(item: Item) -> list[dict]:
    found = findings(item.recording, item.label) + noted(item.more, item.recording.rate_mhz / 1000)
    return [{"file": item.file, "label": item.label, "kind": one.kind, "text": one.text} for one in found]


def refuse(data: Dataset) -> None:
    """With --strict nothing may be left out silently."""
    if data.left_out:
        first = data.left_out[0]
        raise UserError(
            f"expected every recording to be usable (--strict), found {len(data.left_out)} that are not; the first is "
            f"{first.file}: {first.reason}"
        )


def write(data: Dataset, folder: Path) -> dict:
    """Writes the report in three forms and returns what it says."""
    found = review(data)
    write_json(folder / "data_quality.json", found)
    replace_file(folder / "data_quality.md", markdown(found).encode())
    replace_file(folder / "data_quality.html", page(found).encode())
    return found


def headline(found: dict) -> str:
    kinds = Counter(row["kind"] for row in found["doubtful"])
    doubts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "none"
    return (
        f"{found['used']} of {found['recordings']} recordings are used, {len(found['left_out'])} are left out; "
        f"doubtful: {doubts}"
    )


def tables(found: dict) -> list[tuple[str, list[tuple[str, str]]]]:
    """(title, rows of file and reason) of the two tables, cut to what can be read."""
    left_out = [(row["file"], row["reason"]) for row in found["left_out"]]
    doubtful = [(row["file"], row["text"]) for row in found["doubtful"]]
    return [_cut("Left out", left_out), _cut("Used, but doubtful", doubtful)]


def _cut(title: str, rows: list[tuple[str, str]]) -> tuple[str, list[tuple[str, str]]]:
    more = len(rows) - SHOWN
    return title, rows[:SHOWN] + ([(f"{more} more", "see data_quality.json")] if more > 0 else [])


def markdown(found: dict) -> str:
    lines = ["# Data quality", "", headline(found) + "."]
    for title, rows in tables(found):
        lines += ["", f"## {title}", "", "| recording | why |", "|---|---|"]
        lines += [f"| `{_plain(file)}` | {_plain(reason)} |" for file, reason in rows] or ["| none | |"]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("`", "'")


def page(found: dict) -> str:
    """A page of its own, without scripts."""
    parts = ["<!doctype html><meta charset=utf-8><title>Data quality</title>", "<h1>Data quality</h1>"]
    parts.append(f"<p>{html.escape(headline(found))}.</p>")
    for title, rows in tables(found):
        parts.append(f"<h2>{title}</h2><table><tr><th>recording<th>why</tr>")
        parts += [f"<tr><td><code>{html.escape(file)}</code><td>{html.escape(why)}</tr>" for file, why in rows]
        parts.append("</table>")
    return "\n".join(parts) + "\n"
