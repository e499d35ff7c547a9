// Every instance as a card, by role, with whom it holds now.

import { find, make, round, say, span } from "./dom.js";
import { now, overview } from "./overview.js";

const ROLES = [
  ["orchestrator", "Orchestrators"],
  ["sweeper", "Sweepers"],
  ["matchmaker", "Matchmakers"],
  ["mover", "Movers"],
  ["playserver", "Playservers"],
];
/** How far those whom an instance holds have come, by its role: the colour of its chips. */
const STAGE = { orchestrator: 1, sweeper: 1, matchmaker: 2, mover: 3, playserver: 4 };
/** Players named on one card: no more can be read in passing. */
const NAMED_MAX = 12;

const cards = new Map();
let [on_ticket, on_drain] = [null, null];

export function start(choose, drain) {
  [on_ticket, on_drain] = [choose, drain];
  for (const [role, name] of ROLES) {
    const row = make("div", { className: "row", id: `row-${role}` });
    find("cards").append(make("div", { className: "role" }, make("h3", {}, name), row));
  }
}

export function update() {
  for (const [id, card] of cards) {
    if (!overview.instances.has(id)) {
      card.root.remove();
      cards.delete(id);
    }
  }
  const held = new Map();
  for (const [id, ticket] of overview.tickets) {
    for (const instance of ticket.at) {
      if (!held.has(instance)) held.set(instance, []);
      held.get(instance).push([id, ticket]);
    }
  }
  for (const [id, instance] of overview.instances) {
    const card = cards.get(id) ?? create(id, instance);
    fill(card, instance, held.get(id) ?? []);
  }
}

function create(id, instance) {
  const part = (className, tag = "div") => make(tag, { className });
  const card = { root: part("card", "article"), badges: part("badges"), facts: part("facts"), held: part("held"), count: part("", "span"), chips: new Map() };
  card.meter = make("i");
  card.bar = make("div", { className: "meter", hidden: true }, card.meter);
  card.drain = make("button", { type: "button", className: "warn", hidden: true, onclick: () => on_drain(id) }, "Drain");
  card.drain.setAttribute("aria-label", `Drain ${id}`);
  card.root.dataset.instance = id;
  card.root.append(make("div", { className: "name" }, id), card.badges, card.facts, card.bar, card.held, make("div", { className: "foot" }, card.count, card.drain));
  find(`row-${instance.role}`)?.append(card.root);
  cards.set(id, card);
  return card;
}

function fill(card, instance, held) {
  card.root.classList.toggle("lost", instance.lost);
  const badges = [];
  if (instance.leads) badges.push(["leads", "leads"]);
  if (instance.role === "mover" && instance.linked && !instance.leads) badges.push(["", "stands by"]);
  if (instance.drains) badges.push(["off", "draining"]);
  if (instance.lost) badges.push(["off", "cannot be reached"]);
  else if (!instance.linked) badges.push(["", "connecting"]);
  else if (!instance.ready && !instance.drains) badges.push(["off", "not ready"]);
  const told = badges.map(([, text]) => text).join(" · ");
  if (card.badges.dataset.told !== told) {
    card.badges.dataset.told = told;
    card.badges.replaceChildren(...badges.map(([kind, text]) => make("span", { className: `badge ${kind}` }, text)));
  }
  const up = instance.linked ? `, up ${span(Math.max(0, Math.floor(now() / 1000 - instance.since_s)))}` : "";
  const region = instance.region ? `, in ${instance.region}` : "";
  say(card.facts, `${instance.address.replace("http://", "")}${region}${up}`);
  const hosts = instance.role === "playserver";
  card.bar.hidden = !hosts;
  card.meter.style.width = `${Math.min(100, (100 * instance.load) / Math.max(1, instance.capacity))}%`;
  const load = hosts ? `${round(instance.load)} of ${round(instance.capacity)} matches, ` : "";
  // A search takes milliseconds: whom it was for is shown a moment longer than he is held.
  const brief = instance.role === "matchmaker" || instance.role === "mover";
  say(card.count, `${load}${round(instance.holds)} ${brief ? "in work or just done" : "held"}`);
  card.drain.hidden = !instance.drainable || !instance.linked || instance.drains;
  name(card, instance, held);
}

/** Chips stay the same elements while they are shown, so that one that has the focus keeps it. */
function name(card, instance, held) {
  held.sort(([, a], [, b]) => b.queued_ms - a.queued_ms);
  const shown = held.slice(0, NAMED_MAX);
  const wanted = new Set(shown.map(([id]) => id));
  for (const [id, chip] of card.chips) {
    if (!wanted.has(id)) {
      chip.remove();
      card.chips.delete(id);
    }
  }
  for (const [id, ticket] of shown) {
    if (!card.chips.has(id)) card.chips.set(id, chip_of(card, instance, id, ticket));
  }
  const watched = instance.watched.slice(0, Math.max(0, NAMED_MAX - shown.length)).join(", ");
  const others = watched ? `watched: ${watched}` : shown.length > 0 ? "" : instance.holds > 0 ? "not named" : "nobody";
  say(card.others ??= card.held.appendChild(make("span", { className: "quiet" })), others);
}

function chip_of(card, instance, id, ticket) {
  const dot = make("span", { className: `dot s${STAGE[instance.role]}` });
  const more = ticket.players.length > 1 ? ` +${ticket.players.length - 1}` : "";
  const root = make("button", { type: "button", className: "chip", onclick: () => on_ticket(id) }, dot, make("span", {}, `${ticket.players[0] ?? "?"}${more}`));
  card.held.prepend(root);
  return root;
}
