// The WebSocket: messages of JSON by their kind, and samples as ml/studio/packing.py packs them. It goes on while the tab
// is hidden, so no frame is lost; what the browser puts off is drawing.

import { complain } from "./api.js";

const INT16 = 1;
const AGAIN_MS = 1000;
const TOO_SLOW = 4408;
const listeners = new Map();
export const counted = { messages: 0, missing: 0, samples: 0, lost: 0 };
const next = new Map();

/** listener(message) for each message of that kind; "samples" for blocks. Returns how to stop it. */
export function on(kind, listener) {
  if (!listeners.has(kind)) listeners.set(kind, new Set());
  listeners.get(kind).add(listener);
  return () => listeners.get(kind).delete(listener);
}

function tell(kind, message) {
  for (const listener of listeners.get(kind) ?? []) listener(message);
}

/** {name, columns, number, timeUs, periodUs, lost, rows, values} of a binary message. */
export function unpack(buffer) {
  const view = new DataView(buffer);
  const [kind, length, columns] = [view.getUint8(0), view.getUint8(1), view.getUint16(2, true)];
  const rows = view.getUint32(28, true);
  const at = 32 + length + (-length & 3);
  const name = new TextDecoder().decode(new Uint8Array(buffer, 32, length));
  const Values = kind === INT16 ? Int16Array : Float32Array;
  return {
    name, columns, rows,
    number: view.getUint32(4, true),
    timeUs: view.getFloat64(8, true),
    periodUs: view.getFloat64(16, true),
    lost: view.getInt32(24, true),
    values: new Values(buffer, at, rows * columns),
  };
}

function count(block) {
  const expected = next.get(block.name) ?? block.number;
  counted.missing += block.number - expected;
  next.set(block.name, block.number + 1);
  counted.messages += 1;
  counted.samples += block.rows;
  counted.lost += Math.max(0, block.lost);
}

export function connect() {
  const socket = new WebSocket(`ws://${location.host}/stream`);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => tell("line", { open: true });
  socket.onmessage = ({ data }) => {
    if (typeof data === "string") {
      const message = JSON.parse(data);
      return tell(message.kind, message);
    }
    const block = unpack(data);
    count(block);
    tell("samples", block);
  };
  socket.onclose = ({ code }) => {
    next.clear();
    tell("line", { open: false });
    if (code === TOO_SLOW) complain("this page did not keep up with the board, so some of what it showed is missing; recordings are whole");
    setTimeout(connect, AGAIN_MS);
  };
}
