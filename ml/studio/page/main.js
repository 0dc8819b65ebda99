// Tabs, keys and the line to the server. Each panel is a module of its own: {title, mount(place), shown(), hidden(), key(event)}.

import { complain, el, keys } from "./api.js";
import { connect, counted, on } from "./stream.js";
import { state } from "./streams.js";

const PANELS = [["live", "Live"], ["record", "Record"], ["label", "Label"], ["data", "Data"], ["judge", "Train & judge"], ["classify", "Classify"], ["fleet", "Fleet"]];
const tabs = document.getElementById("tabs"), main = document.getElementById("panels");
const modules = new Map();
let current = null;

for (const [name, title] of PANELS) {
  const place = el("section", { id: name, hidden: true, role: "tabpanel", "aria-labelledby": `tab-${name}` });
  const tab = el("button", { id: `tab-${name}`, role: "tab", type: "button", "aria-controls": name, "aria-selected": "false", tabIndex: -1 }, title);
  tab.onclick = () => (location.hash = name);
  tabs.append(tab);
  main.append(place);
}

async function panel(name) {
  if (!modules.has(name)) {
    const made = (await import(`./panels/${name}.js`)).default;
    await made.mount(document.getElementById(name));
    modules.set(name, made);
  }
  return modules.get(name);
}

async function show(name) {
  const known = PANELS.some(([one]) => one === name) ? name : "live";
  if (current?.name === known) return;
  current?.module?.hidden?.();
  current = { name: known, module: null };
  for (const [one] of PANELS) {
    const tab = document.getElementById(`tab-${one}`), chosen = one === known;
    document.getElementById(one).hidden = !chosen;
    tab.setAttribute("aria-selected", chosen);
    tab.tabIndex = chosen ? 0 : -1;
  }
  document.getElementById(`tab-${known}`).scrollIntoView({ block: "nearest", inline: "nearest" });
  keys([]);
  const module = await panel(known);
  if (current.name !== known) return;
  current.module = module;
  module.shown?.();
  document.body.dataset.ready = known;
}

const ofText = (target) => target.matches?.("input:not([type=checkbox]):not([type=range]), select, textarea");

addEventListener("keydown", (event) => {
  if (event.altKey && event.key >= "1" && event.key <= String(PANELS.length)) {
    event.preventDefault();
    location.hash = PANELS[event.key - 1][0];
    return;
  }
  if (ofText(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (event.target.role === "tab" && (event.key === "ArrowRight" || event.key === "ArrowLeft")) {
    const at = PANELS.findIndex(([name]) => name === current.name) + (event.key === "ArrowRight" ? 1 : -1);
    const [name] = PANELS[(at + PANELS.length) % PANELS.length];
    location.hash = name;
    document.getElementById(`tab-${name}`).focus();
    return;
  }
  if (event.target.matches?.("button, a") && (event.key === " " || event.key === "Enter") && event.target.role !== "tab") return;
  if (current?.module?.key?.(event)) event.preventDefault();
});

document.getElementById("theme").onclick = () => {
  const dark = getComputedStyle(document.documentElement).colorScheme === "dark" || (!document.documentElement.className && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.className = dark ? "light" : "dark";
  localStorage.setItem("theme", document.documentElement.className);
};
document.documentElement.className = localStorage.getItem("theme") ?? "";

const line = document.getElementById("line");
on("line", ({ open }) => { if (!open) line.textContent = "no server"; });
on("hello", () => { line.textContent = "no board"; complain(""); });
on("live", (said) => {
  line.textContent = said.open ? `${said.app || said.format || "waiting"} on ${said.board || said.port}` : "no board";
  if (said.error) complain(said.error);
});
addEventListener("hashchange", () => show(location.hash.slice(1).split("/")[0]));
window.thimble = { counted, state };
connect();
show(location.hash.slice(1).split("/")[0]);
