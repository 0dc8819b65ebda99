// A recording on a timeline: waveform or axes, spectrogram, segments, cursor. The server computes what a pixel shows.

import { bytes, el } from "./api.js";
import { COLOURS } from "./plot.js";
import { MAP } from "./spectrum.js";

const HEIGHT = 190, SPECTRUM = 130;
const LEAST = 32; // samples across the view

export class Timeline {
  /** moved(): called when view, cursor or choice have changed by the mouse. */
  constructor(place, moved) {
    this.wave = el("canvas", { style: `height: ${HEIGHT}px`, "aria-label": "timeline", tabIndex: 0 });
    this.spectrum = el("canvas", { style: `height: ${SPECTRUM}px; margin-top: 2px` });
    place.append(this.wave, this.spectrum);
    this.moved = moved;
    this.info = null;
    this.segments = [];
    this.chosen = -1;
    this.cursor = 0;
    this.mark = null;
    this.cache = null;
    this.picture = null;
    this.waiting = null;
    new ResizeObserver(() => this.info && this.fetch()).observe(this.wave);
    this.mouse();
  }

  open(info) {
    this.info = info;
    this.view = [0, info.samples];
    this.cursor = 0; this.mark = null; this.chosen = -1; this.cache = this.picture = null;
    this.segments = info.segments;
    this.spectrum.hidden = info.sensor !== "mic";
    return this.fetch();
  }

  get width() { return Math.max(100, Math.min(2048, Math.round(this.wave.clientWidth))); }
  seconds(sample) { return sample / this.info.rate_hz; }
  sample(seconds) { return seconds * this.info.rate_hz; }

  /** By a share of the view, or around the cursor. */
  scroll(share) {
    const span = this.view[1] - this.view[0];
    this.look(this.view[0] + share * span, span);
  }
  zoom(factor, around = this.cursor) {
    const [start, end] = this.view, at = Math.max(start, Math.min(end, around));
    const span = Math.max(LEAST, Math.min(this.info.samples, (end - start) * factor));
    this.look(at - ((at - start) / (end - start)) * span, span);
  }
  look(start, span) {
    span = Math.min(this.info.samples, Math.max(LEAST, span));
    start = Math.max(0, Math.min(this.info.samples - span, start));
    this.view = [Math.floor(start), Math.max(Math.floor(start) + 1, Math.round(start + span))];
    return this.fetch();
  }
  reveal(from, to) {
    const [start, end] = this.view, span = Math.max(end - start, 1.2 * (to - from));
    if (from < start || to > end) this.look((from + to) / 2 - span / 2, span);
  }

  async fetch() {
    this.draw();
    this.waiting?.abort();
    const control = (this.waiting = new AbortController());
    const [start, end] = this.view, fields = { file: this.info.file, start, end };
    try {
      const width = this.width;
      const told = await bytes("/api/label/peaks", { ...fields, width }, control.signal);
      const exact = new Uint32Array(told, 0, 1)[0] === 1;
      this.cache = { start, end, width, exact, values: new Float32Array(told, 4) };
      this.draw();
      if (this.info.sensor === "mic") {
        const columns = Math.min(700, width);
        const made = await bytes("/api/label/spectrogram", { ...fields, width: columns }, control.signal);
        this.picture = { start, end, image: colours(new Uint8Array(made), columns) };
        this.spectrum.dataset.drawn = "yes";
        this.draw();
      }
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  }

  x(sample, width) { return ((sample - this.view[0]) / (this.view[1] - this.view[0])) * width; }

  draw() {
    if (!this.info) return;
    const { context, width } = fit(this.wave, HEIGHT);
    const style = getComputedStyle(this.wave);
    context.fillStyle = style.getPropertyValue("background-color");
    context.clearRect(0, 0, width, HEIGHT);
    this.drawSegments(context, width, style.color);
    if (this.cache) this.drawPeaks(context, width);
    this.drawTimes(context, width, style.color);
    this.drawCursor(context, width, HEIGHT, style.color);
    if (this.info.sensor === "mic") {
      const low = fit(this.spectrum, SPECTRUM);
      low.context.clearRect(0, 0, low.width, SPECTRUM);
      if (this.picture) {
        const from = this.x(this.picture.start, low.width), to = this.x(this.picture.end, low.width);
        low.context.drawImage(this.picture.image, from, 0, to - from, SPECTRUM);
      }
      this.drawCursor(low.context, low.width, SPECTRUM, "white");
    }
  }

  drawPeaks(context, width) {
    const { start, end, width: pixels, values } = this.cache, channels = this.info.channels.length;
    const most = this.info.sensor === "mic" ? 1 : Math.max(1.2, ...values.filter(Number.isFinite).map(Math.abs));
    const y = (value) => HEIGHT / 2 - (value / most) * (HEIGHT / 2 - 14);
    for (let channel = 0; channel < channels; channel++) {
      context.fillStyle = COLOURS[channel];
      for (let pixel = 0; pixel < pixels; pixel++) {
        const low = values[(2 * pixel) * channels + channel], high = values[(2 * pixel + 1) * channels + channel];
        if (!Number.isFinite(low)) continue;
        const from = this.x(start + ((end - start) * pixel) / pixels, width);
        const to = this.x(start + ((end - start) * (pixel + 1)) / pixels, width);
        context.fillRect(from, y(high), Math.max(1, to - from), Math.max(1.2, y(low) - y(high)));
      }
    }
  }

  drawSegments(context, width, ink) {
    this.segments.forEach((one, i) => {
      const from = this.x(this.sample(one.start), width), to = this.x(this.sample(one.end), width);
      context.globalAlpha = i === this.chosen ? 0.4 : 0.18;
      context.fillStyle = one.label ? "#d55e00" : "#888";
      context.fillRect(from, 0, Math.max(2, to - from), HEIGHT);
      context.globalAlpha = 1;
      context.fillStyle = ink;
      context.font = i === this.chosen ? "bold 12px system-ui" : "12px system-ui";
      if (to - from > 8 || i === this.chosen) context.fillText(one.label || "?", from + 3, 12);
    });
  }

  drawTimes(context, width, ink) {
    const span = this.seconds(this.view[1] - this.view[0]);
    const step = 10 ** Math.floor(Math.log10(span / 4));
    const tick = [1, 2, 5, 10].map((k) => k * step).find((one) => span / one <= 8) ?? 10 * step;
    context.fillStyle = ink;
    context.globalAlpha = 0.7;
    context.font = "11px system-ui";
    for (let at = Math.ceil(this.seconds(this.view[0]) / tick) * tick; at <= this.seconds(this.view[1]); at += tick) {
      const x = this.x(this.sample(at), width);
      context.fillRect(x, HEIGHT - 4, 1, 4);
      context.fillText(clock(at, tick), x + 2, HEIGHT - 3);
    }
    context.globalAlpha = 1;
  }

  drawCursor(context, width, height, ink) {
    for (const [at, dash] of [[this.cursor, []], [this.mark, [4, 3]]]) {
      if (at === null) continue;
      context.strokeStyle = ink;
      context.setLineDash(dash);
      context.beginPath();
      context.moveTo(this.x(at, width), 0);
      context.lineTo(this.x(at, width), height);
      context.stroke();
      context.setLineDash([]);
    }
  }

  mouse() {
    const at = (event) => this.view[0] + ((event.clientX - this.wave.getBoundingClientRect().left) / this.wave.clientWidth) * (this.view[1] - this.view[0]);
    let began = null;
    this.wave.onpointerdown = (event) => {
      if (!this.info) return;
      this.wave.setPointerCapture(event.pointerId);
      began = at(event);
    };
    this.wave.onpointerup = (event) => {
      if (began === null) return;
      const end = at(event), few = ((this.view[1] - this.view[0]) / this.wave.clientWidth) * 4;
      this.moved(Math.abs(end - began) < few ? { at: Math.max(0, end) } : { from: Math.max(0, Math.min(began, end)), to: Math.min(this.info.samples, Math.max(began, end)) });
      began = null;
    };
    this.wave.onwheel = (event) => {
      if (!this.info) return;
      event.preventDefault();
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.scroll(Math.sign(event.deltaX || event.deltaY) / 8);
      else this.zoom(event.deltaY > 0 ? 1.25 : 0.8, at(event));
    };
  }
}

const clock = (seconds, tick) => {
  const digits = Math.max(0, -Math.floor(Math.log10(tick)));
  if (seconds < 60) return `${seconds.toFixed(digits)} s`;
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${h ? `${h}:${String(m).padStart(2, "0")}` : m}:${s.toFixed(digits).padStart(digits ? 3 + digits : 2, "0")}`;
};

function fit(canvas, height) {
  const ratio = devicePixelRatio || 1, width = canvas.clientWidth;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== height * ratio) {
    canvas.width = Math.round(width * ratio);
    canvas.height = height * ratio;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return { context, width };
}

function colours(levels, columns) {
  const rows = levels.length / columns, canvas = new OffscreenCanvas(columns, rows), context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  for (let x = 0; x < columns; x++)
    for (let k = 0; k < rows; k++) {
      const [r, g, b] = MAP[levels[x * rows + k]];
      image.data.set([r, g, b, 255], 4 * ((rows - 1 - k) * columns + x));
    }
  context.putImageData(image, 0, 0);
  return canvas;
}
