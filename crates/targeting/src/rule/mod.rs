//! The rule language: CEL, parsed, checked against the schema, and run on columns.
//!
//! ```text
//! text ──parse──▶ CEL tree ──check──▶ typed tree (`Node`) ──bind──▶ kernels over columns
//!        places for errors     fields, types, codes      look-up tables, hoisted member loops
//! ```

mod bind;
mod check;
mod functions;
mod kernel;
mod node;
mod parse;
mod place;

pub(crate) use bind::ranges;
pub use bind::{Bound, bind};
pub use check::{Scope, check};
pub use kernel::{FALSE, TRUE, UNKNOWN};
pub use node::{Arith, Compare, Members, Node, Standing, Typed};

use crate::error::RuleError;

/// Parses and checks `source` in `scope`; the result is a condition (true, false or unknown).
///
/// # Errors
/// A [`RuleError`] with the place in the expression.
pub fn condition(source: &str, scope: &Scope<'_>) -> Result<Node, RuleError> {
    let tree = parse::parse(source)?;
    let places = place::places(source, &tree);
    let typed = check(source, &tree, &places, scope)?;
    if typed.kind != crate::schema::Type::Bool {
        return Err(RuleError::at(
            source,
            0,
            format!(
                "a condition must be true or false, but this is {}; compare it with something, \
                 for example `family.decile <= 4`",
                typed.kind.word()
            ),
        ));
    }
    Ok(typed.node)
}
