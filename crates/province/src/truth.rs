//! The truth, for evaluation only: persons, families, and which record is whose.

use crate::deliveries::{Entry, delivery_number};
use crate::error::Result;
use crate::people::{Family, State};
use crate::table::{Kind, Packing, Table};
use crate::world::World;
use std::path::{Path, PathBuf};

/// The three truth tables of one regency; joined over regencies at the end.
pub(crate) struct Truth {
    persons: Table,
    families: Table,
    records: Table,
    /// Position of the regency among the ten.
    regency: usize,
    code: u64,
    /// Records per entry of the spec.
    pub counts: [u64; Entry::COUNT],
    /// Records with each damage bit.
    pub damage: [u64; 20],
}

/// Names of the three tables.
pub(crate) const TABLES: [&str; 3] = ["persons", "families", "records"];

/// Where a regency's part of a table is kept until all are joined.
pub(crate) fn part(folder: &Path, table: &str, regency: usize) -> PathBuf {
    folder.join(format!("{table}-{regency:02}.part"))
}

impl Truth {
    pub(crate) fn create(folder: &Path, regency: usize, code: u64) -> Result<Self> {
        use Kind::{Bool, Date, F64, Text, U8, U16, U32, U64};
        let persons = [
            ("truth_person", U64, false),
            ("truth_family", U64, false),
            ("nik", U64, false),
            ("kk", U64, false),
            ("name", Text, false),
            ("sex", U8, false),
            ("birth_date", Date, false),
            ("village", U64, true),
            ("alive", Bool, false),
        ];
        let families = [
            ("truth_family", U64, false),
            ("consumption_rupiah_month", F64, false),
            ("decile_national", U8, false),
            ("village", U64, false),
            ("size", U16, false),
        ];
        let records = [
            ("source", Text, false),
            ("file", Text, false),
            ("delivery", U16, false),
            ("line", U64, false),
            ("truth_person", U64, false),
            ("truth_family", U64, false),
            ("damage", U32, false),
        ];
        let open = |name: &str, columns: &[(&str, Kind, bool)]| {
            Table::create(&part(folder, name, regency), columns, Packing::Zstd)
        };
        Ok(Self {
            persons: open("persons", &persons)?,
            families: open("families", &families)?,
            records: open("records", &records)?,
            regency,
            code,
            counts: [0; Entry::COUNT],
            damage: [0; 20],
        })
    }

    /// Writes a family and its people. People who moved out have no village.
    pub(crate) fn family(&mut self, world: &World, family: &Family) -> Result<()> {
        let village = world.frame.villages[family.village].region.number();
        for person in &family.people {
            let here = !matches!(person.state, State::Gone { .. });
            self.persons
                .u64(Some(person.id))
                .u64(Some(family.id))
                .u64(Some(person.nik))
                .u64(Some(family.kk))
                .text(Some(&person.name))
                .u8(Some(person.sex.code()))
                .date(Some(person.born))
                .u64(here.then_some(village))
                .bool(Some(!matches!(person.state, State::Dead { .. })))
                .end()?;
        }
        self.families
            .u64(Some(family.id))
            .f64(Some(family.log_consumption.exp()))
            .u8(Some(family.decile_true))
            .u64(Some(village))
            .u16(Some(family.size() as u16))
            .end()?;
        Ok(())
    }

    /// Writes whose record stands in a line of a delivery.
    pub(crate) fn record(
        &mut self,
        entry: Entry,
        line: u64,
        person: u64,
        family: u64,
        damage: u32,
    ) -> Result<()> {
        self.counts[entry as usize] += 1;
        for (bit, count) in self.damage.iter_mut().enumerate() {
            *count += u64::from(damage >> bit & 1);
        }
        self.records
            .text(Some(entry.source()))
            .text(Some(&entry.path(self.code)))
            .u16(Some(delivery_number(entry, self.regency)))
            .u64(Some(line))
            .u64(Some(person))
            .u64(Some(family))
            .u32(Some(damage))
            .end()?;
        Ok(())
    }

    pub(crate) fn close(self) -> Result<()> {
        self.persons.close()?;
        self.families.close()?;
        self.records.close()?;
        Ok(())
    }
}
