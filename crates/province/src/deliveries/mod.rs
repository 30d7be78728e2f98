//! The agencies' files (docs/DELIVERIES.md): one writer per source, one file per regency.

pub(crate) mod bpjs;
pub(crate) mod crosswalk;
pub(crate) mod dtks;
pub(crate) mod dukcapil;
pub(crate) mod flags;
pub(crate) mod p3ke;
pub(crate) mod pln;
pub(crate) mod regsosek;
pub(crate) mod rolls;
pub(crate) mod school;

use crate::error::Result;
use crate::listing::Lists;
use crate::people::{Family, House};
use crate::rates::Rates;
use crate::truth::Truth;
use crate::world::World;
use kernel::{Chance, Date};
use std::path::{Path, PathBuf};

/// A line of the spec: one kind of file of one source, in the order of the spec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Entry {
    Dukcapil,
    RegsosekPersons,
    RegsosekFamilies,
    Dtks,
    P3ke,
    Pln,
    Bpjs,
    RollPbi,
    RollPkh,
    RollSembako,
    School,
    Ppatk,
    BpjsTk,
    Ahu,
    Kia,
}

impl Entry {
    /// How many there are.
    pub(crate) const COUNT: usize = 15;
    /// All, in the spec's order (behind the crosswalk).
    pub(crate) const ALL: [Self; Self::COUNT] = [
        Self::Dukcapil,
        Self::RegsosekPersons,
        Self::RegsosekFamilies,
        Self::Dtks,
        Self::P3ke,
        Self::Pln,
        Self::Bpjs,
        Self::RollPbi,
        Self::RollPkh,
        Self::RollSembako,
        Self::School,
        Self::Ppatk,
        Self::BpjsTk,
        Self::Ahu,
        Self::Kia,
    ];

    /// The source's name in the spec.
    pub(crate) const fn source(self) -> &'static str {
        match self {
            Self::Dukcapil => "dukcapil",
            Self::RegsosekPersons | Self::RegsosekFamilies => "regsosek",
            Self::Dtks => "dtks",
            Self::P3ke => "p3ke",
            Self::Pln => "pln",
            Self::Bpjs => "bpjs",
            Self::RollPbi => "roll_pbi",
            Self::RollPkh => "roll_pkh",
            Self::RollSembako => "roll_sembako",
            Self::School => "school",
            Self::Ppatk => "ppatk",
            Self::BpjsTk => "bpjs_tk",
            Self::Ahu => "ahu",
            Self::Kia => "kia",
        }
    }

    /// Path relative to the output folder, with `*` or the regency's four digits in the middle.
    const fn path_parts(self) -> (&'static str, &'static str) {
        match self {
            Self::Dukcapil => ("deliveries/dukcapil/dukcapil_", ".parquet"),
            Self::RegsosekPersons => ("deliveries/regsosek/anggota_", ".csv"),
            Self::RegsosekFamilies => ("deliveries/regsosek/keluarga_", ".csv"),
            Self::Dtks => ("deliveries/dtks/52/dtks_", ".csv"),
            Self::P3ke => ("deliveries/p3ke/p3ke_", ".xlsx"),
            Self::Pln => ("deliveries/pln/pelanggan_", ".csv"),
            Self::Bpjs => ("deliveries/bpjs/peserta_", ".csv.gz"),
            Self::RollPbi => ("deliveries/roll_pbi/pbi_jk_", ".csv"),
            Self::RollPkh => ("deliveries/roll_pkh/pkh_", ".parquet"),
            Self::RollSembako => ("deliveries/roll_sembako/sembako_", ".csv"),
            Self::School => ("deliveries/school/siswa_", ".txt"),
            Self::Ppatk => ("deliveries/ppatk/terindikasi_", ".csv"),
            Self::BpjsTk => ("deliveries/bpjs_tk/upah_", ".csv"),
            Self::Ahu => ("deliveries/ahu/pengurus_", ".csv"),
            Self::Kia => ("deliveries/kia/ibu_hamil_", ".csv"),
        }
    }

    /// The file of a regency.
    pub(crate) fn path(self, regency: u64) -> String {
        let (front, back) = self.path_parts();
        format!("{front}{regency}{back}")
    }

    /// The glob of all regencies.
    pub(crate) fn glob(self) -> String {
        let (front, back) = self.path_parts();
        format!("{front}*{back}")
    }
}

/// Number of a regency's file in the manifest: the spec's order, globs sorted, from 1; the
/// crosswalk is 1.
pub(crate) const fn delivery_number(entry: Entry, regency: usize) -> u16 {
    (2 + entry as usize * 10 + regency) as u16
}

/// What every writer needs besides the family.
pub(crate) struct Desk<'a> {
    pub world: &'a World,
    pub rates: &'a Rates,
    /// The day the deliveries were made.
    pub today: Date,
    pub folder: &'a Path,
    /// Kemendagri code of the regency, four digits.
    pub regency: u64,
}

impl Desk<'_> {
    pub(crate) fn path(&self, entry: Entry) -> PathBuf {
        self.folder.join(entry.path(self.regency))
    }

    /// The stream of a source for one family or person.
    pub(crate) fn chance(&self, entry: Entry, id: u64) -> Chance {
        Chance::at(self.world.seed, crate::purpose::SOURCE + entry as u64, id)
    }
}

/// A family under the eyes of the sources.
pub(crate) struct Case<'a> {
    pub family: &'a Family,
    pub lists: &'a Lists,
    /// A NIK of the family next door: what gets typed by mistake.
    pub neighbour_nik: u64,
}

impl Case<'_> {
    /// A number that might be entered for a person: a relative's or the neighbour's.
    pub(crate) fn other_nik(&self, chance: &mut Chance, own: u64) -> u64 {
        let people = &self.family.people;
        let relative = people[chance.below(people.len() as u64) as usize].nik;
        if relative != own && chance.is(0.6) { relative } else { self.neighbour_nik }
    }
}

/// One source's writer for one regency.
pub(crate) trait Source {
    /// Writes what the source holds of a family.
    fn family(&mut self, desk: &Desk<'_>, case: &Case<'_>, truth: &mut Truth) -> Result<()>;
    /// Closes the files.
    fn close(self: Box<Self>) -> Result<()>;
}

/// All writers of a regency.
pub(crate) fn open(desk: &Desk<'_>) -> Result<Vec<Box<dyn Source>>> {
    Ok(vec![
        Box::new(dukcapil::Dukcapil::create(desk)?),
        Box::new(regsosek::Regsosek::create(desk)?),
        Box::new(dtks::Dtks::create(desk)?),
        Box::new(p3ke::P3ke::create(desk)?),
        Box::new(pln::Pln::create(desk)?),
        Box::new(bpjs::Bpjs::create(desk)?),
        Box::new(rolls::Pbi::create(desk)?),
        Box::new(rolls::Pkh::create(desk)?),
        Box::new(rolls::Sembako::create(desk)?),
        Box::new(school::School::create(desk)?),
        Box::new(flags::Flags::create(desk, flags::Check::Gambling)?),
        Box::new(flags::Flags::create(desk, flags::Check::Wage)?),
        Box::new(flags::Flags::create(desk, flags::Check::Director)?),
        Box::new(flags::Flags::create(desk, flags::Check::Pregnancy)?),
    ])
}

/// Card, village and whether the present card was not yet there on a day.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    pub kk: u64,
    /// Position in the frame.
    pub village: usize,
    /// Still part of the parents' family.
    pub with_parents: bool,
    pub damage: u32,
}

/// How a family stood on the day a source looked.
pub(crate) fn standing(family: &Family, on: Date) -> Standing {
    use crate::damage::bits;
    let now = Standing { kk: family.kk, village: family.village, with_parents: false, damage: 0 };
    if on >= family.card_since || family.kk_before == 0 {
        return now;
    }
    let village = family.village_before.unwrap_or(family.village);
    let moved = if village == family.village { 0 } else { bits::PLACE };
    let with_parents = family.card_status == 2;
    Standing { kk: family.kk_before, village, with_parents, damage: bits::CARD | moved }
}

/// Relation to the head as the parents' card has it.
pub(crate) const fn relation_with_parents(relation: u8) -> u8 {
    match relation {
        1 => 3,
        2 => 4,
        3 => 5,
        _ => 8,
    }
}

/// The house as a source recorded it `years` ago, and whether any cell differs from today's.
/// Answers that hang together (power and lighting, closet and toilet) go together.
pub(crate) fn seen_house(
    chance: &mut Chance,
    desk: &Desk<'_>,
    family: &Family,
    on: Date,
) -> (House, bool) {
    let (now, old) = (&family.house, &family.house_before);
    let p = stale(desk, on);
    let mut seen = *now;
    macro_rules! cell {
        ($($field:ident),+) => {
            if chance.is(p) { $(seen.$field = old.$field;)+ }
        };
    }
    cell!(families);
    cell!(tenure);
    cell!(area);
    cell!(floor);
    cell!(wall);
    cell!(roof);
    cell!(water);
    cell!(lighting, power);
    cell!(fuel);
    cell!(toilet, closet, sewage);
    cell!(livestock);
    for (asset, before) in seen.assets.iter_mut().zip(old.assets) {
        if chance.is(p) {
            *asset = before;
        }
    }
    if seen.lighting == 4 {
        seen.assets[1..4].fill(2);
    }
    let differs = seen != *now;
    (seen, differs)
}

/// Share of cells that are wrong or no longer true of a visit on a day.
pub(crate) fn stale(desk: &Desk<'_>, on: Date) -> f64 {
    let years = f64::from(desk.today.days() - on.days()).max(0.0) / 365.25;
    (desk.rates.values.wrong + desk.rates.values.stale_per_year * years).min(0.9)
}

/// A digit string with one mistake in it, or nothing: how a wrong family card looks.
pub(crate) fn damaged_card(chance: &mut Chance, rate: f64, kk: u64) -> (String, u32) {
    if !chance.is(rate) {
        return (kk.to_string(), 0);
    }
    let text = if chance.is(0.5) {
        String::new()
    } else {
        crate::damage::mistype_digits(chance, &kk.to_string())
    };
    (text, crate::damage::bits::CARD)
}

/// `L` or `P`.
pub(crate) const fn letter(sex: kernel::Sex) -> &'static str {
    match sex {
        kernel::Sex::Male => "L",
        kernel::Sex::Female => "P",
    }
}

/// The address of a family, as its card has it.
pub(crate) fn address(family: &Family) -> String {
    use crate::words::{HAMLETS, STREETS};
    if family.street < 16 && !family.urban {
        format!("DUSUN {}", HAMLETS[usize::from(family.hamlet)])
    } else {
        let street = STREETS[usize::from(family.street)];
        match family.house_number % 9 {
            0 => format!("{street} NO {}½", family.house_number),
            1 => format!("{street} Nº {}", family.house_number),
            2 => format!("{street}, NO. {}", family.house_number),
            _ => format!("{street} NO. {}", family.house_number),
        }
    }
}
