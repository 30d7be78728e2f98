//! The same rows in every format, encoding and compression; and with every number of threads.

use crate::support::{Place, dates, rows_of, texts, whole};
use arrow_array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use std::io::Write;
use std::sync::Arc;

const NIK: &str = "5201016304870002";

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(text).unwrap();
    gz.finish().unwrap()
}

#[test]
fn text_in_every_dress_is_the_same() {
    let row: &[(&str, &str)] = &[("nik", NIK), ("nama_penerima", "RENÉ"), ("alamat", "JL. º 2")];
    let with = |delimiter| rows_of("roll_sembako", 0, delimiter, &[row]);
    let latin1: Vec<u8> = with('|').chars().map(|c| c as u8).collect();
    let check = |bytes: &[u8], encoding: &str, delimiter: &str, compression: Option<&str>| {
        let place = Place::new().file("roll_sembako", "r", bytes);
        let report = place.run().unwrap();
        let shape = &report.sources[0].files[0].shape;
        assert_eq!(shape.encoding.as_deref(), Some(encoding));
        assert_eq!(shape.delimiter.as_deref(), Some(delimiter));
        assert_eq!(shape.compression.as_deref(), compression);
        let table = place.records("roll_sembako");
        assert_eq!(texts(&table, "name"), ["RENÉ"]);
        assert_eq!(texts(&table, "address"), ["JL. º 2"]);
        assert_eq!(whole(&table, "nik"), [5_201_016_304_870_002]);
    };
    check(with('|').as_bytes(), "UTF-8", "|", None);
    check(with(';').as_bytes(), "UTF-8", ";", None);
    check(with('\t').as_bytes(), "UTF-8", "tab", None);
    check(with(',').replace('\n', "\r\n").as_bytes(), "UTF-8", ",", None);
    check(&latin1, "latin-1", "|", None);
    check(&gzip(with('|').as_bytes()), "UTF-8", "|", Some("gzip"));
    let bom = ["\u{feff}", &with(',')].concat();
    check(bom.as_bytes(), "UTF-8 with byte order mark", ",", None);
}

#[test]
fn a_latin1_line_far_into_a_file_is_read() {
    let mut bytes = rows_of("roll_sembako", 0, '|', &[]).into_bytes();
    for _ in 0..200_000 {
        bytes.extend(b"||ANI||||||||\n");
    }
    bytes.extend(b"||REN\xc9||||||||\n");
    let place = Place::new().file("roll_sembako", "r", bytes);
    let report = place.run().unwrap();
    let file = &report.sources[0].files[0];
    assert_eq!((file.shape.encoding.as_deref(), file.latin1_lines), (Some("latin-1"), 1));
    assert_eq!(texts(&place.records("roll_sembako"), "name").last().unwrap(), "RENÉ");
}

/// A workbook with a title sheet before the data.
pub fn workbook(rows: u32) -> Vec<u8> {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("INFO").unwrap().write(0, 0, "catatan").unwrap();
    let sheet = book.add_worksheet().set_name("KELUARGA").unwrap();
    let header = rows_of("p3ke", 0, ';', &[]);
    let header: Vec<&str> = header.trim().split(';').collect();
    for (c, name) in header.iter().enumerate() {
        sheet.write(0, c as u16, *name).unwrap();
    }
    let at = |name: &str| header.iter().position(|h| *h == name).unwrap() as u16;
    let day = ExcelDateTime::from_ymd(1987, 4, 23).unwrap();
    let format = Format::new().set_num_format("dd/mm/yyyy");
    for r in 0..rows {
        let row = 1 + r * 2;
        sheet.write(row, at("KEPALA_KELUARGA"), "SITI").unwrap();
        sheet.write(row, at("KODE_KABUPATEN"), 5201).unwrap();
        sheet.write(row, at("JUMLAH_ANGGOTA"), 4).unwrap();
        if r == 0 {
            sheet.write(row, at("NIK"), NIK).unwrap();
            sheet.write_with_format(row, at("TANGGAL_LAHIR"), &day, &format).unwrap();
        } else {
            sheet.write(row, at("NIK"), 5_201_016_304_870_000_f64).unwrap();
            sheet.write(row, at("TANGGAL_LAHIR"), "23-04-1987").unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn workbooks_with_dates_and_rounded_numbers() {
    let place = Place::new().file("p3ke", "p.xlsx", workbook(2));
    let report = place.run().unwrap();
    assert_eq!(report.sources[0].files[0].shape.sheet.as_deref(), Some("KELUARGA"));
    let table = place.records("p3ke");
    assert_eq!(dates(&table, "birth_date"), ["1987-04-23", "1987-04-23"]);
    assert_eq!(whole(&table, "line"), [2, 4], "rows of the sheet, the blank one counted");
    assert_eq!(whole(&table, "nik_problem"), [0, 2]);
    assert_eq!(whole(&table, "village"), [5201, 5201]);
    assert_eq!(whole(&table, "member_count"), [4, 4]);
    let found = place.findings();
    assert_eq!(found.len(), 1);
    assert!(
        found[0].starts_with("4 nik malformed 2 a number cell of a spreadsheet keeps 15 digits")
    );
}

pub fn parquet() -> Vec<u8> {
    let header = rows_of("dukcapil", 0, ',', &[]);
    let mut columns: Vec<(String, ArrayRef)> = Vec::new();
    for name in header.trim().split(',') {
        let array: ArrayRef = match name {
            "nomor_induk_kependudukan" => Arc::new(Int64Array::from(vec![5_201_016_304_870_002])),
            "tanggal_lahir" => {
                let born: kernel::Date = "1987-04-23".parse().unwrap();
                Arc::new(Date32Array::from(vec![Some(born.days())]))
            }
            "nama" => Arc::new(StringArray::from(vec!["SITI AMINAH"])),
            "status" => Arc::new(StringArray::from(vec!["MENINGGAL"])),
            "status_hubungan_keluarga" => Arc::new(StringArray::from(vec!["ISTRI"])),
            _ => Arc::new(StringArray::from(vec![None::<&str>])),
        };
        columns.push((name.to_owned(), array));
    }
    columns.push(("tak_dikenal".to_owned(), Arc::new(StringArray::from(vec!["x"]))));
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .unwrap();
    let mut bytes = Vec::new();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

#[test]
fn parquet_with_typed_columns() {
    let place = Place::new().file("dukcapil", "d.parquet", parquet());
    let report = place.run().unwrap();
    assert_eq!(report.sources[0].files[0].shape.ignored, ["tak_dikenal"]);
    let table = place.records("dukcapil");
    assert_eq!(whole(&table, "nik"), [5_201_016_304_870_002]);
    assert_eq!(dates(&table, "birth_date"), ["1987-04-23"]);
    assert_eq!(whole(&table, "civil_status"), [2]);
    assert_eq!(whole(&table, "relation"), [2]);
    assert_eq!(whole(&table, "line"), [1]);
}

#[test]
fn the_same_bytes_with_any_number_of_threads() {
    let mut rows: Vec<Vec<(&str, &str)>> = Vec::new();
    for i in 0..60_000 {
        let nik = ["5201016304870002", "", "520101", "52010163O4870002"][i % 4];
        rows.push(vec![
            ("nomor_induk_kependudukan", nik),
            ("nama", ["SITI", "H. ALI", "", "M. NUR"][i / 7 % 4]),
            ("tanggal_lahir", ["23/04/1987", "31/02/1990", ""][i % 3]),
            ("jenis_atap_terluas", ["5", "9", "x"][i % 3]),
            ("kode_wilayah", ["52.01.01.1001", "52.01.01.9999", "?"][i / 11 % 3]),
        ]);
    }
    let rows: Vec<&[(&str, &str)]> = rows.iter().map(Vec::as_slice).collect();
    let text = rows_of("dtks", 0, '|', &rows);
    let place = Place::new().file("dtks", "1.csv", &text).file("dtks", "2.csv", &text).file(
        "p3ke",
        "p.xlsx",
        workbook(50),
    );
    let bytes = |threads: usize| -> Vec<(String, Vec<u8>)> {
        let out = place.path(&format!("out{threads}"));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| place.run_to(&out)).unwrap();
        let files = engine::disk::files_below(&out).unwrap();
        files.into_iter().map(|f| (f.clone(), std::fs::read(out.join(f)).unwrap())).collect()
    };
    let one = bytes(1);
    assert_eq!(one.len(), 3 * 2 + 2, "{:?}", one.iter().map(|f| &f.0).collect::<Vec<_>>());
    assert!(one == bytes(2), "1 and 2 threads differ");
    assert!(one == bytes(5), "1 and 5 threads differ");
}
