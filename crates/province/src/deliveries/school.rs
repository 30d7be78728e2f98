//! The school register: children in school, by district of the school.

use super::{Case, Desk, Entry, Source, letter};
use crate::damage::{bits, show};
use crate::error::Result;
use crate::people::{Person, State};
use crate::text::TextFile;
use crate::truth::Truth;
use kernel::chance::mix;

const HEADER: &str = "\u{feff}nisn\tnik\tnama\tjenis_kelamin\ttanggal_lahir\tnama_ibu_kandung\t\
npsn\tnama_sekolah\tbentuk_pendidikan\ttingkat\tkode_wilayah\ttahun_ajaran";

pub(crate) struct School {
    file: TextFile,
}

impl School {
    pub(crate) fn create(desk: &Desk<'_>) -> Result<Self> {
        Ok(Self { file: TextFile::create(&desk.path(Entry::School), b'\t', "\n", HEADER)? })
    }

    fn pupil(
        &mut self,
        desk: &Desk<'_>,
        case: &Case<'_>,
        person: &Person,
        truth: &mut Truth,
    ) -> Result<()> {
        let school = person.plan.on(person.born, desk.today);
        let (kind, first) = match school.level {
            3 => ("SD", 0),
            4 => ("MI", 0),
            8 => ("SMP", 6),
            9 => ("MTs", 6),
            13 => ("SMA", 9),
            14 => ("MA", 9),
            15 => ("SMK", 9),
            _ => return Ok(()),
        };
        let mut chance = desk.chance(Entry::School, person.id);
        if school.participation != 2 || !chance.is(desk.rates.coverage.school_listed) {
            return Ok(());
        }
        let rates = &desk.rates.identity.school;
        let other = case.other_nik(&mut chance, person.nik);
        let shown = show(&mut chance, rates, person, other);
        let district = desk.world.frame.villages[case.family.village].region.number() / 10_000;
        let number = 1 + mix(case.family.village as u64 * 31 + u64::from(school.level)) % 12;
        let copies = 1 + usize::from(chance.is(rates.duplicate));
        for copy in 0..copies {
            let nisn = mix(person.id ^ 0x5C_001) % 9_000_000_000 + 1_000_000_000;
            let file = &mut self.file;
            file.number(nisn).text(&shown.nik).text(&shown.name).text(letter(shown.sex));
            file.date(shown.born).text(&shown.mother);
            file.number(
                50_200_000 + mix(district * 100 + number * 30 + u64::from(school.level)) % 99_999,
            );
            let name = desk.world.frame.districts
                [desk.world.frame.villages[case.family.village].district]
                .name
                .as_str();
            file.text(&format!("{} {number} {name}", kind.to_uppercase())).text(kind);
            file.number(u64::from(first + school.grade)).dotted(district).text("2026/2027");
            let line = file.end()?;
            let twice = if copy > 0 { bits::DUPLICATE } else { 0 };
            let damage = shown.damage | twice;
            truth.record(Entry::School, line, person.id, case.family.id, damage)?;
        }
        Ok(())
    }
}

impl Source for School {
    fn family(&mut self, desk: &Desk<'_>, case: &Case<'_>, truth: &mut Truth) -> Result<()> {
        for person in &case.family.people {
            if person.state == State::Living {
                self.pupil(desk, case, person, truth)?;
            }
        }
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.file.close()
    }
}
