// Bundles what the console's pages need into src/tocsin/console/built; called by build.py.
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { build } from "esbuild";
import { feature } from "topojson-client";

const OUT = process.argv[2];
const shared = { bundle: true, minify: true, format: "iife", target: "es2022", legalComments: "eof" };

await build({
  ...shared,
  entryPoints: ["desk", "map", "plots", "review"].map((name) => `src/${name}.js`),
  outdir: OUT,
  // The build for strict content policies: its worker is a file of its own instead of a blob.
  alias: { "maplibre-gl": "./node_modules/maplibre-gl/dist/maplibre-gl-csp.js" },
});
await build({ ...shared, entryPoints: ["src/desk.css"], outdir: OUT });
await copyFile("node_modules/maplibre-gl/dist/maplibre-gl-csp-worker.js", `${OUT}/map-worker.js`);
await copyFile("node_modules/maplibre-gl/dist/maplibre-gl.css", `${OUT}/map.css`);

const world = JSON.parse(await readFile("node_modules/world-atlas/countries-50m.json", "utf8"));
const rounded = (at) => (typeof at === "number" ? Math.round(at * 100) / 100 : at.map(rounded));
const countries = feature(world, world.objects.countries).features.map(({ geometry, properties }) => ({
  type: "Feature",
  properties: { name: properties.name },
  geometry: { type: geometry.type, coordinates: rounded(geometry.coordinates) },
}));
await writeFile(`${OUT}/world.json`, JSON.stringify({ type: "FeatureCollection", features: countries }));
