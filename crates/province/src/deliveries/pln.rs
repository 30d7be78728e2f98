//! PLN: customers with their installed power. It knows meters, not people.

use super::{Case, Desk, Entry, Source, address, damaged_card};
use crate::damage::{bits, show};
use crate::error::Result;
use crate::people::State;
use crate::text::TextFile;
use crate::truth::Truth;
use kernel::Date;

const HEADER: &str = "idpel|nama_pelanggan|nik|nomor_kartu_keluarga|alamat|rt|rw|kode_wilayah|\
tarif|daya|status_pelanggan|tanggal_catat";

pub(crate) struct Pln {
    file: TextFile,
}

impl Pln {
    pub(crate) fn create(desk: &Desk<'_>) -> Result<Self> {
        Ok(Self { file: TextFile::create(&desk.path(Entry::Pln), b'|', "\n", HEADER)? })
    }
}

impl Source for Pln {
    fn family(&mut self, desk: &Desk<'_>, case: &Case<'_>, truth: &mut Truth) -> Result<()> {
        let family = case.family;
        if family.idpel == 0 {
            return Ok(());
        }
        let mut chance = desk.chance(Entry::Pln, family.id);
        let mut damage = 0;
        // A dead head often stays the customer; sometimes the meter is the landlord's.
        let dead =
            family.people.iter().find(|p| matches!(p.state, State::Dead { .. }) && p.relation == 1);
        let person = match dead {
            Some(dead) if chance.is(0.7) => {
                damage |= bits::DEAD | bits::OTHER_NAME;
                dead
            }
            _ => family.head(),
        };
        let rates = &desk.rates.identity.pln;
        let mut shown = show(&mut chance, rates, person, case.neighbour_nik);
        if chance.is(desk.rates.coverage.pln_other_name) {
            shown.name.clone_from(&person.mother);
            shown.nik.clear();
            damage |= bits::OTHER_NAME | bits::NIK_MISSING;
        }
        let (card, card_damage) = damaged_card(&mut chance, rates.card_wrong, family.kk);
        damage |= shown.damage | card_damage;
        let (tariff, power) = match family.house.power {
            1 => ("R1", 450),
            2 if chance.is(0.55) => ("R1M", 900),
            2 => ("R1", 900),
            3 => ("R1", 1_300),
            4 => ("R1T", 2_200),
            _ => *chance.pick(&[("R2", 3_500), ("R2", 4_400), ("R2", 5_500), ("R3", 6_600)]),
        };
        let read = desk.today.plus_days(-(1 + chance.below(28) as i32));
        let status = if chance.is(0.004) { "PUTUS" } else { "AKTIF" };
        let village = desk.world.frame.villages[family.village].region.number();
        let file = &mut self.file;
        file.number(family.idpel).text(&shown.name).text(&shown.nik).text(&card);
        file.text(&address(family)).three(family.rt).three(family.rw).dotted(village);
        file.text(tariff).number(power).text(status).compact(Date::from_days(read.days()));
        let line = file.end()?;
        truth.record(Entry::Pln, line, person.id, family.id, damage)
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.file.close()
    }
}
