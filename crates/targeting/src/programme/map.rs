//! Poverty maps: how many poor each region has, to divide seats by.

use crate::TargetError;
use kernel::Region;
use serde::Deserialize;
use std::path::Path;

/// A poverty map.
#[derive(Debug, Clone, PartialEq)]
pub struct PovertyMap {
    /// Its name, the file without `.toml`.
    pub name: String,
    /// Where it comes from.
    pub reference: String,
    /// Region and number of poor.
    pub poor: Vec<(Region, f64)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMap {
    reference: String,
    region: Vec<RawRegion>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRegion {
    code: Region,
    #[serde(rename = "name")]
    _name: String,
    poor: f64,
    #[serde(default, rename = "estimate")]
    _estimate: bool,
}

impl PovertyMap {
    /// Reads `folder/maps/<name>.toml`.
    ///
    /// # Errors
    /// When the file is absent, or a number is negative or a region stands twice.
    pub fn load(folder: &Path, name: &str) -> Result<Self, TargetError> {
        let path = folder.join("maps").join(format!("{name}.toml"));
        let text = std::fs::read_to_string(&path).map_err(|e| TargetError::io(&path, e))?;
        let raw: RawMap =
            toml::from_str(&text).map_err(|e| TargetError::file(&path, "", e.to_string()))?;
        let mut poor: Vec<(Region, f64)> = Vec::new();
        for region in raw.region {
            if !region.poor.is_finite() || region.poor < 0.0 {
                let message = format!("{} poor in {}; write 0 or more", region.poor, region.code);
                return Err(TargetError::file(&path, "region.poor", message));
            }
            if poor.iter().any(|(code, _)| *code == region.code) {
                let message = format!("{} stands twice; keep one", region.code);
                return Err(TargetError::file(&path, "region.code", message));
            }
            poor.push((region.code, region.poor));
        }
        Ok(Self { name: name.to_owned(), reference: raw.reference, poor })
    }
}
