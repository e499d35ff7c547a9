//! Who leads, as it is seen from outside, and how long nobody did.

use std::time::Duration;
use tokio::time::Instant;

pub struct Lead {
    leader: Option<String>,
    /// When it was last known that the leader leads.
    led: Instant,
    /// The leader's process is gone: the store may say of it for a while that it leads.
    is_dead: bool,
}

impl Lead {
    pub fn new(leader: Option<String>, now: Instant) -> Self {
        Self { leader, led: now, is_dead: false }
    }

    /// A process has ended.
    pub fn ended(&mut self, name: &str, now: Instant) {
        if self.leader.as_deref() == Some(name) && !self.is_dead {
            self.is_dead = true;
            self.led = now;
        }
    }

    /// The store says that `name` leads. Where another did before: how long nobody led, at most.
    pub fn said(&mut self, name: &str, now: Instant) -> Option<Duration> {
        if self.leader.as_deref() == Some(name) {
            if !self.is_dead {
                self.led = now;
            }
            return None;
        }
        let vacant = now - self.led;
        *self = Self::new(Some(name.to_owned()), now);
        Some(vacant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lead_is_vacant_from_its_leaders_end_until_another_leads() {
        let begun = Instant::now();
        let after = |s| begun + Duration::from_secs(s);
        let mut lead = Lead::new(Some("mover-1".to_owned()), begun);
        assert_eq!(lead.said("mover-1", after(10)), None);
        lead.ended("mover-0", after(11));
        lead.ended("mover-1", after(12));
        assert_eq!(lead.said("mover-1", after(13)), None, "its lease still runs");
        assert_eq!(lead.said("mover-0", after(15)), Some(Duration::from_secs(3)));
        assert_eq!(lead.said("mover-0", after(16)), None);
    }

    #[test]
    fn a_lead_that_is_given_up_is_vacant_before_its_leader_ends() {
        let begun = Instant::now();
        let after = |s| begun + Duration::from_secs(s);
        let mut lead = Lead::new(Some("mover-1".to_owned()), begun);
        lead.said("mover-1", after(10));
        assert_eq!(lead.said("mover-0", after(11)), Some(Duration::from_secs(1)));
        lead.ended("mover-1", after(12));
        assert_eq!(lead.said("mover-0", after(13)), None);
    }
}
