// Queues one player for a duel, watches until his match is assigned, acknowledges it, and tells where to play.
package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log"
	mathrand "math/rand"
	"os"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/local"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"muster-example/muster"
)

const (
	answerWithin = 5 * time.Second
	// On an idle Watch, so that a dead connection is noticed.
	pingEvery = 20 * time.Second
)

func connect(address string) *grpc.ClientConn {
	// Without TLS to this machine only.
	security := local.NewCredentials()
	if authority := os.Getenv("MUSTER_CA"); authority != "" {
		security = must(credentials.NewClientTLSFromFile(authority, ""))
	}
	pings := grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: pingEvery})
	return must(grpc.Dial(address, grpc.WithTransportCredentials(security), pings))
}

// The same may be asked again after some errors. Internal is how a proxy tells of a service that died in the middle of an answer.
func pause(err error) {
	switch status.Code(err) {
	case codes.Unavailable, codes.Internal, codes.ResourceExhausted, codes.DeadlineExceeded:
	default:
		// A Watch that ended, as it never should, is begun anew.
		if err != io.EOF {
			log.Fatal(err)
		}
	}
	fmt.Println("again after", err)
	time.Sleep(100*time.Millisecond + time.Duration(mathrand.Int63n(int64(400*time.Millisecond))))
}

func ask[Request, Answer any](
	ctx context.Context, method func(context.Context, *Request, ...grpc.CallOption) (*Answer, error), request *Request,
) *Answer {
	for {
		timed, cancel := context.WithTimeout(ctx, answerWithin)
		answer, err := method(timed, request)
		cancel()
		if err == nil {
			return answer
		}
		pause(err)
	}
}

func assigned(ctx context.Context, play muster.PlayClient, ticketID string) *muster.Match {
	request := &muster.WatchRequest{Subject: &muster.WatchRequest_TicketId{TicketId: ticketID}}
	for {
		updates, err := play.Watch(ctx, request)
		for err == nil {
			var update *muster.Update
			if update, err = updates.Recv(); err != nil {
				break
			}
			if update.Cursor != nil {
				request.Resume = update.Cursor
			}
			fmt.Println(update.Change, update.Reason)
			switch update.State {
			case muster.TicketState_TICKET_STATE_ASSIGNED:
				return update.Match
			case muster.TicketState_TICKET_STATE_QUEUED, muster.TicketState_TICKET_STATE_MATCHED:
			default:
				log.Fatal("the ticket is over")
			}
		}
		pause(err)
	}
}

func main() {
	if len(os.Args) != 4 && len(os.Args) != 5 {
		log.Fatal("usage: client PLAYER RATING QUEUE_ADDRESS [PLAY_ADDRESS]")
	}
	player, rating, address, playAddress := os.Args[1], must(strconv.ParseFloat(os.Args[2], 64)), os.Args[3], os.Args[len(os.Args)-1]
	ctx := context.Background()
	if token := os.Getenv("MUSTER_TOKEN"); token != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
	}
	key := make([]byte, 16)
	must(rand.Read(key))

	queue, play := muster.NewQueueClient(connect(address)), muster.NewPlayClient(connect(playAddress))
	party := []*muster.Player{{Id: player, Rating: rating}}
	request := &muster.EnqueueRequest{ClientKey: fmt.Sprintf("%x", key), Queues: []string{"duel"}, Players: party}
	ticket := ask(ctx, queue.Enqueue, request).Ticket
	match := assigned(ctx, play, ticket.Id)
	ask(ctx, play.Acknowledge, &muster.AcknowledgeRequest{MatchId: match.Id, PlayerId: player})
	fmt.Printf("match %s: play at %s\n", match.Id, match.Address)
}

func must[Value any](value Value, err error) Value {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
