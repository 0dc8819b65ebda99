// Live: which boards there are, and every stream of the one that is connected.

import { el, field, get, keys, post, quietly } from "../api.js";
import { on } from "../stream.js";
import { show, state } from "../streams.js";

let place, boards, startable, jobs;

function status(message) {
  const said = document.getElementById("live-said");
  if (!message.open) { said.textContent = message.error || "No board is connected."; return; }
  const drift = message.drift_ppm === null ? "" : `; its clock runs ${message.drift_ppm.toFixed(0)} ppm against this computer's`;
  said.textContent = message.streams.length ? `${message.app || message.format} on ${message.board}${drift}. ${message.wrong.join("; ")}` : "Waiting for what the board says of itself.";
}

async function refresh(found) {
  found = found?.running ? found : await get("/api/boards");
  const choices = [...found.usb.map((one) => [one.port, `${one.port} (${one.what})`]), ...found.running.map((one) => [one, `${one} (virtual)`])];
  boards.replaceChildren(...choices.map(([value, text]) => el("option", { value }, text)));
  if (!choices.length) boards.append(el("option", { value: "", disabled: true, selected: true }, "none found: plug one in, or start a virtual one"));
  if (startable.childElementCount !== found.startable.length) startable.replaceChildren(...found.startable.map((one) => el("option", {}, one)));
}

function job(message) {
  if (!message.title.startsWith("start ")) return;
  jobs.hidden = false;
  jobs.textContent = `${message.title}: ${message.status === null ? "running" : message.status === 0 ? "done" : `ended with status ${message.status}`}\n${message.lines.slice(-8).join("\n")}`;
}

export default {
  async mount(section) {
    boards = el("select", { id: "boards" });
    startable = el("select", { id: "startable" });
    jobs = el("pre", { className: "log", hidden: true });
    place = el("div", { className: "half", id: "streams" });
    const connect = el("button", { className: "main", id: "connect" }, "Connect");
    connect.onclick = quietly(() => post("/api/connect", { port: boards.value }));
    const leave = el("button", { id: "disconnect" }, "Disconnect");
    leave.onclick = quietly(() => post("/api/disconnect"));
    const start = el("button", { id: "start" }, "Start");
    start.onclick = quietly(() => post("/api/start", { environment: startable.value }));
    const again = el("button", { "aria-label": "look for boards again" }, "↻");
    again.onclick = quietly(refresh);
    section.append(
      el("div", { className: "row" }, field("Board", boards), again, connect, leave, field("Virtual board", startable), start),
      el("p", { id: "live-said", className: "dim" }, "No board is connected."), jobs, place);
    on("live", status);
    on("boards", refresh);
    on("job", job);
    if (state.said) status(state.said);
    await quietly(refresh)();
  },
  shown() {
    keys([["c", "connect"], ["d", "disconnect"], ["Alt 1 to 7", "panels"]]);
    show(place);
  },
  hidden() { show(null); },
  key(event) {
    if (event.key === "c") document.getElementById("connect").click();
    else if (event.key === "d") document.getElementById("disconnect").click();
    else return false;
    return true;
  },
};
