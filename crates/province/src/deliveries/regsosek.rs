//! Regsosek 2022 and its updates: persons and families, BPS codes, values of the day of the visit.

use super::{
    Case, Desk, Entry, Source, address, damaged_card, relation_with_parents, seen_house, stale,
    standing,
};
use crate::damage::{Shown, bits, show};
use crate::error::Result;
use crate::people::{Person, State};
use crate::text::TextFile;
use crate::truth::Truth;
use crate::village::known_since;
use crate::work;
use kernel::{Chance, Date};

const PERSONS: &str = "kode_provinsi,kode_kabupaten_kota,kode_kecamatan,kode_kelurahan_desa,\
nomor_kartu_keluarga,nomor_urut_anggota,nomor_induk_kependudukan,nama,jenis_kelamin,tanggal_lahir,\
status_kawin,status_hubungan_keluarga,keberadaan,partisipasi_sekolah,\
jenjang_tertinggi_yang_diduduki,kelas_tertinggi_yang_diduduki,ijazah_tertinggi_yang_dimiliki,\
status_bekerja,lapangan_usaha_dari_pekerjaan_utama,status_dalam_pekerjaan_utama,\
kepemilikan_usaha,jumlah_usaha,lapangan_usaha_dari_usaha_utama,\
jumlah_pekerja_yang_dibayar_dari_usaha_utama,jumlah_pekerja_yang_tidak_dibayar_dari_usaha_utama,\
omzet_usaha_utama,kondisi_gizi,penyakit_kronis,penglihatan,pendengaran,berjalan_atau_naik_tangga,\
menggunakan_tangan_jari,belajar_kemampuan_intelektual,pengendalian_perilaku,berbicara_komunikasi,\
mengurus_diri,mengingat_berkonsentrasi,kesedihan_depresi,tanggal_pendataan";

const FAMILIES: &str = "kode_provinsi,kode_kabupaten_kota,kode_kecamatan,kode_kelurahan_desa,\
nomor_kartu_keluarga,nama_kepala_keluarga,nik_kepala_keluarga,jumlah_anggota_keluarga,alamat,\
dusun,rt,rw,status_kk,hasil_pendataan,jumlah_keluarga_dalam_rumah,status_kepemilikan_rumah,\
luas_lantai,jenis_lantai_terluas,jenis_dinding_terluas,jenis_atap_terluas,sumber_air_minum_utama,\
sumber_penerangan_utama,daya_terpasang,id_pelanggan_pln,bahan_bakar_utama_memasak,fasilitas_bab,\
jenis_kloset,pembuangan_akhir_tinja,aset_bergerak_tabung_gas,aset_bergerak_lemari_es,\
aset_bergerak_ac,aset_bergerak_pemanas_air,aset_bergerak_telepon_rumah,aset_bergerak_tv_datar,\
aset_bergerak_emas_perhiasan,aset_bergerak_komputer_laptop_tablet,aset_bergerak_sepeda_motor,\
aset_bergerak_sepeda,aset_bergerak_mobil,aset_bergerak_perahu,aset_bergerak_kapal_perahu_motor,\
aset_bergerak_smartphone,aset_tidak_bergerak_lahan_lainnya,aset_tidak_bergerak_rumah_lainnya,\
jumlah_ternak_sapi,jumlah_ternak_kerbau,jumlah_ternak_kuda,jumlah_ternak_babi,\
jumlah_ternak_kambing_domba,tanggal_pendataan";

pub(crate) struct Regsosek {
    persons: TextFile,
    families: TextFile,
}

/// The visit of a family: day, result (205), and whether there was one at all.
struct Visit {
    on: Date,
    result: u8,
    /// Drawn once per family: a form has one card number, right or wrong.
    card_wrong: bool,
}

impl Regsosek {
    pub(crate) fn create(desk: &Desk<'_>) -> Result<Self> {
        let open = |entry, header| TextFile::create(&desk.path(entry), b',', "\n", header);
        Ok(Self {
            persons: open(Entry::RegsosekPersons, PERSONS)?,
            families: open(Entry::RegsosekFamilies, FAMILIES)?,
        })
    }

    /// Draws the visit; nothing when the family has no row at all.
    fn visit(desk: &Desk<'_>, case: &Case<'_>, chance: &mut Chance) -> Option<Visit> {
        let coverage = &desk.rates.coverage;
        let visited = chance.is(coverage.regsosek_visited);
        let row = chance.is(coverage.regsosek_not_met_row);
        let again = chance.is(coverage.regsosek_revisited);
        let (early, late) = (chance.below(30) as i32, chance.below(540) as i32);
        let first = Date::from_days(19_280 + early); // from 2022-10-15
        let second = Date::from_days(20_148 + late); // from 2025-03-01
        let on = match case.family.changed {
            Some(day) if chance.is(0.7) => day,
            _ if again => second,
            _ => first,
        };
        let on = on.min(desk.today.plus_days(-20));
        let card_wrong = chance.is(desk.rates.identity.regsosek.card_wrong);
        match (visited, row) {
            (true, _) => {
                let result = if chance.is(0.006) { 2 } else { 1 };
                Some(Visit { on, result, card_wrong })
            }
            (false, true) => Some(Visit { on, result: 3 + chance.below(3) as u8, card_wrong }),
            (false, false) => None,
        }
    }

    /// The head's identity is typed once: the family's row and the person's row agree.
    fn shown(desk: &Desk<'_>, case: &Case<'_>, person: &Person, chance: &mut Chance) -> Shown {
        let other = case.other_nik(chance, person.nik);
        show(chance, &desk.rates.identity.regsosek, person, other)
    }

    fn card(desk: &Desk<'_>, case: &Case<'_>, visit: &Visit, kk: u64) -> (String, u32) {
        let mut chance = desk.chance(Entry::RegsosekFamilies, case.family.id | 1 << 61);
        damaged_card(&mut chance, if visit.card_wrong { 1.0 } else { 0.0 }, kk)
    }

    fn place(file: &mut TextFile, desk: &Desk<'_>, village: usize) {
        let code = desk.world.frame.villages[village].bps;
        file.number(52).number(code / 1_000_000).number(code / 1_000).number(code);
    }

    /// One person of a visited family; gives whether it was listed as living here.
    fn person(
        &mut self,
        desk: &Desk<'_>,
        case: &Case<'_>,
        person: &Person,
        visit: &Visit,
        order: u64,
        truth: &mut Truth,
    ) -> Result<bool> {
        let mut chance = desk.chance(Entry::RegsosekPersons, person.id | 1 << 60);
        let (presence, mut damage) = match person.state {
            State::Living => (if visit.on > known_since(person).plus_days(400) { 1 } else { 5 }, 0),
            State::Dead { on, .. } if on > visit.on => (1, bits::DEAD),
            State::Dead { .. } if chance.is(0.4) => (2, 0),
            State::Gone { on } if on > visit.on => (1, bits::OUTSIDE),
            State::Gone { .. } if chance.is(0.5) => (3, bits::OUTSIDE),
            _ => return Ok(false),
        };
        let presence = if presence == 5 && person.joined.is_none() { 1 } else { presence };
        let mut typed = desk.chance(Entry::RegsosekPersons, person.id);
        let shown = Self::shown(desk, case, person, &mut typed);
        let place = standing(case.family, visit.on);
        let (card, card_damage) = Self::card(desk, case, visit, place.kk);
        damage |= shown.damage | place.damage | card_damage;
        let values = Values::seen(desk, case, person, visit.on, &mut chance, &mut damage);
        let copies = 1 + usize::from(chance.is(desk.rates.identity.regsosek.duplicate));
        for copy in 0..copies {
            let relation = if place.with_parents {
                relation_with_parents(person.relation)
            } else {
                person.relation
            };
            let file = &mut self.persons;
            Self::place(file, desk, place.village);
            file.text(&card).number(order).text(&shown.nik).quoted(&shown.name);
            file.code(shown.sex.code()).date(shown.born).code(person.marital).code(relation);
            file.code(presence);
            values.write(file);
            let line = file.date(visit.on).end()?;
            let twice = if copy > 0 { bits::DUPLICATE } else { 0 };
            let family = case.family.id;
            truth.record(Entry::RegsosekPersons, line, person.id, family, damage | twice)?;
        }
        Ok(presence == 1 || presence == 5)
    }

    fn family_row(
        &mut self,
        desk: &Desk<'_>,
        case: &Case<'_>,
        visit: &Visit,
        members: u64,
        truth: &mut Truth,
    ) -> Result<()> {
        let family = case.family;
        let place = standing(family, visit.on);
        if place.with_parents {
            return Ok(());
        }
        let mut chance = desk.chance(Entry::RegsosekFamilies, family.id);
        // The head of the day of the visit: he may have died since.
        let dead = family.people.iter().find(|p| {
            p.relation == 1 && matches!(p.state, State::Dead { on, .. } if on > visit.on)
        });
        let head = dead.unwrap_or_else(|| family.head());
        let shown =
            Self::shown(desk, case, head, &mut desk.chance(Entry::RegsosekPersons, head.id));
        let (card, card_damage) = Self::card(desk, case, visit, place.kk);
        let (house, differs) = seen_house(&mut chance, desk, family, visit.on);
        let mut damage = shown.damage | place.damage | card_damage;
        damage |= if differs { bits::STALE } else { 0 };
        damage |= if dead.is_some() { bits::OTHER_NAME } else { 0 };
        let file = &mut self.families;
        Self::place(file, desk, place.village);
        file.text(&card).quoted(&shown.name).text(&shown.nik).number(members.max(1));
        file.quoted(&address(family));
        file.text(crate::words::HAMLETS[usize::from(family.hamlet)]);
        file.three(family.rt).three(family.rw).number(u64::from(family.card_status));
        file.code(visit.result);
        if visit.result >= 3 {
            for _ in 0..35 {
                file.text("");
            }
        } else {
            write_house(file, family.idpel, &house);
        }
        let line = file.date(visit.on).end()?;
        truth.record(Entry::RegsosekFamilies, line, head.id, family.id, damage)
    }
}

fn write_house(file: &mut TextFile, idpel: u64, h: &crate::people::House) {
    file.code(h.families).code(h.tenure).number(u64::from(h.area)).code(h.floor).code(h.wall);
    file.code(h.roof).code(h.water).code(h.lighting).code(h.power);
    file.maybe((idpel != 0 && h.lighting == 1 && idpel % 5 < 3).then_some(idpel));
    file.number(u64::from(h.fuel)).code(h.toilet).code(h.closet).code(h.sewage);
    for asset in h.assets {
        file.code(asset);
    }
    for heads in h.livestock {
        file.number(u64::from(heads));
    }
}

/// A person's answers on the day of the visit.
struct Values {
    school: crate::schooling::Schooling,
    work: crate::people::Work,
    business: crate::people::Business,
    nutrition: u8,
    chronic: u8,
    difficulty: [u8; 9],
    sadness: u8,
}

impl Values {
    fn seen(
        desk: &Desk<'_>,
        case: &Case<'_>,
        person: &Person,
        on: Date,
        chance: &mut Chance,
        damage: &mut u32,
    ) -> Self {
        let age = person.born.age_on(on);
        let p = stale(desk, on);
        let school = person.plan.on(person.born, on);
        let mut values = Self {
            school,
            work: person.work,
            business: person.business,
            nutrition: person.nutrition,
            chronic: person.chronic,
            difficulty: person.difficulty,
            sadness: person.sadness,
        };
        if chance.is(p) || (age < 15 && person.work.worked == 1) {
            let worker = work::Worker {
                age,
                sex: person.sex,
                in_school: school.participation == 2,
                years: person.plan.years_on(person.born, on),
                urban: case.family.urban,
                wealth: case.family.wealth,
                head: person.relation == 1,
            };
            values.work = work::work(chance, worker);
            values.business = work::business(chance, values.work, age, case.family.wealth);
        }
        if chance.is(p) {
            (values.difficulty, values.sadness) = work::difficulties(chance, age);
        }
        if chance.is(p) {
            values.chronic = work::chronic(chance, age);
        }
        if chance.is(p) || (age <= 4) != (person.nutrition != 0) {
            values.nutrition = work::nutrition(chance, age, case.family.wealth);
        }
        values.blank_below(age);
        let now = person.plan.on(person.born, desk.today);
        if values.work != person.work
            || values.business != person.business
            || values.chronic != person.chronic
            || values.school != now
        {
            *damage |= bits::STALE;
        }
        values
    }

    /// What is not asked of the young stays empty.
    fn blank_below(&mut self, age: i32) {
        if age < 5 {
            self.work = Default::default();
            self.business = Default::default();
            self.difficulty[6..].fill(0);
            self.sadness = 0;
        } else {
            self.nutrition = 0;
            self.difficulty.iter_mut().filter(|d| **d == 0).for_each(|d| *d = 4);
            self.sadness = self.sadness.max(1);
            self.work.worked = if self.work.worked == 0 { 2 } else { self.work.worked };
            self.business.owned = if self.business.owned == 0 { 2 } else { self.business.owned };
        }
        if age < 2 {
            self.difficulty.fill(0);
        } else {
            self.difficulty[..6].iter_mut().filter(|d| **d == 0).for_each(|d| *d = 4);
        }
    }

    fn write(&self, file: &mut TextFile) {
        let (s, w, b) = (&self.school, &self.work, &self.business);
        file.code(s.participation).code(s.level).code(s.grade).code(s.diploma);
        file.code(w.worked).code(w.sector).code(w.status).code(b.owned);
        let owns = b.owned == 1;
        file.code(b.count).code(b.sector);
        file.maybe(owns.then_some(u64::from(b.paid))).maybe(owns.then_some(u64::from(b.unpaid)));
        file.code(b.turnover).code(self.nutrition).code(self.chronic);
        for difficulty in self.difficulty {
            file.code(difficulty);
        }
        file.code(self.sadness);
    }
}

impl Source for Regsosek {
    fn family(&mut self, desk: &Desk<'_>, case: &Case<'_>, truth: &mut Truth) -> Result<()> {
        let mut chance = desk.chance(Entry::RegsosekFamilies, case.family.id | 1 << 60);
        let Some(visit) = Self::visit(desk, case, &mut chance) else {
            return Ok(());
        };
        let mut members = 0;
        if visit.result < 3 {
            for (at, person) in case.family.people.iter().enumerate() {
                if known_since(person) >= visit.on {
                    continue;
                }
                let here = self.person(desk, case, person, &visit, at as u64 + 1, truth)?;
                members += u64::from(here);
            }
        }
        self.family_row(desk, case, &visit, members, truth)
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.persons.close()?;
        self.families.close()
    }
}
