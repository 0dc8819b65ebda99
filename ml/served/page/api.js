// Requests to the server, and what is said to the person at the page.

const notice = document.getElementById("notice");
let timer = 0;

/** One line; an error stays until the next thing works. */
export function complain(text, said = false) {
  notice.className = said ? "said" : "";
  notice.textContent = text;
  notice.hidden = !text;
  clearTimeout(timer);
  if (text) timer = setTimeout(() => (notice.hidden = true), 12000);
}

/** One line that is no complaint. */
export const say = (text) => complain(text, true);

async function checked(answer) {
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({ error: `the server answered ${answer.status}` }));
  throw new Error(said.error ?? `the server answered ${answer.status}`);
}

async function guarded(request) {
  try {
    return await request();
  } catch (error) {
    if (error.name === "AbortError") throw error; // a later request has taken its place
    complain(error instanceof TypeError ? "the server does not answer; is it still running?" : error.message);
    throw error;
  }
}

const query = (fields) => (fields ? "?" + new URLSearchParams(fields) : "");

/** JSON of a GET. Errors are shown, and thrown. */
export const get = (path, fields) => guarded(async () => (await checked(await fetch(path + query(fields)))).json());

/** Bytes of a GET, as an ArrayBuffer, with the answer's headers. */
export const bytes = (path, fields, signal) =>
  guarded(async () => (await checked(await fetch(path + query(fields), { signal }))).arrayBuffer());

/** JSON of a POST of JSON. */
export const post = (path, fields = {}) =>
  guarded(async () => {
    const body = JSON.stringify(fields);
    const answer = await checked(await fetch(path, { method: "POST", body, headers: { "Content-Type": "application/json" } }));
    complain("");
    return answer.json();
  });

/** JSON of a POST of a file. */
export const upload = (path, fields, file) =>
  guarded(async () => (await checked(await fetch(path + query(fields), { method: "POST", body: file }))).json());

/** For handlers of events: the error has been shown already. */
export const quietly = (action) => (...given) => Promise.resolve(action(...given)).catch(() => {});

/** An element with properties and children: el("p", { className: "dim" }, "text", child). Text is never HTML. */
export function el(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  for (const [name, value] of Object.entries(properties)) if (name.includes("-")) made.setAttribute(name, value);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** A labelled field: field("Subject", input). */
export const field = (text, input) => el("label", {}, text, input);

/** The footer's line of keys: keys([["space", "record"], ...]). */
export function keys(pairs) {
  document.getElementById("keys").replaceChildren(...pairs.flatMap(([key, what]) => [el("kbd", {}, key), ` ${what}  `]));
}
