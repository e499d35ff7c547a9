use crate::v1;
use domain::{Invalid, Outlook, Prospect};

/// Most prospects in one request: every region with every role, and each without the other.
const PROSPECTS_MAX: usize = 65 * 65;
/// Most ratings in one prospect.
const RATINGS_MAX: usize = 64;

/// The outlook of a search request, with every bound checked.
pub fn outlook_from_wire(wire: &[v1::Prospect]) -> Result<Outlook, Invalid> {
    if wire.len() > PROSPECTS_MAX {
        return Err(Invalid::new("outlook", format!("must hold at most {PROSPECTS_MAX} prospects")));
    }
    Ok(Outlook { prospects: wire.iter().map(prospect).collect::<Result<_, _>>()? })
}

pub fn outlook_to_wire(outlook: &Outlook) -> Vec<v1::Prospect> {
    let prospect = |prospect: &Prospect| v1::Prospect {
        region: prospect.region.clone(),
        role: prospect.role.clone(),
        ratings: prospect.worth_s.iter().map(|(rating, _)| *rating).collect(),
        worth_s: prospect.worth_s.iter().map(|(_, worth_s)| *worth_s).collect(),
    };
    outlook.prospects.iter().map(prospect).collect()
}

fn prospect(wire: &v1::Prospect) -> Result<Prospect, Invalid> {
    let is_bound = wire.ratings.len() == wire.worth_s.len() && wire.ratings.len() <= RATINGS_MAX;
    let is_ascending = wire.ratings.is_sorted_by(|a, b| a < b);
    if !is_bound || !is_ascending || wire.worth_s.iter().any(|worth_s| !(0.0..=f64::MAX).contains(worth_s)) {
        let bound = format!("must hold at most {RATINGS_MAX} ascending ratings, each with its worth of at least 0");
        return Err(Invalid::new("outlook", bound));
    }
    let worth_s = wire.ratings.iter().copied().zip(wire.worth_s.iter().copied()).collect();
    Ok(Prospect { region: wire.region.clone(), role: wire.role.clone(), worth_s })
}
