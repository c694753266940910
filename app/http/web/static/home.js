"use strict";
// Shows the first event as it arrives, and keeps the numbers up to date. The page works without it.
const REFRESH_MILLISECONDS = 15_000;
const STATISTICS_MILLISECONDS = 2_500; // until the statistics have the event

const home = document.getElementById("home");

function awaitFirst() {
  const arrival = document.getElementById("arrival");
  const source = new EventSource(`/live/stream?after=${encodeURIComponent(home.dataset.position)}`);
  source.addEventListener("record", (event) => {
    const record = JSON.parse(event.data);
    if (record.outcome === "rejected" || record.outcome === "withdrawn") {
      arrival.textContent = `An event was rejected: ${record.error?.code ?? record.outcome}.`;
      return;
    }
    source.close();
    const link = document.createElement("a");
    link.href = `/customers/${encodeURIComponent(record.customerId)}`;
    link.textContent = record.event;
    arrival.replaceChildren("Your first event has arrived: ", link);
    setTimeout(refresh, STATISTICS_MILLISECONDS);
  });
}

// Replaces the numbers, unless they are in use.
async function refresh() {
  const parts = document.getElementById("parts");
  const isInUse = parts.contains(document.activeElement) || parts.querySelector("details[open]");
  if (document.hidden || isInUse) return;
  try {
    const response = await fetch("/");
    if (!response.ok || response.redirected) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    parts.replaceWith(page.getElementById("parts"));
  } catch {
    // The next attempt follows.
  }
}

if ("first" in home.dataset) awaitFirst();
setInterval(refresh, REFRESH_MILLISECONDS);
