//! Stories about the whole system, told once for each store: real services over real sockets.

mod house;

mod bad_input;
mod cancel;
mod first_match;
