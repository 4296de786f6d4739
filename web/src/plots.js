// Time series. What is drawn stands as a table or sentence beside it, for whoever sees no picture.
import * as Plot from "@observablehq/plot";

const KINDS = { bars, line, spread };

function draw(box) {
  const rows = JSON.parse(box.dataset.rows).map((row) => ({ ...row, at: new Date(row.at) }));
  if (!rows.length) return;
  const wide = box.clientWidth || 600;
  const plot = KINDS[box.dataset.plot](rows, wide, box);
  // Its own style element would be refused by the page's content policy; desk.css has the rules.
  for (const style of plot.querySelectorAll("style")) style.remove();
  plot.setAttribute("aria-hidden", "true");
  box.replaceChildren(plot);
}

// Days and hours as the page's language writes them, in UTC, by 24 hours.
const language = document.documentElement.lang || "en";
const inWords = (options) => new Intl.DateTimeFormat(language, { timeZone: "UTC", ...options });
const day = inWords({ day: "numeric", month: "short" });
const hour = inWords({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

function across(from, to) {
  const short = to - from <= 3 * 86400000;
  const said = (at) => (short && at.getUTCHours() + at.getUTCMinutes() ? hour.format(at) : day.format(at));
  return { type: "utc", label: null, domain: [from, to], tickFormat: said };
}

// Whole numbers: nobody wrote half a post.
function upTo(rows) {
  const most = Math.max(...rows.map((row) => row.posts));
  return { label: null, ticks: Math.min(3, most), tickFormat: "d" };
}

function bars(rows, width, box) {
  const step = Number(box.dataset.hours || 24) * 3600000;
  const ends = (row) => new Date(row.at.getTime() + step);
  const marks = [Plot.ruleY([0]), Plot.rectY(rows, { x1: "at", x2: ends, y: "posts", fill: "currentColor", insetLeft: 0.5 })];
  const times = rows.map((row) => row.at.getTime());
  const room = rows.length < 4 ? 2 * step : 0; // one day is a bar among days, and no wall
  const x = across(new Date(Math.min(...times) - room), new Date(Math.max(...times) + step + room));
  return Plot.plot({ width, height: 140, marginLeft: 40, x, y: upTo(rows), marks });
}

function line(rows, width) {
  const marks = [Plot.ruleY([0]), Plot.lineY(rows, { x: "at", y: "posts", stroke: "currentColor" })];
  const times = rows.map((row) => row.at.getTime());
  const x = across(new Date(Math.min(...times)), new Date(Math.max(...times)));
  return Plot.plot({ width, height: 140, marginLeft: 40, x, y: upTo(rows), marks });
}

function spread(rows, width) {
  const from = rows.filter((row) => row.from);
  const marks = [
    Plot.link(from, { x1: (row) => new Date(row.from_at), y1: "from", x2: "at", y2: "channel", stroke: "currentColor", strokeOpacity: 0.35 }),
    Plot.dot(rows, { x: "at", y: "channel", fill: (row) => (row.first ? "#c2002f" : "currentColor"), r: (row) => (row.first ? 6 : 3.5) }),
  ];
  const count = new Set(rows.map((row) => row.channel)).size;
  return Plot.plot({ width, height: 40 + 22 * count, marginLeft: 140, x: { type: "utc", label: null, grid: true }, y: { label: null }, marks });
}

for (const box of document.querySelectorAll("[data-plot]")) draw(box);
