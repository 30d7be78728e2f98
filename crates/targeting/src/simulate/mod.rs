//! Look before signing: what a change of a cut, a quota, a weight, the hysteresis or the model does.
//!
//! ```text
//! Frame (loaded once) ─▶ law ───────▶ Outcome ┐
//!        └── scenario: changes, weights ─▶ Outcome ┴─▶ compare ─▶ Effect: who, where, cost, errors, edge
//! ```

mod compare;
mod scenario;
mod weights;

pub use compare::{Edge, Effect, Flow, compare};
pub use scenario::{QuotaChange, Scenario, Scenarios};
pub use weights::{rescored, reweighted};

use crate::TargetError;
use crate::frame::Frame;
use crate::meter::{Expected, expected_of};
use crate::programme::{Changes, Programme};
use crate::run::{Options, Outcome, run_with};
use crate::schema::Schema;

/// A programme on a frame under the law, kept to compare scenarios with.
pub struct Simulator<'a> {
    frame: &'a Frame,
    programme: &'a Programme,
    schema: &'a Schema,
    law: Outcome,
    within: Vec<f64>,
}

impl<'a> Simulator<'a> {
    /// Runs the law once.
    ///
    /// # Errors
    /// As [`crate::run()`].
    pub fn new(
        frame: &'a Frame,
        programme: &'a Programme,
        schema: &'a Schema,
    ) -> Result<Self, TargetError> {
        let law = run_with(frame, programme, schema, &Options::default())?;
        let values = programme.values_on(frame.day(), &Changes::new())?;
        let within = match &programme.need.cut {
            Some(key) => crate::meter::probabilities(frame, programme.number(key, &values)?),
            None => Vec::new(),
        };
        Ok(Self { frame, programme, schema, law, within })
    }

    /// The outcome under the law.
    #[must_use]
    pub const fn law(&self) -> &Outcome {
        &self.law
    }

    /// The programme.
    #[must_use]
    pub const fn programme(&self) -> &Programme {
        self.programme
    }

    /// Runs `scenario` and compares it with the law. Errors of both lists are judged by one yardstick:
    /// the law's cut and the edition's own probabilities.
    ///
    /// # Errors
    /// When a change names no parameter, or weights are changed and contributions are not loaded.
    pub fn run(&self, scenario: &Scenario) -> Result<Effect, TargetError> {
        let options = Options { changes: scenario.changes.clone(), ignore_quota: false };
        let other;
        let frame = match (&scenario.scores, scenario.weights.is_empty()) {
            (None, true) => self.frame,
            (None, false) => {
                other = reweighted(self.frame, &scenario.weights)?;
                &other
            }
            (Some(path), true) => {
                other = rescored(self.frame, path)?;
                &other
            }
            (Some(path), false) => {
                let message = "give `scores` or `weights`, not both: weights belong to the \
                               edition's own model";
                return Err(TargetError::file(path, "scores", message));
            }
        };
        let changed;
        let programme = match &scenario.quota {
            None => self.programme,
            Some(quota) => {
                changed = self.programme.with_quota(quota)?;
                &changed
            }
        };
        let outcome = run_with(frame, programme, self.schema, &options)?;
        let mut effect = compare(self.frame, frame, &self.law, &outcome);
        effect.law_errors = self.errors(&self.law.chosen);
        effect.errors = self.errors(&outcome.chosen);
        Ok(effect)
    }

    fn errors(&self, members: &[bool]) -> Option<Expected> {
        if self.within.is_empty() {
            return None;
        }
        expected_of(self.frame, self.law.unit, &self.within, members)
    }
}
