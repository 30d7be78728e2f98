//! What each source's rows become.

use crate::support::{Place, dates, rows_of, texts, whole};

const NIK: &str = "5201016304870002";
const KK: &str = "5201010101100003";

#[test]
fn roofs_and_fuels_of_both_code_orders_mean_the_same_house() {
    // The instrument: roof 5 bamboo, 6 wood; fuel 0 does not cook. DTKS (OpenSID) writes the roofs
    // the other way round and 12 for no cooking; P3KE writes words.
    let dtks = |roof: &str, fuel: &str| -> (u64, u64) {
        let row =
            [("nama", "SITI"), ("jenis_atap_terluas", roof), ("bahan_bakar_utama_memasak", fuel)];
        let place = Place::new().file("dtks", "d.csv", rows_of("dtks", 0, '|', &[&row]));
        place.run().unwrap();
        let table = place.records("dtks");
        (whole(&table, "roof_material")[0], whole(&table, "cooking_fuel")[0])
    };
    assert_eq!(dtks("5", "12"), (6, 0));
    assert_eq!(dtks("6", "4"), (5, 4));
    assert_eq!(dtks("7", "10"), (7, 10));
    assert_eq!(dtks("9", "13"), (999, 999), "codes of no list become unknown");
    let p3ke = |roof: &str, fuel: &str| -> (u64, u64) {
        let row =
            [("KEPALA_KELUARGA", "SITI"), ("JENIS_ATAP", roof), ("BAHAN_BAKAR_MEMASAK", fuel)];
        let place = Place::new().file("p3ke", "p.csv", rows_of("p3ke", 0, ';', &[&row]));
        place.run().unwrap();
        let table = place.records("p3ke");
        (whole(&table, "roof_material")[0], whole(&table, "cooking_fuel")[0])
    };
    assert_eq!(p3ke("Bambu", "Tidak Memasak"), (5, 0));
    assert_eq!(p3ke("KAYU/SIRAP", "kayu bakar"), (6, 10));
    let row: [&[(&str, &str)]; 1] = [&[
        ("nama_kepala_keluarga", "SITI"),
        ("jenis_atap_terluas", "5"),
        ("bahan_bakar_utama_memasak", "0"),
    ]];
    let place = Place::new().file("regsosek", "k.csv", rows_of("regsosek", 1, ',', &row));
    place.run().unwrap();
    let table = place.records("regsosek-families");
    assert_eq!(whole(&table, "roof_material"), [5]);
    assert_eq!(whole(&table, "cooking_fuel"), [0]);
}

#[test]
fn a_person_is_standardised() {
    let row: &[(&str, &str)] = &[
        ("nomor_induk_kependudukan", NIK),
        ("nomor_kartu_keluarga", KK),
        ("nama", "Hj. Baiq Nur'aini, S.Pd"),
        ("jenis_kelamin", "P"),
        ("tanggal_lahir", "23/04/1987"),
        ("kode_wilayah", "52.01.01.1001"),
        ("tanggal_pemutakhiran", "17/08/2025"),
        ("is_gc_kemensos", "1"),
        ("sumber_penerangan_utama", "4"),
        ("aset_bergerak_lemari_es", "1"),
        ("daya_terpasang", "2"),
    ];
    let place = Place::new().file("dtks", "d.csv", rows_of("dtks", 0, '|', &[row]));
    let report = place.run().unwrap();
    let table = place.records("dtks");
    assert_eq!(texts(&table, "name"), ["BAIQ NURAINI"]);
    assert_eq!(texts(&table, "name_raw"), ["Hj. Baiq Nur'aini, S.Pd"]);
    assert_eq!(texts(&table, "title"), ["HJ SPD"]);
    assert_eq!(dates(&table, "birth_date"), ["1987-04-23"]);
    assert_eq!(dates(&table, "observed_date"), ["2025-08-17"]);
    assert_eq!(whole(&table, "village"), [5_201_011_001]);
    assert_eq!(whole(&table, "nik"), [5_201_016_304_870_002]);
    assert_eq!(whole(&table, "nik_problem"), [0]);
    assert_eq!(whole(&table, "record"), [3 << 40]);
    assert_eq!(whole(&table, "line"), [2]);
    assert_eq!(whole(&table, "delivery"), [1]);
    assert_eq!(table.bools("from_ground_check", false).unwrap(), [true]);
    // Power is not asked without PLN; a fridge without electricity is doubtful but kept.
    assert_eq!(whole(&table, "electricity_power"), [999]);
    assert_eq!(whole(&table, "asset_fridge"), [1]);
    assert_eq!(
        place.findings(),
        [
            "2 electricity_power not_asked 2 electricity_power is not asked with this lighting | 2",
            "2 asset_fridge contradicts 3 asset_fridge = 1 does not go with this lighting | 1",
        ]
    );
    assert_eq!(report.sources[0].files[0].nik.fine, 1);
}

#[test]
fn the_four_states_of_a_nik() {
    let check = |nik: &str, born: &str, sex: &str, problem: u64, kept: bool| {
        let row: &[(&str, &str)] =
            &[("nik", nik), ("nama", "SITI"), ("tanggal_lahir", born), ("jenis_kelamin", sex)];
        let place = Place::new().file("school", "s.txt", rows_of("school", 0, '\t', &[row]));
        place.run().unwrap();
        let table = place.records("school");
        assert_eq!(whole(&table, "nik_problem"), [problem], "{nik} {born} {sex}");
        assert_eq!(whole(&table, "nik")[0] != 999, kept);
        assert!(place.findings().iter().all(|f| !f.contains(NIK)), "a NIK stands in a finding");
    };
    check(NIK, "1987-04-23", "P", 0, true);
    check(NIK, "", "", 0, true);
    check("", "1987-04-23", "P", 1, false);
    check("520101630487000", "1987-04-23", "P", 2, false);
    check("52010163O4870002", "1987-04-23", "P", 2, false);
    check(NIK, "1987-04-24", "P", 3, true);
    check(NIK, "1987-04-23", "L", 3, true);
}

#[test]
fn region_codes_of_bps_pass_the_crosswalk() {
    let crosswalk = "kode_bps,kode_kemendagri,nama,tingkat,keterangan\n5201,52.01,X,2,S\n\
                     5201010,52.01.01,X,3,S\n5201010001,52.01.01.1001,X,4,S\n";
    let person = |village: &'static str, district: &'static str| -> Vec<(&str, &str)> {
        vec![("nama", "SITI"), ("kode_kelurahan_desa", village), ("kode_kecamatan", district)]
    };
    let rows = [
        person("5201010001", "5201010"),
        person("", "5201010"),
        person("5201010777", "5201010"),
        person("9901010777", ""),
    ];
    let rows: Vec<&[(&str, &str)]> = rows.iter().map(Vec::as_slice).collect();
    let place = Place::new().file("crosswalk", "x.csv", crosswalk).file(
        "regsosek",
        "a.csv",
        rows_of("regsosek", 0, ',', &rows),
    );
    place.run().unwrap();
    let table = place.records("regsosek");
    assert_eq!(whole(&table, "village"), [5_201_011_001, 520_101, 520_101, 999]);
    assert_eq!(whole(&table, "delivery"), [2; 4]);
    assert_eq!(place.findings().len(), 2);
}

/// The only row of a source's only table.
fn one_row(source: &str, row: &[(&str, &str)]) -> (Place, engine::Table) {
    let place = Place::new().file(source, "x", rows_of(source, 0, ';', &[row]));
    place.run().unwrap();
    let table = place.records(source);
    (place, table)
}

#[test]
fn words_of_p3ke_become_codes() {
    let row = [
        ("KEPALA_KELUARGA", "AMAQ SAHAR"),
        ("FASILITAS_BAB", "Ya, dengan Septic Tank"),
        ("PEKERJAAN", "Buruh Tani"),
        ("SUMBER_PENERANGAN", "Listrik Pribadi > 900 Watt"),
        ("PADAN_DUKCAPIL", "Ya"),
        ("PENDIDIKAN", "Entah"),
    ];
    let (place, table) = one_row("p3ke", &row);
    let code = |column: &str| whole(&table, column)[0];
    assert_eq!((code("toilet_facility"), code("sewage_disposal")), (1, 1));
    assert_eq!((code("worked"), code("work_sector"), code("work_status")), (1, 1, 6));
    assert_eq!((code("lighting"), code("diploma")), (1, 999));
    assert_eq!(table.bools("matched_dukcapil", false).unwrap(), [true]);
    let report = place.run().unwrap();
    let odd = &report.sources[0].files[0].odd_values[0];
    assert_eq!((odd.column.as_str(), odd.value.as_str(), odd.count), ("diploma", "Entah", 1));
}

#[test]
fn words_of_pln_school_and_bpjs_become_codes() {
    let row = [("idpel", "561000000001"), ("daya", "1300"), ("tanggal_catat", "20260930")];
    let (_place, pln) = one_row("pln", &row);
    assert_eq!((whole(&pln, "lighting")[0], whole(&pln, "electricity_power")[0]), (1, 3));
    assert_eq!(dates(&pln, "observed_date"), ["2026-09-30"]);
    let row = [("nama", "ANI"), ("bentuk_pendidikan", "SMP"), ("tingkat", "8")];
    let (_place, school) = one_row("school", &row);
    let code = |column: &str| whole(&school, column)[0];
    assert_eq!((code("school_participation"), code("education_level")), (2, 8));
    assert_eq!(code("education_grade"), 2);
    let row = [("nama", "ANI"), ("segmen", "PBPU PEMDA"), ("status_peserta", "NONAKTIF")];
    let (_place, bpjs) = one_row("bpjs", &row);
    assert_eq!(whole(&bpjs, "cover_segment"), [2]);
    assert_eq!(bpjs.bools("cover_active", true).unwrap(), [false]);
}

#[test]
fn bad_rows_are_quarantined_with_their_place() {
    let header = rows_of("roll_sembako", 0, '|', &[]);
    let width = header.trim().split('|').count();
    let good = |name: &str| {
        let mut row = vec![""; width];
        row[2] = name;
        row.join("|")
    };
    assert_eq!(header.split('|').nth(2), Some("nama_penerima"));
    let mut text = header.clone();
    for line in [
        good("SATU"),
        String::new(),
        good("DUA").replace("DUA", "DUA|5201016304870002"),
        good(""),
        header.trim().to_owned(),
        good("T\u{0}IGA"),
        good("EMPAT"),
        "a|b".to_owned(),
    ] {
        text += &line;
        text += "\r\n";
    }
    text.truncate(text.len() - 2);
    let place = Place::new().file("roll_sembako", "r.csv", text);
    let report = place.run().unwrap();
    assert_eq!((report.rows, report.records, report.quarantined), (7, 2, 5));
    let table = place.records("roll_sembako");
    assert_eq!(texts(&table, "name"), ["SATU", "EMPAT"]);
    assert_eq!(whole(&table, "line"), [2, 8]);
    let found = place.findings();
    let starts = [
        "4  value_count 1 the row has 12 values and the header 11 | ||DUA|************0002|",
        "5  names_nobody 1 none of nik, kk, name has a value",
        "6  repeated_header 1 ",
        "7  zero_byte 1 ",
        "9  cut_off 1 the file ends in the middle of this row",
    ];
    assert_eq!(found.len(), starts.len(), "{found:#?}");
    for (finding, start) in found.iter().zip(starts) {
        assert!(finding.starts_with(start), "{finding}\n{start}");
    }
    assert_eq!(report.sources[0].files[0].blank_lines, 1);
}

#[test]
fn births_after_the_delivery_are_doubtful_and_later_ones_unknown() {
    let check = |born: &'static str, kept: &str, severity: &str| {
        let row: &[(&str, &str)] = &[("nama", "ANI"), ("tanggal_lahir", born)];
        let place = Place::new().file("roll_pbi", "s", rows_of("roll_pbi", 0, '|', &[row]));
        place.run().unwrap();
        assert_eq!(dates(&place.records("roll_pbi"), "birth_date"), [kept]);
        let found = place.findings();
        let expected = format!("unlikely_date {severity}");
        assert!(severity.is_empty() == found.is_empty(), "{found:?}");
        assert!(found.iter().all(|f| f.contains(&expected)), "{found:?}");
    };
    check("2026-09-30", "2026-09-30", "");
    check("2026-10-01", "2026-10-01", "3");
    check("2026-11-01", "", "2");
    check("1906-10-01", "1906-10-01", "");
    check("1905-09-30", "", "2");
}
