// Every stream of the board as it comes: level, clipping, plot, and of sound a spectrogram. Panels show the same views.

import { el } from "./api.js";
import { plot } from "./plot.js";
import { Ring } from "./ring.js";
import { Spectrum } from "./spectrum.js";
import { on } from "./stream.js";

const SECONDS = 4;
const views = new Map();
let place = null;
export const state = { said: null, frames: 0, drawMs: 0 };

/** A view that is scrolled away is not drawn. */
const visible = new IntersectionObserver((entries) => {
  for (const entry of entries) for (const view of views.values()) if (view.place === entry.target) view.visible = entry.isIntersecting;
});

const scale = (stream, level) => (stream.audio ? (level + 96) / 96 : Math.min(1, level / 4));

/** One stream: head, meter, plot, and of sound its spectrogram. */
class View {
  constructor(stream) {
    this.stream = stream;
    this.ring = new Ring(stream.columns.length, SECONDS * stream.rate_hz);
    this.units = stream.columns.map(([, , perUnit]) => 1 / perUnit);
    this.words = el("span", { className: "dim" });
    this.bar = el("i");
    this.peak = el("b");
    this.meter = el("div", { className: "meter", role: "meter", "aria-label": `level of ${stream.name}` }, this.bar, this.peak);
    this.plotPlace = el("div");
    this.canvas = stream.audio ? el("canvas", { style: "height: 130px; margin-top: .4rem", "aria-label": `spectrogram of ${stream.name}` }) : null;
    this.spectrum = this.canvas ? new Spectrum(this.canvas) : null;
    this.place = el("div", { className: "card", "data-stream": stream.name }, el("h2", {}, stream.name, " ", this.words), this.meter, this.plotPlace, this.canvas);
    this.plot = null;
    this.changed = this.visible = true;
    visible.observe(this.place);
  }

  async build() {
    const groups = [...new Set(this.stream.columns.map(([, unit]) => unit))];
    this.plots = [];
    for (const unit of groups) {
      const indices = this.stream.columns.flatMap(([, one], i) => (one === unit ? [i] : []));
      const names = indices.map((i) => this.stream.columns[i][0]);
      const made = await plot(this.plotPlace, { names, y: unit, height: 150, range: this.stream.audio ? [-1, 1] : null, xRange: [-SECONDS, 0] });
      if (made) this.plots.push([indices, made]);
    }
  }

  add(block) {
    if (block.lost > 0) this.ring.skip(block.lost);
    this.ring.add(block.values, block.rows);
    if (this.spectrum) this.spectrum.add(block.values);
    this.changed = true;
  }

  draw() {
    if (!this.changed || !this.visible || !this.plots) return;
    this.changed = false;
    for (const [indices, made] of this.plots) {
      const pixels = Math.max(200, Math.min(700, this.plotPlace.clientWidth));
      let times = null;
      const drawn = indices.map((i) => {
        const [x, y] = this.ring.drawn(i, pixels);
        times ??= x.map((sample) => sample / this.stream.rate_hz);
        const unit = this.units[i];
        for (let k = 0; k < y.length; k++) y[k] *= unit;
        return y;
      });
      made.set([times, ...drawn]);
    }
    this.spectrum?.draw();
  }

  tell(stream) {
    const lost = stream.lost ? `, ${stream.lost} lost` : "";
    this.words.textContent = `${stream.found_hz} of ${stream.rate_hz} Hz  ${stream.words}${lost}${stream.clipped ? `, CLIPPED ${(100 * stream.clipped).toFixed(1)} %` : ""}`;
    this.words.className = stream.lost || stream.clipped ? "bad" : "dim";
    if (stream.level === null) return;
    this.bar.style.width = `${100 * Math.max(0, scale(stream, stream.level))}%`;
    this.peak.style.left = `${100 * Math.max(0, Math.min(0.995, scale(stream, stream.peak)))}%`;
    this.meter.classList.toggle("clipped", stream.clipped > 0);
  }
}

const key = (stream) => JSON.stringify([stream.name, stream.rate_hz, stream.columns]);

on("live", (message) => {
  state.said = message;
  if (!message.open) return;
  const now = new Set(message.streams.map(key));
  for (const [one, view] of views) {
    if (now.has(one)) continue;
    view.place.remove();
    view.plots?.forEach(([, made]) => made.remove());
    views.delete(one);
  }
  for (const stream of message.streams) {
    if (!views.has(key(stream))) {
      const view = new View(stream);
      views.set(key(stream), view);
      place?.append(view.place);
      if (place) view.build();
    }
    views.get(key(stream)).tell(stream);
  }
});

on("samples", (block) => {
  for (const view of views.values()) if (view.stream.name === block.name) return view.add(block);
});

function draw() {
  if (!place) return;
  const began = performance.now();
  for (const view of views.values()) view.draw();
  state.drawMs = performance.now() - began;
  state.frames += 1;
  requestAnimationFrame(draw);
}

/** Draws into `into` from now on; null: nothing is drawn. */
export function show(into) {
  const idle = place === null;
  place = into;
  if (!into) return;
  into.replaceChildren(...[...views.values()].map((view) => view.place));
  for (const view of views.values()) if (!view.plots) view.build();
  if (idle) requestAnimationFrame(draw);
}
