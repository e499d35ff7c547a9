//! Muster's wire contract and nothing else: what the protos say, and the one place where wire and domain meet.

mod convert;

/// The generated types, clients and servers of `muster.v1`.
#[allow(clippy::all, clippy::allow_attributes_without_reason, reason = "generated")]
pub mod v1 {
    tonic::include_proto!("muster.v1");
}

pub use convert::{
    check_realm, check_reason, decode_party, decode_sheet, encode_party, explanation_to_wire, held_ticket, outage_name,
    outlook_from_wire, outlook_to_wire, parse_id, party_from_wire, ticket_id_from_bytes, ticket_id_to_bytes, trace_id,
};
pub use prost::Message;

/// Descriptors of every service, for server reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/muster.descriptors"));

/// Largest message a client may send, in bytes: an Enqueue in which every bound of every player is filled takes less than four fifths of it,
/// and is told that its party is too large.
pub const CLIENT_MESSAGE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Largest message between services, in bytes.
pub const SERVICE_MESSAGE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most tickets in one range.
pub const RANGE_TICKETS_MAX: usize = 4_096;

/// Metadata that names the ticket an ALREADY_EXISTS is about.
pub const TICKET_ID_METADATA: &str = "muster-ticket-id";
/// Metadata that names the state a FAILED_PRECONDITION is about.
pub const TICKET_STATE_METADATA: &str = "muster-ticket-state";

/// A message on a stream of calls: it carries the number under which it is answered, and its own trace context, because
/// the headers of a long-lived stream can only carry one.
pub trait Call {
    fn call(&self) -> u64;
    fn set_call(&mut self, call: u64);
}

/// A request on a stream of calls.
pub trait CallRequest: Call {
    fn traceparent(&self) -> &str;
    fn set_traceparent(&mut self, traceparent: String);
}

macro_rules! calls {
    ($($request:ident => $response:ident),+ $(,)?) => {$(
        calls!(@call $request);
        calls!(@call $response);
        impl CallRequest for v1::$request {
            fn traceparent(&self) -> &str {
                &self.traceparent
            }
            fn set_traceparent(&mut self, traceparent: String) {
                self.traceparent = traceparent;
            }
        }
    )+};
    (@call $message:ident) => {
        impl Call for v1::$message {
            fn call(&self) -> u64 {
                self.call
            }
            fn set_call(&mut self, call: u64) {
                self.call = call;
            }
        }
    };
}

calls! {
    SessionRequest => SessionResponse,
    FollowRequest => FollowResponse,
    SearchRequest => SearchResponse,
    ProposeRequest => ProposeResponse,
    DeliverRequest => DeliverResponse,
}
