//! Who asks, about what: the inputs of every decision.

use kernel::Region;
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$vdoc])* $variant,)+
        }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its word in policies, columns and files.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The one with this word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|it| it.word() == word)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}

words!(
    /// A role; `config/id/policies/roles.toml` says what each is for.
    Role {
        /// Nobody signed in.
        Visitor = "visitor",
        /// Somebody whose identity was checked.
        Citizen = "citizen",
        /// Works on the cases of a village.
        VillageOperator = "village_operator",
        /// Visits families.
        FieldAssistant = "field_assistant",
        /// Social affairs office of a regency or city.
        DistrictOfficer = "district_officer",
        /// Approves for the regency or city.
        RegentsOffice = "regents_office",
        /// Decides appeals, plans, coordinates.
        Province = "province",
        /// Confirms, decides, publishes.
        Ministry = "ministry",
        /// Ranks; works on records without names.
        Statistician = "statistician",
        /// Runs a programme and its list.
        ProgrammeOwner = "programme_owner",
        /// Answers calls and messages.
        CallAgent = "call_agent",
        /// Facility, school or agency with an agreement.
        Partner = "partner",
        /// Sees everything, changes nothing.
        Auditor = "auditor",
        /// Runs the system, sees no personal data.
        Administrator = "administrator",
    }
);

words!(
    /// Why personal data are read.
    Purpose {
        /// One's own data.
        Own = "own",
        /// Working on a case.
        Casework = "casework",
        /// A ground check.
        Visit = "visit",
        /// Running a programme.
        Programme = "programme",
        /// Serving a caller.
        Service = "service",
        /// Official statistics.
        Statistics = "statistics",
        /// An audit.
        Audit = "audit",
    }
);

words!(
    /// The state of a resource.
    State {
        /// Work goes on.
        Open = "open",
        /// Decided or ended.
        Closed = "closed",
        /// Under seal: a confidential reporter or a legal hold.
        Sealed = "sealed",
    }
);

words!(
    /// How an actor's territory lies to a resource's region.
    Relation {
        /// The same region.
        Own = "own",
        /// The resource lies inside the actor's territory.
        Above = "above",
        /// The actor's territory lies inside the resource's region.
        Below = "below",
        /// Neither contains the other.
        Beside = "beside",
        /// The actor has no territory.
        Nowhere = "nowhere",
    }
);

/// Where an actor may act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Territory {
    /// Nowhere: only what is their own.
    Nowhere,
    /// The whole country.
    Country,
    /// A region and all that lies in it.
    In(Region),
}

impl Territory {
    /// True when a resource of `region` (none: of the whole country) lies in it.
    #[must_use]
    pub fn covers(self, region: Option<Region>) -> bool {
        match (self, region) {
            (Self::Nowhere, _) | (Self::In(_), None) => false,
            (Self::Country, _) => true,
            (Self::In(own), Some(region)) => own.contains(region),
        }
    }
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Actor {
    /// The number of the account; 0 for a visitor.
    pub account: u64,
    /// The role that is used now.
    pub role: Role,
    /// Where.
    pub territory: Territory,
    /// Why personal data are read.
    pub purpose: Purpose,
    /// False when disabled or expired.
    pub active: bool,
    /// True when a second factor was used within its time.
    pub strong: bool,
}

impl Actor {
    /// Nobody signed in.
    #[must_use]
    pub const fn visitor() -> Self {
        Self {
            account: 0,
            role: Role::Visitor,
            territory: Territory::Nowhere,
            purpose: Purpose::Own,
            active: true,
            strong: false,
        }
    }

    /// How the journal names the actor: role and account number, never a name.
    #[must_use]
    pub fn word(&self) -> String {
        format!("{}:{}", self.role, self.account)
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Resource {
    /// Where it belongs; none for the whole country.
    pub region: Option<Region>,
    /// Its state.
    pub state: State,
    /// For a citizen: theirs. For an official: their own interest.
    pub own: bool,
    /// The actor proposed it, or took the decision that is now appealed against.
    pub acted: bool,
}

impl Resource {
    /// Something open in `region` that is neither the actor's own nor touched by them before.
    #[must_use]
    pub const fn open_in(region: Region) -> Self {
        Self { region: Some(region), state: State::Open, own: false, acted: false }
    }

    /// Something of the whole country.
    #[must_use]
    pub const fn of_the_country() -> Self {
        Self { region: None, state: State::Open, own: false, acted: false }
    }

    /// The same, as the actor's own.
    #[must_use]
    pub const fn own(mut self, own: bool) -> Self {
        self.own = own;
        self
    }

    /// The same, in another state.
    #[must_use]
    pub const fn in_state(mut self, state: State) -> Self {
        self.state = state;
        self
    }

    /// The same, touched by the actor before.
    #[must_use]
    pub const fn acted(mut self, acted: bool) -> Self {
        self.acted = acted;
        self
    }
}
