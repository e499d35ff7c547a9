// The river: players who wait, by rating and wait, and to the right of them those in a search, a proposal and a match.

import { span } from "./dom.js";
import { STAGES, now, overview } from "./overview.js";

const LANES = 3;
/** How long a player is seen in each stage at the least: none is skipped, however quick he is. */
const DWELL_MS = 350;
/** The longest wait that is drawn is the first of these that reaches the oldest ticket. */
const WAITS_S = [30, 120, 600, 3600, 86400];
const RADIUS = 4;
const CELL_HEIGHT_MIN = 8;
const FADE_MS = 500;
const still = matchMedia("(prefers-reduced-motion: reduce)");

const dots = new Map();
let [canvas, chosen, ratings, longest_s] = [null, null, [1000, 2000], WAITS_S[0]];

export function start(element, on_choose) {
  [canvas, chosen] = [element, on_choose];
  canvas.addEventListener("click", (event) => choose(event));
  let last = performance.now();
  const frame = (at) => {
    if (!document.hidden) paint(Math.min(at - last, 100));
    last = at;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

/** Takes over what is known now. */
export function update(queue) {
  update.queue = queue;
  const seen = new Set();
  for (const [id, ticket] of overview.tickets) {
    if (!ticket.queues.includes(queue)) continue;
    seen.add(id);
    const dot = dots.get(id) ?? { id, stage: dots.size === 0 ? ticket.stage : 1, since: performance.now(), x: null, alpha: 1 };
    dot.ticket = ticket;
    dot.gone = null;
    dots.set(id, dot);
  }
  for (const [id, dot] of dots) if (!seen.has(id)) dot.gone ??= performance.now();
  scale(queue);
}

/** Ratings from the lowest to the highest that is shown, in round numbers. */
function scale(queue) {
  const all = [...dots.values()].map((dot) => dot.ticket.rating);
  const step = overview.about.cell.rating;
  for (const [row] of overview.queues.get(queue)?.cells ?? []) all.push(row * step, (row + 1) * step);
  const oldest_ms = Math.min(now(), ...[...dots.values()].filter((dot) => dot.ticket.stage < 3).map((dot) => dot.ticket.queued_ms));
  const in_cells = (overview.queues.get(queue)?.cells ?? []).map((cell) => 10 ** ((cell[1] + 1) / overview.about.cell.per_decade));
  const oldest_s = Math.max((now() - oldest_ms) / 1000, ...in_cells);
  longest_s = WAITS_S.find((s) => s >= oldest_s) ?? WAITS_S.at(-1);
  if (all.length === 0) return;
  const low = Math.floor((Math.min(...all) - 50) / 100) * 100;
  const high = Math.ceil((Math.max(...all) + 50) / 100) * 100;
  ratings = [Math.min(low, 1300), Math.max(high, 1700)];
}

function layout() {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const left = 48, top = 22, bottom = height - 26;
  const lane = Math.max(54, Math.min(150, width * 0.14));
  return { width, height, left, top, bottom, lane, pool: width - left - lane * LANES - 8 };
}

const wait_x = (at, s) => at.left + at.pool * (1 - Math.min(1, Math.log10(1 + s) / Math.log10(1 + longest_s)));
const rating_y = (at, rating) => at.bottom - ((rating - ratings[0]) / (ratings[1] - ratings[0])) * (at.bottom - at.top);
const lane_x = (at, stage) => at.left + at.pool + 8 + at.lane * (stage - 2);

/** A number from 0 to 1 that is always the same for a ticket. */
function spread(id) {
  let hash = 0;
  for (let at = 0; at < 8; at++) hash = (hash * 31 + id.charCodeAt(at)) >>> 0;
  return (hash % 997) / 997;
}

function place(at, dot) {
  const y = rating_y(at, dot.ticket.rating);
  if (dot.stage === 1) return [wait_x(at, Math.max(0, now() - dot.ticket.queued_ms) / 1000), y];
  return [lane_x(at, dot.stage) + at.lane * (0.15 + 0.7 * spread(dot.ticket.match_id || dot.id)), y];
}

function paint(passed_ms) {
  const at = layout(), scale = devicePixelRatio || 1;
  if (at.width === 0) return;
  if (canvas.width !== Math.round(at.width * scale) || canvas.height !== Math.round(at.height * scale)) {
    [canvas.width, canvas.height] = [Math.round(at.width * scale), Math.round(at.height * scale)];
  }
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, at.width, at.height);
  const style = getComputedStyle(document.documentElement);
  const ink = (name) => style.getPropertyValue(name).trim();
  paint_ground(context, at, ink);
  paint_cells(context, at, ink);
  const time = performance.now();
  const colours = [1, 2, 3, 4].map((stage) => ink(`--stage-${stage}`));
  for (const dot of dots.values()) {
    move(at, dot, time, passed_ms);
    if (dot.alpha <= 0) dots.delete(dot.id);
    else paint_dot(context, dot, colours[dot.stage - 1], ink("--surface"));
  }
  context.globalAlpha = 1;
}

function move(at, dot, time, passed_ms) {
  const aim = dot.gone ? Math.max(dot.stage, dot.ticket.stage) : dot.ticket.stage;
  if (aim < dot.stage) [dot.stage, dot.since] = [aim, time];
  else if (aim > dot.stage && time - dot.since > DWELL_MS) [dot.stage, dot.since] = [dot.stage + 1, time];
  if (dot.gone && dot.stage >= aim) dot.alpha = Math.max(0, 1 - (time - Math.max(dot.gone, dot.since)) / FADE_MS);
  else dot.alpha = 1;
  const [x, y] = place(at, dot);
  if (dot.x === null || still.matches) [dot.x, dot.y] = [x, y];
  const part = 1 - Math.exp(-passed_ms / 90);
  dot.x += (x - dot.x) * part;
  dot.y += (y - dot.y) * part;
}

function paint_dot(context, dot, colour, surface) {
  context.globalAlpha = dot.alpha;
  context.beginPath();
  context.arc(dot.x, dot.y, RADIUS + Math.min(3, dot.ticket.players.length - 1), 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = surface;
  context.stroke();
}

function paint_ground(context, at, ink) {
  context.font = "11px system-ui, sans-serif";
  context.lineWidth = 1;
  context.strokeStyle = ink("--rule");
  context.fillStyle = ink("--muted");
  context.textAlign = "right";
  const rough = (ratings[1] - ratings[0]) / 5, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((part) => part * power).find((mark) => mark >= rough);
  for (let rating = Math.ceil(ratings[0] / step) * step; rating <= ratings[1]; rating += step) {
    const y = rating_y(at, rating);
    line(context, at.left, y, at.width, y);
    context.fillText(String(rating), at.left - 6, y + 4);
  }
  context.textAlign = "center";
  let free = Infinity;
  for (const s of [0, 1, 3, 10, 30, 60, 120, 600, 3600, 86400].filter((s) => s <= longest_s)) {
    const x = wait_x(at, s);
    context.textAlign = s === longest_s ? "left" : s === 0 ? "right" : "center";
    if (s > 0 && (x > free - 45 || (s !== longest_s && x < at.left + 60))) continue;
    context.fillText(s === 0 ? "0 s" : s < 60 ? `${s} s` : span(s), x, at.height - 8);
    free = x;
  }
  context.strokeStyle = ink("--axis");
  for (let stage = 2; stage <= 4; stage++) line(context, lane_x(at, stage), at.top - 6, lane_x(at, stage), at.bottom);
  context.fillStyle = ink("--quiet");
  context.textAlign = "left";
  context.fillText(at.pool < 200 ? "waits" : "waits: newest at the right", at.left, 12);
  context.textAlign = "center";
  for (let stage = 2; stage <= 4; stage++) {
    const name = at.lane < 70 ? ["search", "prop.", "plays"][stage - 2] : STAGES[stage];
    context.fillText(name, lane_x(at, stage) + at.lane / 2, 12);
  }
}

function line(context, x1, y1, x2, y2) {
  context.beginPath();
  context.moveTo(x1, Math.round(y1) + 0.5);
  context.lineTo(x2, Math.round(y2) + 0.5);
  context.stroke();
}

/** Where many wait, how many of like rating and wait: the darker the more. */
function paint_cells(context, at, ink) {
  const { rating, per_decade } = overview.about.cell;
  const wait_s = (step) => 10 ** (step / per_decade) - 1;
  const cells = overview.queues.get(update.queue)?.cells ?? [];
  // Rows that would be too low to be seen are shown together.
  const rows = Math.max(1, Math.ceil(CELL_HEIGHT_MIN / (rating_y(at, 0) - rating_y(at, rating))));
  const sums = new Map();
  for (const [row, column, count] of cells) {
    const key = `${Math.floor(row / rows)} ${column}`;
    sums.set(key, (sums.get(key) ?? 0) + count);
  }
  const most = Math.max(1, ...sums.values());
  context.fillStyle = ink("--stage-1");
  for (const [key, count] of sums) {
    const [row, column] = key.split(" ").map(Number);
    const [right, left] = [wait_x(at, wait_s(column)), wait_x(at, wait_s(column + 1))];
    const [top, bottom] = [rating_y(at, (row + 1) * rows * rating), rating_y(at, row * rows * rating)];
    context.globalAlpha = 0.15 + 0.85 * Math.sqrt(count / most);
    context.fillRect(left + 1, top + 1, Math.max(1, right - left - 2), Math.max(1, bottom - top - 2));
  }
  context.globalAlpha = 1;
}

function choose(event) {
  const [x, y] = [event.offsetX, event.offsetY];
  let [nearest, distance] = [null, 14 ** 2];
  for (const dot of dots.values()) {
    const far = (dot.x - x) ** 2 + (dot.y - y) ** 2;
    if (far < distance) [nearest, distance] = [dot, far];
  }
  if (nearest) chosen(nearest.id);
}
