"use strict";
// Appends the next page of the timeline when its end comes near. Without this script, the link opens it.
const timeline = document.getElementById("timeline");
const news = document.getElementById("news");
const NEAR = "1200px";

const watcher = new IntersectionObserver(
  (seen) => seen.some((each) => each.isIntersecting) && extend(),
  { rootMargin: NEAR },
);

async function extend() {
  const link = timeline.querySelector(".older a");
  if (!link || link.ariaBusy === "true" || link.dataset.failed) return;
  watcher.disconnect();
  link.ariaBusy = "true";
  try {
    append(link, await fetchPart(link.dataset.part));
  } catch {
    // The link stays: it opens the login or the error.
    link.ariaBusy = "false";
    link.dataset.failed = "true";
    news.textContent = "Older touchpoints could not be loaded.";
    return;
  }
  watch();
}

async function fetchPart(address) {
  const response = await fetch(address);
  if (!response.ok || response.redirected) throw new Error(response.status);
  return new DOMParser().parseFromString(await response.text(), "text/html").body;
}

function append(link, part) {
  localize(part);
  const entries = part.querySelectorAll(".day li");
  const [first] = part.children;
  const last = [...timeline.querySelectorAll(".day")].at(-1);
  if (last && first.dataset.day === last.dataset.day) {
    last.querySelector("ol").append(...first.querySelector("ol").children);
    first.remove();
  }
  const isFocused = document.activeElement === link;
  link.closest(".older").replaceWith(...part.children);
  const next = entries[0] ?? timeline.querySelector(".older a, .end");
  if (isFocused) {
    if (!next.matches("a")) next.tabIndex = -1;
    next.focus();
  }
  const searched = timeline.querySelector(".searched .note")?.textContent ?? "";
  news.textContent = `${entries.length} older touchpoints loaded. ${searched}`;
}

function watch() {
  // A search does not continue by itself: it may have to read the whole timeline.
  const end = timeline.querySelector(".older:not([data-manual])");
  if (end) watcher.observe(end);
}

timeline.addEventListener("click", (event) => {
  const link = event.target.closest(".older a");
  if (!link || link.dataset.failed || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  extend();
});

watch();
