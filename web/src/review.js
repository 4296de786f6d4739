// Triage by keyboard: a digit labels the post that has the focus and goes on to the next, or labels
// all ticked posts; x ticks. Without this file the digits press the buttons for ticked posts.
const form = document.getElementById("labels");

form?.querySelector("[data-row]")?.focus({ preventScroll: true });

document.addEventListener(
  "keydown",
  (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest("textarea, select, input:not([type=checkbox])")) return;
    const row = document.activeElement?.closest("[data-review]");
    if (event.key === "x" && row) tick(row);
    else if (/^[1-9]$/.test(event.key) && form) label(Number(event.key), row);
    else return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);

function tick(row) {
  const box = row.querySelector("[data-tick]");
  box.checked = !box.checked;
}

function label(number, row) {
  const ticked = [...form.querySelectorAll("[data-review]")].filter((one) => one.querySelector("[data-tick]").checked);
  for (const one of ticked.length ? ticked : row ? [row] : []) {
    one.querySelector("[data-label]").selectedIndex = number;
    one.querySelector("[data-tick]").checked = false;
  }
  if (!ticked.length && row) next(row);
}

function next(row) {
  const after = row.nextElementSibling?.querySelector("[data-row]");
  if (!after) return;
  after.focus();
  after.scrollIntoView({ block: "nearest" });
}
