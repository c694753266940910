"use strict";
// Copies IDs and JSON. Without this script, the page shows no button for it.
const SHOWN_MILLISECONDS = 2000;

async function write(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  // Over plain HTTP, browsers offer no clipboard but this.
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "unseen";
  document.body.append(area);
  const active = document.activeElement;
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  active?.focus();
  if (!isCopied) throw new Error("not copied");
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.copy");
  if (!button) return;
  const { copy, copies } = button.dataset;
  const text = copy ?? document.getElementById(copies).textContent;
  let result = "Copied";
  try {
    await write(text);
  } catch {
    result = "Not copied";
  }
  button.textContent = result;
  const label = button.ariaLabel.replace(/^Copy /, "");
  document.getElementById("news").textContent = `${result}: ${label}.`;
  setTimeout(() => (button.textContent = "Copy"), SHOWN_MILLISECONDS);
});

document.documentElement.classList.add("scripted");
