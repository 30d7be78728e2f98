//! P3KE: families in a spreadsheet per regency, answers in words.

use super::dtks::by_decile;
use super::{Case, Desk, Entry, Source, address, damaged_card, seen_house, standing};
use crate::damage::{Shown, bits, show};
use crate::error::{ProvinceError, Result};
use crate::people::{Family, House, Person};
use crate::schooling::NO_DIPLOMA;
use crate::truth::Truth;
use kernel::{Chance, Date};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use std::path::PathBuf;

const HEADER: [&str; 27] = [
    "ID_KELUARGA",
    "KODE_KABUPATEN",
    "KABUPATEN",
    "KECAMATAN",
    "DESA_KELURAHAN",
    "KODE_KEMENDAGRI",
    "ALAMAT",
    "KEPALA_KELUARGA",
    "NIK",
    "PADAN_DUKCAPIL",
    "JENIS_KELAMIN",
    "TANGGAL_LAHIR",
    "STATUS_KAWIN",
    "PEKERJAAN",
    "PENDIDIKAN",
    "JUMLAH_ANGGOTA",
    "DESIL_KESEJAHTERAAN",
    "KEPEMILIKAN_RUMAH",
    "JENIS_ATAP",
    "JENIS_DINDING",
    "JENIS_LANTAI",
    "SUMBER_PENERANGAN",
    "BAHAN_BAKAR_MEMASAK",
    "SUMBER_AIR_MINUM",
    "FASILITAS_BAB",
    "NO_KK",
    "TANGGAL_DATA",
];
/// NIK cells that are numbers: the sixteenth digit is lost.
const NUMBER_CELLS: f64 = 0.02;
/// Birth dates typed as text.
const TEXT_DATES: f64 = 0.06;
/// Days from Excel's day 0 to 1970-01-01.
const EXCEL_EPOCH: i32 = 25_569;

pub(crate) struct P3ke {
    path: PathBuf,
    book: Workbook,
    row: u32,
    date: Format,
}

impl P3ke {
    pub(crate) fn create(desk: &Desk<'_>) -> Result<Self> {
        let path = desk.path(Entry::P3ke);
        let wrong = |e: XlsxError| ProvinceError::file(&path, e);
        let mut book = Workbook::new();
        // A fixed time of creation: same rows, same bytes.
        let created = ExcelDateTime::from_ymd(2026, 1, 1).map_err(wrong)?;
        book.set_properties(&DocProperties::new().set_creation_datetime(&created));
        let sheet = book.add_worksheet_with_constant_memory().map_err(wrong)?;
        sheet.set_name("KELUARGA").map_err(wrong)?;
        for (at, name) in HEADER.iter().enumerate() {
            sheet.write_string(0, at as u16, *name).map_err(wrong)?;
        }
        let date = Format::new().set_num_format("dd/mm/yyyy");
        Ok(Self { path, book, row: 0, date })
    }
}

/// Writes one row from left to right.
struct Row<'a> {
    sheet: &'a mut Worksheet,
    date: &'a Format,
    row: u32,
    column: u16,
}

impl Row<'_> {
    fn text(&mut self, value: &str) -> std::result::Result<&mut Self, XlsxError> {
        if !value.is_empty() {
            self.sheet.write_string(self.row, self.column, value)?;
        }
        self.column += 1;
        Ok(self)
    }

    fn number(&mut self, value: f64) -> std::result::Result<&mut Self, XlsxError> {
        self.sheet.write_number(self.row, self.column, value)?;
        self.column += 1;
        Ok(self)
    }

    fn day(&mut self, value: Date) -> std::result::Result<&mut Self, XlsxError> {
        let serial = f64::from(value.days() + EXCEL_EPOCH);
        self.sheet.write_number_with_format(self.row, self.column, serial, self.date)?;
        self.column += 1;
        Ok(self)
    }
}

struct Line<'a> {
    family: &'a Family,
    head: &'a Person,
    shown: &'a Shown,
    house: &'a House,
    card: &'a str,
    village: usize,
    on: Date,
    size: usize,
}

fn write(
    row: &mut Row<'_>,
    desk: &Desk<'_>,
    line: &Line<'_>,
    chance: &mut Chance,
) -> std::result::Result<u32, XlsxError> {
    let (frame, family, house) = (&desk.world.frame, line.family, line.house);
    let village = &frame.villages[line.village];
    let mut damage = 0;
    row.text(&format!("P{}", family.id))?.number(desk.regency as f64)?;
    row.text(&frame.regencies[village.regency].name)?;
    row.text(&frame.districts[village.district].name)?.text(&village.name)?;
    row.text(&village.region.to_string())?.text(&address(family))?.text(&line.shown.name)?;
    if line.shown.nik.len() == 16 && chance.is(NUMBER_CELLS) {
        let nik: u64 = line.shown.nik.parse().unwrap_or(0);
        if !nik.is_multiple_of(10) {
            damage |= bits::NIK_MISTYPED;
        }
        row.number((nik / 10 * 10) as f64)?;
    } else {
        row.text(&line.shown.nik)?;
    }
    let matched = line.shown.nik.len() == 16 && !chance.is(0.06);
    row.text(if matched { "Ya" } else { "Tidak" })?;
    row.text(if line.shown.sex == kernel::Sex::Male { "Laki-laki" } else { "Perempuan" })?;
    // Excel's serial numbers do not begin before 1900 and misplace its first months.
    if chance.is(TEXT_DATES) || line.shown.born.year() < 1901 {
        let (y, m, d) = line.shown.born.ymd();
        row.text(&format!("{d:02}-{m:02}-{y:04}"))?;
    } else {
        row.day(line.shown.born)?;
    }
    let marital = ["Belum Kawin", "Kawin", "Cerai Hidup", "Cerai Mati"];
    row.text(marital[usize::from(line.head.marital.clamp(1, 4)) - 1])?;
    row.text(job(line.head))?.text(schooling(line.head, line.on))?;
    row.number(line.size as f64)?.number(f64::from(family.decile_seen))?;
    row.text(word(&TENURE, house.tenure))?.text(word(&ROOF, house.roof))?;
    row.text(word(&WALL, house.wall))?.text(word(&FLOOR, house.floor))?;
    row.text(light(house))?.text(fuel(house.fuel))?.text(word(&WATER, house.water))?;
    row.text(toilet(house))?.text(line.card)?.day(line.on)?;
    Ok(damage)
}

const TENURE: [&str; 5] = ["Milik Sendiri", "Sewa/Kontrak", "Menumpang", "Dinas", "Lainnya"];
const ROOF: [&str; 8] =
    ["Beton", "Genteng", "Seng", "Asbes", "Bambu", "Kayu/Sirap", "Jerami/Ijuk/Daun", "Lainnya"];
const WALL: [&str; 7] =
    ["Tembok", "Plesteran", "Kayu/Papan", "Anyaman Bambu", "Batang Kayu", "Bambu", "Lainnya"];
const FLOOR: [&str; 9] = [
    "Marmer/Granit",
    "Keramik",
    "Parket/Vinil",
    "Ubin/Tegel",
    "Kayu/Papan",
    "Semen/Bata",
    "Bambu",
    "Tanah",
    "Lainnya",
];
const WATER: [&str; 11] = [
    "Air Kemasan",
    "Isi Ulang",
    "Ledeng/PAM",
    "Sumur Bor",
    "Sumur Terlindung",
    "Sumur Tidak Terlindung",
    "Mata Air Terlindung",
    "Mata Air Tidak Terlindung",
    "Air Permukaan",
    "Air Hujan",
    "Lainnya",
];

fn word<'a>(words: &[&'a str], code: u8) -> &'a str {
    words.get(usize::from(code.max(1)) - 1).copied().unwrap_or("Lainnya")
}

fn fuel(code: u8) -> &'static str {
    match code {
        0 => "Tidak Memasak",
        1 => "Listrik",
        2 | 3 | 5 | 6 => "Gas > 3 Kg",
        4 => "Gas 3 Kg",
        7 => "Minyak Tanah",
        8 | 9 => "Arang",
        10 => "Kayu Bakar",
        _ => "Lainnya",
    }
}

fn light(house: &House) -> &'static str {
    match (house.lighting, house.power) {
        (1, 1 | 2) => "Listrik Pribadi s/d 900 Watt",
        (1, _) => "Listrik Pribadi > 900 Watt",
        (2, _) => "Listrik Bersama",
        (3, _) => "Genset/Solar Cell",
        _ => "Non-Listrik",
    }
}

fn toilet(house: &House) -> &'static str {
    match (house.toilet, house.sewage) {
        (1, 1) => "Ya, dengan Septic Tank",
        (1, _) => "Ya, tanpa Septic Tank",
        (2..=4, _) => "Jamban Umum/Bersama",
        _ => "Tidak",
    }
}

fn job(head: &Person) -> &'static str {
    match (head.work.worked, head.work.sector, head.work.status) {
        (1, _, 5) => "PNS/TNI/Polri",
        (1, 4, _) => "Nelayan",
        (1, 1..=6, 6) => "Buruh Tani",
        (1, 1..=6, _) => "Petani",
        (1, _, 6 | 7) => "Buruh",
        (1, _, 4) => "Pegawai Swasta",
        (1, 12, _) => "Pedagang",
        (1, _, _) => "Wiraswasta",
        _ => "Tidak Bekerja",
    }
}

fn schooling(head: &Person, on: Date) -> &'static str {
    let school = head.plan.on(head.born, on);
    match (school.participation, school.diploma) {
        (0 | 1, _) => "Tidak/Belum Sekolah",
        (_, NO_DIPLOMA | 0) => "Tidak Tamat SD",
        (_, 1..=5) => "Tamat SD",
        (_, 6..=10) => "Tamat SMP",
        (_, 11..=17) => "Tamat SMA",
        (_, 18) => "Diploma",
        _ => "Sarjana",
    }
}

impl Source for P3ke {
    fn family(&mut self, desk: &Desk<'_>, case: &Case<'_>, truth: &mut Truth) -> Result<()> {
        let family = case.family;
        let mut chance = desk.chance(Entry::P3ke, family.id);
        let (poor, rich) = (desk.rates.coverage.p3ke_poorest, desk.rates.coverage.p3ke_richest);
        let listed = chance.is(by_decile(family.decile_seen, poor, rich));
        let on = Date::from_days(19_360 + chance.below(300) as i32); // from 2023-01-03
        let place = standing(family, on);
        if !listed || place.with_parents {
            return Ok(());
        }
        let head = family.head();
        let rates = &desk.rates.identity.p3ke;
        let shown = show(&mut chance, rates, head, case.neighbour_nik);
        let (house, differs) = seen_house(&mut chance, desk, family, on);
        let (card, card_damage) = damaged_card(&mut chance, rates.card_wrong, place.kk);
        let size = family.people.iter().filter(|p| p.born < on).count().max(1);
        self.row += 1;
        let wrong = |e: XlsxError| ProvinceError::file(&self.path, e);
        let sheet = self.book.worksheet_from_index(0).map_err(wrong)?;
        let mut row = Row { sheet, date: &self.date, row: self.row, column: 0 };
        let village = place.village;
        let line =
            Line { family, head, shown: &shown, house: &house, card: &card, village, on, size };
        let cell = write(&mut row, desk, &line, &mut chance).map_err(wrong)?;
        let stale = if differs { bits::STALE } else { 0 };
        let damage = shown.damage | place.damage | card_damage | cell | stale;
        truth.record(Entry::P3ke, u64::from(self.row) + 1, head.id, family.id, damage)
    }

    fn close(mut self: Box<Self>) -> Result<()> {
        let path = self.path.clone();
        self.book.save(&path).map_err(|e| ProvinceError::file(&path, e))
    }
}
