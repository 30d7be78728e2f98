//! The administrative frame: regencies, districts and villages with the people each shall hold.

use crate::error::{ProvinceError, Result};
use crate::targets::{PEOPLE_ALL, PEOPLE_MIN, REGENCIES, RegencyTarget};
use instrument::Regions;
use kernel::{Chance, Level, Region};

/// The province of the frame.
pub(crate) const PROVINCE: u64 = 52;
/// Seed of the village weights: the villages of a province keep their relative sizes whatever seed
/// its people were drawn with.
const WEIGHTS_SEED: u64 = 52_2025;

/// One village with the number of people it shall hold.
#[derive(Debug, Clone)]
pub(crate) struct Village {
    /// From 1, in order of code.
    pub number: u64,
    pub region: Region,
    pub name: String,
    /// From 0, over the province.
    pub district: usize,
    /// From 0, over the province.
    pub regency: usize,
    pub urban: bool,
    pub people: u64,
    /// Synthetic BPS code, 10 digits.
    pub bps: u64,
}

/// One district.
#[derive(Debug, Clone)]
pub(crate) struct District {
    pub region: Region,
    pub name: String,
    /// Synthetic BPS code, 7 digits.
    pub bps: u64,
    /// Its villages in [`Frame::villages`].
    pub villages: std::ops::Range<usize>,
}

/// One regency or city.
#[derive(Debug, Clone)]
pub(crate) struct Regency {
    pub region: Region,
    pub name: String,
    pub target: RegencyTarget,
    /// Its districts in [`Frame::districts`].
    pub districts: std::ops::Range<usize>,
    pub villages: std::ops::Range<usize>,
    pub people: u64,
}

/// The whole frame.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub regencies: Vec<Regency>,
    pub districts: Vec<District>,
    pub villages: Vec<Village>,
}

impl Frame {
    /// The frame of the province holding exactly `people`.
    pub(crate) fn new(people: u64) -> Result<Self> {
        if !(PEOPLE_MIN..=PEOPLE_ALL).contains(&people) {
            return Err(ProvinceError::Option(format!(
                "a province of {people} people cannot be made; ask for {PEOPLE_MIN} to {PEOPLE_ALL}"
            )));
        }
        let province =
            Region::from_number(PROVINCE).map_err(|e| ProvinceError::Option(e.to_string()))?;
        let regions = Regions::embedded_province(province)
            .map_err(|e| ProvinceError::Option(e.to_string()))?;
        let mut frame = Self { regencies: Vec::new(), districts: Vec::new(), villages: Vec::new() };
        for regency in regions.of_level(Level::Regency) {
            frame.add_regency(&regions, regency)?;
        }
        frame.settle(people);
        Ok(frame)
    }

    fn add_regency(&mut self, regions: &Regions, regency: Region) -> Result<()> {
        let target = REGENCIES.iter().find(|t| t.code == regency.number()).ok_or_else(|| {
            ProvinceError::Option(format!("regency {regency} has no published figures"))
        })?;
        let (first_district, first_village) = (self.districts.len(), self.villages.len());
        let name = |r: Region| regions.name(r).unwrap_or("").to_owned();
        let districts: Vec<Region> = regions.children(regency).collect();
        for (at, district) in districts.iter().enumerate() {
            // Another order than Kemendagri's, as in life.
            let place = (at * 7 + 3) % districts.len();
            let place = if districts.len().is_multiple_of(7) { at } else { place };
            let bps = regency.number() * 1_000 + 10 * (place as u64 + 1);
            let from = self.villages.len();
            for (inner, village) in regions.children(*district).enumerate() {
                self.villages.push(Village {
                    number: self.villages.len() as u64 + 1,
                    region: village,
                    name: name(village).to_uppercase(),
                    district: self.districts.len(),
                    regency: self.regencies.len(),
                    urban: village.number() / 1_000 % 10 == 1,
                    people: 0,
                    bps: bps * 1_000 + inner as u64 + 1,
                });
            }
            self.districts.push(District {
                region: *district,
                name: name(*district).to_uppercase(),
                bps,
                villages: from..self.villages.len(),
            });
        }
        self.regencies.push(Regency {
            region: regency,
            name: name(regency).to_uppercase(),
            target: *target,
            districts: first_district..self.districts.len(),
            villages: first_village..self.villages.len(),
            people: 0,
        });
        Ok(())
    }

    /// Splits the people over regencies (published shares) and villages (lognormal weights,
    /// kelurahan of mixed regencies larger), then names the most populous villages urban until the
    /// regency's urban share is met.
    fn settle(&mut self, people: u64) {
        let shares: Vec<f64> = self.regencies.iter().map(|r| r.target.people as f64).collect();
        for (regency, count) in self.regencies.iter_mut().zip(split(people, &shares)) {
            regency.people = count;
            let villages = &mut self.villages[regency.villages.clone()];
            let weights: Vec<f64> = villages.iter().map(weight).collect();
            for (village, count) in villages.iter_mut().zip(split(count, &weights)) {
                village.people = count;
            }
            name_urban(villages, &weights, regency.target.urban);
        }
    }
}

fn weight(village: &Village) -> f64 {
    let mut chance = Chance::at(WEIGHTS_SEED, 1, village.region.number());
    let kelurahan = village.region.number() / 1_000 % 10 == 1;
    (0.42 * chance.normal()).exp() * if kelurahan { 1.5 } else { 1.0 }
}

fn name_urban(villages: &mut [Village], weights: &[f64], share: f64) {
    let total: f64 = weights.iter().sum();
    let mut order: Vec<usize> = (0..villages.len()).collect();
    order.sort_by(|a, b| weights[*b].total_cmp(&weights[*a]).then(a.cmp(b)));
    let mut urban = 0.0;
    for at in order {
        villages[at].urban = urban + weights[at] / 2.0 < share * total;
        if villages[at].urban {
            urban += weights[at];
        }
    }
}

/// Splits `total` by `weights`, exactly (largest remainder).
fn split(total: u64, weights: &[f64]) -> Vec<u64> {
    let sum: f64 = weights.iter().sum();
    let exact: Vec<f64> = weights.iter().map(|w| total as f64 * w / sum).collect();
    let mut counts: Vec<u64> = exact.iter().map(|x| *x as u64).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|a, b| exact[*b].fract().total_cmp(&exact[*a].fract()).then(a.cmp(b)));
    let left = total - counts.iter().sum::<u64>();
    for at in order.into_iter().take(left as usize) {
        counts[at] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_is_the_published_one() {
        let frame = Frame::new(PEOPLE_ALL).unwrap();
        let counts = (frame.regencies.len(), frame.districts.len(), frame.villages.len());
        assert_eq!(counts, (10, 117, 1_166));
        for regency in &frame.regencies {
            assert_eq!(regency.people, regency.target.people, "{}", regency.name);
        }
    }

    #[test]
    fn people_add_up_at_every_size() {
        for people in [1_000, 12_345, 100_000] {
            let frame = Frame::new(people).unwrap();
            assert_eq!(frame.villages.iter().map(|v| v.people).sum::<u64>(), people);
        }
        assert!(Frame::new(999).is_err() && Frame::new(PEOPLE_ALL + 1).is_err());
    }

    #[test]
    fn bps_codes_are_unique_and_differ() {
        let frame = Frame::new(1_000).unwrap();
        let mut codes: Vec<u64> = frame.villages.iter().map(|v| v.bps).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), 1_166);
        let same = frame.villages.iter().filter(|v| v.bps == v.region.number()).count();
        assert_eq!(same, 0);
    }
}
