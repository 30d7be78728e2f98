//! A programme file as it is written: every key known, nothing checked yet.

use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// Indonesian.
    pub id: String,
    /// English.
    pub en: String,
}

/// Where a rule or number comes from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// The instrument of law, decree or report.
    pub text: String,
    /// Where it can be read.
    #[serde(default)]
    pub source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawProgramme {
    pub version: String,
    pub id: String,
    pub name: Label,
    #[serde(default)]
    pub about: Option<Label>,
    pub unit: String,
    pub valid_from: String,
    #[serde(default)]
    pub valid_to: Option<String>,
    #[serde(default)]
    pub reference: Vec<Reference>,
    #[serde(default)]
    pub parameters: BTreeMap<String, RawParameter>,
    #[serde(default)]
    pub need: RawNeed,
    #[serde(default)]
    pub condition: Vec<RawCondition>,
    #[serde(default)]
    pub exclusion: Vec<RawExclusion>,
    #[serde(default)]
    pub priority: Vec<RawPriority>,
    #[serde(default)]
    pub quota: Option<RawQuota>,
    pub benefit: RawBenefit,
    #[serde(default)]
    pub component: Vec<RawComponent>,
    #[serde(default)]
    pub example: Vec<RawExample>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawParameter {
    pub name: Label,
    pub unit: Label,
    pub value: Vec<RawValue>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawValue {
    pub from: String,
    pub value: toml::Value,
    pub reference: String,
    #[serde(default)]
    pub assumption: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNeed {
    pub cut: Option<String>,
    pub order: Option<String>,
    pub hysteresis: Option<String>,
    pub stay_months: Option<String>,
    pub stale_months: Option<String>,
}

/// A clause of the file: the keys that all clauses have, and its own.
macro_rules! clause {
    ($name:ident { $($(#[$own_attribute:meta])* $own:ident: $kind:ty),* $(,)? }) => {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name {
            pub key: String,
            pub name: Label,
            pub cel: Spanned<String>,
            $($(#[$own_attribute])* pub $own: $kind,)*
            #[serde(default)]
            pub enabled: Option<String>,
            #[serde(default)]
            pub reference: String,
            #[serde(default)]
            pub assumption: bool,
        }
    };
}

clause!(RawCondition {
    #[serde(default)]
    if_unknown: Option<String>,
});
clause!(RawExclusion { effect: String });
clause!(RawPriority {});

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawQuota {
    pub seats: String,
    pub level: String,
    #[serde(default)]
    pub map: Option<String>,
    #[serde(default)]
    pub reserve_share: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBenefit {
    pub per: String,
    pub period: String,
    #[serde(default)]
    pub amount: Option<String>,
    #[serde(default)]
    pub components_max: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawComponent {
    pub key: String,
    pub name: Label,
    pub amount: String,
    #[serde(default)]
    pub member: Option<Spanned<String>>,
    #[serde(default)]
    pub family: Option<Spanned<String>>,
    #[serde(default)]
    pub enabled: Option<String>,
    #[serde(default)]
    pub most: Option<u8>,
    #[serde(default, rename = "reference")]
    pub _reference: String,
    #[serde(default)]
    pub assumption: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawExample {
    pub name: String,
    #[serde(default)]
    pub on: Option<String>,
    #[serde(default)]
    pub parameters: BTreeMap<String, toml::Value>,
    #[serde(default)]
    pub person: BTreeMap<String, toml::Value>,
    #[serde(default)]
    pub family: BTreeMap<String, toml::Value>,
    #[serde(default)]
    pub members: Vec<BTreeMap<String, toml::Value>>,
    #[serde(default)]
    pub on_roll: Vec<String>,
    #[serde(default)]
    pub cut_off: Vec<String>,
    #[serde(default)]
    pub flagged: Vec<String>,
    pub expect: RawExpect,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawExpect {
    pub eligible: bool,
    #[serde(default)]
    pub reason: Option<String>,
    #[serde(default)]
    pub amount_year: Option<i64>,
    #[serde(default)]
    pub cases: Option<Vec<String>>,
}
