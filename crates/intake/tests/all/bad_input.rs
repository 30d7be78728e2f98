//! Input that is no delivery: a clear error with file, line and what to do; never a panic.

use crate::support::{Place, rows_of};
use proptest::prelude::*;
use rust_xlsxwriter::Workbook;
use std::fs::File;
use std::io::Write;

fn refused(source: &str, bytes: &[u8], expected: &[&str]) {
    let error = Place::new().file(source, "file.csv", bytes).refused();
    assert!(error.starts_with("file.csv"), "{error}");
    for part in expected {
        assert!(error.contains(part), "`{part}` is not in: {error}");
    }
}

#[test]
fn files_that_are_nothing() {
    refused("dtks", b"", &["is empty", "deliver it again"]);
    refused("dtks", b"\xef\xbb\xbf", &["holds no text"]);
    refused("dtks", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", &["line", "not text"]);
    refused("dtks", b"%PDF-1.7 ...", &["is a PDF", "CSV or xlsx"]);
    refused("dtks", b"\xff\xfen\0a\0m\0a\0", &["UTF-16", "save it as UTF-8"]);
    refused("dtks", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", &["old Excel", "xlsx"]);
    refused("dtks", b"\x28\xb5\x2f\xfd rest", &["zstd"]);
    refused("dtks", &vec![b'x'; 3 << 20], &["line 1", "no line end"]);
    refused(
        "dtks",
        b"hello\nworld\n",
        &["line 1", "none of the columns of source `dtks`", "sources/dtks.toml"],
    );
    refused("dtks", b"5201016304870002|SITI\n", &["************0002"]);
}

#[test]
fn another_sources_file_or_a_missing_column() {
    let other = rows_of("pln", 0, '|', &[]);
    refused("dtks", other.as_bytes(), &["line 1", "lacks `nomor_induk_kependudukan`"]);
    let renamed = rows_of("dtks", 0, '|', &[]).replace("tanggal_lahir", "tgl_lahir");
    refused("dtks", renamed.as_bytes(), &["lacks `tanggal_lahir` (is it `tgl_lahir`?)"]);
}

#[test]
fn paths_that_are_no_files() {
    let place = Place::new().named("dtks", "missing.csv");
    let error = place.refused();
    assert!(error.contains("missing.csv") && error.contains("check the path"), "{error}");
    let place = Place::new().named("dtks", "folder");
    std::fs::create_dir(place.path("folder")).unwrap();
    let error = place.refused();
    assert!(error.contains("is a folder") && error.contains("name its files"), "{error}");
    let error = Place::new().named("dtks", "*.csv").refused();
    assert!(error.contains("fits no file"), "{error}");
    let error = Place::new().file("dtsk", "a.csv", "x").refused();
    assert!(error.contains("did you mean `dtks`?"), "{error}");
}

#[test]
fn cut_off_archives_workbooks_and_tables() {
    let mut rows = rows_of("dtks", 0, '|', &[&[("nama", "SITI")]]);
    let empty = rows_of("dtks", 0, '|', &[&[]]);
    let empty = empty.lines().nth(1).unwrap();
    for i in 0..20_000 {
        rows += &format!("{}{empty}\n", i * 7_919 % 10_007);
    }
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(rows.as_bytes()).unwrap();
    let gz = gz.finish().unwrap();
    refused("dtks", &gz[..gz.len() / 2], &["line", "gzip data is cut off or damaged"]);
    refused("dtks", b"PAR1 but not Parquet", &["not a whole Parquet file"]);
    refused("dtks", b"PK\x03\x04 but not a workbook", &["not a whole xlsx workbook"]);
    let mut book = Workbook::new();
    book.add_worksheet().write(0, 0, "x").unwrap();
    let book = book.save_to_buffer().unwrap();
    refused("dtks", &book[..book.len() - 40], &["not a whole xlsx workbook"]);
    refused("dtks", &book, &["none of the columns"]);
}

#[test]
fn a_file_that_is_mostly_bad_is_refused_and_says_why() {
    let mut text = rows_of("dtks", 0, '|', &[&[("nama", "SITI")]]);
    text += &"a|b|c\n".repeat(30);
    refused("dtks", text.as_bytes(), &["line 3", "30 of 31 rows", "3 values", "refuse_share"]);
}

#[test]
fn an_earlier_result_stays_when_the_next_delivery_is_refused() {
    let good = rows_of("dtks", 0, '|', &[&[("nama", "SITI")]]);
    let place = Place::new().file("dtks", "a.csv", &good);
    place.run().unwrap();
    let before = engine::disk::files_below(&place.out()).unwrap();
    let bytes = std::fs::read(place.out().join("records/dtks.parquet")).unwrap();
    std::fs::write(place.path("a.csv"), "").unwrap();
    place.run().unwrap_err();
    assert_eq!(engine::disk::files_below(&place.out()).unwrap(), before);
    assert_eq!(std::fs::read(place.out().join("records/dtks.parquet")).unwrap(), bytes);
}

#[test]
fn a_hole_of_ten_gigabytes_takes_no_memory() {
    let place = Place::new().named("dtks", "hole.csv");
    File::create(place.path("hole.csv")).unwrap().set_len(10 << 30).unwrap();
    assert!(place.refused().contains("zero bytes"));
    // The same behind an honest beginning: one line of 3 GB, over which the reader goes.
    let place = Place::new().named("dtks", "tail.csv");
    let mut file = File::create(place.path("tail.csv")).unwrap();
    let start = rows_of("dtks", 0, '|', &[&[("nama", "SITI")]]);
    let filler = "|".repeat(start.lines().next().unwrap().matches('|').count()) + "\n";
    file.write_all(start.as_bytes()).unwrap();
    file.write_all(filler.repeat((1 << 20) / filler.len() + 1).as_bytes()).unwrap();
    let length = file.metadata().unwrap().len();
    file.set_len(length + (3 << 30)).unwrap();
    engine::memory::reset_peak();
    let error = place.refused();
    assert!(error.contains("rows cannot be read"), "{error}");
    let peak = engine::memory::peak_bytes();
    assert!(peak < 1 << 30, "{peak} bytes for all tests that run now, of which this is one");
}

#[test]
fn non_utf8_lines_of_a_utf8_file_are_quarantined() {
    let mut bytes = rows_of("dtks", 0, '|', &[&[("nama", "RENÉ")]]).into_bytes();
    let row = rows_of("dtks", 0, '|', &[&[("nama", "ANI")]]);
    let row = row.lines().nth(1).unwrap();
    // Past the sample by which the encoding is found.
    for _ in 0..(2 << 20) / row.len() {
        bytes.extend(row.as_bytes());
        bytes.push(b'\n');
    }
    bytes.extend(b"\xff\xfe|x\n");
    let place = Place::new().file("dtks", "d.csv", bytes);
    let report = place.run().unwrap();
    assert_eq!(report.quarantined, 1);
    assert!(place.findings()[0].contains("not_utf8 1 byte 1 of the line is not UTF-8"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_taken_in_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400), start in 0..6usize) {
        let header = rows_of("dtks", 0, '|', &[]);
        let start: &[u8] = [&b""[..], b"PAR1", b"PK\x03\x04", b"\x1f\x8b\x08", b"\xef\xbb\xbf", header.as_bytes()][start];
        let place = Place::new().file("dtks", "x", [start, &bytes].concat());
        let _ = place.run();
    }

    #[test]
    fn any_lines_under_a_good_header_add_up(lines in proptest::collection::vec("[|\"a-z0-9/é\\r\u{0}]{0,80}", 0..30)) {
        let text = rows_of("dtks", 0, '|', &[]) + &lines.join("\n");
        let place = Place::new().file("dtks", "x", text);
        // `run` asserts that the counts add up.
        let _ = place.run();
    }

    #[test]
    fn damaged_workbooks_and_tables_never_panic(at in 0usize..4000, with in any::<u8>(), cut in 0usize..4000, table in any::<bool>()) {
        let mut bytes = if table { crate::formats::parquet() } else { crate::formats::workbook(3) };
        let at = at % bytes.len();
        bytes[at] = with;
        if cut % 3 == 0 {
            bytes.truncate(cut % bytes.len());
        }
        let source = if table { "dukcapil" } else { "p3ke" };
        let _ = Place::new().file(source, "x", bytes).run();
    }
}
