// Train and judge: commands, confusion, trade-off, streams.

import { complain, el, field, get, keys, post, quietly, say } from "../api.js";
import { halt } from "../player.js";
import { plot } from "../plot.js";
import { on } from "../stream.js";
import { hear } from "./data.js";

let app, command, data, quick, model, judgeData, log, matrix, cell, slider, figures, strip, alarms, curve, told = null, times = null, offered, job = 0, alarm = -1, shipped = true;

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const options = (select, values, keep = select.value) => { select.replaceChildren(...values.map((value) => el("option", { value }, value))); if (values.includes(keep)) select.value = keep; };

const offer = quietly(async () => {
  offered = await get("/api/judge/offers");
  options(app, offered.apps);
  options(command, offered.commands);
  options(data, [...offered.data, "simulated"]);
  options(judgeData, offered.data);
  options(model, offered.models[app.value]);
});

function progress(message) {
  if (!/^(run|shrink|search) /.test(message.title)) return;
  job = message.status === null ? message.job : 0;
  log.hidden = false;
  log.textContent = `${message.title}: ${message.status === null ? "running" : message.status === 0 ? "done" : `ended with status ${message.status}`}\n${message.lines.join("\n")}`;
  log.scrollTop = log.scrollHeight;
  document.body.dataset.job = message.status === null ? "running" : String(message.status);
  if (message.status === 0) offer();
}

const judge = quietly(async () => {
  document.body.dataset.judged = "";
  figures.textContent = "judging: front end, model and decision in C, every recording";
  told = await post("/api/judge", { app: app.value, data: judgeData.value, model: model.value }).catch((error) => { figures.textContent = error.message; throw error; });
  confusion();
  cell.replaceChildren();
  await tradeOff();
  document.body.dataset.judged = "yes";
});

function confusion() {
  const found = told.recordings;
  if (!found) return matrix.replaceChildren(el("caption", {}, "no recordings of the model's classes"));
  const most = Math.max(1, ...found.confusion.flat());
  matrix.replaceChildren(
    el("caption", {}, `${found.right} of ${found.repetitions} right (${percent(found.accuracy)}); rows: what it was, columns: what the model said`),
    el("tr", {}, el("th"), ...told.labels.map((one) => el("th", { style: "writing-mode: vertical-rl; transform: rotate(180deg)" }, one))),
    ...found.confusion.map((row, truth) => el("tr", {}, el("th", {}, told.labels[truth]), ...row.map((count, answer) => {
      const made = el("button", { type: "button", "data-cell": `${truth},${answer}`, "aria-label": `${told.labels[truth]} taken for ${told.labels[answer]}: ${count}` }, count ? String(count) : "·");
      made.onclick = () => list(truth, answer);
      return el("td", { style: count ? `background: color-mix(in srgb, var(${truth === answer ? "--good" : "--bad"}) ${Math.round(15 + (50 * count) / most)}%, transparent)` : "" }, made);
    }))));
  return undefined;
}

/** A cell's recordings; the first plays at once. */
function list(truth, answer) {
  const found = told.windows.filter((one) => one.truth === truth && one.answer === answer);
  cell.replaceChildren(...found.map((one) => {
    const made = el("button", { type: "button", "data-file": one.file }, el("span", {}, one.file), el("span", { className: "dim" }, `${told.labels[truth]} → ${told.labels[answer]}, score ${one.score}`));
    made.onclick = () => { for (const each of cell.children) each.setAttribute("aria-current", each === made); hear(one.file, one.start ?? 0, one.end ?? null); };
    return made;
  }));
  cell.firstChild?.click();
}

async function tradeOff() {
  const some = told.streams !== null;
  for (const one of [slider, strip, alarms]) one.hidden = !some;
  if (!some) { figures.textContent = "no streams in this data set: whole takes with a column `active` make one"; return; }
  const points = told.rates.filter((one) => one.false_per_hour > 0);
  curve?.remove();
  const place = document.getElementById("det");
  place.replaceChildren();
  const sorted = [...points].sort((a, b) => a.false_per_hour - b.false_per_hour || b.miss_rate - a.miss_rate);
  curve = await plot(place, { names: ["missed, %"], height: 220, x: "false alarms an hour", y: "missed, %", log: sorted.length > 1, onClick: (i) => { slider.value = sorted[i].threshold; slide(); } });
  curve?.set([Float64Array.from(sorted, (one) => one.false_per_hour), Float64Array.from(sorted, (one) => 100 * one.miss_rate)]);
  slider.value = told.streams.trade_off.threshold;
  shipped = true;
  await tell();
}

const slide = quietly(async () => { shipped = false; await tell(); });

/** The figures of the slider's threshold, or as shipped: those of `ml evaluate`. */
async function tell() {
  const threshold = Number(slider.value), of = told.streams.trade_off, rate = told.rates[threshold];
  const [, hits, wrong] = of.points[threshold], all = told.streams.all;
  const made = shipped ? [`as shipped, thresholds ${told.thresholds.join(" ")}`, all.hits, all.movements, all.false_detections, all.false_per_hour]
    : [`threshold ${threshold} of 255`, hits, of.movements, wrong, rate.false_per_hour];
  figures.textContent = `${made[0]}: ${made[1]} of ${made[2]} found, ${made[3]} false alarms in ${of.hours.toFixed(2)} h (${Number(made[4]).toFixed(1)} an hour)`;
  Object.assign(figures.dataset, { threshold: shipped ? "shipped" : threshold, hits: made[1], wrong: made[3] });
  times = await get("/api/judge/timeline", { threshold: shipped ? -1 : threshold });
  alarm = -1;
  drawStreams();
}

const falseOnes = () => times.streams.flatMap((stream, s) => stream.detections.flatMap((one, d) => (one[3] === null ? [{ stream: s, detection: d, at: one[0], label: one[1], score: one[2], subject: stream.subject }] : [])));

function drawStreams() {
  const svg = (tag, attributes) => { const made = document.createElementNS("http://www.w3.org/2000/svg", tag); for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value); return made; };
  const wrong = falseOnes();
  strip.replaceChildren(...times.streams.slice(0, 60).map((stream, s) => {
    const made = svg("svg", { viewBox: `0 0 1000 22`, preserveAspectRatio: "none", style: "width: 100%; height: 22px; display: block; margin-bottom: 3px; background: var(--ground)" });
    const x = (at) => (1000 * at) / stream.seconds;
    for (const [from, to] of stream.truth) made.append(svg("rect", { x: x(from), y: 0, width: Math.max(1, x(to) - x(from)), height: 22, fill: "var(--accent)", opacity: 0.35 }));
    stream.detections.forEach(([at, , , hit], d) => {
      const current = wrong[alarm]?.stream === s && wrong[alarm]?.detection === d;
      made.append(svg("rect", { x: x(at), y: hit === null ? 0 : 11, width: current ? 6 : 2, height: 11, fill: hit === null ? "var(--bad)" : "var(--good)" }));
    });
    return el("div", {}, el("span", { className: "dim" }, `${stream.subject}, ${(stream.seconds / 60).toFixed(1)} min`), made);
  }));
  alarms.replaceChildren(...wrong.slice(0, 500).map((one, i) => {
    const made = el("button", { type: "button", "data-alarm": i, "aria-current": i === alarm }, el("span", {}, `${one.label} at ${one.at.toFixed(2)} s of ${one.subject}`), el("span", { className: "dim" }, `score ${one.score}`));
    made.onclick = () => { alarm = i; drawStreams(); };
    return made;
  }));
  if (!wrong.length) alarms.append(el("p", { className: "good", style: "padding: .5rem" }, "No false alarms."));
  alarms.querySelector('[aria-current="true"]')?.scrollIntoView({ block: "nearest" });
}

/** The alarm that is chosen goes to the data set as what is none of the events, and the next is chosen. */
const negative = quietly(async () => {
  const one = falseOnes()[Math.max(0, alarm)];
  if (!one) return;
  const made = await post("/api/judge/negative", { stream: one.stream, detection: one.detection, threshold: shipped ? -1 : Number(slider.value) });
  say(`${made.file} is in the data set, labelled ${made.label}`);
  document.body.dataset.negative = made.file;
  alarm = Math.min(falseOnes().length - 1, Math.max(0, alarm) + 1);
  drawStreams();
});

const write = quietly(async () => {
  const made = await post("/api/judge/thresholds", { threshold: Number(slider.value) });
  say(`${made.board} has the thresholds ${made.thresholds.join(" ")} until it restarts`);
  document.body.dataset.thresholds = made.thresholds.join(" ");
});

export default {
  async mount(section) {
    [app, command, data, model, judgeData] = ["app", "command", "data", "model", "judge-data"].map((name) => el("select", { id: `judge-${name}` }));
    quick = el("input", { type: "checkbox", id: "quick" });
    log = el("pre", { className: "log", hidden: true, id: "job-log", tabIndex: 0 });
    matrix = el("table", { className: "matrix", id: "confusion" });
    cell = el("div", { className: "list", id: "cell", style: "max-height: 14rem" });
    slider = el("input", { type: "range", min: 0, max: 255, id: "threshold", hidden: true, style: "width: 100%", "aria-label": "threshold" });
    figures = el("p", { id: "figures", role: "status" });
    strip = el("div", { id: "strip" });
    alarms = el("div", { className: "list", id: "alarms", style: "max-height: 14rem" });
    const button = (text, action, id, main = false) => { const made = el("button", { type: "button", id, className: main ? "main" : "" }, text); made.onclick = action; return made; };
    const train = quietly(() => post("/api/judge/train", { app: app.value, command: command.value, data: data.value, quick: quick.checked }));
    const stop = quietly(() => job && post("/api/jobs/stop", { job }));
    app.onchange = () => options(model, offered.models[app.value]);
    slider.oninput = slide;
    section.append(
      el("div", { className: "card" }, el("div", { className: "row" }, field("Application", app), field("Command", command), field("Data", data), el("label", {}, "Quick", quick), button("Train", train, "train", true), button("Stop", stop, "stop"),
        field("Model", model), field("Judged by", judgeData), button("Judge", judge, "judge-go", true)), log),
      el("div", { className: "half" },
        el("div", { className: "card" }, el("h2", {}, "Confusion"), el("div", { className: "wide" }, matrix), cell),
        el("div", { className: "card" }, el("h2", {}, "Missed against false alarms"), el("div", { id: "det" }), slider, figures, el("div", { className: "row" }, button("Write thresholds to the board (w)", write, "write")))),
      el("div", { className: "card" }, el("h2", {}, "Streams: blue happened, green was found, red is a false alarm"), strip, el("div", { className: "row", style: "margin-top: .5rem" }, button("Keep as a negative (n)", negative, "negative")), alarms));
    on("job", progress);
    on("job_line", ({ job: number, line }) => { if (number === job) { log.append(`\n${line}`); log.scrollTop = log.scrollHeight; } });
    await offer();
    for (const one of (await get("/api/jobs")).jobs) progress(one);
    complain("");
    const [, asked] = location.hash.split("/");
    if (offered.apps.includes(asked) && offered.data.length) { app.value = asked; options(model, offered.models[asked]); judge(); }
  },
  shown() {
    keys([["j", "judge"], ["← →", "threshold"], ["↑ ↓", "false alarms"], ["n", "negative"], ["w", "to the board"], ["s", "as shipped"]]);
    offer();
  },
  hidden() { halt(); },
  key({ key, target }) {
    if (key === "j") judge();
    else if (!told?.streams) return false;
    else if ((key === "ArrowLeft" || key === "ArrowRight") && target !== slider) { slider.value = Number(slider.value) + (key === "ArrowRight" ? 1 : -1); slide(); }
    else if (key === "ArrowDown" || key === "ArrowUp") { alarm = Math.max(0, Math.min(falseOnes().length - 1, alarm + (key === "ArrowDown" ? 1 : -1))); drawStreams(); }
    else if (key === "n") negative();
    else if (key === "w") write();
    else if (key === "s") { shipped = true; quietly(tell)(); }
    else return false;
    return true;
  },
};
