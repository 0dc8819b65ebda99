// Live classification: scores, events, and what the firmware measures of itself.

import { el, field, get, keys, post, quietly, say } from "../api.js";
import { plot } from "../plot.js";
import { on } from "../stream.js";
import { show, state } from "../streams.js";

const SECONDS = 12, MOST = 2000;
let place, scoresPlace, made = null, labels = [], rows = [], windowUs = 0, changed = false, shown = false;
let events, told, inputs, info = null, telemetry = null, chosen = 0;

async function scores(message) {
  if (message.labels.join() !== labels.join()) {
    labels = message.labels;
    rows = [];
    made?.remove();
    scoresPlace.replaceChildren();
    made = await plot(scoresPlace, { names: labels, height: 220, y: "score of 255", range: [0, 255], xRange: [-SECONDS, 0] });
  }
  for (const row of message.scores) rows.push([message.time_us, row]);
  if (rows.length > MOST) rows.splice(0, rows.length - MOST);
  if (rows.length > 2) windowUs = rows.at(-1)[0] - rows.at(-2)[0];
  changed = true;
}

function draw() {
  if (!shown) return;
  if (changed && made && rows.length) {
    changed = false;
    const now = rows.at(-1)[0], kept = rows.filter(([at]) => at > now - SECONDS * 1e6 && at <= now);
    made.set([kept.map(([at]) => (at - now) / 1e6), ...labels.map((_, i) => kept.map(([, row]) => row[i]))]);
  }
  requestAnimationFrame(draw);
}

const ms = (us) => `${(us / 1000).toFixed(2)} ms`;
const cycles = (one) => `${one.last.toLocaleString("en")} (at most ${one.max.toLocaleString("en")})`;

function tell() {
  const lines = [];
  if (info) lines.push(["model", info.model ? `${info.model.name} ${info.model.hash}` : "none"], ["last start", info.reset]);
  if (telemetry) {
    const t = telemetry, last = events.firstChild?.dataset.latency;
    lines.push(["windows", t.windows], ["events", t.events],
      ["missed deadlines", t.missed, t.missed], ["samples lost by the sensor", t.overruns, t.overruns], ["frames without room", t.dropped, t.dropped],
      ["latency of the last event", last ? ms(Number(last)) : "none yet"],
      ["cycles: front end", cycles(t.frontend)], ["cycles: inference", cycles(t.inference)], ["cycles: decision", cycles(t.decide)],
      ["stack at the deepest", `${t.stack}${info?.stack ? ` of ${info.stack}` : ""} B`], ["arena used", t.arena ? `${t.arena} B` : "not told"],
      ["gate", t.gate ? `${t.gate.open ? "open" : "closed"}, open ${(100 * t.gate_duty).toFixed(1)} % of the time, ${t.asleep} windows asleep` : "none"],
      ["processor awake", t.duty === null ? "not told" : `${(100 * t.duty).toFixed(1)} %`],
      ["sensor", t.health?.reasons?.length ? t.health.reasons.join(", ") : "believed", t.health?.reasons?.length]);
  }
  told.replaceChildren(...lines.map(([name, value, bad]) => el("tr", {}, el("td", { className: "dim" }, name), el("td", { className: bad ? "bad" : "" }, String(value)))));
}

function event(message) {
  const row = el("button", { type: "button", "data-latency": message.latency_us, "data-time": message.time_us, "data-label": message.label },
    el("span", {}, `${(message.time_us / 1e6).toFixed(2)} s  ${message.label}`), el("span", { className: "dim" }, `score ${message.score}, ${ms(message.latency_us)}`));
  row.onclick = () => { chosen = [...events.children].indexOf(row); mark(); };
  events.prepend(row);
  while (events.childElementCount > 100) events.lastChild.remove();
  chosen = 0;
  mark();
}

const mark = () => [...events.children].forEach((one, i) => one.setAttribute("aria-current", i === chosen));

const wrong = quietly(async () => {
  const one = events.children[chosen];
  const said = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.type === "number" ? Number(input.value) : input.value.trim()]));
  const answer = await post("/api/classify/wrong", { ...said, time_us: one ? Number(one.dataset.time) : 0 });
  say(`${answer.seconds} s are kept as ${answer.label}`);
});

export default {
  async mount(section) {
    scoresPlace = el("div", { id: "scores" });
    events = el("div", { className: "list", id: "events", style: "max-height: 22rem" });
    told = el("table", { id: "telemetry" });
    place = el("div", { className: "half" });
    inputs = { label: el("input", { value: "none", id: "wrong-label" }), subject: el("input", { value: "" }), window: el("input", { type: "number", value: "2", min: 0.1, max: 30, step: "any" }), before: el("input", { type: "number", value: "1", min: 0, max: 30, step: "any" }) };
    const button = el("button", { type: "button", className: "main", id: "wrong" }, "That was wrong (w)");
    button.onclick = wrong;
    section.append(
      el("div", { className: "card" }, el("h2", {}, "Scores"), scoresPlace),
      el("div", { className: "half" },
        el("div", { className: "card" }, el("h2", {}, "Events"), el("div", { className: "row" }, button, field("It was", inputs.label), field("Subject", inputs.subject), field("Window, s", inputs.window), field("Pre-roll, s", inputs.before)), events),
        el("div", { className: "card" }, el("h2", {}, "The board says of itself"), told)), place);
    on("board", (message) => {
      if (message.what === "scores") scores(message);
      else if (message.what === "event") { event(message); tell(); }
      else if (message.what === "telemetry") { telemetry = message; tell(); }
      else if (message.what === "info") { info = message; tell(); }
      else if (message.what === "health" && telemetry) { telemetry.health = message; tell(); }
    });
    on("take", (message) => say(message.text));
    if (state.said?.open && state.said.format === "thimble") {
      const seen = await get("/api/classify").catch(() => null);
      for (const one of seen?.events ?? []) event(one);
    }
  },
  shown() {
    shown = true;
    show(place);
    keys([["w", "that was wrong"], ["↑ ↓", "events"]]);
    requestAnimationFrame(draw);
  },
  hidden() { shown = false; show(null); },
  key({ key }) {
    if (key === "w") wrong();
    else if (key === "ArrowDown" || key === "ArrowUp") { chosen = Math.max(0, Math.min(events.childElementCount - 1, chosen + (key === "ArrowDown" ? 1 : -1))); mark(); }
    else return false;
    return true;
  },
};
