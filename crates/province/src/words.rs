//! Word lists for names, streets, hamlets and schools: common given names of Lombok, Sumbawa and
//! Bima, assembled by hand, in falling order of use (drawing is skewed towards the front).

/// Common to all Muslim groups, men.
pub(crate) const MEN: &[&str] = &[
    "MUHAMMAD", "AHMAD", "ABDUL", "HAERUL", "SAHRUL", "AHMAD", "MUHAMMAD", "SUPARMAN", "HERMAN",
    "RIZKI", "HENDRA", "JUNAIDI", "SAHNAN", "MAHSUN", "HAMDI", "SAPRUDIN", "JUMADIL", "ZULKIFLI",
    "MUNAWIR", "HUSNI", "FAHRURROZI", "IRFAN", "RIDWAN", "SYAMSUL", "AZHAR", "FIRMAN", "BUDI",
    "SAMSUDIN", "RUSDI", "HASAN", "HUSEN", "USMAN", "UMAR", "ALI", "IBRAHIM", "ISMAIL", "YUSUF",
    "SULAIMAN", "ISKANDAR", "LUKMAN", "HAMZAH", "IDRIS", "ILHAM", "ANDI", "AGUS", "DEDI", "ERWIN",
    "FAISAL", "FAUZI", "GUNAWAN", "HADI", "HARTONO", "IMRAN", "INDRA", "JAELANI", "JAMALUDDIN",
    "KAMARUDIN", "KHAIRIL", "KHAIRUDDIN", "LUTFI", "MAHYUDIN", "MAKSUM", "MANSUR", "MARZUKI",
    "MASHUR", "MUHSIN", "MUKHTAR", "MULIADI", "MUSTAFA", "MUZAKIR", "NASRUDIN", "NURDIN", "RAHMAT",
    "RAMLI", "RASYID", "ROHMAN", "RUSLAN", "SAIFUL", "SALIM", "SALMAN", "SARJANA", "SAYUTI",
    "SIRAJUDIN", "SOFYAN", "SUBHAN", "SUDIRMAN", "SUHAILI", "SUHARDI", "SUKRI", "SUTRISNO",
    "SYAHRIR", "TAUFIK", "TARMIZI", "WAHYU", "YUDI", "YUNUS", "ZAENAL", "ZAINUDDIN", "ZAKARIA",
    "ARDIANSYAH", "BAGAS", "DIMAS", "FARHAN", "GALANG", "HAIKAL", "JULIADI", "KEVIN", "RAIHAN",
    "REZA", "SATRIA", "TEGUH", "YOGA", "ALFIAN", "AZRIL", "DAFFA", "FADIL", "GIBRAN", "NAUFAL",
];

/// Second and third words, men.
pub(crate) const MEN_SECOND: &[&str] = &[
    "HAKIM", "RAHMAN", "HADI", "SAPUTRA", "ANWAR", "AZIZ", "FAUZI", "RIZAL", "HIDAYAT", "WIJAYA",
    "AKBAR", "KURNIAWAN", "RAMADHAN", "SETIAWAN", "MAULANA", "HAMID", "HALIM", "KADIR", "WAHID",
    "GANI", "LATIF", "MAJID", "ROSYID", "SALAM", "SYUKUR", "ZULFIKAR", "ALAMSYAH", "ARIFIN",
    "ASHARI", "AZMI", "BAHRI", "EFENDI", "FADLI", "FIRDAUS", "GAZALI", "HAMBALI", "HASBI", "IQBAL",
    "ISNAINI", "JAYADI", "KHOLID", "MAHFUZ", "MUTTAQIN", "NASIR", "NUGRAHA", "PAHMI", "PRATAMA",
    "PUTRA", "RAHMAWAN", "RIADI", "ROFIQ", "SAHDAN", "SIDIK", "SUHERMAN", "SUPRIADI", "SYAHPUTRA",
    "SYARIF", "TAMRIN", "UBAIDILLAH", "WARDI", "YANI", "ZOHRI", "ZUHDI", "AL FARIZI", "HERIANTO",
    "IMANSYAH", "JUNAEDI", "MUSLIM", "MAJDI", "NAJAMUDIN", "PATONI", "SAHABUDIN",
];

/// Common to all Muslim groups, women.
pub(crate) const WOMEN: &[&str] = &[
    "SITI", "NUR", "SRI", "NURHAYATI", "RAHMAWATI", "HALIMAH", "AISYAH", "NURAINI", "SUMIATI",
    "ROHANI", "JUMIATI", "SAKNAH", "FATIMAH", "MARIANI", "HURIATI", "RUMINAH", "MUSLIHAH",
    "ZAENAB", "SALMAH", "RUKAYAH", "HAERANI", "INDRIANI", "NURUL", "YULIANA", "DEWI", "EKA",
    "ERNAWATI", "FITRIANI", "HARTINI", "HERAWATI", "HIDAYATI", "ISNAWATI", "JUNIATI", "KARTINI",
    "KHADIJAH", "LAELA", "LISNAWATI", "MAHYUNI", "MAEMUNAH", "MARDIANA", "MARTINI", "MASTURAH",
    "MULIANI", "MURNI", "MUSTIKA", "NINGSIH", "NURJANAH", "NURLAELA", "NURMALA", "PATIMAH",
    "RABIAH", "RATNAWATI", "ROHAYATI", "ROSMIATI", "ROSIDAH", "SAADAH", "SAHRIAH", "SANIAH",
    "SARIAH", "SELAMAH", "SITIAH", "SOLATIAH", "SUHARNI", "SUKMAWATI", "SULASTRI", "SUMARNI",
    "SUPIATI", "SURYANI", "SUSILAWATI", "SYAMSIAH", "TITIK", "ULFA", "UMI", "WAHIDAH", "WIDIA",
    "YANTI", "YUNI", "ZAHRA", "ZOHRIAH", "ZUBAEDAH", "ZULAEHA", "ANISA", "AULIA", "BUNGA", "CITRA",
    "DINDA", "DIAN", "FEBRIANI", "INTAN", "KEYSA", "LINA", "MEGAWATI", "NABILA", "PUTRI", "RANI",
    "SALSABILA", "SINTA", "TIARA", "VINA", "WULAN", "ZASKIA", "NAURA", "ALYA", "HUSNUL", "BAIQ",
];

/// Second and third words, women.
pub(crate) const WOMEN_SECOND: &[&str] = &[
    "HASANAH", "AINI", "HAYATI", "WAHYUNI", "RAHMI", "FITRI", "LESTARI", "NINGSIH", "ROHANI",
    "AISYAH", "FATIMAH", "HAJAR", "HAWA", "JANNAH", "KHOTIMAH", "AULIA", "AMINAH", "APRIANI",
    "ASIH", "ASTUTI", "AZIZAH", "DAHLIA", "DEWI", "FADILAH", "FEBRIANTI", "HANDAYANI", "HANUM",
    "HIDAYAH", "HUSNA", "INDAH", "ISLAMI", "JULIANI", "KURNIATI", "LATIFAH", "MAHARANI", "MAULIDA",
    "MAWADDAH", "MUTMAINAH", "NAZIRA", "OKTAVIANI", "PERTIWI", "PRATIWI", "PUSPITA", "PUTRI",
    "RAHAYU", "RAMADHANI", "RIZKIANI", "SAFITRI", "SALSABILA", "SAPITRI", "SARI", "SAKINAH",
    "SOLEHAH", "SUCI", "SUSANTI", "ULANDARI", "UTAMI", "WARDANI", "WATI", "YULIANTI", "YUNIARTI",
    "ZAHRA", "ZAHRANI", "ZAKIAH", "ZULFA", "MARIAM", "MAISARAH", "NURAINI", "RAUDATUL JANNAH",
];

/// One-word names of old Sasak villagers, men.
pub(crate) const OLD_SASAK_MEN: &[&str] = &[
    "SAHNUN", "KERTI", "MENAH", "SENIP", "RINALIM", "SEDAH", "MIDUN", "NURSIM", "SAREH", "LEMAH",
    "GEDE", "JUMENAH", "MUSTIAREP", "DARMASIH", "SAPIAH", "SUKARTA", "MAHRIP", "SELAMET", "AHYAR",
    "SEMAN", "JINAWE", "KARTE", "RUMAWE", "SERIOK", "TERUNE", "MURIP", "SINAREP", "NURASIP",
];

/// One-word names of old Sasak villagers, women.
pub(crate) const OLD_SASAK_WOMEN: &[&str] = &[
    "RINASIH", "SENAH", "MENIK", "SAKMAH", "INDERE", "KINASIH", "NURINAH", "REMAH", "SUMIRAH",
    "JUMINAH", "SERINAH", "SINARIAH", "MURINIM", "KERTIAH", "DARWATI", "RUKYAH", "SAINAH",
    "SUMENAH", "MENAWATI", "RAISAH", "SUPINAH", "MUSNAH", "SENIMAH", "NURIMAH", "SARIWATI",
    "MIASAH",
];

/// Samawa (Sumbawa), men.
pub(crate) const SAMAWA_MEN: &[&str] = &[
    "SYAMSUDDIN", "ZULKARNAIN", "HASANUDDIN", "SYAFRUDDIN", "ABDULLAH", "MAKARAU", "JAMALUDIN",
    "SAMSUL", "BURHANUDDIN", "AMIRUDDIN", "ARIFUDDIN", "BADARUDDIN", "CHAIRUL", "DARMAWAN", "EDI",
    "GUSTIAWAN", "HAIRUDDIN", "JAYADI", "KAHARUDDIN", "LATIEF", "MASWARANG", "NURDIN", "RADEN",
    "SAHABUDDIN", "SYAHRUDDIN", "TAJUDDIN", "WAHIDUDDIN", "YAHYA", "ZAINAL", "DEA", "ANDI",
];

/// Samawa, women.
pub(crate) const SAMAWA_WOMEN: &[&str] = &[
    "NURWAHIDAH", "SITI HAJAR", "NURHASANAH", "SYAMSIAR", "ROSTINA", "HADIJAH", "SALASIAH",
    "NURSIDAH", "FARIDA", "RAHMATIAH", "MASTAWAN", "SADARIAH", "JUHAERIAH", "ATIKA", "NURLINDA",
    "KARMILA", "SUHARTINI", "HATIJAH", "BAHRIA", "ROSDIANA", "ENDANG", "MARIAMA", "SAHARIA",
];

/// Mbojo (Bima, Dompu), men.
pub(crate) const MBOJO_MEN: &[&str] = &[
    "ABDURRAHMAN", "JAMALUDDIN", "SYARIFUDDIN", "MUHTAR", "ARSYAD", "HAMDAN", "ARIFIN", "YASIN",
    "MAHMUD", "SYAMSURIZAL", "ADNAN", "AMIN", "ARAHMAN", "AKARIM", "BUHARI", "DAHLAN",
    "FERDIANSYAH", "GAFUR", "HAFID", "ISHAKA", "JAENUDDIN", "KISMAN", "LANDA", "MANSYUR",
    "NASARUDDIN", "OSMAN", "RUSTAM", "SAHRIL", "SUHARDIN", "TASRIF", "USMAN", "WAHAB", "YAKUB",
    "ZULHAJJI", "ILYAS",
];

/// Mbojo, women.
pub(crate) const MBOJO_WOMEN: &[&str] = &[
    "SITI HAWA", "ST. MARYAM", "SITI AISYAH", "NURFARIDAH", "HADIJAH", "JUBAIDAH",
    "SITI NURHAYATI", "RAODAH", "FATIMAH", "ASMAH", "NURMAH", "SARAFIAH", "MARJAN", "HAFSAH",
    "JAENAB", "SUHADA", "ERNI", "KALISOM", "MISBAH", "NURSEHAN", "RUKMINI", "SALAMAH", "TASRIFAH",
    "YUNIARTI", "ROSITA",
];

/// Balinese of Lombok, men and women (after the birth-order word).
pub(crate) const BALI: &[&str] = &[
    "SUDARTA", "ARTHA", "WIDIANA", "SUARDANA", "MERTA", "DARMAYASA", "SUKERTI", "ARIANI",
    "SUDIASIH", "WARTINI", "ASTAWA", "PUTRAWAN", "SUASTINI", "KARTIKA", "MAHENDRA", "SANJAYA",
    "BUDIARTA",
];

/// Javanese and other settlers, men.
pub(crate) const JAVA_MEN: &[&str] = &[
    "SUGENG", "BAMBANG", "SLAMET", "WAHYUDI", "EKO", "JOKO", "TRIYONO", "SUPRIYANTO", "MULYONO",
    "HARIYANTO", "YOHANES", "ANTONIUS", "RUDI", "HERI", "SIGIT", "DWI", "ARIS", "PURNOMO",
];

/// Javanese and other settlers, women.
pub(crate) const JAVA_WOMEN: &[&str] = &[
    "SUTINAH", "ENDANG", "WIWIK", "TRI", "RETNO", "SULISTYOWATI", "MARIA", "KRISTINA", "WINARTI",
    "LILIS", "TUTIK", "ENI", "RINI", "PURWANTI", "ANIK", "SUNARTI", "YOSEFINA",
];

/// Stems of rarer names, completed by an ending.
pub(crate) const STEMS: &[&str] = &[
    "HAR", "SUP", "JUM", "MUL", "NAS", "RUS", "SAH", "KAM", "MAR", "DAR", "WAH", "ZUL", "SUR",
    "BAH", "HUS", "RAH", "SAL", "TAM", "MAS", "NUR", "JAM", "KHAIR", "FATH", "SYAM", "MAH", "SAR",
    "HAM", "MUN", "SOL", "RIF", "ASM", "BUR", "LAL", "WIR", "YUL", "IRW", "ERN", "HEND", "SAP",
];
/// Endings for men.
pub(crate) const ENDINGS_MEN: &[&str] = &[
    "UDIN", "IADI", "IAWAN", "IANTO", "ULLAH", "OMAN", "UDDIN", "IJAN", "EDI", "IMAN", "AWARDI",
];
/// Endings for women.
pub(crate) const ENDINGS_WOMEN: &[&str] = &[
    "IATI", "IANI", "INAH", "AWATI", "IDAH", "INGSIH", "ISAH", "UNAH", "ASIH", "ATUN", "IANA",
];

/// Streets; the lowest class of address has none. Latin-1 characters on purpose.
pub(crate) const STREETS: &[&str] = &[
    "JL. RAYA MATARAM", "JL. PENDIDIKAN", "JL. TGH. FAISAL", "JL. GAJAH MADA", "JL. SELAPARANG",
    "JL. DIPONEGORO", "JL. SULTAN HASANUDDIN", "JL. LINTAS SUMBAWA", "JL. PELABUHAN", "JL. MAWAR",
    "JL. MELATI", "JL. CENDRAWASIH", "JL. GUNUNG RINJANI", "JL. GUNUNG TAMBORA", "JL. PANTAI",
    "JL. SENGGIGI", "JL. CAFÉ SENGGIGI", "JL. IMAM BONJOL", "JL. SOEKARNO-HATTA", "GG. MASJID",
    "GG. PONDOK", "GG. BERUGAK", "JL. LAPANGAN", "JL. PASAR LAMA", "JL. BYPASS", "JL. KEBUN",
];

/// Hamlets (dusun, lingkungan).
pub(crate) const HAMLETS: &[&str] = &[
    "DASAN TENGAK", "DASAN LEKONG", "DASAN BARU", "GUBUK TIMUR", "GUBUK BARAT", "GUBUK TENGAH",
    "KARANG ANYAR", "KARANG BARU", "KARANG SUKUN", "KARANG KELOK", "MONTONG", "LENDANG BATU",
    "LENDANG LAUK", "ORONG DALEM", "PENGKORES", "PERIGI", "REPOK", "TEMPIT", "TIBU", "BANGKET",
    "BATU BELEK", "BRANG BIJI", "OLAT RAWA", "PAMULUNG", "KEBAYAN", "RABA DOMPU", "SAMBINAE",
    "SANTI", "DORO BELO", "LAWATA", "NGGEMBE", "KALAKI", "OI FO'O", "SORI", "MANDE", "TOLOBALI",
];

/// Birth places outside the province.
pub(crate) const FAR_PLACES: &[&str] = &[
    "DENPASAR", "SURABAYA", "JAKARTA", "MAKASSAR", "BANYUWANGI", "MALANG", "KUPANG", "BANDUNG",
];
/// The districts that issued the numbers of those born there (in the order of [`FAR_PLACES`]).
pub(crate) const FAR_DISTRICTS: &[u64] = &[
    517_101, 357_801, 317_401, 737_101, 351_001, 350_701, 537_101, 327_301,
];
