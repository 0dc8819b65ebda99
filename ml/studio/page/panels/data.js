// Look at the data: what is there, what is wrong with it, what is alike.

import { complain, el, field, get, keys, quietly } from "../api.js";
import { halt, play } from "../player.js";
import { COLOURS } from "../plot.js";
import { on } from "../stream.js";

let counts, told, canvas, hint, method, app, said, points = [], doubtful = new Map(), stale = true, chosen = -1, finding = -1;
const SIZE = 420;

/** Plays a stretch of a recording; without one, its beginning. Other panels use it too. */
export const hear = quietly(async (file, start = 0, end = null) => {
  const info = await get("/api/label/open", { file });
  play(info, start, end ?? Math.min(info.samples, 10 * info.rate_hz));
});

function table(found) {
  const labels = [...new Set(found.cells.map((one) => one.label))], subjects = [...new Set(found.cells.map((one) => one.subject))];
  const count = (label, subject) => found.cells.find((one) => one.label === label && one.subject === subject)?.count ?? 0;
  counts.replaceChildren(
    el("tr", {}, el("th", {}, "label"), ...subjects.slice(0, 40).map((one) => el("th", { className: "number" }, one)), el("th", { className: "number" }, "all"), el("th", { className: "number" }, "s")),
    ...labels.map((label) => {
      const row = subjects.map((subject) => count(label, subject));
      return el("tr", {}, el("td", {}, label), ...row.slice(0, 40).map((one) => el("td", { className: one ? "number" : "number dim" }, String(one))), el("td", { className: "number" }, String(row.reduce((a, b) => a + b, 0))), el("td", { className: "number" }, (found.seconds[label] ?? 0).toFixed(1)));
    }));
}

function list(found) {
  doubtful = new Map(found.told.filter((one) => one.file).map((one) => [one.file, one]));
  said.textContent = `${found.recordings} recordings, ${found.unusable} unusable; ${Object.entries(found.kinds).map(([kind, count]) => `${count} ${kind}`).join(", ") || "no findings"}`;
  told.replaceChildren(...found.told.slice(0, 1000).map((one) => {
    const made = el("button", { type: "button", "data-kind": one.kind }, el("span", { className: one.unusable ? "bad" : "warn", style: "white-space: nowrap" }, one.kind), el("span", {}, one.file || "the whole"), el("span", { className: "dim" }, one.text));
    made.onclick = () => { for (const each of told.children) each.setAttribute("aria-current", each === made); if (one.file) { hear(one.file); chosen = points.findIndex((point) => point.file === one.file); draw(); } };
    return made;
  }));
  if (!found.told.length) told.append(el("p", { className: "good", style: "padding: .5rem" }, "Nothing is wrong that a check can see."));
}

const LEGEND = 130;
const place = (point, box, width) => [LEGEND + ((point.x - box[0]) / (box[1] - box[0] || 1)) * (width - LEGEND - 20), 20 + ((point.y - box[2]) / (box[3] - box[2] || 1)) * (SIZE - 40)];
const bounds = () => points.reduce(([a, b, c, d], { x, y }) => [Math.min(a, x), Math.max(b, x), Math.min(c, y), Math.max(d, y)], [Infinity, -Infinity, Infinity, -Infinity]);

function draw() {
  const ratio = devicePixelRatio || 1, width = canvas.clientWidth;
  canvas.width = width * ratio; canvas.height = SIZE * ratio;
  const context = canvas.getContext("2d"), ink = getComputedStyle(canvas).color;
  context.scale(ratio, ratio);
  const labels = [...new Set(points.map((one) => one.label))].sort(), box = bounds();
  points.forEach((point, i) => {
    const [x, y] = place(point, box, width);
    context.fillStyle = COLOURS[labels.indexOf(point.label) % COLOURS.length];
    context.beginPath();
    context.arc(x, y, i === chosen ? 7 : 3.5, 0, 7);
    context.fill();
    const mark = doubtful.get(point.file)?.kind;
    if (i === chosen || mark === "label" || mark === "duplicate") { context.strokeStyle = ink; context.lineWidth = i === chosen ? 2.5 : 1.2; context.stroke(); }
  });
  context.font = "12px system-ui";
  labels.slice(0, 20).forEach((label, i) => { context.fillStyle = COLOURS[i % COLOURS.length]; context.fillRect(8, 8 + 16 * i, 9, 9); context.fillStyle = ink; context.fillText(label, 21, 17 + 16 * i); });
}

function pick(event) {
  const box = bounds(), area = canvas.getBoundingClientRect();
  let best = 20 ** 2;
  chosen = -1;
  points.forEach((point, i) => {
    const [x, y] = place(point, box, area.width), distance = (x - event.clientX + area.left) ** 2 + (y - event.clientY + area.top) ** 2;
    if (distance < best) [best, chosen] = [distance, i];
  });
  listen();
}

function listen() {
  draw();
  const point = points[chosen];
  if (!point) return;
  const mark = doubtful.get(point.file);
  hint.textContent = `${point.file}: ${point.label}, ${point.subject}${mark ? `; ${mark.text}` : ""}`;
  hear(point.file, point.start, point.end);
}

let asked = 0; // of several maps the last that was asked for is shown

const chart = quietly(async () => {
  const mine = ++asked;
  hint.textContent = "computing the map";
  const made = await get("/api/data/map", { app: app.value, method: method.value }).catch((error) => { hint.textContent = error.message; complain(""); return null; });
  if (mine !== asked) return;
  points = made?.points ?? [];
  chosen = -1;
  if (made) hint.textContent = `${made.what}; ringed: labels in doubt and near duplicates. A click plays.`;
  document.body.dataset.points = points.length;
  draw();
});

const look = quietly(async () => {
  stale = false;
  said.textContent = "checking the recordings";
  const found = await get("/api/data/findings").catch((error) => { said.textContent = error.message; complain(""); return null; });
  if (!found) { stale = true; return; }
  table(found);
  list(found);
  document.body.dataset.looked = "yes";
  await chart();
});

export default {
  async mount(section) {
    counts = el("table", { id: "counts" });
    told = el("div", { className: "list", id: "findings", style: "max-height: 20rem" });
    said = el("p", { role: "status", id: "data-said", className: "dim" });
    canvas = el("canvas", { style: `height: ${SIZE}px`, id: "map", tabIndex: 0, "aria-label": "map of the data; arrow keys go from point to point" });
    hint = el("p", { className: "dim", role: "status", id: "map-said" });
    app = el("select", { id: "map-app" }, el("option", { value: "" }, "whole recordings"), ...["gesture_recognition", "fall_detection", "keyword_spotting", "vibration_anomaly"].map((one) => el("option", { value: one }, `windows of ${one}`)));
    method = el("select", {}, el("option", { value: "pca" }, "principal components"), el("option", { value: "tsne" }, "t-SNE (slower)"));
    const again = el("button", { className: "main", id: "look" }, "Check again");
    again.onclick = look;
    app.onchange = method.onchange = chart;
    canvas.onclick = pick;
    section.append(el("div", { className: "row" }, again, said), el("div", { className: "half" },
      el("div", { className: "card" }, el("h2", {}, "Map"), el("div", { className: "row" }, field("Points", app), field("Laid out by", method)), canvas, hint),
      el("div", {}, el("div", { className: "card" }, el("h2", {}, "Recordings by label and subject"), el("div", { className: "wide" }, counts)), el("div", { className: "card" }, el("h2", {}, "Findings"), told))));
    new ResizeObserver(() => points.length && draw()).observe(canvas);
    for (const kind of ["take", "added", "relabelled"]) on(kind, () => (stale = true));
  },
  shown() {
    keys([["← →", "points of the map"], ["↑ ↓", "findings"], ["r", "check again"], ["Esc", "quiet"]]);
    if (stale) look();
  },
  hidden() { halt(); },
  key({ key }) {
    if (key === "ArrowRight" || key === "ArrowLeft") { chosen = (chosen + (key === "ArrowRight" ? 1 : points.length - 1)) % Math.max(1, points.length); listen(); }
    else if (key === "ArrowDown" || key === "ArrowUp") { finding = Math.max(0, Math.min(told.children.length - 1, finding + (key === "ArrowDown" ? 1 : -1))); told.children[finding]?.click?.(); told.children[finding]?.scrollIntoView({ block: "nearest" }); }
    else if (key === "r") look();
    else if (key === "Escape") halt();
    else return false;
    return true;
  },
};
