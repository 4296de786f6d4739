// The map: countries from Natural Earth, situations by level. Nothing is asked of another host
// unless the desk set a tile address.
import maplibregl from "maplibre-gl";

const COLOURS = { watch: "#b58900", alert: "#d9480f", alarm: "#c2002f", none: "#6b7280" };

for (const box of document.querySelectorAll("[data-map]")) draw(box);

async function draw(box) {
  const ask = async (url) => (await fetch(url, { headers: { Accept: "application/json" } })).json();
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  maplibregl.setWorkerUrl(box.dataset.worker);
  const [world, found] = await Promise.all([ask(box.dataset.world), ask(box.dataset.map)]);
  let map;
  try {
    map = new maplibregl.Map({ container: box, style: style(world, box.dataset.tiles, dark), attributionControl: false, ...view(found) });
  } catch {
    box.dataset.drawn = "no";
    box.textContent = box.dataset.without; // no WebGL here: the list beside says the same
    return;
  }
  box.setAttribute("role", "group"); // a picture holds nothing that can be pressed
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }));
  map.once("idle", () => (box.dataset.drawn = "yes")); // pictures of the page wait for it
  const titles = JSON.parse(box.dataset.titles || "{}"); // as the page's language calls them
  for (const one of found.features) mark(map, one, titles);
}

function style(world, tiles, dark) {
  const sources = { world: { type: "geojson", data: world } };
  const paint = { "fill-color": dark ? "#22303c" : "#eceff1", "fill-outline-color": dark ? "#4b5d6b" : "#9aa7b0" };
  const layers = [
    { id: "sea", type: "background", paint: { "background-color": dark ? "#10181f" : "#cfdde6" } },
    { id: "land", type: "fill", source: "world", paint },
  ];
  if (tiles) {
    sources.tiles = { type: "raster", tiles: [tiles], tileSize: 256 };
    layers.push({ id: "tiles", type: "raster", source: "tiles" });
  }
  return { version: 8, sources, layers };
}

function view(found) {
  const at = found.features.map((one) => one.geometry.coordinates);
  if (!at.length) return { center: [20, 35], zoom: 1 };
  const bounds = new maplibregl.LngLatBounds();
  for (const one of at) bounds.extend(one);
  return { bounds, fitBoundsOptions: { padding: 60, maxZoom: 6 } };
}

function mark(map, one, titles) {
  const { level, href } = one.properties;
  const title = titles[one.properties.title] ?? one.properties.title;
  const link = document.createElement(href ? "a" : "span");
  if (href) link.href = href;
  link.className = `mark ${level}`;
  link.style.setProperty("--colour", COLOURS[level] ?? COLOURS.none);
  link.textContent = title;
  link.setAttribute("aria-label", title); // or the library calls each of them "Map marker"
  new maplibregl.Marker({ element: link, anchor: "left" }).setLngLat(one.geometry.coordinates).addTo(map);
}
