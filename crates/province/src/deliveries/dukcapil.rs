//! The civil register: everybody it knows, with the register's own gaps.

use super::{Case, Desk, Entry, Source, address, letter};
use crate::damage::{bits, show};
use crate::error::Result;
use crate::people::{Family, Person, State};
use crate::table::{Kind, Packing, Table};
use crate::truth::Truth;
use crate::village::birth_place;
use kernel::{Chance, Sex};

pub(crate) struct Dukcapil {
    table: Table,
}

impl Dukcapil {
    pub(crate) fn create(desk: &Desk<'_>) -> Result<Self> {
        use Kind::{Date, Text};
        let columns = [
            ("nomor_induk_kependudukan", Text, false),
            ("nomor_kartu_keluarga", Text, false),
            ("nama", Text, false),
            ("jenis_kelamin", Text, false),
            ("tanggal_lahir", Date, false),
            ("tempat_lahir", Text, false),
            ("status_hubungan_keluarga", Text, false),
            ("status_kawin", Text, false),
            ("nama_ibu", Text, true),
            ("alamat_ktp", Text, false),
            ("dusun_ktp", Text, true),
            ("rt_ktp", Text, false),
            ("rw_ktp", Text, false),
            ("kode_kelurahan_desa_ktp", Text, false),
            ("status", Text, false),
            ("tanggal_status", Date, true),
        ];
        let path = desk.path(Entry::Dukcapil);
        Ok(Self { table: Table::create(&path, &columns, Packing::Snappy)? })
    }

    fn person(
        &mut self,
        desk: &Desk<'_>,
        case: &Case<'_>,
        person: &Person,
        truth: &mut Truth,
    ) -> Result<()> {
        let family = case.family;
        let mut chance = desk.chance(Entry::Dukcapil, person.id);
        // Some births are reported months later; on average the stated share of babies is missing.
        let late = chance.is(2.0 * desk.rates.life.baby_unlisted);
        let days = (365.0 * chance.unit()) as i32;
        if late && person.born.plus_days(days) > desk.today {
            return Ok(());
        }
        let other = case.other_nik(&mut chance, person.nik);
        let shown = show(&mut chance, &desk.rates.identity.dukcapil, person, other);
        let mut damage = shown.damage;
        let (status, on) = match person.state {
            State::Living => ("HIDUP", None),
            State::Dead { on, reported: true } => ("MENINGGAL", Some(on)),
            State::Dead { .. } => {
                damage |= bits::DEAD;
                ("HIDUP", None)
            }
            State::Gone { on } => ("PINDAH", Some(on)),
        };
        // Those who left before the card was renewed stand on the card of their time.
        let old_card = on.is_some_and(|day| day <= family.card_since) && family.kk_before != 0;
        let kk = if old_card { family.kk_before } else { family.kk };
        let place = family.village_card.unwrap_or(family.village);
        if place != family.village {
            damage |= bits::PLACE;
        }
        let line =
            self.row(desk, family, person, &shown, Row { kk, place, status, on, nik: None })?;
        truth.record(Entry::Dukcapil, line, person.id, family.id, damage)?;
        if person.second_nik != 0 {
            let place = elsewhere(desk, &mut chance, place);
            let nik = Some(person.second_nik);
            let row =
                Row { kk: family.kk_before.max(family.kk), place, status: "HIDUP", on: None, nik };
            let line = self.row(desk, family, person, &shown, row)?;
            let damage = damage | bits::SECOND_IDENTITY | bits::DUPLICATE;
            truth.record(Entry::Dukcapil, line, person.id, family.id, damage)?;
        }
        Ok(())
    }

    fn row(
        &mut self,
        desk: &Desk<'_>,
        family: &Family,
        person: &Person,
        shown: &crate::damage::Shown,
        row: Row,
    ) -> Result<u64> {
        let (relation, marital) = registered(family, person);
        let second = row.nik.map(|n| n.to_string());
        let kk = row.kk.to_string();
        let village = desk.world.frame.villages[row.place].region.plain();
        let hamlet = crate::words::HAMLETS[usize::from(family.hamlet)];
        self.table
            .text(Some(second.as_deref().unwrap_or(&shown.nik)))
            .text(Some(&kk))
            .text(Some(&shown.name))
            .text(Some(letter(shown.sex)))
            .date(Some(shown.born))
            .text(Some(birth_place(desk.world, person)))
            .text(Some(relation_word(person, relation)))
            .text(Some(marital_word(marital)))
            .text((!shown.mother.is_empty()).then_some(shown.mother.as_str()))
            .text(Some(&address(family)))
            .text((!family.urban).then_some(hamlet))
            .text(Some(&format!("{:03}", family.rt)))
            .text(Some(&format!("{:03}", family.rw)))
            .text(Some(&village))
            .text(Some(row.status))
            .date(row.on)
            .end()
    }
}

struct Row {
    kk: u64,
    place: usize,
    status: &'static str,
    on: Option<kernel::Date>,
    nik: Option<u64>,
}

fn elsewhere(desk: &Desk<'_>, chance: &mut Chance, at: usize) -> usize {
    let all = &desk.world.frame.regencies[desk.world.frame.villages[at].regency].villages;
    all.start + chance.below(all.len() as u64) as usize
}

/// Relation and marriage as registered: until a head's death is reported, his widow is his wife.
fn registered(family: &Family, person: &Person) -> (u8, u8) {
    let unreported =
        |p: &Person| p.relation == 1 && matches!(p.state, State::Dead { reported: false, .. });
    if person.id == family.head().id && family.people.iter().any(unreported) {
        (2, 2)
    } else {
        (person.relation, person.marital)
    }
}

fn relation_word(person: &Person, relation: u8) -> &'static str {
    match (relation, person.sex) {
        (1, _) => "KEPALA KELUARGA",
        (2, Sex::Male) => "SUAMI",
        (2, Sex::Female) => "ISTRI",
        (3, _) => "ANAK",
        (4, _) => "MENANTU",
        (5, _) => "CUCU",
        (6, _) if person.nik.is_multiple_of(3) => "MERTUA",
        (6, _) => "ORANG TUA",
        (7, _) => "PEMBANTU",
        _ if person.nik.is_multiple_of(2) => "FAMILI LAIN",
        _ => "LAINNYA",
    }
}

fn marital_word(code: u8) -> &'static str {
    match code {
        2 => "KAWIN",
        3 => "CERAI HIDUP",
        4 => "CERAI MATI",
        _ => "BELUM KAWIN",
    }
}

impl Source for Dukcapil {
    fn family(&mut self, desk: &Desk<'_>, case: &Case<'_>, truth: &mut Truth) -> Result<()> {
        for person in &case.family.people {
            self.person(desk, case, person, truth)?;
        }
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.table.close().map(|_| ())
    }
}
