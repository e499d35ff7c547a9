// The system as this page knows it: a snapshot, then what changes.

export const STAGES = ["", "waits", "in a search", "proposed", "plays"];

export const overview = {
  about: { queues: [], may_spawn: false, traces: null, cell: { rating: 50, per_decade: 8 } },
  instances: new Map(),
  tickets: new Map(),
  queues: new Map(),
  samples: [],
  spawned: 0,
  rate: 0,
  /** The monitor's clock less this browser's. */
  ahead_ms: 0,
};

const SAMPLES_MAX = 300;

/** Now, by the monitor's clock. */
export const now = () => Date.now() + overview.ahead_ms;

export function take(message, is_snapshot) {
  overview.ahead_ms = message.now_ms - Date.now();
  if (is_snapshot) {
    overview.about = message.about;
    for (const part of ["instances", "tickets", "queues"]) overview[part].clear();
    overview.samples = message.samples;
  }
  for (const part of ["instances", "tickets", "queues"]) {
    for (const [id, value] of Object.entries(message.picture[part])) {
      if (value === null) overview[part].delete(id);
      else overview[part].set(id, value);
    }
  }
  if (message.sample) overview.samples = [...overview.samples, message.sample].slice(-SAMPLES_MAX);
  if (!is_snapshot) [overview.spawned, overview.rate] = [message.spawned, message.rate];
}

/** Follows the system while the page is seen. A hidden one closes its connection, and costs nothing. */
export function follow(told, linked) {
  let source = null;
  const open = () => {
    if (source || document.hidden) return;
    source = new EventSource("/events");
    source.onopen = () => linked("live");
    source.onerror = () => {
      linked("lost: trying again");
      // A refusal closes it for good, where a broken connection does not.
      if (source && source.readyState === EventSource.CLOSED) {
        close();
        setTimeout(open, 1000);
      }
    };
    for (const kind of ["snapshot", "change"]) {
      source.addEventListener(kind, (event) => {
        take(JSON.parse(event.data), kind === "snapshot");
        told(kind);
      });
    }
  };
  const close = () => {
    source?.close();
    source = null;
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      close();
      linked("paused: hidden");
    } else open();
  });
  open();
}

/** Asks the monitor to do something. Answers what it says; throws what it refuses. */
export async function ask(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", "x-muster": "page" },
    body: JSON.stringify(body),
  });
  const said = await answer.json().catch(() => answer.statusText);
  if (!answer.ok) throw new Error(typeof said === "string" ? said : "refused");
  return said;
}
