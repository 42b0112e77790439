const boards = [...document.querySelectorAll(".board")];
const rows = boards.flatMap((board) => [...board.tBodies[0].rows]);
const filters = [...document.querySelectorAll("[data-filter]")];

function filterRows() {
  const wanted = Object.fromEntries(filters.map((one) => [one.dataset.filter, one.type === "checkbox" ? one.checked : one.value]));
  for (const row of rows) {
    const fits = ["task", "model", "method"].every((key) => !wanted[key] || row.dataset[key] === wanted[key]);
    row.hidden = !fits || (row.dataset.synthetic === "yes" && !wanted.synthetic);
  }
  for (const board of boards) board.parentElement.hidden = [...board.tBodies[0].rows].every((row) => row.hidden);
  const shown = rows.filter((row) => !row.hidden).length;
  document.querySelector(".choices output").textContent = `${shown} of ${rows.length} rows`;
}

function sortedBy(cell) {
  const { value } = cell.dataset;
  return value === undefined ? cell.textContent.trim().toLowerCase() : value === "" ? null : Number(value);
}

// Cells without a number come last, whichever way the others are sorted.
function compare(one, other, sign) {
  if (one === null || other === null) return (one === null) - (other === null);
  return one < other ? -sign : one > other ? sign : 0;
}

function sortRows(board, head, column) {
  const first = head.dataset.first ?? "ascending";
  const second = first === "ascending" ? "descending" : "ascending";
  const order = head.getAttribute("aria-sort") === first ? second : first;
  for (const other of board.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", order);
  const keyed = [...board.tBodies[0].rows].map((row) => [sortedBy(row.cells[column]), row]);
  keyed.sort(([one], [other]) => compare(one, other, order === "ascending" ? 1 : -1));
  board.tBodies[0].append(...keyed.map(([, row]) => row));
}

for (const board of boards) {
  for (const [column, head] of [...board.tHead.rows[0].cells].entries()) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sortRows(board, head, column));
    head.append(button);
  }
}
for (const one of filters) one.addEventListener("change", filterRows);
filterRows();
