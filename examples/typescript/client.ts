// Queues one player for a duel, watches until his match is assigned, acknowledges it, and tells where to play.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { Play } from "./gen/muster/v1/play_pb.js";
import { Queue } from "./gen/muster/v1/queue_pb.js";
import { Change, type Cursor, TicketState } from "./gen/muster/v1/types_pb.js";

// The same may be asked again after these. Internal is how a proxy tells of a service that died in the middle of an answer; Canceled and
// Aborted are how this transport tells of a connection that broke: nothing is canceled here.
const passing =
  [Code.Unavailable, Code.Internal, Code.ResourceExhausted, Code.DeadlineExceeded, Code.Canceled, Code.Aborted];
const answerWithinMs = 5_000;
// On an idle Watch, so that a dead connection is noticed.
const pingEveryMs = 20_000;
// Where nobody listens on the way.
const thisMachine = /^(localhost|127\.[\d.]+|\[::1\]):\d+$/;

const { MUSTER_CA: authority, MUSTER_TOKEN: token } = process.env;
const headers: HeadersInit = token ? { authorization: `Bearer ${token}` } : {};

function connect(address: string) {
  if (token && !authority && !thisMachine.test(address)) {
    throw new Error(`a token goes to ${address} by TLS only: set MUSTER_CA`);
  }
  return createGrpcTransport({
    baseUrl: `${authority ? "https" : "http"}://${address}`,
    nodeOptions: authority ? { ca: readFileSync(authority) } : {},
    pingIntervalMs: pingEveryMs,
  });
}

async function pause(error?: unknown) {
  if (error && !(error instanceof ConnectError && passing.includes(error.code))) throw error;
  console.log("again after", error instanceof ConnectError ? error.message : "its end");
  await sleep(100 + 400 * Math.random());
}

async function ask<Request, Answer>(
  method: (request: Request, options: { headers: HeadersInit; timeoutMs: number }) => Promise<Answer>,
  request: Request,
): Promise<Answer> {
  for (;;) {
    try {
      return await method(request, { headers, timeoutMs: answerWithinMs });
    } catch (error) {
      await pause(error);
    }
  }
}

async function assigned(ticketId: string) {
  let resume: Cursor | undefined;
  for (;;) {
    try {
      for await (const update of play.watch({ subject: { case: "ticketId", value: ticketId }, resume }, { headers })) {
        resume = update.cursor ?? resume;
        console.log(Change[update.change], update.reason);
        if (update.state === TicketState.ASSIGNED) return update.match!;
        if (![TicketState.QUEUED, TicketState.MATCHED].includes(update.state)) throw new Error("the ticket is over");
      }
      await pause();
    } catch (error) {
      await pause(error);
    }
  }
}

const [player, rating, address, playAddress = address] = process.argv.slice(2);
if (!address) throw new Error("usage: client.js PLAYER RATING QUEUE_ADDRESS [PLAY_ADDRESS]");
const [queue, play] = [createClient(Queue, connect(address)), createClient(Play, connect(playAddress))];
const party = [{ id: player, rating: Number(rating) }];
const { ticket } = await ask(queue.enqueue, { clientKey: randomUUID(), queues: ["duel"], players: party });
const match = await assigned(ticket!.id);
await ask(play.acknowledge, { matchId: match.id, playerId: player });
console.log(`match ${match.id}: play at ${match.address}`);
process.exit(); // Kept connections would keep it from ending.
