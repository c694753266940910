"use strict";
// Adds records from the stream to the list, a few times a second. Without this script, the page has the last ones.
const MAX_ROWS = 200;
const MAX_WAITING = 1000;
const MAX_ROWS_PER_RENDER = 40;
const RENDER_MILLISECONDS = 250;
const COVERAGES = { all: "all instances", instance: "this instance", process: "this process" };
const PAYLOAD = ',"payload":'; // in no text of a record, where its quotes are escaped

const list = document.getElementById("records");
const news = document.getElementById("news");
const counts = document.getElementById("counts");
const pause = document.getElementById("pause");
const empty = document.getElementById("none");
const form = document.getElementById("row").content;
const known = new Set([...list.children].map((row) => row.dataset.id));

let waiting = []; // texts of records, the oldest first
let skipped = 0;
let isPaused = false;

function idOf(text) {
  return text.slice(7, text.indexOf('"', 7)); // {"id":"…"
}

function keep(text) {
  waiting.push(text);
  if (waiting.length >= 2 * MAX_WAITING) trim(MAX_WAITING);
}

function trim(size) {
  const surplus = waiting.length - size;
  if (surplus <= 0) return;
  waiting.splice(0, surplus);
  skipped += surplus;
}

function render() {
  if (isPaused) {
    trim(MAX_WAITING);
    count();
    return;
  }
  if (!waiting.length) return;
  trim(MAX_ROWS_PER_RENDER);
  const rows = document.createDocumentFragment();
  for (const text of waiting) {
    const id = idOf(text);
    if (known.has(id)) continue; // a chunk may come again after a lost connection
    known.add(id);
    rows.prepend(rowOf(text, id));
  }
  waiting = [];
  list.prepend(rows);
  while (list.children.length > MAX_ROWS) {
    known.delete(list.lastElementChild.dataset.id);
    list.lastElementChild.remove();
  }
  empty.hidden = list.children.length > 0;
  count();
}

function count() {
  const parts = [];
  if (isPaused) parts.push(`${waiting.length.toLocaleString("en")} waiting`);
  if (skipped) parts.push(`${skipped.toLocaleString("en")} skipped`);
  counts.textContent = parts.join(", ");
}

function rowOf(text, id) {
  const start = text.indexOf(PAYLOAD);
  const record = JSON.parse(`${text.slice(0, start)}}`);
  const row = form.cloneNode(true).querySelector("li");
  const fill = (name, value) => (row.querySelector(name).textContent = value);
  row.dataset.id = id;
  row.querySelector("time").dateTime = record.time;
  fill("time", record.time.slice(11, 23));
  fill(".event", short(record.event, 200));
  fill(".outcome", record.outcome);
  row.querySelector(".outcome").classList.add(record.outcome);
  fill(".subject", short(record.identifiers?.[0] ?? record.customer, 200));
  fill(".matched", record.error?.code ?? matched(record.resolved));
  fill(".sender", short(record.apiKey, 100) + (record.way === "http" ? "" : ` (${record.way})`));
  fill(".identifiers bdi", short(record.identifiers?.join(" · ") ?? "", 1000));
  row.querySelector(".message").hidden = !record.error;
  fill(".message", record.error?.message ?? "");
  addItems(row.querySelector(".errors"), record.error?.details);
  addItems(row.querySelector(".notes"), record.warnings);
  link(row.querySelector(".explain"), "/events/", record.eventId);
  link(row.querySelector(".customer"), "/customers/", record.customerId);
  // Formatted only if it is opened.
  row.dataset.payload = text.slice(start + PAYLOAD.length, -1);
  return row;
}

function short(text, length) {
  if (text === undefined || text === null) return "–";
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

function matched(field) {
  if (!field) return "";
  return field === "new" ? "new Customer" : `by ${field}`;
}

function addItems(items, details) {
  for (const detail of details ?? []) {
    const item = document.createElement("li");
    if (detail.path) {
      const path = document.createElement("code");
      path.textContent = detail.path;
      item.append(path, " ");
    }
    item.append(detail.message);
    items.append(item);
  }
}

function link(anchor, path, id) {
  if (!anchor || !id) return;
  anchor.href = path + encodeURIComponent(id);
  anchor.hidden = false;
}

// Indents JSON by its tokens, and converts no number, so that no digit is lost.
function indent(json) {
  let level = 0;
  const line = () => `\n${"  ".repeat(level)}`;
  return json.replace(/"(?:[^"\\]|\\.)*"|[{[]\s*[}\]]|[{}[\],:]|\s+/g, (token) => {
    if (token === "{" || token === "[") return level++, token + line();
    if (token === "}" || token === "]") return level--, line() + token;
    if (token === ",") return token + line();
    if (token === ":") return ": ";
    return token.trim() ? token : "";
  });
}

function setPaused(paused) {
  isPaused = paused;
  pause.textContent = paused ? "Resume" : "Pause";
  news.textContent = paused ? "Paused." : "Live.";
  if (!paused) render();
  count();
}

function connect() {
  const after = list.dataset.position ? `&after=${encodeURIComponent(list.dataset.position)}` : "";
  const source = new EventSource(list.dataset.stream + after);
  source.addEventListener("open", () => (news.textContent = isPaused ? "Paused." : "Live."));
  source.addEventListener("record", (event) => keep(event.data));
  source.addEventListener("skipped", (event) => (skipped += JSON.parse(event.data).skipped));
  source.addEventListener("coverage", (event) => showCoverage(JSON.parse(event.data).coverage));
  source.addEventListener("end", (event) => {
    const { code, message } = JSON.parse(event.data);
    if (code === "stopping") return; // it connects again
    source.close();
    news.textContent = `${message} Log in again.`;
  });
  source.addEventListener("error", () => {
    news.textContent =
      source.readyState === EventSource.CLOSED
        ? "The stream ended. Reload the page."
        : "The connection is lost. Connecting again.";
  });
}

function showCoverage(coverage) {
  const line = document.getElementById("coverage");
  if (line.dataset.coverage === coverage) return;
  line.dataset.coverage = coverage;
  line.textContent = `Shows the events of ${COVERAGES[coverage]}.`;
}

list.addEventListener(
  "toggle",
  (event) => {
    const row = event.target.closest("li");
    if (!event.target.open || !row) return;
    if (row.dataset.payload) {
      row.querySelector("pre").textContent = indent(row.dataset.payload);
      delete row.dataset.payload;
    }
    setPaused(true); // else the record would move
  },
  true,
);
pause.addEventListener("click", () => setPaused(!isPaused));
pause.hidden = false;
setInterval(render, RENDER_MILLISECONDS);
connect();
