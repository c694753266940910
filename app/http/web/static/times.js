"use strict";
// Shows the times of the page in UTC or in the time zone of the browser. Without this script, they are UTC.
const ZONE_KEY = "waypath-times";
const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January", "February", "March", "April", "May", "June",
  "July", "August", "September", "October", "November", "December",
];

const zone = document.getElementById("zone");
const filter = document.getElementById("filter");
let isLocal = false;

function parse(text) {
  // Browsers need not read more than three digits of a second.
  return new Date(text.replace(/(\.\d{3})\d+/, "$1"));
}

// The parts of an instant on the calendar and the clock of the zone.
function parts(date) {
  const get = (name) => date[`get${isLocal ? "" : "UTC"}${name}`]();
  const two = (name, more = 0) => String(get(name) + more).padStart(2, "0");
  const year = String(get("FullYear")).padStart(4, "0");
  return {
    day: `${year}-${two("Month", 1)}-${two("Date")}`,
    clock: `${two("Hours")}:${two("Minutes")}:${two("Seconds")}`,
    name: `${WEEKDAYS[get("Day")]}, ${get("Date")} ${MONTHS[get("Month")]} ${get("FullYear")}`,
  };
}

// Writes the times in an element again, but for headings of days.
function showTimes(root) {
  for (const time of root.querySelectorAll("time[datetime], [data-time]")) {
    const date = parse(time.dataset.time ?? time.dateTime);
    if (time.dataset.form === "day" || isNaN(date)) continue;
    const { day, clock } = parts(date);
    if (time.dataset.form === "clock") time.textContent = clock;
    else if (time.dataset.form === "date") time.textContent = day;
    else time.textContent = `${day} ${clock.slice(0, 5)}`;
  }
}

// Groups the entries of the timeline in an element by the days of the zone.
function groupDays(root) {
  const days = [...root.querySelectorAll(".day")];
  const entries = days.flatMap((day) => [...day.querySelectorAll("ol > li")]);
  const place = days[0]?.previousElementSibling;
  const parent = days[0]?.parentElement;
  const grouped = [];
  for (const entry of entries) {
    const { dateTime } = entry.querySelector("time");
    const date = parse(dateTime);
    const known = isNaN(date) ? null : parts(date);
    const key = known?.day ?? dateTime.split("T")[0];
    let section = grouped.at(-1);
    if (section?.dataset.day !== key) {
      section = days[0].cloneNode(true);
      section.dataset.day = key;
      section.querySelector("time").dateTime = key;
      section.querySelector("time").textContent = known?.name ?? key;
      section.querySelector("ol").replaceChildren();
      grouped.push(section);
    }
    section.querySelector("ol").append(entry);
  }
  for (const day of days) day.remove();
  if (place) place.after(...grouped);
  else parent?.prepend(...grouped);
}

// The days of the filter, unless they were changed since.
function showDays() {
  for (const input of filter?.querySelectorAll("[data-at]") ?? []) {
    const isUntouched = input.value === (input.dataset.shown ?? input.defaultValue);
    if (!input.dataset.at || !isUntouched) continue;
    const before = input.name === "to" ? 1 : 0;
    const date = new Date(parse(input.dataset.at).getTime() - before);
    if (isNaN(date)) continue;
    input.value = parts(date).day;
    input.dataset.shown = input.value;
  }
}

function show() {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  document.getElementById("zone-name").textContent = isLocal ? `local: ${timeZone}` : "UTC";
  showTimes(document);
  groupDays(document);
  showDays();
}

// Called for a part of the timeline before it is appended.
function localize(part) {
  if (!isLocal) return;
  showTimes(part);
  groupDays(part);
}

function remembered() {
  try {
    return localStorage.getItem(ZONE_KEY);
  } catch {
    return null; // storage may be off
  }
}

function remember(choice) {
  try {
    localStorage.setItem(ZONE_KEY, choice);
  } catch {
    // The choice is then that of this page.
  }
}

zone.addEventListener("change", (event) => {
  isLocal = event.target.value === "local";
  remember(event.target.value);
  show();
});

// Local days are sent as instants: the server knows the days of UTC only.
filter?.addEventListener("formdata", ({ formData }) => {
  for (const name of ["event", "from", "to"]) {
    const text = formData.get(name);
    if (!text) {
      formData.delete(name);
    } else if (isLocal && name !== "event") {
      const [year, month, day] = text.split("-").map(Number);
      const date = new Date(0);
      date.setFullYear(year, month - 1, day + (name === "to" ? 1 : 0));
      date.setHours(0, 0, 0, 0);
      if (!isNaN(date)) formData.set(name, date.toISOString());
    }
  }
});

zone.hidden = false;
if (remembered() === "local") {
  zone.querySelector("[value=local]").checked = true;
  isLocal = true;
  show();
}
