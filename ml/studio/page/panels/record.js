// Record: takes, one after the other, all by keyboard. What is written is tools/collect.py's.

import { el, field, get, keys, post, quietly } from "../api.js";
import { on } from "../stream.js";
import { show, state } from "../streams.js";

const FIELDS = [
  ["labels", "Labels (commas between)", { value: "" }],
  ["subject", "Subject", { value: "" }],
  ["session", "Session", { value: "" }],
  ["seconds", "Seconds (0: until space)", { type: "number", value: "2", min: 0, max: 86400, step: "any" }],
  ["repeat", "Repeat", { type: "number", value: "1", min: 1, max: 100000 }],
  ["countdown", "Countdown, s", { type: "number", value: "3", min: 0, max: 60, step: "any" }],
  ["trigger", "Trigger (level=-30, motion=0.3)", { value: "", placeholder: "none" }],
  ["before", "Pre-roll, s", { type: "number", value: "0", min: 0, max: 60, step: "any" }],
  ["source", "Source", { value: "" }],
  ["licence", "Licence", { value: "" }],
];
const NUMBERS = new Set(["seconds", "repeat", "countdown", "before"]);
const inputs = new Map();
let place, stateText, labels, takes, wanted = "";

const form = () => Object.fromEntries([...inputs].map(([name, input]) => [name, NUMBERS.has(name) ? Number(input.value) : input.value.trim()]));

/** The form goes to the server when it has changed since. */
async function sit() {
  const filled = JSON.stringify(form());
  if (filled === wanted && state.said?.labels?.length) return;
  await post("/api/record/sit", form());
  wanted = filled;
}

const toggle = quietly(async () => {
  if (!state.said?.recording && !state.said?.left) await sit();
  await post("/api/record/toggle");
});

const choose = quietly(async (label) => { await sit(); await post("/api/record/choose", { label }); });

function tell(message) {
  if (!message.open) { stateText.textContent = "no board: connect one on Live"; stateText.className = "state dim"; return; }
  stateText.textContent = message.state || "ready";
  stateText.className = message.recording ? "state recording" : "state";
  const buttons = message.labels.map((label, i) => {
    const made = el("button", { className: label === message.label ? "main" : "", "aria-pressed": label === message.label }, `${i + 1} ${label}`);
    made.onclick = () => choose(label);
    return made;
  });
  if (labels.textContent !== buttons.map((one) => one.textContent).join("") || labels.dataset.label !== message.label) labels.replaceChildren(...buttons);
  labels.dataset.label = message.label;
}

function say(text, bad = false) {
  takes.prepend(el("li", { className: bad ? "bad" : "" }, text));
  while (takes.childElementCount > 200) takes.lastChild.remove();
}

const relabel = quietly(async () => {
  const label = prompt("New label of the last take");
  if (label) say((await post("/api/record/relabel", { label })).said);
});
const discard = quietly(async () => say((await post("/api/record/discard")).said));

export default {
  async mount(section) {
    for (const [name, , properties] of FIELDS) inputs.set(name, el("input", { id: `record-${name}`, ...properties }));
    const kept = await quietly(get)("/api/record/kept");
    if (kept) for (const name of ["subject", "session"]) inputs.get(name).value = kept[name];
    const button = el("button", { className: "main", id: "record-toggle" }, "Record / stop");
    button.onclick = toggle;
    const apply = el("button", { id: "record-sit" }, "Use these");
    apply.onclick = quietly(async () => { wanted = ""; await sit(); });
    stateText = el("p", { className: "state", role: "status", id: "record-state" }, "ready");
    labels = el("div", { className: "row", id: "record-labels" });
    takes = el("ul", { id: "record-takes", className: "list", style: "max-height: 14rem; margin: 0; padding: .3rem 1.5rem" });
    place = el("div", { className: "half" });
    section.append(
      el("div", { className: "card" }, el("div", { className: "row" }, ...FIELDS.map(([name, title]) => field(title, inputs.get(name))), apply, button), labels, stateText),
      el("div", { className: "card" }, el("h2", {}, "Takes"), takes), place);
    for (const input of inputs.values()) input.addEventListener("keydown", (event) => { if (event.key === "Enter") { apply.click(); input.blur(); } });
    on("live", tell);
    on("take", (message) => say(message.text, !message.whole));
    if (state.said) tell(state.said);
  },
  shown() {
    show(place);
    keys([["space", "record, stop"], ["1–9", "label"], ["r", "re-label last"], ["d", "discard last"], ["l", "labels"], ["Enter", "use the form"], ["Esc", "leave a field"]]);
  },
  hidden() { show(null); },
  key(event) {
    const label = state.said?.labels?.[Number(event.key) - 1];
    if (event.key === " ") toggle();
    else if (label) choose(label);
    else if (event.key === "r") relabel();
    else if (event.key === "d") discard();
    else if (event.key === "l") inputs.get("labels").focus();
    else return false;
    return true;
  },
};
