// Nodes, outputs and rollouts, asked for every two seconds. Text of nodes is never HTML: el() makes text of it.

import { complain, el, get, keys, post, quietly } from "./api.js";

const EVERY_MS = 2000, AT_ONCE = 100;
const [line, table, rollouts, find, count] = ["line", "nodes", "rollouts", "find", "count"].map((id) => document.getElementById(id));
let first = 0, all = 0;

const KINDS = { good: "good", silent: "warn", trouble: "bad" };
const HEADS = ["node", "state", "runs", "last event", "", "battery", "lost", "heard"];

function ago(seconds) {
  if (!seconds) return "";
  const since = Math.max(0, Date.now() / 1000 - seconds);
  for (const [size, unit] of [[86400, "d"], [3600, "h"], [60, "min"]]) if (since >= size) return `${Math.floor(since / size)} ${unit} ago`;
  return `${Math.floor(since)} s ago`;
}

function rowOf(one) {
  const close = { style: "white-space: nowrap" };
  const number = (text) => el("td", { ...close, className: "number" }, text);
  return el("tr", { "data-node": one.name, "data-state": one.state },
    el("td", close, one.name),
    el("td", { className: KINDS[one.state] }, one.wrong || one.state, one.update && one.update !== "done" ? ` (update: ${one.update})` : ""),
    el("td", close, one.app ?? "", " ", el("span", { className: "dim" }, one.version ?? "")),
    el("td", close, one.last ? `${one.last} ${one.score}/255` : ""),
    el("td", { ...close, className: "dim" }, ago(one.at)),
    number(one.battery_mv ? `${(one.battery_mv / 1000).toFixed(2)} V` : ""),
    el("td", { className: one.lost ? "number bad" : "number" }, String(one.lost)),
    number(ago(one.seen)));
}

async function nodes() {
  const said = await get("/api/nodes", { find: find.value, first });
  all = said.count;
  count.textContent = all ? `${first + 1} to ${first + said.nodes.length} of ${all}` : "none";
  table.replaceChildren(el("tr", {}, ...HEADS.map((text, at) => el("th", { className: at > 4 ? "number" : "" }, text))), ...said.nodes.map(rowOf));
  document.body.dataset.ready = "yes";
}

function rolloutOf(one) {
  const running = one.state === "running";
  const button = el("button", { type: "button", hidden: one.state === "done" }, running ? "Stop" : "Go on");
  button.onclick = quietly(async () => { await post("/api/rollout", { number: one.number, action: running ? "stop" : "resume" }); await state(); });
  return el("div", { className: "card" }, el("div", { className: "row" }, el("span", {}, `Rollout ${one.told}`), button),
    one.open.length ? el("pre", { className: "log" }, one.open.join("\n")) : null);
}

async function state() {
  const said = await get("/api/state");
  line.textContent = [said.name, ...said.outputs.map((one) => `${one.name}: ${one.problem || `${one.waiting} waiting`}`)].join(" · ");
  if (said.full) complain(`nothing can be stored: ${said.full}`);
  rollouts.replaceChildren(...said.rollouts.map(rolloutOf));
}

const look = quietly(async () => { await Promise.all([nodes(), state()]); });
const turn = (by) => { if (first + by >= 0 && first + by < all) { first += by; look(); } };
find.oninput = () => { first = 0; look(); };
document.getElementById("back").onclick = () => turn(-AT_ONCE);
document.getElementById("on").onclick = () => turn(AT_ONCE);
addEventListener("keydown", (event) => {
  if (event.target === find) return event.key === "Escape" ? find.blur() : undefined;
  if (event.key === "/") { event.preventDefault(); find.focus(); }
  if (event.key === "ArrowRight") turn(AT_ONCE);
  if (event.key === "ArrowLeft") turn(-AT_ONCE);
});
keys([["/", "find"], ["← →", "pages"]]);
look();
setInterval(() => { if (!document.hidden) look(); }, EVERY_MS);
