//! The typed tree of a checked condition.

use crate::schema::{TableKind, Type};

/// A node with its type.
#[derive(Debug, Clone)]
pub struct Typed {
    /// The node.
    pub node: Node,
    /// What it gives.
    pub kind: Type,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
}

/// Arithmetic. `Whole` division and remainder are CEL's for integers (towards zero).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arith {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/` on numbers with a fraction
    Divide,
    /// `/` on whole numbers
    Whole,
    /// `%`
    Remainder,
}

/// What a loop over the living members of a family asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Members {
    /// `members.exists(m, …)`
    Exists,
    /// `members.all(m, …)`
    All,
    /// `members.exists_one(m, …)`
    One,
    /// `size(members.filter(m, …))`
    Count,
}

/// What a membership function asks of rolls and flags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// `on_roll("pkh")`: receives it now.
    OnRoll(String),
    /// `cut_off("pbi_jk")`: was on the roll and was cut off.
    CutOff(String),
    /// `flagged("gambling")`: an outside check says so.
    Flagged(String),
}

/// A checked expression. Numbers and dates (days) are `f64`, unknown is NaN; truth is three-valued.
#[derive(Debug, Clone)]
pub enum Node {
    /// A number, or a date in days since 1970.
    Number(f64),
    /// `true` or `false`.
    Truth(bool),
    /// A column.
    Column {
        /// Its table.
        table: TableKind,
        /// Its name.
        name: String,
    },
    /// `has(family.tenure)`: the value is known.
    Has(Box<Node>),
    /// `!a`
    Not(Box<Node>),
    /// `a && b`
    And(Box<Node>, Box<Node>),
    /// `a || b`
    Or(Box<Node>, Box<Node>),
    /// A comparison.
    Compare(Compare, Box<Node>, Box<Node>),
    /// `a in [1, 2, 3]`, sorted
    In(Box<Node>, Vec<f64>),
    /// Arithmetic.
    Arith(Arith, Box<Node>, Box<Node>),
    /// `c ? a : b`
    If(Box<Node>, Box<Node>, Box<Node>),
    /// Rolls and flags, of a person or of a family.
    Standing(TableKind, Standing),
    /// `in_region(…)`: the village lies in one of these half-open ranges of village codes.
    InRegion(Vec<(u64, u64)>),
    /// A loop over members.
    Members(Members, Box<Node>),
}

impl Node {
    /// Calls `visit` on this node and all below it.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Node)) {
        visit(self);
        match self {
            Self::Number(_)
            | Self::Truth(_)
            | Self::Column { .. }
            | Self::Standing(..)
            | Self::InRegion(_) => {}
            Self::Has(a) | Self::Not(a) | Self::In(a, _) | Self::Members(_, a) => a.walk(visit),
            Self::And(a, b) | Self::Or(a, b) | Self::Compare(_, a, b) | Self::Arith(_, a, b) => {
                a.walk(visit);
                b.walk(visit);
            }
            Self::If(a, b, c) => {
                a.walk(visit);
                b.walk(visit);
                c.walk(visit);
            }
        }
    }
}
