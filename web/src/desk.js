// What every page needs: parts that refresh themselves, keys, times as the reader's clock has them.
import htmx from "htmx.org";

window.htmx = htmx;
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;

document.body.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector('meta[name="csrf"]')?.content;
  if (token) event.detail.headers["X-CSRF-Token"] = token;
});

// A refusal is shown where it happened and not swallowed.
document.body.addEventListener("htmx:responseError", (event) => {
  const place = document.getElementById("said");
  if (!place) return;
  place.textContent = document.body.dataset.refused.replace("{code}", event.detail.xhr.status);
  place.hidden = false;
});

// The desk's clock, which is not this machine's where a reconstruction is shown.
const ahead = Date.parse(document.body.dataset.now || "") - Date.now() || 0;

function countDown() {
  const now = Date.now() + ahead;
  const words = document.body.dataset;
  for (const part of document.querySelectorAll("time[data-until]")) {
    const left = Date.parse(part.dateTime) - now;
    const minutes = Math.floor(Math.abs(left) / 60000);
    const said = (left < 0 ? words.past : words.left).replace("{hours}", Math.floor(minutes / 60)).replace("{minutes}", minutes % 60);
    const old = left < -48 * 3600000; // what passed long ago is no countdown
    part.textContent = old ? "" : `(${said})`;
  }
}
countDown();
document.body.addEventListener("htmx:afterSwap", countDown);
setInterval(countDown, 15000);

// Blurred until asked for, one by one or all at once.
document.addEventListener("click", (event) => {
  const one = event.target.closest(".veil");
  if (one && !event.target.closest("a")) one.classList.toggle("open");
  const all = event.target.closest("[data-open-all]");
  if (all) {
    const open = all.getAttribute("aria-pressed") !== "true";
    all.setAttribute("aria-pressed", String(open));
    for (const veil of document.querySelectorAll(".veil")) veil.classList.toggle("open", open);
  }
});

// Keys: g then a letter goes to a page, j and k walk a list, ? shows them all.
const TYPED_IN = "textarea, select, input:not([type=checkbox], [type=radio], [type=range])";
let after = "";
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeMenu();
  if (event.target.closest(TYPED_IN) || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key;
  if (after === "g") {
    const link = document.querySelector(`nav a[data-key="${CSS.escape(key)}"]`);
    after = "";
    if (link) link.click();
    return;
  }
  if (key === "g") after = "g";
  else if (key === "j" || key === "k") walk(key === "j" ? 1 : -1, event);
  else if (key === "?") document.getElementById("keys")?.showModal();
  else if (key === "/") {
    const search = document.querySelector('input[type="search"]');
    if (search) {
      search.focus();
      event.preventDefault();
    }
  } else if (key === "Enter" || key === " ") open(event);
  else document.querySelector(`[data-press="${CSS.escape(key)}"]:not([disabled])`)?.click();
});

// The menu closes as menus do: by Escape, and by a click anywhere else.
function closeMenu() {
  const menu = document.querySelector("nav.main details[open]");
  if (!menu) return;
  const inside = menu.contains(document.activeElement);
  menu.open = false;
  if (inside) menu.querySelector("summary").focus();
}
document.addEventListener("click", (event) => {
  if (!event.target.closest("nav.main details")) closeMenu();
});

function walk(step, event) {
  const rows = [...document.querySelectorAll("[data-row]")];
  if (!rows.length) return;
  const at = rows.indexOf(document.activeElement.closest("[data-row]"));
  const next = rows[Math.min(Math.max(at < 0 ? (step > 0 ? 0 : rows.length - 1) : at + step, 0), rows.length - 1)];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  event.preventDefault();
}

function open(event) {
  const focused = document.activeElement;
  if (focused?.classList.contains("veil")) {
    focused.classList.toggle("open");
    event.preventDefault();
  } else if (event.key === "Enter" && focused?.matches("[data-row]")) {
    focused.querySelector("a")?.click();
  }
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-at-once]");
  if (form) form.requestSubmit();
});

// Something new came: the page says so, and refreshes the parts that ask for it.
if (document.body.dataset.live) {
  const live = new EventSource(document.body.dataset.live);
  live.addEventListener("change", () => htmx.trigger(document.body, "desk-change"));
  addEventListener("pagehide", () => live.close());
}
