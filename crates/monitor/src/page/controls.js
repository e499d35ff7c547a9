// Buttons that let players come, and stop them.

import { find, say } from "./dom.js";
import { ask, overview } from "./overview.js";

/** How far from the usual the edge of the ladder lies, in rating points. */
const EDGE = 1200;

export function start(queue) {
  const wish = (more) => ({ queue: queue(), rating: Number(find("rating").value), size: 1, region: find("region").value, ...more });
  const spawn = (more, text) => tell(async () => `${text}: ticket ${(await ask("/spawn", wish(more))).ticket}`);
  on("spawn", "submit", () => spawn({ size: Number(find("size").value) }, "queued"));
  on("five", "click", () => spawn({ size: 5 }, "a party of five is queued"));
  on("edge", "click", () => spawn({ rating: Number(find("rating").value) + EDGE }, "queued at the edge"));
  on("stream", "submit", () => tell(async () => {
    const per_s = Number(find("rate").value);
    await ask("/stream", { ...wish({ spread: Number(find("spread").value) }), per_s });
    return per_s > 0 ? `${per_s} parties a second come` : "nobody comes any more";
  }));
  on("stop", "click", () => tell(async () => {
    await ask("/stop", {});
    return "all are told to leave";
  }));
}

function on(id, event, act) {
  find(id).addEventListener(event, (happened) => {
    happened.preventDefault();
    act();
  });
}

/** Says what came of something. */
export async function tell(act) {
  try {
    say(find("said"), await act());
  } catch (refusal) {
    say(find("said"), `refused: ${refusal.message}`);
  }
}

/** The regions and bounds of the queue. */
export function update(queue) {
  find("controls").hidden = !overview.about.may_spawn;
  const rules = overview.about.queues.find((other) => other.name === queue);
  const names = ["", ...(rules?.regions ?? [])];
  const region = find("region");
  if (region.dataset.of !== names.join()) {
    region.dataset.of = names.join();
    region.replaceChildren(...names.map((name) => new Option(name || "any", name)));
  }
  const largest = Math.max(1, ...(rules?.teams ?? [1]));
  find("size").max = largest;
  find("five").disabled = largest < 5;
  find("rate").max = overview.about.rate_max;
}
