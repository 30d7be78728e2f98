//! Blocking rules for settings that name none: every two of the compared columns.

use crate::spec::expr::{Expr, Function};
use crate::spec::{Block, Method, Spec};

/// Rules from the compared columns: each pair of columns equal, names by their sorted words.
#[must_use]
pub fn default_blocks(spec: &Spec, max_size: usize) -> Vec<Block> {
    let mut keys: Vec<(String, Expr)> = Vec::new();
    for compare in &spec.compares {
        if matches!(
            compare.method,
            Method::Ladder(_)
                | Method::Geographic(_)
                | Method::Number { .. }
                | Method::Array { .. }
        ) {
            continue;
        }
        let Some(expr) = compare.exprs.first() else { continue };
        let key = if compare.method == Method::Name {
            Expr::Call(Function::SortedWords, vec![expr.clone()], Vec::new())
        } else {
            expr.clone()
        };
        keys.push((compare.name.clone(), key));
    }
    let mut blocks = Vec::new();
    for (at, (name, key)) in keys.iter().enumerate() {
        for (other, second) in &keys[at + 1..] {
            blocks.push(Block {
                name: format!("{name} & {other}"),
                keys: vec![key.clone(), second.clone()],
                max_size,
            });
        }
    }
    blocks
}
