//! A programme with another quota, for scenarios.

use super::load::LEVELS;
use super::map::PovertyMap;
use super::{Programme, Quota, Seats};
use crate::TargetError;
use crate::simulate::QuotaChange;
use kernel::suggest::hint;
use std::path::Path;

impl Programme {
    /// The same programme with other seats, level or poverty map.
    ///
    /// # Errors
    /// When the level is not a word for one, or the map cannot be read.
    pub fn with_quota(&self, change: &QuotaChange) -> Result<Self, TargetError> {
        let mut out = self.clone();
        let mut quota = out.quota.take().unwrap_or(Quota {
            seats: Seats::Roll,
            level: None,
            map: None,
            reserve_share: None,
        });
        if let Some(seats) = change.seats {
            quota.seats = Seats::Fixed(seats);
        }
        if let Some(word) = &change.level {
            let found = LEVELS.iter().find(|(name, _)| name == word);
            let Some((_, level)) = found else {
                let near = hint(word, LEVELS.iter().map(|(name, _)| *name));
                let words: Vec<&str> = LEVELS.iter().map(|(name, _)| *name).collect();
                let message = format!("`{word}` is not one of {}{near}", words.join(", "));
                return Err(self.wrong("scenario.quota.level", &message));
            };
            quota.level = *level;
        }
        if let Some(name) = &change.map {
            let folder = self.path.parent().unwrap_or(Path::new("."));
            out.map = Some(PovertyMap::load(folder, name)?);
            quota.map = Some(name.clone());
        }
        out.quota = Some(quota);
        Ok(out)
    }
}
