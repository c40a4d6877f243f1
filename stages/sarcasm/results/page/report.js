// Headings of sortable tables become buttons: the better end first, then the other; what is not there stays last.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const headers = [...table.tHead.rows[0].cells];

  const sort = (column, better, direction) => {
    const value = (row) => row.cells[column].dataset.value;
    const compare = better ? (a, b) => a - b : (a, b) => a.localeCompare(b);
    const order = (a, b) => (!value(a) - !value(b)) || direction * compare(value(a), value(b));
    body.append(...[...body.rows].sort(order));
  };

  headers.forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    header.append(button);
    header.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => {
      const { better } = header.dataset;
      const sorted = header.getAttribute("aria-sort");
      const ascending = sorted === "none" ? better !== "high" : sorted === "descending";
      headers.forEach((other) => other.setAttribute("aria-sort", "none"));
      header.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      sort(column, better, ascending ? 1 : -1);
    });
  });
}
