// The page: follows the system and has each part drawn.

import * as cards from "./cards.js";
import * as charts from "./charts.js";
import * as controls from "./controls.js";
import * as details from "./details.js";
import { find, make, round, say, seconds } from "./dom.js";
import { STAGES, ask, follow, now, overview } from "./overview.js";
import * as river from "./river.js";

/** Players in the table: no more can be read in passing. */
const ROWS_MAX = 50;
/** How often the summary is told to those who hear it, in ms. */
const SUMMARY_MS = 15_000;

const queue = () => find("queue").value;
let summarized = 0;

function list_queues() {
  const names = overview.about.queues.map((rules) => rules.name);
  if (find("queue").dataset.of === names.join()) return;
  find("queue").dataset.of = names.join();
  const chosen = queue();
  find("queue").replaceChildren(...names.map((name) => new Option(name, name, false, name === chosen)));
}

function totals() {
  const waiting = Object.values(overview.queues.get(queue())?.waiting ?? {}).reduce((sum, count) => sum + count, 0);
  const loads = [...overview.instances.values()].filter((instance) => instance.role === "playserver").map((instance) => instance.load);
  const matches = loads.reduce((sum, load) => sum + load, 0);
  const in_stage = (stage) => [...overview.tickets.values()].filter((ticket) => ticket.stage === stage && ticket.queues.includes(queue())).length;
  const last = overview.samples.at(-1);
  return [
    ["waiting", "s1", waiting], ["in a search", "s2", in_stage(2)], ["proposed", "s3", in_stage(3)],
    ["matches, all queues", "s4", matches], ["matches/s, all queues", "", last?.matches ?? 0], ["spawned", "", overview.spawned],
  ];
}

function tell_totals() {
  const figures = totals(), holder = find("totals");
  if (holder.children.length === 0) {
    holder.append(...figures.map(([name, kind]) =>
      make("div", {}, make("dt", {}, kind ? make("span", { className: `dot ${kind}` }) : null, name), make("dd", {}))));
  }
  figures.forEach(([, , figure], at) => say(holder.children[at].lastChild, round(figure)));
  if (Date.now() - summarized > SUMMARY_MS) {
    summarized = Date.now();
    say(find("summary"), `${overview.instances.size} instances. ${figures.map(([name, , figure]) => `${name} ${figure}`).join(", ")}.`);
  }
}

function tell_rows() {
  if (!find("list").open) return;
  const of_queue = [...overview.tickets].filter(([, ticket]) => ticket.queues.includes(queue()));
  of_queue.sort(([, a], [, b]) => a.stage - b.stage || a.queued_ms - b.queued_ms);
  const focused = document.activeElement?.dataset?.ticket;
  find("rows").replaceChildren(...of_queue.slice(0, ROWS_MAX).map(([id, ticket]) => {
    const name = make("button", { type: "button", className: "chip", onclick: () => details.open(id) }, make("span", { className: `dot s${ticket.stage}` }), make("span", {}, ticket.players.join(", ")));
    name.dataset.ticket = id;
    const waited = (ticket.matched_ms || now()) - ticket.queued_ms;
    const cells = [STAGES[ticket.stage], round(ticket.rating), seconds(Math.max(0, waited)), ticket.region];
    return make("tr", {}, make("td", {}, name), ...cells.map((text) => make("td", {}, text)));
  }));
  if (focused) find("rows").querySelector(`[data-ticket="${focused}"]`)?.focus();
}

function update() {
  list_queues();
  controls.update(queue());
  river.update(queue());
  cards.update();
  tell_totals();
  tell_rows();
}

function linked(state) {
  say(find("link"), state);
  find("link").classList.toggle("live", state === "live");
}

function drain(id) {
  if (confirm(`Have ${id} leave? It hands back what it holds, and ends.`)) controls.tell(async () => {
    await ask("/drain", { instance: id });
    return `${id} is told to leave`;
  });
}

river.start(find("river"), details.open);
cards.start(details.open, drain);
charts.start();
details.start();
controls.start(queue);
find("queue").addEventListener("change", update);
follow((kind) => {
  update();
  if (kind === "snapshot") say(find("realm"), `realm ${overview.about.realm}`);
}, linked);
setInterval(() => { if (!document.hidden) charts.update(); }, 1000);
