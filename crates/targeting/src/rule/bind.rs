//! Binds a typed tree to the columns of a frame, and makes it fast: a condition on one small column
//! becomes a table of 256 answers, a loop over members in a rule on persons is run once per family.

use super::kernel::{FALSE, Op, Rows, TRUE, UNKNOWN, Vector, Via};
use super::node::{Node, Standing};
use crate::TargetError;
use crate::frame::{Column, FamilyCore, Frame, NO_ROW, Table, roll_status};
use crate::schema::TableKind;
use rayon::prelude::*;
use std::sync::Arc;

/// Rows per chunk: a few vectors of it stay in the second-level cache.
const CHUNK_ROWS: usize = 16_384;

/// A condition bound to a frame.
#[derive(Debug)]
pub struct Bound<'f> {
    frame: &'f Frame,
    unit: TableKind,
    op: Op<'f>,
}

/// Binds `node`, a condition for rows of `unit`, to `frame`.
///
/// # Errors
/// When the frame lacks a column (and is not lenient).
pub fn bind<'f>(node: &Node, unit: TableKind, frame: &'f Frame) -> Result<Bound<'f>, TargetError> {
    let op = Binder { frame, unit, inside_loop: false }.op(node)?;
    Ok(Bound { frame, unit, op })
}

impl Bound<'_> {
    /// The answer for every row of the unit: 0 no, 1 yes, 2 unknown.
    #[must_use]
    pub fn truths(&self) -> Vec<u8> {
        let rows = self.frame.rows(self.unit);
        let chunks: Vec<Vec<u8>> =
            ranges(rows).into_par_iter().map(|(from, to)| self.truths_of_range(from, to)).collect();
        chunks.concat()
    }

    /// The answer for the rows `from..to`.
    #[must_use]
    pub fn truths_of_range(&self, from: usize, to: usize) -> Vec<u8> {
        self.op.eval(self.frame, Rows::Range(from, to)).truths()
    }

    /// The answer for the rows `rows` only.
    #[must_use]
    pub fn truths_of(&self, rows: &[u32]) -> Vec<u8> {
        self.op.eval(self.frame, Rows::List(rows)).truths()
    }
}

/// `0..rows` in chunks of [`CHUNK_ROWS`].
pub(crate) fn ranges(rows: usize) -> Vec<(usize, usize)> {
    (0..rows).step_by(CHUNK_ROWS).map(|from| (from, (from + CHUNK_ROWS).min(rows))).collect()
}

struct Binder<'f> {
    frame: &'f Frame,
    unit: TableKind,
    inside_loop: bool,
}

impl<'f> Binder<'f> {
    /// The table whose rows an operation gets here.
    const fn here(&self) -> TableKind {
        if self.inside_loop { TableKind::Person } else { self.unit }
    }

    fn via(&self, table: TableKind) -> Via {
        if table == self.here() { Via::Same } else { Via::Family }
    }

    fn op(&self, node: &Node) -> Result<Op<'f>, TargetError> {
        if let Some(table) = self.as_table(node)? {
            return Ok(table);
        }
        let pair = |a: &Node, b: &Node| -> Result<(Box<Op<'f>>, Box<Op<'f>>), TargetError> {
            Ok((Box::new(self.op(a)?), Box::new(self.op(b)?)))
        };
        Ok(match node {
            Node::Number(x) => Op::Number(*x),
            Node::Truth(b) => Op::Truth(u8::from(*b)),
            Node::Column { table, name } => match self.column(*table, name)? {
                Some(column) => Op::Column(column, self.via(*table)),
                None => Op::Number(f64::NAN),
            },
            Node::Has(a) => Op::Has(Box::new(self.op(a)?)),
            Node::Not(a) => Op::Not(Box::new(self.op(a)?)),
            Node::And(a, b) => {
                let (a, b) = pair(a, b)?;
                Op::And(a, b)
            }
            Node::Or(a, b) => {
                let (a, b) = pair(a, b)?;
                Op::Or(a, b)
            }
            Node::Compare(op, a, b) => {
                let (a, b) = pair(a, b)?;
                Op::Compare(*op, a, b)
            }
            Node::In(a, values) => Op::In(Box::new(self.op(a)?), values.clone()),
            Node::Arith(op, a, b) => {
                let (a, b) = pair(a, b)?;
                Op::Arith(*op, a, b)
            }
            Node::If(c, a, b) => {
                let (a, b) = pair(a, b)?;
                Op::If(Box::new(self.op(c)?), a, b)
            }
            Node::Standing(table, standing) => self.standing(*table, standing),
            Node::InRegion(ranges) => Op::InRegion(
                &self.frame.family.village,
                ranges.clone(),
                self.via(TableKind::Family),
            ),
            Node::Members(kind, body) => {
                let inner = Binder { inside_loop: true, ..*self }.op(body)?;
                let op = Op::Members(*kind, Box::new(inner));
                if self.unit == TableKind::Family { op } else { self.per_family(&op) }
            }
        })
    }

    fn column(&self, table: TableKind, name: &str) -> Result<Option<&'f Column>, TargetError> {
        if let Some(column) = self.frame.table(table).column(name) {
            return Ok(Some(column));
        }
        if self.frame.lenient {
            return Ok(None);
        }
        let word = if table == TableKind::Person { "persons" } else { "families" };
        Err(TargetError::Data(format!(
            "the edition has no column {word}.{name}, which a rule needs; map it in the source \
             files (config/id/sources) or take the condition out of the programme"
        )))
    }

    /// Runs a loop over members for all families at once, for use in a rule on persons.
    fn per_family(&self, op: &Op<'f>) -> Op<'f> {
        let chunks: Vec<Vector> = ranges(self.frame.rows(TableKind::Family))
            .into_par_iter()
            .map(|(from, to)| op.eval(self.frame, Rows::Range(from, to)))
            .collect();
        let counted = matches!(op, Op::Members(super::node::Members::Count, _));
        if counted {
            Op::Numbers(chunks.into_iter().flat_map(Vector::numbers).collect(), Via::Family)
        } else {
            Op::Truths(chunks.into_iter().flat_map(Vector::truths).collect(), Via::Family)
        }
    }

    fn standing(&self, table: TableKind, standing: &Standing) -> Op<'f> {
        let via = self.via(table);
        let roll = |name: &str, want: u8| match (self.frame.rolls.get(name), table) {
            (None, _) => Op::Truth(FALSE),
            (Some(roll), TableKind::Person) => Op::Bytes(&roll.persons, want, via),
            (Some(roll), TableKind::Family) => Op::Bytes(&roll.families, want, via),
        };
        match standing {
            Standing::OnRoll(name) => roll(name, roll_status::ACTIVE),
            Standing::CutOff(name) => roll(name, roll_status::CUT_OFF),
            Standing::Flagged(name) => match (self.frame.flags.get(name), table) {
                (None, _) => Op::Truth(FALSE),
                (Some(flags), TableKind::Person) => Op::Bytes(flags, TRUE, via),
                (Some(flags), TableKind::Family) => {
                    let mut any = vec![FALSE; self.frame.rows(TableKind::Family)];
                    for (row, _) in flags.iter().enumerate().filter(|(_, f)| **f == TRUE) {
                        let family = self.frame.person.family[row];
                        if family != NO_ROW {
                            any[family as usize] = TRUE;
                        }
                    }
                    Op::Truths(any, via)
                }
            },
        }
    }

    /// A condition whose only column is small, as a table of its 256 answers.
    fn as_table(&self, node: &Node) -> Result<Option<Op<'f>>, TargetError> {
        let Some((table, name)) = only_column(node) else { return Ok(None) };
        let Some(Column::Small(values)) = self.column(table, &name)? else { return Ok(None) };
        let mut probe = Frame::default();
        probe.lenient = true;
        let column = Column::Small((0..=u8::MAX).collect());
        let rows = 256;
        let mut one = Table { rows, ..Table::default() };
        one.columns.insert(name, Arc::new(column));
        probe.family = Arc::new(FamilyCore { id: vec![0; rows], ..FamilyCore::default() });
        probe.families = one;
        let op =
            Binder { frame: &probe, unit: TableKind::Family, inside_loop: false }.plain(node)?;
        let answers = op.eval(&probe, Rows::Range(0, rows)).truths();
        let mut lookup = [UNKNOWN; 256];
        lookup.copy_from_slice(&answers);
        Ok(Some(Op::Table(values, self.via(table), Box::new(lookup))))
    }

    /// Binds without look-up tables, every column from the probe's one table (used to fill one).
    fn plain(&self, node: &Node) -> Result<Op<'f>, TargetError> {
        let boxed = |n: &Node| -> Result<Box<Op<'f>>, TargetError> { Ok(Box::new(self.plain(n)?)) };
        Ok(match node {
            Node::Has(a) => Op::Has(boxed(a)?),
            Node::Not(a) => Op::Not(boxed(a)?),
            Node::And(a, b) => Op::And(boxed(a)?, boxed(b)?),
            Node::Or(a, b) => Op::Or(boxed(a)?, boxed(b)?),
            Node::Compare(op, a, b) => Op::Compare(*op, boxed(a)?, boxed(b)?),
            Node::In(a, values) => Op::In(boxed(a)?, values.clone()),
            Node::Arith(op, a, b) => Op::Arith(*op, boxed(a)?, boxed(b)?),
            Node::If(c, a, b) => Op::If(boxed(c)?, boxed(a)?, boxed(b)?),
            Node::Column { name, .. } => match self.frame.families.column(name) {
                Some(column) => Op::Column(column, Via::Same),
                None => Op::Number(f64::NAN),
            },
            Node::Number(x) => Op::Number(*x),
            Node::Truth(b) => Op::Truth(u8::from(*b)),
            _ => Op::Truth(UNKNOWN),
        })
    }
}

/// The one column that a condition depends on, if it is a condition and depends on nothing else.
fn only_column(node: &Node) -> Option<(TableKind, String)> {
    let condition = matches!(
        node,
        Node::Has(_)
            | Node::Not(_)
            | Node::And(..)
            | Node::Or(..)
            | Node::Compare(..)
            | Node::In(..)
    );
    if !condition {
        return None;
    }
    let mut found: Option<(TableKind, &str)> = None;
    let mut fits = true;
    node.walk(&mut |n| match n {
        Node::Column { table, name } => {
            let this = (*table, name.as_str());
            fits &= found.is_none_or(|other| other == this);
            found = Some(this);
        }
        Node::Standing(..) | Node::InRegion(_) | Node::Members(..) => fits = false,
        _ => {}
    });
    found.filter(|_| fits).map(|(table, name)| (table, name.to_owned()))
}
