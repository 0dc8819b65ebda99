// Label: recordings and segments, by keyboard.

import { complain, el, field, get, keys, post, quietly, say, upload } from "../api.js";
import { halt, isPlaying, play } from "../player.js";
import { on } from "../stream.js";
import { Timeline } from "../timeline.js";

let list, filter, timeline, table, title, labelsPlace, nameInput, dropInputs;
let all = [], shown = [], current = null, labels = [];

/** What changes something waits for the change before: keys may come faster than the server answers. */
let last = Promise.resolve();
const inOrder = (action) => (...given) => (last = last.then(() => action(...given)).catch(() => {}));

const seconds = (sample) => timeline.seconds(sample);
const chosen = () => timeline.segments[timeline.chosen];

async function refresh() {
  all = (await get("/api/label/recordings")).recordings;
  labels = [...new Set(all.map((one) => one.label))].sort();
  narrow();
}

function narrow() {
  const words = filter.value.toLowerCase();
  shown = all.filter((one) => `${one.file} ${one.label} ${one.subject}`.toLowerCase().includes(words));
  list.replaceChildren(...shown.map((one) => {
    const made = el("button", { type: "button", "data-file": one.file, "aria-current": one.file === current?.file },
      el("span", {}, one.file), el("span", { className: "dim" }, `${one.label}${one.segmented ? " ▮" : ""}`));
    made.onclick = inOrder(() => open(one.file));
    return made;
  }));
  if (!shown.length) list.append(el("p", { className: "dim", style: "padding: .5rem" }, all.length ? "None has these words." : "No recordings yet: record some, or drop files here."));
  showLabels();
}

function showLabels() {
  const known = [...new Set([...labels, ...timeline.segments.map((one) => one.label).filter(Boolean)])];
  labelsPlace.replaceChildren(...known.slice(0, 30).map((label, i) => {
    const made = el("button", { type: "button" }, i < 9 ? `${i + 1} ${label}` : label);
    made.onclick = inOrder(() => name(label));
    return made;
  }));
  labelsPlace.dataset.known = JSON.stringify(known);
}

/** And plays it, unless it is long. */
async function open(file, playIt = true) {
  halt();
  current = await get("/api/label/open", { file });
  for (const one of list.querySelectorAll("button")) one.setAttribute("aria-current", one.dataset.file === file);
  list.querySelector('[aria-current="true"]')?.scrollIntoView({ block: "nearest" });
  told(current);
  timeline.open(current);
  document.body.dataset.opened = file;
  if (playIt && current.seconds <= 10) play(current, 0, current.samples, follow, () => follow(0));
}

function follow(sample) { timeline.cursor = sample; timeline.draw(); }

function told(message) {
  timeline.segments = message.segments;
  current.version = message.version;
  timeline.chosen = Math.min(timeline.chosen, timeline.segments.length - 1);
  const exact = timeline.cache && !timeline.cache.exact ? "  (a part of the samples of each pixel; the rest is being looked at)" : "";
  title.textContent = `${current.file}: ${current.label}, ${current.seconds.toFixed(2)} s at ${current.rate_hz} Hz${exact}`;
  table.replaceChildren(el("tr", {}, ...["", "from", "to", "label"].map((text) => el("th", {}, text))), ...timeline.segments.slice(0, 500).map((one, i) => {
    const row = el("tr", { "data-segment": i, className: i === timeline.chosen ? "good" : "" }, el("td", {}, i === timeline.chosen ? "▸" : ""), el("td", { className: "number" }, one.start.toFixed(3)), el("td", { className: "number" }, one.end.toFixed(3)), el("td", {}, one.label || "?"));
    row.onclick = () => choose(i);
    return row;
  }));
  showLabels();
  timeline.draw();
}

async function save(segments, keep = null) {
  const sorted = [...segments].sort((a, b) => a.start - b.start || a.end - b.end);
  const answer = await post("/api/label/segments", { file: current.file, version: current.version, segments: sorted });
  if (keep) timeline.chosen = answer.segments.findIndex((one) => Math.abs(one.start - keep.start) < 1e-6 && Math.abs(one.end - keep.end) < 1e-6);
  told(answer);
}

function choose(i) {
  if (!timeline.segments.length) return;
  timeline.chosen = Math.max(0, Math.min(timeline.segments.length - 1, i));
  const one = chosen(), from = timeline.sample(one.start), to = timeline.sample(one.end);
  timeline.reveal(from, to);
  told({ segments: timeline.segments, version: current.version });
  play(current, from, to, follow);
}

const add = (from, to) => {
  const made = { start: Math.max(0, seconds(from)), end: Math.min(current.seconds, seconds(to)), label: "" };
  return save([...timeline.segments, made], made);
};

/** A mark, and with the second one a segment. */
const mark = (async () => {
  if (timeline.mark === null) { timeline.mark = timeline.cursor; timeline.draw(); return; }
  const [from, to] = [timeline.mark, timeline.cursor].sort((a, b) => a - b);
  timeline.mark = null;
  if (to > from) await add(from, to);
});

const change = (async (edit) => {
  const one = chosen();
  if (!one) return;
  const made = { ...one, ...edit(one) };
  made.start = Math.max(0, made.start);
  made.end = Math.min(current.seconds, Math.max(made.start + 1 / current.rate_hz, made.end));
  await save(timeline.segments.map((each) => (each === one ? made : each)), made);
});

/** The segment that is chosen; without one the recording, and the next is opened. */
async function name(label) {
  if (chosen()) return change(() => ({ label }));
  if (!current) return;
  await post("/api/label/relabel", { file: current.file, label });
  await step(1);
}

async function step(by) {
  const at = shown.findIndex((one) => one.file === current?.file) + by;
  if (at >= 0 && at < shown.length) await open(shown[at].file);
}

const candidates = (async () => {
  const found = (await get("/api/label/candidates", { file: current.file })).candidates;
  const free = found.filter((one) => !timeline.segments.some((each) => each.start < one.end && one.start < each.end));
  if (!free.length) return complain("the gate found nothing that has no segment yet");
  await save([...timeline.segments, ...free]);
  choose(timeline.segments.findIndex((one) => one.start === free[0].start));
});

const undo = (async () => told(await post("/api/label/undo", { file: current.file, version: current.version })));
const remove = (async () => save(timeline.segments.filter((one, i) => i !== timeline.chosen)));
const cut = (async () => {
  const made = await post("/api/label/cut", { file: current.file });
  say(`${made.count} recordings were written to ${made.folder}`);
});

function toggle() {
  if (isPlaying()) return halt();
  const one = chosen(), end = timeline.view[1];
  if (one) play(current, timeline.sample(one.start), timeline.sample(one.end), follow);
  else play(current, timeline.cursor >= end - 1 ? timeline.view[0] : timeline.cursor, end, follow);
}

async function take(files) {
  for (const file of files) {
    if (file.name.endsWith(".txt")) {
      told(await post("/api/label/audacity", { file: current?.file ?? "", version: current?.version ?? "", text: await file.text() }));
      continue;
    }
    const said = Object.fromEntries(Object.entries(dropInputs).map(([key, input]) => [key, input.value.trim()]));
    await upload("/api/label/upload", { name: file.name, ...said }, file);
    complain("");
  }
  await refresh();
}

function keyed(event) {
  const { key } = event, known = JSON.parse(labelsPlace.dataset.known || "[]")[Number(key) - 1];
  const few = current ? Math.max(1 / current.rate_hz, seconds(timeline.view[1] - timeline.view[0]) / 100) : 0;
  if (key === "ArrowDown") inOrder(step)(1);
  else if (key === "ArrowUp") inOrder(step)(-1);
  else if (key === "/") filter.focus();
  else if (!current) return false;
  else if (key === "ArrowRight" && event.shiftKey) inOrder(change)((one) => ({ start: one.start + few, end: one.end + few }));
  else if (key === "ArrowLeft" && event.shiftKey) inOrder(change)((one) => ({ start: one.start - few, end: one.end - few }));
  else if (key === "ArrowRight") { timeline.scroll(0.25); timeline.cursor = (timeline.view[0] + timeline.view[1]) / 2; }
  else if (key === "ArrowLeft") { timeline.scroll(-0.25); timeline.cursor = (timeline.view[0] + timeline.view[1]) / 2; }
  else if (key === ",") { timeline.cursor = Math.max(0, timeline.cursor - few * current.rate_hz); timeline.draw(); }
  else if (key === ".") { timeline.cursor = Math.min(current.samples, timeline.cursor + few * current.rate_hz); timeline.draw(); }
  else if (key === "[") inOrder(change)((one) => ({ start: Math.min(seconds(timeline.cursor), one.end) }));
  else if (key === "]") inOrder(change)((one) => ({ end: Math.max(seconds(timeline.cursor), one.start) }));
  else if (key === "+" || key === "=") timeline.zoom(0.5);
  else if (key === "-") timeline.zoom(2);
  else if (key === "Home") timeline.look(0, timeline.view[1] - timeline.view[0]);
  else if (key === "End") timeline.look(current.samples, timeline.view[1] - timeline.view[0]);
  else if (key === " ") toggle();
  else if (key === "m") inOrder(mark)();
  else if (key === "n") inOrder(async () => choose(timeline.chosen + 1))();
  else if (key === "p") inOrder(async () => choose(timeline.chosen - 1))();
  else if (key === "Escape") { timeline.chosen = -1; timeline.mark = null; told({ segments: timeline.segments, version: current.version }); }
  else if (key === "Enter") { nameInput.value = chosen()?.label ?? current.label; nameInput.focus(); nameInput.select(); }
  else if (key === "Delete" || key === "Backspace") inOrder(remove)();
  else if (key === "u" || (key === "z" && event.ctrlKey)) inOrder(undo)();
  else if (key === "c") inOrder(candidates)();
  else if (known) inOrder(name)(known);
  else return false;
  return true;
}

export default {
  async mount(section) {
    filter = el("input", { type: "search", placeholder: "filter", "aria-label": "filter" });
    list = el("div", { className: "list", id: "recordings" });
    title = el("h2", { id: "label-title" }, "Choose a recording");
    table = el("table", { id: "segments" });
    labelsPlace = el("div", { className: "row", id: "labels" });
    nameInput = el("input", { id: "label-name", "aria-label": "name of the segment or recording", placeholder: "name" });
    dropInputs = { label: el("input", { value: "unlabelled" }), subject: el("input", { value: "unknown" }), session: el("input", { value: "dropped" }), rate_hz: el("input", { value: "100", type: "number" }) };
    const chooser = el("input", { type: "file", multiple: true, id: "label-files", accept: ".wav,.flac,.csv,.txt" });
    const button = (text, action, id) => { const made = el("button", { type: "button", id }, text); made.onclick = inOrder(async () => action()); return made; };
    const out = button("Audacity labels out", () => current && (location.href = "/api/label/audacity?" + new URLSearchParams({ file: current.file })), "label-out");
    const time = el("div");
    section.append(el("div", { className: "columns" },
      el("div", {}, filter, list, el("details", { className: "card" }, el("summary", {}, "Files of your own (or drop them here)"),
        el("div", { className: "row" }, field("Label", dropInputs.label), field("Subject", dropInputs.subject), field("Session", dropInputs.session), field("Rate of CSV, Hz", dropInputs.rate_hz), chooser))),
      el("div", { className: "card" }, title, time, el("div", { className: "row", style: "margin-top: .5rem" }, nameInput, button("Propose", candidates, "label-propose"), button("Undo", undo, "label-undo"), button("Cut into recordings", cut, "label-cut"), out), labelsPlace, el("div", { className: "wide" }, table))));
    timeline = new Timeline(time, ({ at, from, to }) => {
      if (at === undefined) return inOrder(add)(from, to);
      timeline.cursor = at;
      const inside = timeline.segments.findIndex((one) => timeline.sample(one.start) <= at && at <= timeline.sample(one.end));
      timeline.chosen = inside;
      told({ segments: timeline.segments, version: current.version });
      return undefined;
    });
    filter.oninput = narrow;
    nameInput.addEventListener("keydown", (event) => { if (event.key === "Enter") { nameInput.blur(); if (nameInput.value.trim()) inOrder(name)(nameInput.value.trim()); } });
    chooser.onchange = inOrder(() => take(chooser.files));
    section.ondragover = (event) => { event.preventDefault(); section.classList.add("drop"); };
    section.ondragleave = () => section.classList.remove("drop");
    section.ondrop = (event) => { event.preventDefault(); section.classList.remove("drop"); inOrder(take)(event.dataTransfer.files); };
    on("segments", (message) => { if (current?.file === message.file && current.version !== message.version) told(message); });
    on("relabelled", ({ files, label }) => { for (const one of all) if (files.includes(one.file)) one.label = label; if (current && files.includes(current.file)) current.label = label; narrow(); });
    on("exact", ({ path }) => { if (current?.path === path) timeline.fetch().then(() => told({ segments: timeline.segments, version: current.version })); });
    on("take", quietly(refresh));
    on("added", quietly(refresh));
    await quietly(refresh)();
  },
  shown() {
    keys([["↑ ↓", "recording"], ["← →", "scroll"], ["+ −", "zoom"], ["space", "play"], ["m m", "segment"], ["n p", "next, previous segment"], ["1–9 Enter", "name"], ["[ ]", "edges"], ["Shift ← →", "move"], ["Del", "remove"], ["c", "propose"], ["u", "undo"]]);
    quietly(refresh)();
  },
  hidden() { halt(); },
  key: keyed,
};
/** For other panels. */
export { open };
