"use strict";

// Sorting: a heading's button sorts its table, a second press turns the order.
for (const table of document.querySelectorAll("table.sortable")) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    heading.querySelector("button")?.addEventListener("click", () => {
      const order = heading.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", order);
      sort(table.tBodies[0], column, heading.classList.contains("number"), order === "ascending" ? 1 : -1);
    });
  });
}

function sort(body, column, isNumber, sign) {
  const keyed = [...body.rows].map((row) => {
    const cell = row.cells[column];
    const text = cell.dataset.value ?? cell.textContent.trim();
    return { row, key: isNumber ? parseFloat(text) : text };
  });
  keyed.sort((one, other) => {
    if (!isNumber) return sign * one.key.localeCompare(other.key, "en", { numeric: true });
    // What has no number stays last in either order.
    if (Number.isNaN(one.key) || Number.isNaN(other.key)) return Number.isNaN(one.key) - Number.isNaN(other.key);
    return sign * (one.key - other.key);
  });
  body.append(...keyed.map(({ row }) => row));
}

// Filtering: a run is shown where both choices fit. Not every page has runs, or a config; of very many none is shown.
const net = document.getElementById("filter-net");
const status = document.getElementById("filter-status");
const runs = [...document.querySelectorAll("#every-run tbody tr")];

function filter() {
  for (const run of runs) {
    run.hidden = (net.value && run.dataset.net !== net.value) || (status.value && run.dataset.status !== status.value);
  }
  document.getElementById("shown").textContent = `${runs.filter((run) => !run.hidden).length} of ${runs.length} runs`;
}

for (const select of [net, status]) select?.addEventListener("change", filter);
if (net) filter(); // a browser keeps choices over a reload

// Copying: by the clipboard where the page may use it, else by selecting the text.
document.getElementById("copy")?.addEventListener("click", async () => {
  const config = document.getElementById("config-text");
  const said = document.getElementById("copied");
  try {
    await navigator.clipboard.writeText(config.textContent + "\n");
    said.textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren(config);
    said.textContent = document.execCommand("copy") ? "Copied." : "Selected: press Ctrl+C.";
  }
});

// A table that is wider than its place says so in words; what is folded has no width before it is opened.
function tell() {
  for (const table of document.querySelectorAll(".scroll")) {
    table.classList.toggle("wider", table.scrollWidth > table.clientWidth + 1);
  }
}

addEventListener("resize", tell);
for (const folded of document.querySelectorAll("details")) folded.addEventListener("toggle", tell);
tell();

// Printing: what is folded is printed too, and folded again afterwards.
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details:not([open])")) {
    folded.open = true;
    addEventListener("afterprint", () => (folded.open = false), { once: true });
  }
});
