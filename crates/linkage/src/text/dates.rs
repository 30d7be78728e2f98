//! Dates as they stand in files: many forms, missing parts, impossible days. A date is kept as
//! three numbers, not as a day of the calendar, because a wrong date still says much.

use kernel::Date;

/// Order of day and month in dates such as `03/04/1987`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Day first.
    DayFirst,
    /// Month first.
    MonthFirst,
}

/// Year, month and day; 0 for a part that is not known. The default is "missing".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Parts {
    /// Year (0 to 9999).
    pub year: u16,
    /// Month, 1 to 99 as written.
    pub month: u8,
    /// Day, 1 to 99 as written.
    pub day: u8,
}

/// How near two dates are, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nearness {
    /// All parts equal.
    Same,
    /// One slip: a digit, a swap of neighbours, or day and month changed round.
    Slip,
    /// Two of the three parts equal (or all the known ones of a partial date).
    TwoParts,
    /// Same year, or two slips of the pen.
    Year,
    /// Less than about two years apart.
    Close,
    /// None of these.
    Far,
}

const MONTHS: [(&str, u8); 37] = [
    ("jan", 1),
    ("feb", 2),
    ("peb", 2),
    ("mar", 3),
    ("apr", 4),
    ("mei", 5),
    ("may", 5),
    ("mai", 5),
    ("jun", 6),
    ("jul", 7),
    ("aug", 8),
    ("agu", 8),
    ("ago", 8),
    ("agt", 8),
    ("sep", 9),
    ("set", 9),
    ("oct", 10),
    ("okt", 10),
    ("out", 10),
    ("nov", 11),
    ("nop", 11),
    ("dec", 12),
    ("des", 12),
    ("dez", 12),
    ("dic", 12),
    ("ene", 1),
    ("gen", 1),
    ("fev", 2),
    ("mrt", 3),
    ("avr", 4),
    ("abr", 4),
    ("mag", 5),
    ("maj", 5),
    ("giu", 6),
    ("lug", 7),
    ("aou", 8),
    ("ott", 10),
];

/// Reads a date. `None` when the text holds no year.
#[must_use]
pub fn parse(text: &str, order: Order) -> Option<Parts> {
    let (parts, count) = fields(whole_number(text))?;
    match count {
        1 => one_number(text, parts[0], order),
        2 => two_numbers(parts),
        _ => three_numbers(parts, order),
    }
}

/// Without the `.0` that a column of whole numbers with gaps gets in many programs.
fn whole_number(text: &str) -> &str {
    match text.strip_suffix(".0") {
        Some(number) if number.bytes().all(|b| b.is_ascii_digit()) => number,
        _ => text,
    }
}

/// A number of a date as written: its value, its digits, and whether it was a month's name.
#[derive(Clone, Copy, Default)]
struct Field {
    value: u32,
    digits: u8,
    named: bool,
}

/// Up to three numbers (month names read as numbers), the rest (a time of day) cut off.
fn fields(text: &str) -> Option<([Field; 3], usize)> {
    let mut found = [Field::default(); 3];
    let mut count = 0;
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() && count < 3 {
        let start = at;
        if bytes[at].is_ascii_digit() {
            while at < bytes.len() && bytes[at].is_ascii_digit() {
                at += 1;
            }
            let value = text[start..at].parse().ok()?;
            found[count] = Field { value, digits: (at - start) as u8, named: false };
            count += 1;
        } else if bytes[at].is_ascii_alphabetic() {
            while at < bytes.len() && bytes[at].is_ascii_alphabetic() {
                at += 1;
            }
            if let Some(month) = month_named(&text[start..at]) {
                found[count] = Field { value: u32::from(month), digits: 2, named: true };
                count += 1;
            } else if count > 0 && at - start == 1 {
                break; // the T of a timestamp
            }
        } else {
            at += 1;
        }
    }
    (count > 0).then_some((found, count))
}

fn month_named(word: &str) -> Option<u8> {
    let head = word.get(..3)?.to_ascii_lowercase();
    if head == "jui" {
        // French: juin, juillet.
        return Some(if word.as_bytes().get(3).is_some_and(|b| *b | 32 == b'l') { 7 } else { 6 });
    }
    MONTHS.iter().find(|(name, _)| *name == head).map(|(_, month)| *month)
}

fn one_number(text: &str, field: Field, order: Order) -> Option<Parts> {
    let n = field.value;
    match field.digits {
        8 => Some(eight_digits(n, order)),
        // A day that lost its leading zero when the column was read as numbers.
        7 if plausible(n % 10_000) => Some(eight_digits(n, order)),
        6 => Some(Parts { year: (n / 100) as u16, month: (n % 100) as u8, day: 0 }),
        // Days since the end of 1899: a spreadsheet's date that lost its format.
        5 if (3_654..=80_000).contains(&n) => {
            let (year, month, day) = Date::from_days(n as i32 - 25_569).ymd();
            Some(Parts { year: year as u16, month: month as u8, day: day as u8 })
        }
        4 if text.trim().len() <= 6 => Some(Parts { year: n as u16, month: 0, day: 0 }),
        _ => None,
    }
}

/// Years in which the persons of a file may have been born.
const fn plausible(year: u32) -> bool {
    1_800 <= year && year <= 2_100
}

/// Year first or year last, whichever makes the better date; year first in doubt.
fn eight_digits(n: u32, order: Order) -> Parts {
    let part = |year: u32, month: u32, day: u32| Parts {
        year: year as u16,
        month: month as u8,
        day: day as u8,
    };
    let first = part(n / 10_000, n / 100 % 100, n % 100);
    let (a, b) = (n / 1_000_000, n / 10_000 % 100);
    let (mut day, mut month) = if order == Order::DayFirst { (a, b) } else { (b, a) };
    if month > 12 && day <= 12 {
        (day, month) = (month, day);
    }
    let last = part(n % 10_000, month, day);
    let good = |p: &Parts| {
        let day = (1..=12).contains(&p.month) && (1..=31).contains(&p.day);
        2 * u8::from(plausible(u32::from(p.year))) + u8::from(day)
    };
    if good(&last) > good(&first) { last } else { first }
}

fn two_numbers(parts: [Field; 3]) -> Option<Parts> {
    let (a, b) = (parts[0], parts[1]);
    if a.digits == 4 {
        Some(Parts { year: a.value as u16, month: small(b.value), day: 0 })
    } else if b.digits == 4 {
        Some(Parts { year: b.value as u16, month: small(a.value), day: 0 })
    } else {
        None
    }
}

fn three_numbers(parts: [Field; 3], order: Order) -> Option<Parts> {
    let [a, b, c] = parts;
    if a.digits == 4 {
        return Some(Parts { year: a.value as u16, month: small(b.value), day: small(c.value) });
    }
    if a.value > 31 && !a.named && c.digits <= 2 {
        let year = century(a.value)?;
        return Some(Parts { year: year as u16, month: small(b.value), day: small(c.value) });
    }
    let year = if c.digits == 4 { c.value } else { century(c.value)? };
    let (mut day, mut month) =
        if order == Order::DayFirst || b.named { (a.value, b.value) } else { (b.value, a.value) };
    if a.named {
        (day, month) = (b.value, a.value);
    } else if month > 12 && day <= 12 {
        (day, month) = (month, day);
    }
    Some(Parts { year: year as u16, month: small(month), day: small(day) })
}

/// Two-digit years: 00 to 29 are 2000 and later.
fn century(two: u32) -> Option<u32> {
    match two {
        0..=29 => Some(2000 + two),
        30..=99 => Some(1900 + two),
        _ => None,
    }
}

fn small(value: u32) -> u8 {
    value.min(99) as u8
}

/// Which order a column of dates is written in: decided by days above 12, day first in doubt.
#[must_use]
pub fn order_of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Order {
    let (mut day_first, mut month_first) = (0u32, 0u32);
    for text in texts {
        let text = whole_number(text);
        if let Some(([n, ..], 1)) = fields(text)
            && matches!(n.digits, 7 | 8)
            && plausible(n.value % 10_000)
        {
            day_first += u32::from(n.value / 1_000_000 > 12 && n.value / 10_000 % 100 <= 12);
            month_first += u32::from(n.value / 10_000 % 100 > 12 && n.value / 1_000_000 <= 12);
        }
        if let Some(([a, b, c], 3)) = fields(text)
            && a.digits < 3
            && !a.named
            && !b.named
            && c.digits >= 2
        {
            day_first += u32::from(a.value > 12);
            month_first += u32::from(b.value > 12);
        }
    }
    if month_first > day_first { Order::MonthFirst } else { Order::DayFirst }
}

impl Parts {
    /// The date as its eight digits `YYYYMMDD`, four bits each; 0 when missing.
    #[must_use]
    pub const fn pack(self) -> u32 {
        let year = self.year as u32;
        to_digits(year / 100) << 24
            | to_digits(year % 100) << 16
            | to_digits(self.month as u32) << 8
            | to_digits(self.day as u32)
    }

    /// The date of a packed number.
    #[must_use]
    pub const fn unpack(packed: u32) -> Self {
        Self {
            year: (of_digits(packed >> 24) * 100 + of_digits(packed >> 16)) as u16,
            month: of_digits(packed >> 8) as u8,
            day: of_digits(packed) as u8,
        }
    }

    /// Months since year 0, roughly, for distances.
    const fn months(self) -> i32 {
        self.year as i32 * 12 + self.month as i32
    }
}

/// Two digits, four bits each.
const fn to_digits(n: u32) -> u32 {
    ((n / 10 % 10) << 4) | (n % 10)
}

const fn of_digits(digits: u32) -> u32 {
    (digits >> 4 & 15) * 10 + (digits & 15)
}

/// How near two packed dates are (neither missing).
#[must_use]
#[inline]
pub fn nearness(a: u32, b: u32) -> Nearness {
    if a == b {
        return Nearness::Same;
    }
    if [a >> 8, a, b >> 8, b].iter().any(|part| part & 255 == 0) {
        return partial(Parts::unpack(a), Parts::unpack(b));
    }
    let differ = a ^ b;
    let slips = slips(a, b);
    let (year, month, day) = (differ >> 16 == 0, differ & 0xFF00 == 0, differ & 255 == 0);
    if slips == 1 || (year && a & 255 == b >> 8 & 255 && a >> 8 & 255 == b & 255) {
        return Nearness::Slip;
    }
    if u8::from(year) + u8::from(month) + u8::from(day) == 2 {
        return Nearness::TwoParts;
    }
    if year || slips == 2 {
        return Nearness::Year;
    }
    let apart = Parts::unpack(a).months() - Parts::unpack(b).months();
    if apart.abs() <= 24 { Nearness::Close } else { Nearness::Far }
}

fn partial(x: Parts, y: Parts) -> Nearness {
    let months = x.month == 0 || y.month == 0 || x.month == y.month;
    let days = x.day == 0 || y.day == 0 || x.day == y.day;
    match (x.year == y.year, months && days) {
        (true, true) => Nearness::TwoParts,
        (true, false) => Nearness::Year,
        _ if x.year.abs_diff(y.year) <= 2 => Nearness::Close,
        _ => Nearness::Far,
    }
}

/// Digits that differ; a swap of neighbours counts once.
#[inline]
fn slips(a: u32, b: u32) -> u32 {
    let differ = a ^ b;
    // A one in each digit that differs; the product sums them up.
    let places = (differ | differ >> 1 | differ >> 2 | differ >> 3) & 0x1111_1111;
    let count = places.wrapping_mul(0x1111_1111) >> 28;
    let low = places.trailing_zeros();
    if count == 2 && places >> low == 0x11 {
        let (p, q) = (a >> low & 255, b >> low & 255);
        if p >> 4 == q & 15 && p & 15 == q >> 4 {
            return 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_in_use() {
        let check = |text: &str, order: Order, expected: (u16, u8, u8)| {
            let parts = parse(text, order).unwrap();
            assert_eq!((parts.year, parts.month, parts.day), expected, "{text}");
            assert_eq!(Parts::unpack(parts.pack()), parts);
        };
        check("1987-04-23", Order::DayFirst, (1987, 4, 23));
        check("19870423", Order::DayFirst, (1987, 4, 23));
        check("23041987", Order::DayFirst, (1987, 4, 23));
        check("03/04/1987", Order::DayFirst, (1987, 4, 3));
        check("03/04/1987", Order::MonthFirst, (1987, 3, 4));
        check("23.4.87", Order::DayFirst, (1987, 4, 23));
        check("23 April 1987", Order::MonthFirst, (1987, 4, 23));
        check("Apr 23, 1987", Order::DayFirst, (1987, 4, 23));
        check("17 Agustus 1945", Order::DayFirst, (1945, 8, 17));
        check("1987-04-23T10:11:12Z", Order::DayFirst, (1987, 4, 23));
        check("1987-04-23 00:00:00", Order::DayFirst, (1987, 4, 23));
        check("1987", Order::DayFirst, (1987, 0, 0));
        check("1987-04", Order::DayFirst, (1987, 4, 0));
        check("19870423.0", Order::DayFirst, (1987, 4, 23));
        check("1987.0", Order::DayFirst, (1987, 0, 0));
        check("3041987", Order::DayFirst, (1987, 4, 3));
        check("04231987", Order::DayFirst, (1987, 4, 23));
        check("03041987", Order::MonthFirst, (1987, 3, 4));
        check("19451399", Order::DayFirst, (1945, 13, 99));
        check("31890", Order::DayFirst, (1987, 4, 23));
        check("87-04-23", Order::DayFirst, (1987, 4, 23));
        check("23 avril 1987", Order::DayFirst, (1987, 4, 23));
        check("1er juillet 1987", Order::DayFirst, (1987, 7, 1));
        check("3 de agosto de 1987", Order::MonthFirst, (1987, 8, 3));
        check("19450945", Order::DayFirst, (1945, 9, 45));
        assert_eq!(parse("unknown", Order::DayFirst), None);
        assert_eq!(parse("", Order::DayFirst), None);
    }

    #[test]
    fn order_is_learnt_from_large_days() {
        assert_eq!(order_of(["01/02/2000", "13/02/2000"]), Order::DayFirst);
        assert_eq!(order_of(["01/02/2000", "02/13/2000"]), Order::MonthFirst);
        assert_eq!(order_of(["01022000", "02132000"]), Order::MonthFirst);
        assert_eq!(order_of(["20000113", "20000214"]), Order::DayFirst);
    }

    #[test]
    fn nearness_of_pairs() {
        let check = |a: &str, b: &str, expected: Nearness| {
            let pack = |t: &str| parse(t, Order::DayFirst).unwrap().pack();
            assert_eq!(nearness(pack(a), pack(b)), expected, "{a} {b}");
            assert_eq!(nearness(pack(b), pack(a)), expected, "{b} {a}");
        };
        check("1987-04-23", "1987-04-23", Nearness::Same);
        check("1987-03-12", "1987-12-03", Nearness::Slip);
        check("1987-04-23", "1978-04-23", Nearness::Slip);
        check("1987-04-23", "1987-04-28", Nearness::Slip);
        check("1987-04-23", "1987-04-15", Nearness::TwoParts);
        check("1987-04-23", "1987", Nearness::TwoParts);
        check("1987-04-23", "1987-11-06", Nearness::Year);
        check("1987-04-23", "1988-11-06", Nearness::Close);
        check("1987-04-23", "1955-11-06", Nearness::Far);
    }
}
