// Small charts of the last minutes.

import { draw, find, make, round, say } from "./dom.js";
import { now, overview } from "./overview.js";

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [320, 128, 34, 16];
const SPAN_MS = 300_000;
/** Lines of one chart: beyond it regions are told together. */
const LINES_MAX = 5;
const COLOURS = ["var(--stage-1)", "var(--stage-4)", "var(--magenta)", "var(--stage-2)", "var(--aqua)"];
const pair = (key) => () => [["half of them", (sample) => sample[key]?.[0]], ["nine of ten", (sample) => sample[key]?.[1]]];

const CHARTS = [
  ["Wait until matched", "s", pair("wait_s")],
  ["Rating gap between teams", "points", pair("gap")],
  ["Cost of a match", "s of waiting", pair("cost_s")],
  ["Throughput", "a second", () => [["matches", (sample) => sample.matches], ["tickets that came", (sample) => sample.arrivals]]],
  ["Waiting by region", "tickets", by_region],
];

const charts = [];

export function start() {
  for (const [title, unit, lines] of CHARTS) {
    const svg = draw("svg", { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": title });
    const [value, legend] = [make("span", { className: "quiet" }), make("ul", { className: "legend" })];
    find("charts").append(make("figure", {}, make("figcaption", {}, make("b", {}, title), value), svg, make("div", { className: "axis", ariaHidden: "true" }, make("span", {}, "5 min ago"), make("span", {}, "now")), legend));
    charts.push({ title, unit, lines, svg, value, legend });
  }
}

export function update() {
  for (const chart of charts) paint(chart);
}

function by_region() {
  const sums = new Map();
  for (const sample of overview.samples) {
    for (const [region, count] of Object.entries(sample.waiting)) sums.set(region, (sums.get(region) ?? 0) + count);
  }
  const regions = [...sums.keys()].sort((a, b) => sums.get(b) - sums.get(a));
  const [named, others] = [regions.slice(0, LINES_MAX - 1), regions.slice(LINES_MAX - 1)].map((part) => part.sort());
  const line = (name, of) => [name || "anywhere", (sample) => of.reduce((sum, region) => sum + (sample.waiting[region] ?? 0), 0)];
  const lines = named.map((region) => line(region, [region]));
  if (others.length > 0) lines.push(line("others", others));
  return lines.length > 0 ? lines : [line("anywhere", [""])];
}

function paint({ title, unit, lines, svg, value, legend }) {
  const named = lines(), end = now();
  const points = named.map(([, read]) => overview.samples.map((sample) => [sample.at_ms, read(sample)]).filter(([, y]) => y != null));
  const most = Math.max(0, ...points.flat().map(([, y]) => y));
  const top = most > 0 ? round_up(most) : 1;
  const x = (at_ms) => LEFT + (WIDTH - LEFT) * (1 - (end - at_ms) / SPAN_MS);
  const y = (figure) => (HEIGHT - BOTTOM) * (1 - figure / top) + 4;
  const grid = [0, top / 2, top].flatMap((figure) => [
    draw("line", { x1: LEFT, x2: WIDTH, y1: y(figure), y2: y(figure), stroke: "var(--rule)", "vector-effect": "non-scaling-stroke" }),
  ]);
  const paths = points.map((line, at) =>
    draw("path", { d: path(line, x, y), fill: "none", stroke: COLOURS[at], "stroke-width": 2, "stroke-linejoin": "round", "vector-effect": "non-scaling-stroke" }));
  svg.replaceChildren(...grid, ...paths);
  label(svg, top);
  const last = named.map(([name], at) => [name, points[at].at(-1)?.[1]]);
  const told = last.filter(([, figure]) => figure != null).map(([name, figure]) => `${name} ${round(figure, 1)}`).join(", ");
  say(value, unit);
  svg.setAttribute("aria-label", `${title}: ${told || "nothing yet"}`);
  legend.replaceChildren(...last.map(([name, figure], at) =>
    make("li", {}, draw("svg", { width: 12, height: 4, "aria-hidden": "true" }, draw("rect", { width: 12, height: 3, rx: 1.5, fill: COLOURS[at] })), `${name} ${figure == null ? "–" : round(figure, 1)}`)));
}

/** The scale stands beside the drawing, which is stretched and would stretch its letters. */
function label(svg, top) {
  const figure = svg.parentElement;
  let scale = figure.querySelector(".scale");
  if (!scale) {
    scale = make("div", { className: "scale", ariaHidden: "true" }, make("span"), make("span"), make("span"));
    svg.before(scale);
  }
  [top, top / 2, 0].forEach((mark, at) => say(scale.children[at], round(mark, top < 1 ? 2 : top < 20 ? 1 : 0)));
}

/** A line that breaks where more than some seconds are missing. */
function path(line, x, y) {
  let [before, drawn] = [null, ""];
  for (const [at_ms, figure] of line) {
    drawn += `${before !== null && at_ms - before < 8000 ? "L" : "M"}${x(at_ms).toFixed(1)} ${y(figure).toFixed(1)}`;
    before = at_ms;
  }
  return drawn;
}

function round_up(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((mark) => mark >= value);
}
