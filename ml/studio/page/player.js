// Plays a stretch of a recording: sound is heard, movement is shown by the cursor alone.

const audio = new Audio();
let stop = () => {};

/** moved(sample) while it plays; done() at its end. window.thimble.playing tells what plays. */
export function play(info, start, end, moved = () => {}, done = () => {}) {
  stop();
  start = Math.max(0, Math.floor(start)); end = Math.min(info.samples, Math.ceil(end));
  if (end <= start) return;
  window.thimble.playing = { file: info.file, start, end };
  const rate = info.rate_hz, heard = info.sensor === "mic", began = performance.now();
  let going = true;
  if (heard) {
    audio.src = "/api/label/sound?" + new URLSearchParams({ file: info.file, start, end });
    audio.play().catch(() => {});
  }
  const turn = () => {
    if (!going) return;
    const at = start + rate * (heard ? audio.currentTime : (performance.now() - began) / 1000);
    if (at >= end || (heard && audio.ended)) { stop(); return done(); }
    moved(at);
    requestAnimationFrame(turn);
  };
  stop = () => { going = false; audio.pause(); window.thimble.playing = null; };
  requestAnimationFrame(turn);
}

export const isPlaying = () => Boolean(window.thimble.playing);
export const halt = () => stop();
