//! The rolls: PBI-JK by person, PKH and Sembako by family with the one who receives.

use super::bpjs::card_number;
use super::{Case, Desk, Entry, Source, address, damaged_card, letter};
use crate::damage::{bits, show};
use crate::error::Result;
use crate::listing::{CUT_DAY, Grant, Seat};
use crate::people::{Family, Person, State};
use crate::table::{Kind, Packing, Table};
use crate::text::TextFile;
use crate::truth::Truth;
use kernel::Sex;
use kernel::chance::mix;

const PBI: &str = "nik|nama|tanggal_lahir|jenis_kelamin|nomor_kartu_keluarga|kode_wilayah|\
nomor_kartu_jkn|tanggal_mulai|status|tanggal_status|dasar";
const SEMBAKO: &str = "nik|nama_penerima|tanggal_lahir|jenis_kelamin|nomor_kartu_keluarga|alamat|\
kode_wilayah|nomor_kks|tanggal_mulai|status|tanggal_status";

/// Seats of PBI-JK.
pub(crate) struct Pbi {
    file: TextFile,
}

impl Pbi {
    pub(crate) fn create(desk: &Desk<'_>) -> Result<Self> {
        Ok(Self { file: TextFile::create(&desk.path(Entry::RollPbi), b'|', "\n", PBI)? })
    }

    fn seat(
        &mut self,
        desk: &Desk<'_>,
        case: &Case<'_>,
        person: &Person,
        seat: Seat,
        truth: &mut Truth,
    ) -> Result<()> {
        let mut chance = desk.chance(Entry::RollPbi, person.id);
        let rates = &desk.rates.identity.roll_pbi;
        let other = case.other_nik(&mut chance, person.nik);
        let shown = show(&mut chance, rates, person, other);
        let (card, card_damage) = damaged_card(&mut chance, rates.card_wrong, case.family.kk);
        let state = match person.state {
            State::Living => 0,
            State::Dead { .. } => bits::DEAD,
            State::Gone { .. } => bits::OUTSIDE,
        };
        let damage = shown.damage | card_damage | state;
        let village = desk.world.frame.villages[case.family.village].region.number();
        let copies = 1 + usize::from(chance.is(rates.duplicate));
        for copy in 0..copies {
            let file = &mut self.file;
            file.text(&shown.nik).text(&shown.name).date(shown.born).text(letter(shown.sex));
            file.text(&card).number(village).number(card_number(person)).date(seat.since);
            match (seat.cut, seat.back) {
                (false, _) => file.text("AKTIF").text("").text(""),
                (true, Some(day)) => file.text("AKTIF").date(day).text("REAKTIVASI"),
                (true, None) => file.text("NONAKTIF").date(CUT_DAY).text("SK 3/HUK/2026"),
            };
            let line = file.end()?;
            let twice = if copy > 0 { bits::DUPLICATE } else { 0 };
            truth.record(Entry::RollPbi, line, person.id, case.family.id, damage | twice)?;
        }
        Ok(())
    }
}

impl Source for Pbi {
    fn family(&mut self, desk: &Desk<'_>, case: &Case<'_>, truth: &mut Truth) -> Result<()> {
        for (person, seat) in case.family.people.iter().zip(&case.lists.pbi) {
            if let Some(seat) = seat {
                self.seat(desk, case, person, *seat, truth)?;
            }
        }
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.file.close()
    }
}

/// The one who receives for a family: the wife of a couple, mostly; else the head.
fn receiver(family: &Family) -> &Person {
    let wife = family.living().find(|p| p.relation == 2 && p.sex == Sex::Female);
    wife.filter(|p| p.id % 8 != 0).unwrap_or_else(|| family.head())
}

/// Number of the bank card of a family.
fn bank_card(family: &Family) -> u64 {
    6_013_010_000_000_000 + mix(family.id) % 999_999_999_999
}

/// Families of PKH.
pub(crate) struct Pkh {
    table: Table,
}

impl Pkh {
    pub(crate) fn create(desk: &Desk<'_>) -> Result<Self> {
        use Kind::{Date, I32, Text};
        let columns = [
            ("nik_pengurus", Text, true),
            ("nama_pengurus", Text, false),
            ("tanggal_lahir", Date, true),
            ("jenis_kelamin", Text, false),
            ("nomor_kartu_keluarga", Text, true),
            ("kode_wilayah", Text, false),
            ("nomor_kks", Text, false),
            ("jumlah_hamil", I32, false),
            ("jumlah_anak_usia_dini", I32, false),
            ("jumlah_sd", I32, false),
            ("jumlah_smp", I32, false),
            ("jumlah_sma", I32, false),
            ("jumlah_lansia", I32, false),
            ("jumlah_disabilitas", I32, false),
            ("tanggal_mulai", Date, false),
            ("status", Text, false),
            ("tanggal_status", Date, true),
        ];
        Ok(Self { table: Table::create(&desk.path(Entry::RollPkh), &columns, Packing::Snappy)? })
    }
}

fn status(grant: &Grant) -> (&'static str, Option<kernel::Date>) {
    match grant.ended {
        Some(day) => ("NONAKTIF", Some(day)),
        None => ("AKTIF", None),
    }
}

impl Source for Pkh {
    fn family(&mut self, desk: &Desk<'_>, case: &Case<'_>, truth: &mut Truth) -> Result<()> {
        let (family, Some(grant)) = (case.family, case.lists.pkh.as_ref()) else {
            return Ok(());
        };
        let person = receiver(family);
        let mut chance = desk.chance(Entry::RollPkh, family.id);
        let rates = &desk.rates.identity.roll_pkh;
        let shown = show(&mut chance, rates, person, case.neighbour_nik);
        let (card, card_damage) = damaged_card(&mut chance, rates.card_wrong, family.kk);
        let village = desk.world.frame.villages[family.village].region.plain();
        let (word, ended) = status(grant);
        let table = &mut self.table;
        table.text((!shown.nik.is_empty()).then_some(shown.nik.as_str())).text(Some(&shown.name));
        table.date(Some(shown.born)).text(Some(letter(shown.sex)));
        table.text((!card.is_empty()).then_some(card.as_str())).text(Some(&village));
        table.text(Some(&bank_card(family).to_string()));
        for count in grant.components {
            table.i32(Some(i32::from(count)));
        }
        let line = table.date(Some(grant.since)).text(Some(word)).date(ended).end()?;
        truth.record(Entry::RollPkh, line, person.id, family.id, shown.damage | card_damage)
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.table.close().map(|_| ())
    }
}

/// Families of Sembako.
pub(crate) struct Sembako {
    file: TextFile,
}

impl Sembako {
    pub(crate) fn create(desk: &Desk<'_>) -> Result<Self> {
        let path = desk.path(Entry::RollSembako);
        Ok(Self { file: TextFile::create(&path, b'|', "\r\n", SEMBAKO)? })
    }
}

impl Source for Sembako {
    fn family(&mut self, desk: &Desk<'_>, case: &Case<'_>, truth: &mut Truth) -> Result<()> {
        let (family, Some(grant)) = (case.family, case.lists.sembako.as_ref()) else {
            return Ok(());
        };
        let person = receiver(family);
        let mut chance = desk.chance(Entry::RollSembako, family.id);
        let rates = &desk.rates.identity.roll_sembako;
        let shown = show(&mut chance, rates, person, case.neighbour_nik);
        let (card, card_damage) = damaged_card(&mut chance, rates.card_wrong, family.kk);
        let village = desk.world.frame.villages[family.village].region.number();
        let (word, ended) = status(grant);
        let file = &mut self.file;
        file.text(&shown.nik).text(&shown.name).day_first(shown.born, b'/').text(letter(shown.sex));
        file.text(&card).text(&address(family)).dotted(village).number(bank_card(family));
        file.day_first(grant.since, b'/').text(word);
        match ended {
            Some(day) => file.day_first(day, b'/'),
            None => file.text(""),
        };
        let line = file.end()?;
        truth.record(Entry::RollSembako, line, person.id, family.id, shown.damage | card_damage)
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.file.close()
    }
}
