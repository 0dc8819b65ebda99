// The last seconds of a stream: a ring of float32 a column.

export class Ring {
  constructor(columns, capacity) {
    this.columns = columns;
    this.capacity = Math.max(2, Math.ceil(capacity));
    this.data = Array.from({ length: columns }, () => new Float32Array(this.capacity).fill(NaN));
    this.written = 0;
  }

  add(values, rows) {
    for (let column = 0; column < this.columns; column++) {
      const data = this.data[column];
      for (let row = 0, at = this.written % this.capacity; row < rows; row++, at = at + 1 === this.capacity ? 0 : at + 1)
        data[at] = values[row * this.columns + column];
    }
    this.written += rows;
  }

  /** Samples that are missing: a hole in the picture. */
  skip(rows) {
    const holes = Math.min(rows, this.capacity);
    for (const data of this.data)
      for (let row = 0; row < holes; row++) data[(this.written + row) % this.capacity] = NaN;
    this.written += rows;
  }

  /** Column `index`, oldest first, as at most 2 * pixels values: [x, y], x in samples before now. Lowest and highest of
   * each pixel where there are more samples. */
  drawn(index, pixels) {
    const data = this.data[index];
    const step = Math.ceil(this.capacity / pixels);
    const first = this.written - this.capacity;
    if (step <= 2) return this.plain(data, first);
    const x = new Float64Array(2 * Math.ceil(this.capacity / step));
    const y = new Float64Array(x.length);
    const offset = ((first % step) + step) % step; // groups stay the same samples while they move
    let made = 0;
    for (let from = -offset; from < this.capacity && made < x.length; from += step) {
      let low = Infinity, high = -Infinity;
      for (let i = Math.max(0, from), to = Math.min(from + step, this.capacity); i < to; i++) {
        const value = data[(this.written + i) % this.capacity];
        if (value < low) low = value;
        if (value > high) high = value;
      }
      x[made] = from - this.capacity; x[made + 1] = from + step / 2 - this.capacity;
      y[made] = low === Infinity ? NaN : low; y[made + 1] = high === -Infinity ? NaN : high;
      made += 2;
    }
    return [x.subarray(0, made), y.subarray(0, made)];
  }

  plain(data) {
    const x = new Float64Array(this.capacity), y = new Float64Array(this.capacity);
    for (let i = 0; i < this.capacity; i++) {
      x[i] = i - this.capacity;
      y[i] = data[(this.written + i) % this.capacity];
    }
    return [x, y];
  }
}
