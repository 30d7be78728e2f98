//! What outside checks say of single people: the financial intelligence unit (online gambling), the
//! employees' insurance (wages), the company register (directors) and the mothers' register
//! (pregnancies). One short file each; every row opens a review and excludes nobody by itself.

use super::{Case, Desk, Entry, Source, letter};
use crate::damage::show;
use crate::error::Result;
use crate::people::{Person, State};
use crate::text::TextFile;
use crate::truth::Truth;
use kernel::chance::mix;
use kernel::{Chance, Sex};

/// The columns that every one of these files begins with.
const WHO: &str = "nik|nama|tanggal_lahir|jenis_kelamin|kode_wilayah|";

/// Which of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    Gambling,
    Wage,
    Director,
    Pregnancy,
}

impl Check {
    const fn entry(self) -> Entry {
        match self {
            Self::Gambling => Entry::Ppatk,
            Self::Wage => Entry::BpjsTk,
            Self::Director => Entry::Ahu,
            Self::Pregnancy => Entry::Kia,
        }
    }

    const fn columns(self) -> &'static str {
        match self {
            Self::Gambling => "golongan_transaksi|jumlah_transaksi",
            Self::Wage => "golongan_upah|nomor_kpj",
            Self::Director => "jabatan|status_badan",
            Self::Pregnancy => "kehamilan_ke|usia_kehamilan_minggu",
        }
    }

    /// What the file says of a person, if it holds them.
    fn says(self, desk: &Desk<'_>, person: &Person, chance: &mut Chance) -> Option<[String; 2]> {
        let rates = &desk.rates.flags;
        let age = age_on(desk, person);
        match self {
            Self::Gambling => {
                let held = (15..70).contains(&age) && chance.is(rates.gambling);
                held.then(|| {
                    // Most only tried; few spend more than a poor family could.
                    let class = 1 + chance.weighted(&rates.gambling_classes) as u64;
                    let times = match class {
                        1 => chance.below(2) + 1,
                        2 => chance.below(40) + 3,
                        _ => chance.below(300) + 20,
                    };
                    [class.to_string(), times.to_string()]
                })
            }
            Self::Wage => {
                let employee = person.work.worked == 1 && matches!(person.work.status, 4 | 5);
                let held = employee && chance.is(rates.wage_listed);
                held.then(|| {
                    let above = chance.is(rates.wage_above);
                    let number = mix(person.id ^ 0x0B_AE) % 90_000_000_000 + 10_000_000_000;
                    [if above { "2" } else { "1" }.to_owned(), number.to_string()]
                })
            }
            Self::Director => {
                let held = age >= 20 && person.business.owned == 1 && chance.is(rates.director);
                held.then(|| {
                    let role =
                        chance.pick(&["DIREKTUR", "DIREKTUR", "KOMISARIS", "PEMEGANG SAHAM"]);
                    let state = if chance.is(0.9) { "AKTIF" } else { "BUBAR" };
                    [(*role).to_owned(), state.to_owned()]
                })
            }
            Self::Pregnancy => {
                let wife = person.sex == Sex::Female && person.marital == 2;
                let held = wife && (16..45).contains(&age) && chance.is(rates.pregnant);
                held.then(|| {
                    [(1 + chance.below(4)).to_string(), (4 + chance.below(36)).to_string()]
                })
            }
        }
    }
}

fn age_on(desk: &Desk<'_>, person: &Person) -> i32 {
    (desk.today.days() - person.born.days()) * 100 / 36_525
}

/// One of the files.
pub(crate) struct Flags {
    check: Check,
    file: TextFile,
}

impl Flags {
    pub(crate) fn create(desk: &Desk<'_>, check: Check) -> Result<Self> {
        let header = format!("{WHO}{}", check.columns());
        Ok(Self { check, file: TextFile::create(&desk.path(check.entry()), b'|', "\n", &header)? })
    }
}

impl Source for Flags {
    fn family(&mut self, desk: &Desk<'_>, case: &Case<'_>, truth: &mut Truth) -> Result<()> {
        let entry = self.check.entry();
        for person in case.family.people.iter().filter(|p| p.state == State::Living) {
            let mut chance = desk.chance(entry, person.id);
            let Some(says) = self.check.says(desk, person, &mut chance) else { continue };
            let other = case.other_nik(&mut chance, person.nik);
            let shown = show(&mut chance, &desk.rates.identity.flags, person, other);
            let village = desk.world.frame.villages[case.family.village].region.number();
            let file = &mut self.file;
            file.text(&shown.nik).text(&shown.name).date(shown.born).text(letter(shown.sex));
            file.number(village).text(&says[0]).text(&says[1]);
            let line = file.end()?;
            truth.record(entry, line, person.id, case.family.id, shown.damage)?;
        }
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.file.close()
    }
}
