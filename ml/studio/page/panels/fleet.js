// Fleet of the shelf: boards, what they run, updates.

import { complain, el, get, keys, post, quietly, say, upload } from "../api.js";
import { on } from "../stream.js";

let table, log, file, all = [], chosen = 0, ofUpdate = "";

const words = (one) => {
  if (one.live) return ["connected on Live", "good"];
  if (!one.port) return ["not there", "bad"];
  return one.asked ? [one.asked.fault || (one.asked.health.length ? one.asked.health.join(", ") : "answers"), one.asked.fault || one.asked.health.length ? "bad" : "good"] : ["not asked yet", "dim"];
};

function draw() {
  chosen = Math.max(0, Math.min(all.length - 1, chosen));
  table.replaceChildren(el("tr", {}, ...["", "board", "state", "runs", "image", "slot", "last event", ""].map((text) => el("th", {}, text))), ...all.map((one, i) => {
    const [state, kind] = words(one), a = one.asked;
    const button = (text, action) => { const made = el("button", { type: "button", disabled: !one.port, "data-action": text }, text); made.onclick = () => { chosen = i; action(one); }; return made; };
    return el("tr", { "data-board": one.name, "aria-current": i === chosen, style: i === chosen ? "outline: 2px solid var(--accent)" : "" },
      el("td", {}, i === chosen ? "▸" : ""), el("td", {}, one.name, el("br"), el("span", { className: "dim" }, one.kind)), el("td", { className: kind }, state),
      el("td", {}, a ? `${a.app} ${a.firmware}` : "", a ? el("br") : null, a ? el("span", { className: a.missed ? "bad" : "dim" }, `${a.windows} windows, ${a.missed} missed deadlines`) : null),
      el("td", {}, a?.model ? `${a.model.name} ${a.model.hash}` : a ? "none" : ""), el("td", {}, a?.slot ?? ""), el("td", {}, a?.event ?? ""),
      el("td", {}, button("Ask", ask), button("Verify", verify), button("Update", update)));
  }));
  if (!all.length) table.append(el("tr", {}, el("td", { colSpan: 8, className: "dim" }, "No boards: plug one in, start a virtual one on Live, or name a rig file with --rig.")));
}

const refresh = quietly(async () => { all = (await get("/api/fleet")).boards; draw(); });
const ask = quietly(async (one) => { say(`asking ${one.name}`); one.asked = await post("/api/fleet/ask", { port: one.port }); await refresh(); });
const verify = quietly((one) => post("/api/fleet/verify", { port: one.port }));
const update = (one) => { ofUpdate = one.port; file.click(); };

function told(text) { log.hidden = false; log.textContent = text; }

export default {
  async mount(section) {
    table = el("table", { id: "shelf" });
    log = el("pre", { className: "log", hidden: true, id: "fleet-log" });
    file = el("input", { type: "file", accept: ".tmu", id: "update-file", hidden: true });
    file.onchange = quietly(async () => { const [given] = file.files; file.value = ""; if (given) { const made = await upload("/api/fleet/update", { port: ofUpdate }, given); told(`update ${made.version}: ${made.bytes} bytes`); } });
    const again = el("button", { type: "button", className: "main", id: "shelf-again" }, "Look again");
    again.onclick = refresh;
    section.append(el("div", { className: "row" }, again, file), el("div", { className: "card wide" }, table), log);
    on("boards", refresh);
    on("update", (message) => { told(`${message.port}: ${message.stage} ${message.total ? `${message.done} of ${message.total}` : ""} ${message.note ?? ""}`); if (message.stage === "failed") complain(message.note); if (message.asked) refresh(); document.body.dataset.update = message.stage; });
    on("job", (message) => { if (message.title.startsWith("verify ")) { told(`${message.title}: ${message.status === null ? "running" : message.status === 0 ? "equal" : `ended with status ${message.status}`}\n${message.lines.join("\n")}`); document.body.dataset.verified = String(message.status); } });
    await refresh();
  },
  shown() { keys([["↑ ↓", "boards"], ["a", "ask"], ["v", "verify"], ["u", "update"]]); refresh(); },
  key({ key }) {
    const one = all[chosen];
    if (key === "ArrowDown" || key === "ArrowUp") { chosen += key === "ArrowDown" ? 1 : -1; draw(); }
    else if (!one) return false;
    else if (key === "a") ask(one);
    else if (key === "v") verify(one);
    else if (key === "u") update(one);
    else return false;
    return true;
  },
};
