//! The filter of a list comes from the policies themselves: the same decision is asked for probes
//! of every kind, so a list shows exactly the rows that a single look would show.

use crate::{Action, Actor, Policies, Resource, State, Territory};
use kernel::Region;

/// Which rows an actor may see for an action. States as three flags: open, closed, sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// The territory that `inside` speaks of.
    pub territory: Territory,
    /// States of rows inside the territory that are not the actor's own.
    pub inside: [bool; 3],
    /// States of rows outside it that are not the actor's own.
    pub outside: [bool; 3],
    /// States of the actor's own rows inside.
    pub own_inside: [bool; 3],
    /// States of the actor's own rows outside.
    pub own_outside: [bool; 3],
}

impl Scope {
    /// The filter for `action`.
    #[must_use]
    pub fn of(policies: &Policies, actor: &Actor, action: Action) -> Self {
        let states = |region: Option<Option<Region>>, own: bool| {
            let ask = |state: State| {
                region.is_some_and(|region| {
                    policies.decide(actor, action, &Resource { region, state, own, acted: false })
                })
            };
            [ask(State::Open), ask(State::Closed), ask(State::Sealed)]
        };
        // A probe inside is the territory itself; a probe outside is the country, which no region
        // contains. Nobody is outside the country.
        let inside = match actor.territory {
            Territory::Nowhere => None,
            Territory::Country => Some(None),
            Territory::In(region) => Some(Some(region)),
        };
        let outside = if actor.territory == Territory::Country { None } else { Some(None) };
        Self {
            territory: actor.territory,
            inside: states(inside, false),
            outside: states(outside, false),
            own_inside: states(inside, true),
            own_outside: states(outside, true),
        }
    }

    /// True when the row belongs to the list.
    #[must_use]
    pub fn shows(&self, resource: &Resource) -> bool {
        let states = match (self.territory.covers(resource.region), resource.own) {
            (true, false) => self.inside,
            (false, false) => self.outside,
            (true, true) => self.own_inside,
            (false, true) => self.own_outside,
        };
        states[resource.state as usize]
    }

    /// True when nothing can be shown, so nothing need be asked of the store.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let all = [self.inside, self.outside, self.own_inside, self.own_outside];
        all.iter().flatten().all(|shown| !shown)
    }

    /// The region codes between which the territory's villages lie (10 digits, inclusive), for a
    /// range condition in SQL; none when nothing inside may be seen.
    #[must_use]
    pub fn villages(&self) -> Option<(u64, u64)> {
        if self.inside == [false; 3] {
            return None;
        }
        match self.territory {
            Territory::Nowhere => None,
            Territory::Country => Some((0, 9_999_999_999)),
            Territory::In(region) => {
                let digits = region.number().ilog10() + 1;
                let scale = 10_u64.pow(10_u32.saturating_sub(digits));
                Some((region.number() * scale, region.number() * scale + (scale - 1)))
            }
        }
    }
}
