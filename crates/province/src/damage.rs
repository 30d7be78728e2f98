//! What happens to a person's identity on the way into a source.

use crate::people::Person;
use crate::rates::Identity;
use kernel::{Chance, Date, Sex};

/// The damage bits of `truth/records.parquet` (docs/DELIVERIES.md).
pub(crate) mod bits {
    pub(crate) const NIK_MISSING: u32 = 1;
    pub(crate) const NIK_MISTYPED: u32 = 2;
    pub(crate) const NIK_REUSED: u32 = 4;
    pub(crate) const SECOND_IDENTITY: u32 = 8;
    pub(crate) const NAME_SHORT: u32 = 16;
    pub(crate) const NAME_OLD: u32 = 32;
    pub(crate) const NAME_TITLE: u32 = 64;
    pub(crate) const NAME_MISTYPED: u32 = 128;
    pub(crate) const SWAPPED: u32 = 256;
    pub(crate) const GUESSED: u32 = 512;
    pub(crate) const SEX: u32 = 1_024;
    pub(crate) const PLACE: u32 = 2_048;
    pub(crate) const DEAD: u32 = 4_096;
    pub(crate) const CARD: u32 = 8_192;
    pub(crate) const MOTHER: u32 = 16_384;
    pub(crate) const STALE: u32 = 32_768;
    pub(crate) const DUPLICATE: u32 = 65_536;
    pub(crate) const BROKEN: u32 = 131_072;
    pub(crate) const OTHER_NAME: u32 = 262_144;
    pub(crate) const OUTSIDE: u32 = 524_288;
}

/// An identity as a source shows it.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    /// Digits as written; empty when missing, 15 digits when one was lost.
    pub nik: String,
    pub name: String,
    pub mother: String,
    pub sex: Sex,
    pub born: Date,
    pub damage: u32,
}

/// Draws how a source shows a person. `other_nik` is a number that may be entered by mistake.
pub(crate) fn show(
    chance: &mut Chance,
    rates: &Identity,
    person: &Person,
    other_nik: u64,
) -> Shown {
    let mut shown = Shown {
        nik: String::new(),
        name: person.name.clone(),
        mother: person.mother.clone(),
        sex: person.sex,
        born: person.born,
        damage: 0,
    };
    nik(chance, rates, person, other_nik, &mut shown);
    name(chance, rates, person, &mut shown);
    birth(chance, rates, &mut shown);
    if chance.is(rates.sex_wrong) {
        shown.sex = if person.sex == Sex::Male { Sex::Female } else { Sex::Male };
        shown.damage |= bits::SEX;
    }
    if chance.is(rates.mother_changed) {
        shown.mother = if chance.is(0.4) { String::new() } else { shorten(chance, &person.mother) };
        if shown.mother != person.mother {
            shown.damage |= bits::MOTHER;
        }
    }
    shown
}

fn nik(chance: &mut Chance, rates: &Identity, person: &Person, other: u64, shown: &mut Shown) {
    let draw = chance.unit();
    let mut limit = rates.nik_missing;
    if draw < limit {
        shown.damage |= bits::NIK_MISSING;
        return;
    }
    shown.nik = person.nik.to_string();
    limit += rates.nik_mistyped;
    if draw < limit {
        let wrong = mistype_digits(chance, &shown.nik);
        if wrong != shown.nik {
            shown.nik = wrong;
            shown.damage |= bits::NIK_MISTYPED;
        }
        return;
    }
    if draw < limit + rates.nik_reused && other != 0 && other != person.nik {
        shown.nik = other.to_string();
        shown.damage |= bits::NIK_REUSED;
    }
}

/// Two neighbours swapped, one digit changed, or one lost.
pub(crate) fn mistype_digits(chance: &mut Chance, digits: &str) -> String {
    let mut bytes = digits.as_bytes().to_vec();
    let at = chance.below(bytes.len() as u64 - 1) as usize;
    match chance.below(10) {
        0..=4 => bytes.swap(at, at + 1),
        5..=8 => bytes[at + 1] = b'0' + (bytes[at + 1] - b'0' + 1 + chance.below(9) as u8) % 10,
        _ => {
            bytes.remove(at + 1);
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

fn name(chance: &mut Chance, rates: &Identity, person: &Person, shown: &mut Shown) {
    let draw = chance.unit();
    let mut limit = rates.name_short;
    let mut apply = |text: String, bit: u32| {
        if text != shown.name && !text.is_empty() {
            shown.name = text;
            shown.damage |= bit;
        }
    };
    if draw < limit {
        apply(shorten(chance, &person.name), bits::NAME_SHORT);
    } else if draw < {
        limit += rates.name_old_spelling;
        limit
    } {
        apply(respell(chance, &person.name), bits::NAME_OLD);
    } else if draw < limit + rates.name_mistyped {
        apply(mistype(chance, &person.name), bits::NAME_MISTYPED);
    }
    if chance.is(rates.name_title) {
        shown.name = entitle(chance, &shown.name, person);
        shown.damage |= bits::NAME_TITLE;
    }
}

/// `MUHAMMAD RIZKI` as `MUH. RIZKI` or `M RIZKI`; other names lose or abbreviate their last word.
fn shorten(chance: &mut Chance, name: &str) -> String {
    const SHORT: [(&str, [&str; 3]); 6] = [
        ("MUHAMMAD ", ["MUH. ", "M. ", "MUHAMAD "]),
        ("ABDUL ", ["ABD. ", "ABD ", "A. "]),
        ("AHMAD ", ["AHM. ", "A. ", "AMAD "]),
        ("SITI ", ["ST. ", "ST ", "S. "]),
        ("LALU ", ["L. ", "LL. ", "L "]),
        ("BAIQ ", ["BQ. ", "BQ ", "B. "]),
    ];
    for (full, short) in SHORT {
        if let Some(rest) = name.strip_prefix(full) {
            return format!("{}{rest}", short[chance.below(3) as usize]);
        }
    }
    match name.rsplit_once(' ') {
        Some((front, last)) if chance.is(0.5) => format!("{front} {}.", &last[..1]),
        Some((front, _)) => front.to_owned(),
        None => name.to_owned(),
    }
}

/// Spelling of before 1972, or as it is said: OE, DJ, TJ; P for F, J for Z, H for KH.
fn respell(chance: &mut Chance, name: &str) -> String {
    let spoken = [("KH", "H"), ("SY", "S"), ("F", "P"), ("Z", "J"), ("V", "P"), ("UDDIN", "UDIN")];
    let old = [("U", "OE"), ("J", "DJ"), ("C", "TJ"), ("Y", "J"), ("SY", "SJ"), ("KH", "CH")];
    let table = if chance.is(0.7) { spoken } else { old };
    let first = chance.below(table.len() as u64) as usize;
    let rules = (0..table.len()).map(|at| table[(first + at) % table.len()]);
    for (from, to) in rules {
        if name.contains(from) {
            return name.replacen(from, to, 1 + chance.below(2) as usize);
        }
    }
    name.to_owned()
}

/// One letter lost, doubled, swapped or changed.
fn mistype(chance: &mut Chance, name: &str) -> String {
    let mut letters = name.as_bytes().to_vec();
    if letters.len() < 4 || !name.is_ascii() {
        return name.to_owned();
    }
    let at = 1 + chance.below(letters.len() as u64 - 2) as usize;
    match chance.below(5) {
        0 => {
            letters.remove(at);
        }
        1 => letters.insert(at, letters[at]),
        2 => letters.swap(at, at + 1),
        3 if letters[at] != b' ' => letters[at] = *chance.pick(b"AEIOUNRSTLM"),
        _ => match letters[at] {
            b'I' => letters[at] = b'Y',
            b'A' => letters[at] = b'E',
            b'U' => letters[at] = b'O',
            b'T' => letters[at] = b'D',
            b' ' => {
                letters.remove(at);
            }
            _ => {
                letters.remove(at);
            }
        },
    }
    String::from_utf8(letters).unwrap_or_default().trim().to_owned()
}

fn entitle(chance: &mut Chance, name: &str, person: &Person) -> String {
    let learned = person.plan.years_on(person.born, Date::from_days(20_700)) >= 16;
    if learned && chance.is(0.6) {
        let degree = *chance.pick(&["S.PD", "S.E.", "S.SOS", "SH", "S.KM", "S.PD.I"]);
        return format!("{name}, {degree}");
    }
    match person.sex {
        Sex::Male => {
            let title = *chance.pick(&["H. ", "H ", "HAJI ", "H. ", "TGH. ", "BAPAK ", "DRS. "]);
            format!("{title}{name}")
        }
        Sex::Female => {
            let title = *chance.pick(&["HJ. ", "HJ ", "HAJJAH ", "HJ. ", "IBU ", "DRA. "]);
            format!("{title}{name}")
        }
    }
}

fn birth(chance: &mut Chance, rates: &Identity, shown: &mut Shown) {
    let (year, month, day) = shown.born.ymd();
    if chance.is(rates.day_month_swapped) {
        if day <= 12
            && day != month
            && let Some(date) = Date::from_ymd(year, day, month)
        {
            shown.born = date;
            shown.damage |= bits::SWAPPED;
        }
    } else if chance.is(rates.birth_guessed) {
        let years = chance.between(-2, 2) as i32;
        let guess = match chance.below(3) {
            0 => Date::from_ymd(year + years, 12, 31),
            1 => Date::from_ymd(year + years, 7, 1),
            _ => Date::from_ymd(year + if years == 0 { 1 } else { years }, month, day.min(28)),
        };
        if let Some(date) = guess
            && date != shown.born
            && date.days() < 20_700
        {
            shown.born = date;
            shown.damage |= bits::GUESSED;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_damaged_as_people_do() {
        let mut chance = Chance::new(3);
        for _ in 0..50 {
            let short = shorten(&mut chance, "MUHAMMAD RIZKI");
            assert!(
                ["MUH. RIZKI", "M. RIZKI", "MUHAMAD RIZKI"].contains(&short.as_str()),
                "{short}"
            );
            assert_ne!(mistype_digits(&mut chance, "5201016304870012").len(), 0);
            assert!(!mistype(&mut chance, "SRI WAHYUNI").is_empty());
        }
        assert_eq!(shorten(&mut chance, "SAHNUN"), "SAHNUN");
    }
}
