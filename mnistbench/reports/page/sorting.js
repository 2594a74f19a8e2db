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

