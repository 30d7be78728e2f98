//! DTKS: pipe-delimited latin-1 with rows that cannot be read.

use super::{Case, Desk, Entry, Source, address, damaged_card, letter, seen_house, standing};
use crate::damage::{Shown, bits, show};
use crate::error::Result;
use crate::people::{House, Person, State};
use crate::text::{TextFile, latin1};
use crate::truth::Truth;
use crate::village::known_since;
use kernel::{Chance, Date};

const HEADER: &str = "nomor_kartu_keluarga|nomor_induk_kependudukan|nama|nama_kepala_keluarga|\
jenis_kelamin|tanggal_lahir|nama_ibu_kandung|status_hubungan_keluarga|status_kawin|alamat|rt|rw|\
kode_wilayah|kelurahan_desa|kecamatan|kabupaten_kota|status_kepemilikan_rumah|\
jenis_lantai_terluas|jenis_dinding_terluas|jenis_atap_terluas|sumber_air_minum_utama|\
sumber_penerangan_utama|daya_terpasang|bahan_bakar_utama_memasak|fasilitas_bab|jenis_kloset|\
aset_bergerak_lemari_es|aset_bergerak_sepeda_motor|aset_bergerak_mobil|is_gc_kemensos|is_pbi_se|\
is_siks_ng|tanggal_pemutakhiran";

pub(crate) struct Dtks {
    file: TextFile,
    scratch: Vec<u8>,
}

/// What all rows of a family share.
struct Sheet {
    house: House,
    on: Date,
    flags: [bool; 3],
    head: String,
    /// One card number per sheet, right or wrong.
    card: String,
    damage: u32,
}

impl Dtks {
    pub(crate) fn create(desk: &Desk<'_>) -> Result<Self> {
        let file = TextFile::create(&desk.path(Entry::Dtks), b'|', "\r\n", HEADER)?;
        Ok(Self { file, scratch: Vec::new() })
    }

    fn sheet(desk: &Desk<'_>, case: &Case<'_>, chance: &mut Chance) -> Sheet {
        let ground_check = chance.is(desk.rates.coverage.dtks_ground_check);
        let (old, new) = (chance.below(1_400) as i32, chance.below(520) as i32);
        let on = if ground_check {
            Date::from_days(20_180 + new) // from 2025-04-02
        } else {
            Date::from_days(17_900 + old) // from 2019-01-04
        };
        let on = on.min(desk.today.plus_days(-25));
        let (house, differs) = seen_house(chance, desk, case.family, on);
        let flags = [ground_check, ground_check && chance.is(0.12), chance.is(0.35)];
        let head = case.family.head().name.clone();
        let kk = standing(case.family, on).kk;
        let (card, card_damage) = damaged_card(chance, desk.rates.identity.dtks.card_wrong, kk);
        let stale = if differs { bits::STALE } else { 0 };
        Sheet { house, on, flags, head, card, damage: stale | card_damage }
    }

    fn person(
        &mut self,
        desk: &Desk<'_>,
        case: &Case<'_>,
        sheet: &Sheet,
        person: &Person,
        truth: &mut Truth,
    ) -> Result<()> {
        let mut chance = desk.chance(Entry::Dtks, person.id);
        let mut damage = sheet.damage;
        match person.state {
            State::Living => {}
            State::Dead { on, .. } if on > sheet.on => damage |= bits::DEAD,
            State::Gone { on } if on > sheet.on => damage |= bits::OUTSIDE,
            _ => return Ok(()),
        }
        let other = case.other_nik(&mut chance, person.nik);
        let rates = &desk.rates.identity.dtks;
        let shown = show(&mut chance, rates, person, other);
        damage |= shown.damage;
        let copies = 1 + usize::from(chance.is(rates.duplicate));
        for copy in 0..copies {
            let twice = if copy > 0 { bits::DUPLICATE } else { 0 };
            let start = self.file.line_start();
            damage |= self.row(desk, case, sheet, person, &shown, &mut chance);
            damage |= self.break_row(desk, start, &mut chance);
            let line = self.file.end()?;
            truth.record(Entry::Dtks, line, person.id, case.family.id, damage | twice)?;
            damage &= !bits::BROKEN;
        }
        Ok(())
    }

    fn row(
        &mut self,
        desk: &Desk<'_>,
        case: &Case<'_>,
        sheet: &Sheet,
        person: &Person,
        shown: &Shown,
        chance: &mut Chance,
    ) -> u32 {
        let (family, frame) = (case.family, &desk.world.frame);
        let place = standing(family, sheet.on);
        let relation = if place.with_parents {
            super::relation_with_parents(person.relation)
        } else {
            person.relation
        };
        let village = &frame.villages[place.village];
        let district = &frame.districts[village.district];
        let h = &sheet.house;
        let file = &mut self.file;
        file.text(&sheet.card).text(&shown.nik);
        // Some hands put quotes around names; a legal pair.
        if chance.is(0.05) {
            file.text(&format!("\"{}\"", shown.name));
        } else {
            file.text(&shown.name);
        }
        file.text(&sheet.head).text(letter(shown.sex)).day_first(shown.born, b'/');
        file.text(&shown.mother).code(relation).code(person.marital);
        latin1(&address(family), &mut self.scratch);
        file.bytes(&self.scratch).three(family.rt).three(family.rw);
        let code = village.region.number();
        file.dotted(if chance.is(0.012) { code / 10_000 } else { code });
        file.text(&village.name).text(&district.name);
        file.text(&frame.regencies[village.regency].name);
        let roof = match h.roof {
            5 => 6,
            6 => 5,
            other => other,
        };
        file.code(h.tenure).code(h.floor).code(h.wall).code(roof).code(h.water).code(h.lighting);
        file.code(h.power).code(if h.fuel == 0 { 12 } else { h.fuel }).code(h.toilet);
        file.code(h.closet).code(h.assets[1]).code(h.assets[8]).code(h.assets[10]);
        for flag in sheet.flags {
            file.text(if flag { "1" } else { "0" });
        }
        file.day_first(sheet.on, b'/');
        place.damage
    }

    /// Breaks the row that began at `start` as the field does; it stays one physical line.
    fn break_row(&mut self, desk: &Desk<'_>, start: usize, chance: &mut Chance) -> u32 {
        let rates = &desk.rates.broken;
        let draw = chance.unit();
        let buffer = self.file.buffer();
        let length = buffer.len() - start;
        let pipe = |buffer: &[u8], nth: usize| {
            let pipes = buffer[start..].iter().enumerate().filter(|(_, b)| **b == b'|');
            pipes.map(|(at, _)| start + at + 1).nth(nth).unwrap_or(start)
        };
        if draw < rates.open_quote {
            let at = pipe(buffer, 8);
            buffer.insert(at, b'"');
        } else if draw < rates.open_quote + rates.extra_pipe {
            let at = pipe(buffer, 8);
            buffer.splice(at..at, *b"GG. 2|");
        } else if draw < rates.open_quote + rates.extra_pipe + rates.cut_line {
            let keep = length / 4 + chance.below(length as u64 / 2) as usize;
            buffer.truncate(start + keep);
        } else {
            return 0;
        }
        bits::BROKEN
    }
}

impl Source for Dtks {
    fn family(&mut self, desk: &Desk<'_>, case: &Case<'_>, truth: &mut Truth) -> Result<()> {
        let mut chance = desk.chance(Entry::Dtks, case.family.id | 1 << 60);
        let (poor, rich) = (desk.rates.coverage.dtks_poorest, desk.rates.coverage.dtks_richest);
        if !chance.is(by_decile(case.family.decile_seen, poor, rich)) {
            return Ok(());
        }
        let sheet = Self::sheet(desk, case, &mut chance);
        for person in &case.family.people {
            if known_since(person) < sheet.on {
                self.person(desk, case, &sheet, person, truth)?;
            }
        }
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.file.close()
    }
}

/// A share that falls evenly from the poorest decile to the richest.
pub(crate) fn by_decile(decile: u8, poorest: f64, richest: f64) -> f64 {
    poorest + (richest - poorest) * f64::from(decile.clamp(1, 10) - 1) / 9.0
}
