use crate::StoreError;
use domain::{Placement, TicketId};

/// A ticket stands somewhere, and an index is ordered by ratings: only numbers have a place in it.
pub fn check_places(id: TicketId, places: &[Placement]) -> Result<(), StoreError> {
    if places.is_empty() {
        return Err(StoreError::Corrupt(format!("ticket {id} has no place")));
    }
    if !places.iter().all(|place| place.rating.is_finite()) {
        return Err(StoreError::Corrupt(format!("ticket {id} has a rating that is not finite")));
    }
    Ok(())
}
