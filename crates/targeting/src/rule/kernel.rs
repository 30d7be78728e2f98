//! Runs bound conditions on chunks of rows. Truth is three-valued (Kleene), which is what CEL's
//! rules for absent values come to: `false && unknown` is false, `true || unknown` is true.

use super::node::{Arith, Compare, Members};
use crate::frame::{Column, Frame, NO_ROW};

/// Not met.
pub const FALSE: u8 = 0;
/// Met.
pub const TRUE: u8 = 1;
/// A value that it needs is unknown.
pub const UNKNOWN: u8 = 2;

/// How the rows asked for reach the rows of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Via {
    /// The column is of the same table.
    Same,
    /// The rows are persons, the column is of their families.
    Family,
}

/// A bound operation. Borrows the frame's columns.
#[derive(Debug)]
pub(super) enum Op<'f> {
    Number(f64),
    Truth(u8),
    Column(&'f Column, Via),
    /// A condition on one small column: the answer for each of its 256 values.
    Table(&'f [u8], Via, Box<[u8; 256]>),
    /// True where the byte is `.1`.
    Bytes(&'f [u8], u8, Via),
    /// Answers computed beforehand, one per family or person.
    Truths(Vec<u8>, Via),
    Numbers(Vec<f64>, Via),
    Has(Box<Op<'f>>),
    Not(Box<Op<'f>>),
    And(Box<Op<'f>>, Box<Op<'f>>),
    Or(Box<Op<'f>>, Box<Op<'f>>),
    Compare(Compare, Box<Op<'f>>, Box<Op<'f>>),
    In(Box<Op<'f>>, Vec<f64>),
    Arith(Arith, Box<Op<'f>>, Box<Op<'f>>),
    If(Box<Op<'f>>, Box<Op<'f>>, Box<Op<'f>>),
    InRegion(&'f [u64], Vec<(u64, u64)>, Via),
    Members(Members, Box<Op<'f>>),
}

/// Rows to evaluate, of persons or of families as the operation was bound.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rows<'a> {
    Range(usize, usize),
    List(&'a [u32]),
}

impl Rows<'_> {
    const fn len(&self) -> usize {
        match self {
            Self::Range(from, to) => *to - *from,
            Self::List(list) => list.len(),
        }
    }

    /// Calls `f` with every row, or with `usize::MAX` for a person without a family.
    fn each(&self, frame: &Frame, via: Via, mut f: impl FnMut(usize)) {
        let family = |row: usize| match frame.person.family.get(row) {
            Some(&NO_ROW) | None => usize::MAX,
            Some(&family) => family as usize,
        };
        match (self, via) {
            (Self::Range(from, to), Via::Same) => (*from..*to).for_each(f),
            (Self::Range(from, to), Via::Family) => (*from..*to).for_each(|r| f(family(r))),
            (Self::List(list), Via::Same) => list.iter().for_each(|&r| f(r as usize)),
            (Self::List(list), Via::Family) => list.iter().for_each(|&r| f(family(r as usize))),
        }
    }
}

/// A chunk of answers.
#[derive(Debug)]
pub(super) enum Vector {
    Truths(Vec<u8>),
    Numbers(Vec<f64>),
}

impl Vector {
    pub(super) fn truths(self) -> Vec<u8> {
        match self {
            Self::Truths(v) => v,
            Self::Numbers(v) => v
                .into_iter()
                .map(|x| if x.is_nan() { UNKNOWN } else { u8::from(x != 0.0) })
                .collect(),
        }
    }

    pub(super) fn numbers(self) -> Vec<f64> {
        match self {
            Self::Numbers(v) => v,
            Self::Truths(v) => {
                v.into_iter().map(|t| if t == UNKNOWN { f64::NAN } else { f64::from(t) }).collect()
            }
        }
    }
}

impl Op<'_> {
    /// Evaluates on `rows`.
    pub(super) fn eval(&self, frame: &Frame, rows: Rows<'_>) -> Vector {
        match self {
            Self::Number(x) => Vector::Numbers(vec![*x; rows.len()]),
            Self::Truth(t) => Vector::Truths(vec![*t; rows.len()]),
            Self::Column(column, via) => column_values(column, frame, rows, *via),
            Self::Table(values, via, table) => {
                bytes(values, frame, rows, *via, |b| table[b as usize], table[255])
            }
            Self::Bytes(values, want, via) => {
                bytes(values, frame, rows, *via, |b| u8::from(b == *want), FALSE)
            }
            Self::Truths(values, via) => bytes(values, frame, rows, *via, |b| b, UNKNOWN),
            Self::Numbers(values, via) => {
                let mut out = Vec::with_capacity(rows.len());
                rows.each(frame, *via, |r| out.push(values.get(r).copied().unwrap_or(f64::NAN)));
                Vector::Numbers(out)
            }
            Self::Has(a) => {
                let known = |x: f64| u8::from(!x.is_nan());
                Vector::Truths(a.eval(frame, rows).numbers().into_iter().map(known).collect())
            }
            Self::Not(a) => {
                let mut v = a.eval(frame, rows).truths();
                v.iter_mut().for_each(|t| *t = [TRUE, FALSE, UNKNOWN][*t as usize]);
                Vector::Truths(v)
            }
            Self::And(a, b) => connect(a, b, frame, rows, &AND),
            Self::Or(a, b) => connect(a, b, frame, rows, &OR),
            Self::Compare(op, a, b) => {
                let x = a.eval(frame, rows).numbers();
                let y = b.eval(frame, rows).numbers();
                Vector::Truths(x.iter().zip(&y).map(|(x, y)| compare(*op, *x, *y)).collect())
            }
            Self::In(a, values) => {
                let x = a.eval(frame, rows).numbers();
                Vector::Truths(x.into_iter().map(|x| member(x, values)).collect())
            }
            Self::Arith(op, a, b) => {
                let x = a.eval(frame, rows).numbers();
                let y = b.eval(frame, rows).numbers();
                Vector::Numbers(x.iter().zip(&y).map(|(x, y)| arith(*op, *x, *y)).collect())
            }
            Self::If(c, a, b) => choose(c, a, b, frame, rows),
            Self::InRegion(villages, ranges, via) => {
                let mut out = Vec::with_capacity(rows.len());
                rows.each(frame, *via, |r| out.push(within(villages.get(r).copied(), ranges)));
                Vector::Truths(out)
            }
            Self::Members(kind, body) => members(*kind, body, frame, rows),
        }
    }
}

fn column_values(column: &Column, frame: &Frame, rows: Rows<'_>, via: Via) -> Vector {
    let mut out = Vec::with_capacity(rows.len());
    match (rows, via) {
        (Rows::Range(from, to), Via::Same) => column.gather(from..to, &mut out),
        (Rows::List(list), Via::Same) => column.gather(list.iter().map(|&r| r as usize), &mut out),
        _ => rows.each(frame, via, |r| out.push(column.number(r))),
    }
    Vector::Numbers(out)
}

fn bytes(
    values: &[u8],
    frame: &Frame,
    rows: Rows<'_>,
    via: Via,
    f: impl Fn(u8) -> u8,
    outside: u8,
) -> Vector {
    if let (Rows::Range(from, to), Via::Same) = (rows, via)
        && let Some(slice) = values.get(from..to)
    {
        return Vector::Truths(slice.iter().map(|&b| f(b)).collect());
    }
    let mut out = Vec::with_capacity(rows.len());
    rows.each(frame, via, |r| out.push(values.get(r).map_or(outside, |&b| f(b))));
    Vector::Truths(out)
}

/// Truth tables: index `3 * a + b`.
const AND: [u8; 9] = [0, 0, 0, 0, 1, 2, 0, 2, 2];
const OR: [u8; 9] = [0, 1, 2, 1, 1, 1, 2, 1, 2];

fn connect(a: &Op<'_>, b: &Op<'_>, frame: &Frame, rows: Rows<'_>, table: &[u8; 9]) -> Vector {
    let mut x = a.eval(frame, rows).truths();
    let y = b.eval(frame, rows).truths();
    x.iter_mut().zip(&y).for_each(|(a, b)| *a = table[(3 * *a + *b) as usize]);
    Vector::Truths(x)
}

fn compare(op: Compare, x: f64, y: f64) -> u8 {
    if x.is_nan() || y.is_nan() {
        return UNKNOWN;
    }
    u8::from(match op {
        Compare::Equal => x == y,
        Compare::NotEqual => x != y,
        Compare::Less => x < y,
        Compare::LessEqual => x <= y,
        Compare::Greater => x > y,
        Compare::GreaterEqual => x >= y,
    })
}

fn member(x: f64, values: &[f64]) -> u8 {
    if x.is_nan() {
        return UNKNOWN;
    }
    u8::from(values.binary_search_by(|v| v.total_cmp(&x)).is_ok())
}

/// Division by zero is unknown (in CEL an error, absorbed the same way).
fn arith(op: Arith, x: f64, y: f64) -> f64 {
    match op {
        Arith::Add => x + y,
        Arith::Subtract => x - y,
        Arith::Multiply => x * y,
        Arith::Divide | Arith::Whole | Arith::Remainder if y == 0.0 => f64::NAN,
        Arith::Divide => x / y,
        Arith::Whole => (x / y).trunc(),
        Arith::Remainder => x % y,
    }
}

fn choose(c: &Op<'_>, a: &Op<'_>, b: &Op<'_>, frame: &Frame, rows: Rows<'_>) -> Vector {
    let c = c.eval(frame, rows).truths();
    match (a.eval(frame, rows), b.eval(frame, rows)) {
        (Vector::Truths(x), Vector::Truths(y)) => {
            let pick = |((c, x), y): ((&u8, &u8), &u8)| match *c {
                TRUE => *x,
                FALSE => *y,
                _ => UNKNOWN,
            };
            Vector::Truths(c.iter().zip(&x).zip(&y).map(pick).collect())
        }
        (x, y) => {
            let (x, y) = (x.numbers(), y.numbers());
            let pick = |((c, x), y): ((&u8, &f64), &f64)| match *c {
                TRUE => *x,
                FALSE => *y,
                _ => f64::NAN,
            };
            Vector::Numbers(c.iter().zip(&x).zip(&y).map(pick).collect())
        }
    }
}

fn within(village: Option<u64>, ranges: &[(u64, u64)]) -> u8 {
    match village {
        None | Some(0) => UNKNOWN,
        Some(v) => u8::from(ranges.iter().any(|(from, to)| (*from..*to).contains(&v))),
    }
}

/// A loop over members: the body runs once on all members of all families of the chunk, then the
/// answers are folded family by family.
fn members(kind: Members, body: &Op<'_>, frame: &Frame, rows: Rows<'_>) -> Vector {
    let gathered: Vec<u32>;
    let (list, sizes): (&[u32], Vec<usize>) = match rows {
        Rows::Range(from, to) => {
            (frame.members_of_range(from, to), (from..to).map(|f| frame.members(f).len()).collect())
        }
        Rows::List(families) => {
            let of = |f: &u32| frame.members(*f as usize);
            gathered = families.iter().flat_map(|f| of(f).iter().copied()).collect();
            (&gathered, families.iter().map(|f| of(f).len()).collect())
        }
    };
    let answers = body.eval(frame, Rows::List(list)).truths();
    let mut at = 0;
    let mut groups = sizes.into_iter().map(|size| {
        let group = answers.get(at..at + size).unwrap_or(&[]);
        at += size;
        group
    });
    let count = |group: &[u8], what: u8| group.iter().filter(|t| **t == what).count();
    match kind {
        Members::Exists => Vector::Truths(groups.map(|g| fold(g, FALSE, &OR)).collect()),
        Members::All => Vector::Truths(groups.map(|g| fold(g, TRUE, &AND)).collect()),
        Members::One => Vector::Truths(
            groups
                .map(
                    |g| if count(g, UNKNOWN) > 0 { UNKNOWN } else { u8::from(count(g, TRUE) == 1) },
                )
                .collect(),
        ),
        Members::Count => Vector::Numbers(
            groups
                .by_ref()
                .map(|g| if count(g, UNKNOWN) > 0 { f64::NAN } else { count(g, TRUE) as f64 })
                .collect(),
        ),
    }
}

fn fold(group: &[u8], start: u8, table: &[u8; 9]) -> u8 {
    group.iter().fold(start, |a, b| table[(3 * a + *b) as usize])
}
