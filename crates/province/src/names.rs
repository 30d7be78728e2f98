//! Names with the skew, the groups and the generations of the province.

use crate::words as w;
use kernel::{Chance, Sex};

/// A people by its naming customs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    Sasak,
    Samawa,
    Mbojo,
    Bali,
    Java,
}

/// The group of a family of this regency (assumed shares).
pub(crate) fn group(chance: &mut Chance, regency: u64) -> Group {
    use Group::{Bali, Java, Mbojo, Samawa, Sasak};
    let shares: [f64; 5] = match regency {
        5202 | 5203 | 5208 => [0.955, 0.008, 0.005, 0.012, 0.02],
        5201 => [0.90, 0.01, 0.01, 0.05, 0.03],
        5271 => [0.70, 0.03, 0.05, 0.12, 0.10],
        5204 => [0.16, 0.70, 0.05, 0.03, 0.06],
        5207 => [0.17, 0.70, 0.04, 0.02, 0.07],
        5205 => [0.05, 0.04, 0.87, 0.01, 0.03],
        _ => [0.01, 0.015, 0.94, 0.01, 0.025],
    };
    [Sasak, Samawa, Mbojo, Bali, Java][chance.weighted(&shares)]
}

/// An index skewed to the front: the share of place k falls about as 1 / (k + 4).
fn front(chance: &mut Chance, len: usize) -> usize {
    let n = len as f64;
    let at = 4.0 * ((n + 4.0) / 4.0).powf(chance.unit()) - 4.0;
    (at as usize).min(len - 1)
}

fn skewed<'a>(chance: &mut Chance, list: &[&'a str]) -> &'a str {
    list[front(chance, list.len())]
}

fn rare(chance: &mut Chance, sex: Sex, out: &mut String) {
    out.push_str(w::STEMS[chance.below(w::STEMS.len() as u64) as usize]);
    let endings = if sex == Sex::Male { w::ENDINGS_MEN } else { w::ENDINGS_WOMEN };
    out.push_str(endings[front(chance, endings.len())]);
}

/// Draws a full name. `born_year` chooses the generation's custom (the old have one word).
pub(crate) fn draw(
    chance: &mut Chance,
    group: Group,
    noble: bool,
    sex: Sex,
    born_year: i32,
) -> String {
    let mut out = String::with_capacity(28);
    match group {
        Group::Bali => bali(chance, sex, &mut out),
        Group::Sasak if !noble && born_year < 1962 && chance.is(0.45) => {
            old_sasak(chance, sex, &mut out)
        }
        _ => common(chance, group, noble, sex, born_year, &mut out),
    }
    out
}

fn bali(chance: &mut Chance, sex: Sex, out: &mut String) {
    out.push_str(if sex == Sex::Male { "I " } else { "NI " });
    out.push_str(match (chance.below(5), sex) {
        (0, Sex::Male) => "WAYAN",
        (0, Sex::Female) => "LUH",
        (1, _) => "MADE",
        (2, _) => "NYOMAN",
        (3, _) => "KETUT",
        _ => "KADEK",
    });
    out.push(' ');
    out.push_str(skewed(chance, w::BALI));
}

/// `AMAQ SAHNUN`, `INAQ RINASIH` (father and mother of), or the bare word.
fn old_sasak(chance: &mut Chance, sex: Sex, out: &mut String) {
    let list = if sex == Sex::Male { w::OLD_SASAK_MEN } else { w::OLD_SASAK_WOMEN };
    if chance.is(0.45) {
        out.push_str(if sex == Sex::Male { "AMAQ " } else { "INAQ " });
    }
    out.push_str(skewed(chance, list));
}

/// Whether somebody of this group is of a noble line.
pub(crate) fn noble(chance: &mut Chance, group: Group) -> bool {
    chance.is(match group {
        Group::Sasak => 0.075,
        Group::Samawa => 0.03,
        _ => 0.0,
    })
}

fn common(
    chance: &mut Chance,
    group: Group,
    noble: bool,
    sex: Sex,
    born_year: i32,
    out: &mut String,
) {
    let man = sex == Sex::Male;
    if noble {
        out.push_str(if man { "LALU " } else { "BAIQ " });
    }
    first_word(chance, group, sex, out);
    let young = f64::from((born_year - 1950).clamp(0, 65)) / 65.0;
    let one_word = if noble { 0.25 } else { 0.55 - 0.47 * young };
    let must = out.ends_with("ABDUL") || out.ends_with("NURUL") || out.ends_with("SITI");
    if !must && chance.is(one_word) {
        return;
    }
    out.push(' ');
    if group == Group::Mbojo && chance.is(0.12) && !must {
        // The father's name behind the own one, as Bima people write it.
        out.push_str(if chance.is(0.3) { "H. " } else { "" });
        out.push_str(skewed(chance, w::MBOJO_MEN));
        return;
    }
    second_word(chance, sex, out);
    if chance.is(0.04 + 0.34 * young * young) {
        out.push(' ');
        second_word(chance, sex, out);
    }
}

fn first_word(chance: &mut Chance, group: Group, sex: Sex, out: &mut String) {
    if chance.is(0.16) {
        rare(chance, sex, out);
        return;
    }
    let own: &[&str] = match (group, sex) {
        (Group::Samawa, Sex::Male) => w::SAMAWA_MEN,
        (Group::Samawa, Sex::Female) => w::SAMAWA_WOMEN,
        (Group::Mbojo, Sex::Male) => w::MBOJO_MEN,
        (Group::Mbojo, Sex::Female) => w::MBOJO_WOMEN,
        (Group::Java, Sex::Male) => w::JAVA_MEN,
        (Group::Java, Sex::Female) => w::JAVA_WOMEN,
        _ => &[],
    };
    let general = if sex == Sex::Male { w::MEN } else { w::WOMEN };
    let list = if !own.is_empty() && chance.is(0.55) { own } else { general };
    let word = skewed(chance, list);
    // BAIQ is a title of birth here, never the name behind itself.
    out.push_str(if word == "BAIQ" { "NURUL" } else { word });
}

fn second_word(chance: &mut Chance, sex: Sex, out: &mut String) {
    if chance.is(0.14) {
        rare(chance, sex, out);
        return;
    }
    let list = if sex == Sex::Male { w::MEN_SECOND } else { w::WOMEN_SECOND };
    out.push_str(skewed(chance, list));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_skewed_but_many() {
        let mut chance = Chance::new(5);
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..20_000 {
            *counts
                .entry(draw(&mut chance, Group::Sasak, false, Sex::Female, 1990))
                .or_insert(0u32) += 1;
        }
        let most = counts.values().max().copied().unwrap_or(0);
        assert!(counts.len() > 6_000 && most > 60, "{} names, the commonest {most}", counts.len());
        assert!(counts.keys().all(|n| !n.contains("  ") && n.trim() == n));
    }
}
