// A spectrogram that grows: 512 samples at a time, every 256, with a Hann window, from -100 to -20 dB of full scale.

const SIZE = 512, HOP = 256;
const LOWEST = -100, HIGHEST = -20;
const hann = Float32Array.from({ length: SIZE }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / SIZE));

/** Viridis by a few of its colours; 256 of [r, g, b]. */
export const MAP = (() => {
  const stops = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];
  return Array.from({ length: 256 }, (_, i) => {
    const at = (i / 255) * (stops.length - 1), low = Math.min(stops.length - 2, Math.floor(at));
    return stops[low].map((value, c) => Math.round(value + (stops[low + 1][c] - value) * (at - low)));
  });
})();

/** In place, radix 2 (Cooley and Tukey, 1965). */
function fft(re, im) {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) { [re[i], re[j]] = [re[j], re[i]]; [im[i], im[j]] = [im[j], im[i]]; }
  }
  for (let length = 2; length <= n; length <<= 1) {
    const angle = (-2 * Math.PI) / length;
    for (let half = 0; half < length / 2; half++) {
      const c = Math.cos(angle * half), s = Math.sin(angle * half);
      for (let i = half; i < n; i += length) {
        const k = i + length / 2;
        const r = re[k] * c - im[k] * s, m = re[k] * s + im[k] * c;
        re[k] = re[i] - r; im[k] = im[i] - m; re[i] += r; im[i] += m;
      }
    }
  }
}

export class Spectrum {
  constructor(canvas) {
    this.canvas = canvas;
    canvas.width = 600;
    canvas.height = SIZE / 2;
    this.context = canvas.getContext("2d", { alpha: false });
    this.rest = new Float32Array(SIZE);
    this.filled = 0;
    this.columns = [];
    this.image = this.context.createImageData(1, SIZE / 2);
    this.re = new Float32Array(SIZE);
    this.im = new Float32Array(SIZE);
  }

  /** int16 samples. */
  add(values) {
    for (const value of values) {
      this.rest[this.filled++] = value / 32768;
      if (this.filled === SIZE) {
        this.columns.push(this.rest.slice());
        this.rest.copyWithin(0, HOP);
        this.filled = SIZE - HOP;
      }
    }
    if (this.columns.length > this.canvas.width) this.columns.splice(0, this.columns.length - this.canvas.width);
  }

  /** Everything that came since, one pixel a hop. */
  draw() {
    const count = this.columns.length, { width, height } = this.canvas;
    if (!count) return;
    this.context.drawImage(this.canvas, -count, 0);
    for (let i = 0; i < count; i++) this.column(this.columns[i], width - count + i, height);
    this.columns.length = 0;
  }

  column(samples, x, height) {
    for (let i = 0; i < SIZE; i++) { this.re[i] = samples[i] * hann[i]; this.im[i] = 0; }
    fft(this.re, this.im);
    const pixels = this.image.data;
    for (let k = 0; k < height; k++) {
      const power = (this.re[k] ** 2 + this.im[k] ** 2) / (SIZE / 4) ** 2;
      const level = (10 * Math.log10(power + 1e-12) - LOWEST) / (HIGHEST - LOWEST);
      const [r, g, b] = MAP[Math.max(0, Math.min(255, Math.round(level * 255)))];
      pixels.set([r, g, b, 255], 4 * (height - 1 - k));
    }
    this.context.putImageData(this.image, x, 0);
  }
}
