//! Values drawn from an input's bytes: ordinary ones mostly, and those at the edges.

use arbitrary::Unstructured;

/// Of 256 draws, so many are ordinary.
const ORDINARY: u8 = 224;

/// Whether the next value is to be an ordinary one.
pub fn is_ordinary(bytes: &mut Unstructured<'_>) -> bool {
    byte(bytes) < ORDINARY
}

/// 0 where the input has ended.
pub fn byte(bytes: &mut Unstructured<'_>) -> u8 {
    bytes.arbitrary().unwrap_or(0)
}

/// Less than `end`, which is at most 256.
pub fn below(bytes: &mut Unstructured<'_>, end: usize) -> usize {
    usize::from(byte(bytes)) % end
}

pub fn one_of<T: Copy>(bytes: &mut Unstructured<'_>, values: &[T]) -> T {
    values[below(bytes, values.len())]
}

/// Those of the values that the input's bits choose.
pub fn some_of<T: Clone>(bytes: &mut Unstructured<'_>, values: &[T]) -> Vec<T> {
    let mut bits = 0;
    let mut is_chosen = |at: usize| {
        if at.is_multiple_of(8) {
            bits = byte(bytes);
        }
        bits >> (at % 8) & 1 == 1
    };
    values.iter().enumerate().filter(|(at, _)| is_chosen(*at)).map(|(_, value)| value.clone()).collect()
}
