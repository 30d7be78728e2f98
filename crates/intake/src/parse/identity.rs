//! Who the row is about: numbers, name, sex, birth date, place and day.

use super::Parser;
use crate::context::RegionRead;
use crate::finding::{DOUBTFUL, SET_UNKNOWN};
use crate::mapping::Kind;
use crate::mask::{mask, mask_identity};
use crate::names::CleanName;
use crate::table::FixedRow;
use kernel::{Date, Kk, Nik, NikError, Sex};
use std::borrow::Cow;

/// `nik_problem` of docs/DATA.md §3.
const FINE: u8 = 0;
const MISSING: u8 = 1;
const MALFORMED: u8 = 2;
const DISAGREES: u8 = 3;

/// The day of a delivery is written by hand and often rounded to the end of a month.
const GRACE_DAYS: i32 = 31;

impl Parser<'_> {
    /// Fills the fixed columns of a row. Returns the age on the day of the row, if known.
    pub(super) fn fixed(&mut self, line: u64, fields: &[Cow<'_, str>]) -> Option<i32> {
        let fixed = &self.prepared.fixed;
        let text = |column: Option<usize>| column.map_or("", |c| self.value(c, fields));
        let (name, mother) = (text(fixed.name), text(fixed.mother_name));
        let observed = self.observed_date(line, fields);
        let birth = self.birth_date(line, fields);
        let sex = self.sex(line, fields);
        let (nik, nik_problem) = self.nik(line, birth, sex, fields);
        let kk = self.prepared.fixed.kk.and_then(|c| {
            let text = self.value(c, fields);
            self.number_of(c, text, line)
        });
        let village = self.prepared.fixed.village.and_then(|c| {
            let text = self.value(c, fields);
            self.number_of(c, text, line)
        });
        let titles = &self.context.titles;
        titles.clean(name, &mut self.scratch.name);
        if mother.is_empty() {
            self.scratch.mother.name.clear();
        } else {
            titles.clean(mother, &mut self.scratch.mother);
        }
        self.tally.nik_problems[usize::from(nik_problem)] += 1;
        let some = |text| Some(text).filter(|t: &&str| !t.is_empty());
        let CleanName { name: clean, title, .. } = &self.scratch.name;
        self.columns.push(&FixedRow {
            line,
            nik: nik.map(Nik::expose),
            kk,
            nik_problem,
            name: some(clean),
            name_raw: some(name),
            title: some(title),
            sex: sex.map(Sex::code),
            birth_date: birth.map(Date::days),
            mother_name: some(&self.scratch.mother.name),
            village,
            observed_date: observed.days(),
        });
        birth.map(|b| b.age_on(observed))
    }

    /// The day the row's values were true: its own, or the delivery's.
    fn observed_date(&mut self, line: u64, fields: &[Cow<'_, str>]) -> Date {
        let Some(column) = self.prepared.fixed.observed_date else { return self.date };
        let text = self.value(column, fields);
        match self.date_of(column, text, line) {
            Some(date) if date <= self.date => date,
            Some(_) => {
                let reason = "the day lies after that of the delivery, which is taken instead";
                let original = mask(text);
                self.note(column, line, "unlikely_date", SET_UNKNOWN, reason.into(), original);
                self.date
            }
            None => self.date,
        }
    }

    fn birth_date(&mut self, line: u64, fields: &[Cow<'_, str>]) -> Option<Date> {
        let column = self.prepared.fixed.birth_date?;
        let text = self.value(column, fields);
        let date = self.date_of(column, text, line)?;
        // Some sources carry an old visit's day on a row with a newborn: the delivery's day counts.
        let late = date.days() - self.date.days();
        if (1..=GRACE_DAYS).contains(&late) {
            let reason = "the birth date lies after the delivery's day, but less than a month";
            self.note(column, line, "unlikely_date", DOUBTFUL, reason.into(), mask(text));
        } else if late > GRACE_DAYS || date <= self.too_old {
            let reason = "the birth date makes an age that is not from 0 to 120";
            self.note(column, line, "unlikely_date", SET_UNKNOWN, reason.into(), mask(text));
            return None;
        }
        let (_, month, day) = date.ymd();
        if matches!((month, day), (1, 1) | (7, 1) | (12, 31)) {
            self.tally.births_on_guess_days += 1;
        }
        Some(date)
    }

    fn sex(&mut self, line: u64, fields: &[Cow<'_, str>]) -> Option<Sex> {
        let column = self.prepared.fixed.sex?;
        let code = self.code_of(column, line, fields)?;
        let sex = u8::try_from(code).ok().and_then(Sex::from_code);
        if sex.is_none() {
            let text = mask(self.value(column, fields));
            self.odd(column, line, "not_in_list", "this is not a code of sex".into(), text);
        }
        sex
    }

    fn nik(
        &mut self,
        line: u64,
        birth: Option<Date>,
        sex: Option<Sex>,
        fields: &[Cow<'_, str>],
    ) -> (Option<Nik>, u8) {
        let Some(column) = self.prepared.fixed.nik else { return (None, MISSING) };
        let text = self.value(column, fields);
        let nik = match Nik::parse(text) {
            Ok(nik) => nik,
            Err(NikError::Empty) => return (None, MISSING),
            Err(error) => {
                let reason = number_fault(text, error);
                let original = mask_identity(text);
                self.note(column, line, "malformed", SET_UNKNOWN, reason, original);
                return (None, MALFORMED);
            }
        };
        match disagreement(nik, birth, sex) {
            None => (Some(nik), FINE),
            Some(reason) => {
                let original = mask_identity(text);
                self.note(column, line, "disagrees", DOUBTFUL, reason.into(), original);
                (Some(nik), DISAGREES)
            }
        }
    }

    /// A region, NIK or KK number as a number; what is none becomes unknown with a finding.
    pub(super) fn number_of(&mut self, column: usize, text: &str, line: u64) -> Option<u64> {
        if text.is_empty() {
            return None;
        }
        let number = match self.column(column).kind {
            Kind::Region => return self.region_of(column, text, line),
            Kind::Nik => Nik::parse(text).map(Nik::expose),
            _ => Kk::parse(text).map(Kk::expose),
        };
        number
            .map_err(|error| {
                let reason = number_fault(text, error);
                let original = mask_identity(text);
                self.note(column, line, "malformed", SET_UNKNOWN, reason, original);
            })
            .ok()
    }

    fn region_of(&mut self, column: usize, text: &str, line: u64) -> Option<u64> {
        let read = match &self.scratch.region {
            Some((last, read)) if last == text => *read,
            _ => {
                let read = self.context.region(text, self.column(column).region);
                let (last, memo) =
                    self.scratch.region.get_or_insert((String::new(), RegionRead::Unknown));
                last.clear();
                last.push_str(text);
                *memo = read;
                read
            }
        };
        let (code, severity, reason, number) = match read {
            RegionRead::Known(number) => return Some(number),
            RegionRead::Above(number) => {
                let reason = "the list of regions has no such code; the region above it is kept";
                ("unknown_region", DOUBTFUL, reason, Some(number))
            }
            RegionRead::Unknown => {
                ("unknown_region", SET_UNKNOWN, "the list of regions has no such code", None)
            }
            RegionRead::NotACode => {
                ("not_a_region", SET_UNKNOWN, "this is not a region code", None)
            }
        };
        self.note(column, line, code, severity, reason.into(), mask(text));
        number
    }
}

/// What the digits of a NIK say against what the row says.
fn disagreement(nik: Nik, birth: Option<Date>, sex: Option<Sex>) -> Option<&'static str> {
    let parts = nik.parts();
    let wrong_birth = birth.is_some_and(|b| {
        let (year, month, day) = b.ymd();
        (year.rem_euclid(100) as u32, month, day) != (parts.year_of_century, parts.month, parts.day)
    });
    let wrong_sex = sex.is_some_and(|s| s != parts.sex);
    match (wrong_birth, wrong_sex) {
        (false, false) => None,
        (true, false) => Some("the digits say another birth date than the row"),
        (false, true) => Some("the digits say another sex than the row"),
        (true, true) => Some("the digits say another birth date and sex than the row"),
    }
}

fn number_fault(text: &str, error: NikError) -> Cow<'static, str> {
    if text.ends_with(".0") {
        let reason = "a number cell of a spreadsheet keeps 15 digits, so the last is lost; \
                      ask for the column as text";
        return reason.into();
    }
    error.to_string().into()
}
