use crate::StoreError;
use domain::{Placement, TicketId};

/// An index is ordered by ratings: only numbers have a place in it.
pub fn check_ratings(id: TicketId, places: &[Placement]) -> Result<(), StoreError> {
    if places.iter().all(|place| place.rating.is_finite()) {
        return Ok(());
    }
    Err(StoreError::Corrupt(format!("ticket {id} has a rating that is not finite")))
}
