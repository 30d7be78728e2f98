//! BPJS Kesehatan: membership with segment and status.

use super::{Case, Desk, Entry, Source, damaged_card, letter};
use crate::damage::{bits, show};
use crate::error::Result;
use crate::listing::{Cover, Segment};
use crate::people::{Person, State};
use crate::text::TextFile;
use crate::truth::Truth;
use kernel::kinship::relation;
use kernel::{Chance, Sex};

const HEADER: &str = "nomor_kartu_jkn;nomor_induk_kependudukan;nama;jenis_kelamin;tanggal_lahir;\
nomor_kartu_keluarga;hubungan_keluarga;segmen;status_peserta;tanggal_mulai;kelas_rawat;\
kode_wilayah";

pub(crate) struct Bpjs {
    file: TextFile,
}

/// Number of the health card of a person (13 digits).
pub(crate) fn card_number(person: &Person) -> u64 {
    2_000_000_000_000 + kernel::chance::mix(person.id) % 900_000_000_000
}

fn relation_word(person: &Person) -> &'static str {
    match (person.relation, person.sex) {
        (relation::HEAD, _) => "PESERTA",
        (relation::SPOUSE, Sex::Male) => "SUAMI",
        (relation::SPOUSE, Sex::Female) => "ISTRI",
        (relation::CHILD, _) => "ANAK",
        _ => "TAMBAHAN",
    }
}

impl Bpjs {
    pub(crate) fn create(desk: &Desk<'_>) -> Result<Self> {
        Ok(Self { file: TextFile::create(&desk.path(Entry::Bpjs), b';', "\n", HEADER)? })
    }

    fn person(
        &mut self,
        desk: &Desk<'_>,
        case: &Case<'_>,
        person: &Person,
        cover: Cover,
        truth: &mut Truth,
    ) -> Result<()> {
        let mut chance: Chance = desk.chance(Entry::Bpjs, person.id);
        let rates = &desk.rates.identity.bpjs;
        let other = case.other_nik(&mut chance, person.nik);
        let shown = show(&mut chance, rates, person, other);
        let (card, card_damage) = damaged_card(&mut chance, rates.card_wrong, case.family.kk);
        let mut damage = shown.damage | card_damage;
        damage |= match person.state {
            State::Living => 0,
            State::Dead { .. } => bits::DEAD,
            State::Gone { .. } => bits::OUTSIDE,
        };
        let village = desk.world.frame.villages[case.family.village].region.number();
        let class = match cover.segment {
            Segment::Pbi | Segment::Regional => "3",
            Segment::Employee => *chance.pick(&["1", "2", "2"]),
            Segment::Own | Segment::NotWorking => *chance.pick(&["1", "2", "3", "3"]),
        };
        let copies = 1 + usize::from(chance.is(rates.duplicate));
        for copy in 0..copies {
            let file = &mut self.file;
            file.number(card_number(person) + copy as u64).text(&shown.nik).text(&shown.name);
            file.text(letter(shown.sex)).day_first(shown.born, b'-').text(&card);
            file.text(relation_word(person)).text(cover.segment.word());
            file.text(if cover.active { "AKTIF" } else { "NONAKTIF" });
            file.day_first(cover.since, b'-').text(class).number(village);
            let line = file.end()?;
            let twice = if copy > 0 { bits::DUPLICATE } else { 0 };
            truth.record(Entry::Bpjs, line, person.id, case.family.id, damage | twice)?;
        }
        Ok(())
    }
}

impl Source for Bpjs {
    fn family(&mut self, desk: &Desk<'_>, case: &Case<'_>, truth: &mut Truth) -> Result<()> {
        for (person, cover) in case.family.people.iter().zip(&case.lists.cover) {
            if let Some(cover) = cover {
                self.person(desk, case, person, *cover, truth)?;
            }
        }
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.file.close()
    }
}
