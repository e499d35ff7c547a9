// What is known of one player's ticket, of its match, and why it waits.

import { find, make, round, seconds, span } from "./dom.js";
import { STAGES, now, overview } from "./overview.js";

const AGAIN_MS = 2000;
let [ticket_id, asking, timer] = [null, false, null];

export function start() {
  find("close").addEventListener("click", () => find("details").close());
  find("details").addEventListener("close", () => {
    ticket_id = null;
    clearInterval(timer);
  });
}

export function open(id) {
  ticket_id = id;
  const shown = overview.tickets.get(id);
  find("details-title").textContent = shown ? shown.players.join(", ") : id;
  find("details-body").replaceChildren(make("p", { className: "quiet" }, "asking"));
  if (!find("details").open) find("details").showModal();
  clearInterval(timer);
  timer = setInterval(ask, AGAIN_MS);
  ask();
}

async function ask() {
  if (asking || document.hidden || !ticket_id) return;
  const id = ticket_id;
  asking = true;
  try {
    const answer = await fetch(`/ticket/${encodeURIComponent(id)}`);
    const told = await answer.json();
    if (ticket_id === id) show(id, answer.ok ? told : null, told);
  } catch {
    // The next try tells more.
  } finally {
    asking = false;
  }
}

function show(id, told, failure) {
  if (!told) return find("details-body").replaceChildren(make("p", {}, String(failure)));
  const shown = overview.tickets.get(id);
  find("details-title").textContent = told.ticket.players.map((player) => player.id).join(", ");
  const body = [facts(id, told.ticket, shown)];
  if (told.match) body.push(...match(told.match));
  for (const why of Array.isArray(told.why) ? told.why : []) body.push(...explanation(why));
  if (told.why?.failure) body.push(make("p", { className: "quiet" }, told.why.failure));
  find("details-body").replaceChildren(...body);
}

function list(pairs) {
  const terms = pairs.filter(([, value]) => value != null && value !== "").flatMap(([term, value]) => [make("dt", {}, term), make("dd", {}, value)]);
  return make("dl", { className: "facts" }, ...terms);
}

function facts(id, ticket, shown) {
  const waits = ticket.state === "queued";
  return list([
    ["State", shown && waits ? `${ticket.state}: ${STAGES[shown.stage]}` : ticket.state],
    [waits ? "Waits" : "Queued", waits ? seconds(now() - ticket.queued_ms) : `${seconds(now() - ticket.queued_ms)} ago`],
    ["Queues", ticket.queues.join(", ")],
    ["Rating", ticket.players.map((player) => round(player.rating)).join(", ")],
    ["Attempts", shown?.looks ? `${shown.looks} here, of which the last at width ${ticket.width}` : null],
    ["Earlier tries", ticket.tries || null],
    ["Held by", shown?.at.join(", ")],
    ["Reason", ticket.reason],
    ["Ticket", id],
    ["Trace", trace(ticket)],
  ]);
}

function trace({ trace_id: id, is_traced: isWhole }) {
  if (!id) return "none: tracing is off";
  const template = overview.about.traces;
  const link = template ? make("a", { href: template.replaceAll("{trace_id}", id), target: "_blank", rel: "noreferrer" }, id) : id;
  return isWhole ? link : make("span", {}, link, ": not sampled, so only what fails is in it");
}

function match(match) {
  const seats = match.teams.flatMap((team, at) => team.map((seat) => make("tr", {},
    make("td", {}, String(at + 1)), make("td", {}, seat.player), number(round(seat.rating)), number(seat.rtt_ms == null ? "–" : `${seat.rtt_ms} ms`), number(seconds(seat.wait_ms)))));
  const means = match.teams.map((team) => team.reduce((sum, seat) => sum + seat.rating, 0) / Math.max(1, team.length));
  const head = ["Team", "Player", "Rating", "Round trip", "Waited"].map((text, at) => make("th", { scope: "col", className: at > 1 ? "n" : "" }, text));
  const parts = (match.parts ?? []).map((part) => `${part.key} ${span(part.cost_s)}`).join(", ");
  return [
    make("h3", {}, "Match"),
    list([
      ["State", match.state], ["Match", match.id], ["Teams' mean", means.map((mean) => round(mean)).join(" : ")],
      ["Better side wins", match.win_probability == null ? null : `${round(100 * match.win_probability, 1)} %`],
      ["Costs", `${span(match.cost_s)} of waiting${parts ? ` (${parts})` : ""}`],
      ["Region", match.region], ["Host", match.host], ["Plays at", match.address],
    ]),
    make("div", { className: "scroll" }, make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...seats))),
  ];
}

const number = (text) => make("td", { className: "n" }, text);

function explanation(why) {
  const rejections = why.rejections.map((rejection) => `${rejection.count} by ${rejection.rule}`).join(", ");
  const parts = why.miss?.parts.map((part) => `${part.key} ${span(part.cost_s)}`).join(", ");
  const remedies = why.remedies.map((remedy) => `${remedy.key} from ${figure(remedy.is)} to ${figure(remedy.needed)}`).join("; or ");
  return [
    make("h3", {}, `Why it waits in ${why.queue}`),
    list([
      ["Halted", why.outages.length ? `nobody is matched now: there is ${why.outages.join(", ").replaceAll("_", " ")}` : null],
      ["Accepts", why.patience_s == null ? "any match that the limits allow" : `a match that costs ${span(why.patience_s)}`],
      ["Sees", why.seen === 0 ? "nobody else" : `${why.seen} other${why.seen === 1 ? "" : "s"}${rejections ? `; rejected: ${rejections}` : ""}`],
      ["Nearest miss", why.miss ? `costs ${span(why.miss.cost_s)}${parts ? ` (${parts})` : ""}` : "none"],
      ["Would match now", remedies],
      ["Matches later", why.matches_at_age_ms == null ? null : `at an age of ${seconds(why.matches_at_age_ms)}`],
    ]),
  ];
}

const figure = (value) => (value == null ? "∞" : round(value, 5));
