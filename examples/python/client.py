"""Queues one player for a duel, watches until his match is assigned, acknowledges it, and tells where to play."""

import os
import random
import re
import sys
import time
import uuid

import grpc

from muster.v1.play_pb2 import AcknowledgeRequest, WatchRequest
from muster.v1.play_pb2_grpc import PlayStub
from muster.v1.queue_pb2 import EnqueueRequest
from muster.v1.queue_pb2_grpc import QueueStub
from muster.v1.types_pb2 import TICKET_STATE_ASSIGNED, TICKET_STATE_MATCHED, TICKET_STATE_QUEUED, Change, Player

# The same may be asked again after these. INTERNAL is how a proxy tells of a service that died in the middle of an answer.
PASSING = [
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
]
ANSWER_WITHIN_S = 5
# On an idle Watch, so that a dead connection is noticed.
PING_EVERY_MS = 20_000
# Where nobody listens on the way.
THIS_MACHINE = re.compile(r"(localhost|127\.[\d.]+|\[::1\]):\d+")

AUTHORITY = os.environ.get("MUSTER_CA")
TOKEN = os.environ.get("MUSTER_TOKEN")
METADATA = [("authorization", f"Bearer {TOKEN}")] if TOKEN else []


def connect(address):
    options = [("grpc.keepalive_time_ms", PING_EVERY_MS)]
    if not AUTHORITY:
        if TOKEN and not THIS_MACHINE.fullmatch(address):
            sys.exit(f"a token goes to {address} by TLS only: set MUSTER_CA")
        return grpc.insecure_channel(address, options)
    with open(AUTHORITY, "rb") as authority:
        return grpc.secure_channel(address, grpc.ssl_channel_credentials(authority.read()), options)


def pause(error=None):
    if error and error.code() not in PASSING:
        sys.exit(f"{error.code().name}: {error.details()}")
    print("again after", f"{error.code().name}: {error.details()}" if error else "its end", flush=True)
    time.sleep(random.uniform(0.1, 0.5))


def ask(method, request):
    while True:
        try:
            return method(request, metadata=METADATA, timeout=ANSWER_WITHIN_S)
        except grpc.RpcError as error:
            pause(error)


def assigned(play, ticket_id):
    cursor = None
    while True:
        try:
            for update in play.Watch(WatchRequest(ticket_id=ticket_id, resume=cursor), metadata=METADATA):
                cursor = update.cursor if update.HasField("cursor") else cursor
                print(Change.Name(update.change), update.reason, flush=True)
                if update.state == TICKET_STATE_ASSIGNED:
                    return update.match
                if update.state not in (TICKET_STATE_QUEUED, TICKET_STATE_MATCHED):
                    sys.exit("the ticket is over")
            pause()
        except grpc.RpcError as error:
            pause(error)


if len(sys.argv) not in (4, 5):
    sys.exit("usage: client.py PLAYER RATING QUEUE_ADDRESS [PLAY_ADDRESS]")
player, rating, address = sys.argv[1:4]
play_address = sys.argv[4] if len(sys.argv) > 4 else address

queue, play = QueueStub(connect(address)), PlayStub(connect(play_address))
party = [Player(id=player, rating=float(rating))]
ticket = ask(queue.Enqueue, EnqueueRequest(client_key=str(uuid.uuid4()), queues=["duel"], players=party)).ticket
match = assigned(play, ticket.id)
ask(play.Acknowledge, AcknowledgeRequest(match_id=match.id, player_id=player))
print(f"match {match.id}: play at {match.address}")
