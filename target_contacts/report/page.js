"use strict";
const value = (cell) => cell.dataset.v ?? cell.textContent;
const compared = (one, other) =>
  "v" in one.dataset && "v" in other.dataset
    ? one.dataset.v - other.dataset.v
    : value(one).localeCompare(value(other), "en", { numeric: true });

for (const table of document.querySelectorAll("table")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...table.tBodies[0].rows];
      rows.sort((one, other) => compared(one.cells[column], other.cells[column]));
      table.tBodies[0].append(...(down ? rows.reverse() : rows));
    });
  });
}
