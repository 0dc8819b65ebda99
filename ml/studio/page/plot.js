// uPlot, where it is, with the page's colours. Without it a line says what is missing.

import { el } from "./api.js";

export const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#4b77be", "#a33b20", "#5b5b9f", "#1fa2c4", "#7a9a01", "#b0508c", "#6e6e6e"]; // Okabe and Ito
let loaded = null;

/** Resolves to uPlot, or null where it was never fetched. */
export function uPlot() {
  loaded ??= new Promise((resolve) => {
    const script = el("script", { src: "uplot/uPlot.iife.min.js" });
    script.onload = () => resolve(window.uPlot);
    script.onerror = () => resolve(null);
    document.head.append(el("link", { rel: "stylesheet", href: "uplot/uPlot.min.css" }), script);
  });
  return loaded;
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const resolved = (name) => {
  const probe = el("i", { style: `color: var(${name})` });
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found || colour(name);
};

/** A plot in `place`, as wide as that. names: of the series after x. Returns {set(data), marker(x)} or null. */
export async function plot(place, { names, height = 160, x = "", y = "", range = null, xRange = null, log = false, onClick = null, bands = false }) {
  const Plot = await uPlot();
  if (!Plot) {
    place.replaceChildren(el("p", { className: "warn" }, "Plots need uPlot, which was not fetched. Run `make setup` once with a network, then load this page again."));
    return null;
  }
  const ink = resolved("--dim"), grid = { stroke: resolved("--line"), width: 1 };
  const axis = (label, size) => ({ label: label || undefined, stroke: ink, grid, ticks: grid, font: "12px system-ui", labelFont: "12px system-ui", size, labelSize: 18 });
  const made = new Plot({
    width: Math.max(200, place.clientWidth), height,
    legend: { show: names.length > 1, live: false },
    cursor: { show: onClick !== null, drag: { x: false, y: false } },
    scales: { x: { time: false, range: xRange ?? undefined, distr: log ? 3 : 1 }, y: { range: range ?? undefined } },
    axes: [axis(x, x ? 44 : 28), axis(y, 54)],
    series: [{}, ...names.map((name, i) => ({ label: name, stroke: COLOURS[i % COLOURS.length], width: 1.3, points: { show: false }, spanGaps: false }))],
    hooks: onClick ? { ready: [(u) => u.over.addEventListener("click", () => u.cursor.idx != null && onClick(u.cursor.idx))] } : {},
  }, [new Float64Array(0), ...names.map(() => new Float64Array(0))], place);
  const watcher = new ResizeObserver(() => place.clientWidth && made.setSize({ width: place.clientWidth, height }));
  watcher.observe(place);
  return { set: (data) => made.setData(data), remove: () => { watcher.disconnect(); made.destroy(); }, raw: made };
}
