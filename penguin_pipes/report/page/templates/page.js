"use strict";
for (const button of document.querySelectorAll("th > button")) {
  button.addEventListener("click", () => {
    const head = button.parentElement;
    const table = head.closest("table");
    const place = head.cellIndex;
    const down = head.getAttribute("aria-sort") === "ascending";
    const key = (row) => row.cells[place].dataset.order ?? row.cells[place].textContent;
    const compare = (one, other) => {
      const [a, b] = [key(one), key(other)];
      if (a === "" || b === "") return (a === "") - (b === "");
      const both = Number.isNaN(Number(a)) || Number.isNaN(Number(b));
      const order = both ? a.localeCompare(b) : a - b;
      return down ? -order : order;
    };
    for (const each of table.querySelectorAll("th[aria-sort]")) each.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const body = table.tBodies[0];
    body.append(...[...body.rows].sort(compare));
  });
}
