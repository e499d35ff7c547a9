use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// Ports lie below the ephemeral range, or a client's socket might take one between two starts.
const PORTS: std::ops::Range<u16> = 10_000..30_000;
pub const PORTS_TRIED_MAX: usize = 20;

/// Ports in turn, begun at a place that differs between processes.
fn next_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let turn = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
    let offset = std::process::id().wrapping_mul(97).wrapping_add(turn) % PORTS.len() as u32;
    // Less than the number of ports, so it fits.
    PORTS.start + offset as u16
}

/// A port of 127.0.0.1 on which nobody listens now; none after many tries.
pub fn free_port() -> Option<u16> {
    std::iter::repeat_with(next_port).take(PORTS_TRIED_MAX).find(|port| is_free(*port))
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}
