//! Where each node of a tree stands in its text. The parser keeps no places for a text that it
//! accepts, so the leaves of the tree are walked in the order of the text beside its words.

use cel_parser::Expression;
use cel_parser::ast::{Expr, operators};
use cel_parser::reference::Val;
use rustc_hash::FxHashMap;

/// Byte offset of each node by its id.
pub(super) type Places = FxHashMap<u64, usize>;

/// The places of all nodes of `tree`.
pub(super) fn places(source: &str, tree: &Expression) -> Places {
    let mut walk = Walk { words: words(source), next: 0, found: Places::default() };
    walk.node(tree);
    walk.found
}

struct Walk<'a> {
    words: Vec<(usize, &'a str)>,
    next: usize,
    found: Places,
}

impl Walk<'_> {
    /// Moves to the next word that is `text` and gives its place.
    fn take(&mut self, text: &str) -> Option<usize> {
        let index = (self.next..self.words.len()).find(|&i| self.words[i].1 == text)?;
        self.next = index + 1;
        Some(self.words[index].0)
    }

    /// Visits `node`; gives the place of its first leaf.
    fn node(&mut self, node: &Expression) -> Option<usize> {
        let place = match &node.expr {
            Expr::Ident(name) => self.take(name),
            Expr::Literal(value) => self.take(&literal(value)),
            Expr::Select(select) => {
                let first = self.node(&select.operand);
                let field = self.take(&select.field);
                field.or(first)
            }
            Expr::List(list) => first(list.elements.iter().map(|e| self.node(e)).collect()),
            Expr::Call(call) => {
                let target = call.target.as_ref().and_then(|t| self.node(t));
                let named = call.func_name.starts_with(|c: char| c.is_ascii_alphabetic());
                let name = if named { self.take(&call.func_name) } else { None };
                let args = call.args.iter().map(|a| self.node(a)).collect();
                name.or(target).or(first(args))
            }
            Expr::Comprehension(loop_) => {
                let range = self.node(&loop_.iter_range);
                let _ = self.take(&loop_.iter_var);
                if let Some(body) = body(node) {
                    self.node(body);
                }
                range
            }
            _ => None,
        };
        if let Some(place) = place {
            self.found.insert(node.id, place);
        }
        place
    }
}

fn first(places: Vec<Option<usize>>) -> Option<usize> {
    places.into_iter().flatten().next()
}

/// The condition that the writer put into `exists`, `all`, `exists_one` or `filter`.
pub(super) fn body(node: &Expression) -> Option<&Expression> {
    let Expr::Comprehension(loop_) = &node.expr else { return None };
    let Expr::Call(step) = &loop_.loop_step.expr else { return None };
    match step.func_name.as_str() {
        operators::LOGICAL_OR | operators::LOGICAL_AND => step.args.get(1),
        operators::CONDITIONAL => step.args.first(),
        _ => None,
    }
}

fn literal(value: &Val) -> String {
    match value {
        Val::Int(n) => n.unsigned_abs().to_string(),
        Val::UInt(n) => n.to_string(),
        Val::Double(x) => format!("{}", x.abs()),
        Val::Boolean(b) => b.to_string(),
        Val::String(text) => text.clone(),
        Val::Null => "null".into(),
        Val::Bytes(_) => String::new(),
    }
}

/// Names, numbers and strings (without quotes) of `source` with their places.
fn words(source: &str) -> Vec<(usize, &str)> {
    let bytes = source.as_bytes();
    let mut out = Vec::new();
    let mut i = 0;
    while i < bytes.len() {
        let start = i;
        match bytes[i] {
            quote @ (b'"' | b'\'') => {
                i += 1;
                while i < bytes.len() && bytes[i] != quote {
                    i += if bytes[i] == b'\\' { 2 } else { 1 };
                }
                let end = i.min(bytes.len());
                out.push((start, source.get(start + 1..end).unwrap_or("")));
                i += 1;
            }
            b if b.is_ascii_alphabetic() || b == b'_' => {
                while i < bytes.len() && (bytes[i].is_ascii_alphanumeric() || bytes[i] == b'_') {
                    i += 1;
                }
                out.push((start, &source[start..i]));
            }
            b if b.is_ascii_digit() => {
                while i < bytes.len() && (bytes[i].is_ascii_digit() || bytes[i] == b'.') {
                    i += 1;
                }
                out.push((start, &source[start..i]));
            }
            _ => i += 1,
        }
    }
    out
}
