//! The functions and loops of the rule language.

use super::check::Checker;
use super::node::{Members, Node, Standing, Typed};
use super::place::body;
use crate::error::RuleError;
use crate::programme::Value;
use crate::schema::Type;
use cel_parser::Expression;
use cel_parser::ast::{CallExpr, ComprehensionExpr, Expr, operators};
use cel_parser::reference::Val;
use kernel::suggest::hint;
use kernel::{Date, Region};

impl Checker<'_> {
    fn text<'t>(&self, node: &'t Expression) -> Result<&'t str, RuleError> {
        match &node.expr {
            Expr::Literal(Val::String(text)) => Ok(text),
            _ => self.error(node, "a text in quotes is needed here"),
        }
    }

    pub(super) fn standing(
        &self,
        node: &Expression,
        name: &str,
        call: &CallExpr,
        arg: &Expression,
    ) -> Result<Typed, RuleError> {
        let table = match &call.target {
            None if self.member.is_some() => {
                let m = self.member.as_deref().unwrap_or("m");
                return self.error(node, format!("inside a loop write `{m}.{name}(…)`"));
            }
            None => self.scope.unit,
            Some(target) => match &target.expr {
                Expr::Ident(word) => self.table(target, word)?,
                _ => return self.error(node, format!("write {name}(\"…\")")),
            },
        };
        let word = self.text(arg)?.to_owned();
        if name != "flagged" && !self.scope.rolls.contains(&word) {
            let near = hint(&word, self.scope.rolls.iter().map(String::as_str));
            return self.error(arg, format!("no programme `{word}`{near}"));
        }
        let standing = match name {
            "on_roll" => Standing::OnRoll(word),
            "cut_off" => Standing::CutOff(word),
            _ => Standing::Flagged(word),
        };
        Ok(Typed { node: Node::Standing(table, standing), kind: Type::Bool })
    }

    pub(super) fn in_region(&self, arg: &Expression) -> Result<Typed, RuleError> {
        let mut ranges = Vec::new();
        let mut add = |at: &Expression, text: &str| -> Result<(), RuleError> {
            match Region::parse(text) {
                Ok(region) => ranges.push(villages_of(region)),
                Err(wrong) => return self.error(at, wrong.to_string()),
            }
            Ok(())
        };
        match &arg.expr {
            Expr::Literal(Val::String(text)) => add(arg, text)?,
            Expr::List(items) => {
                for item in &items.elements {
                    add(item, self.text(item)?)?;
                }
            }
            Expr::Select(select) => match self.parameter(arg, &select.field)? {
                Value::Texts(texts) => {
                    for text in texts {
                        add(arg, text)?;
                    }
                }
                _ => return self.error(arg, "this parameter is not a list of region codes"),
            },
            _ => return self.error(arg, "write a region code in quotes, for example \"52.01\""),
        }
        ranges.sort_unstable();
        Ok(Typed { node: Node::InRegion(ranges), kind: Type::Bool })
    }

    pub(super) fn date(&self, arg: &Expression) -> Result<Typed, RuleError> {
        match self.text(arg)?.parse::<Date>() {
            Ok(date) => Ok(Typed { node: Node::Number(f64::from(date.days())), kind: Type::Date }),
            Err(wrong) => self.error(arg, wrong.to_string()),
        }
    }

    /// `size(members)` or `size(members.filter(m, …))`.
    pub(super) fn size(&self, arg: &Expression) -> Result<Typed, RuleError> {
        match &arg.expr {
            Expr::Ident(name) if name == "members" && self.member.is_none() => {
                let body = Box::new(Node::Truth(true));
                Ok(Typed { node: Node::Members(Members::Count, body), kind: Type::Int })
            }
            Expr::Comprehension(loop_) => self.members(arg, loop_, true),
            _ => self.error(arg, "size counts members: size(members) or size(members.filter(…))"),
        }
    }

    pub(super) fn members(
        &self,
        node: &Expression,
        loop_: &ComprehensionExpr,
        counted: bool,
    ) -> Result<Typed, RuleError> {
        let over_members = matches!(&loop_.iter_range.expr, Expr::Ident(n) if n == "members");
        if !over_members || self.member.is_some() {
            return self.error(node, "loops run over `members` only, and not inside each other");
        }
        let kind = match (&loop_.accu_init.expr, &loop_.loop_step.expr) {
            (Expr::Literal(Val::Boolean(false)), _) if !counted => Members::Exists,
            (Expr::Literal(Val::Boolean(true)), _) if !counted => Members::All,
            (Expr::Literal(Val::Int(0)), _) if !counted => Members::One,
            (Expr::List(_), Expr::Call(step))
                if counted && step.func_name == operators::CONDITIONAL =>
            {
                Members::Count
            }
            _ if counted => return self.error(node, "write size(members.filter(m, condition))"),
            _ => return self.error(node, "put it into size(…) or use exists, all, exists_one"),
        };
        let Some(inner) = body(node) else { return self.error(node, "the loop has no condition") };
        let checker = Checker {
            source: self.source,
            places: self.places,
            scope: self.scope,
            member: Some(loop_.iter_var.clone()),
        };
        let condition = checker.truth(inner)?;
        let kind_of = if kind == Members::Count { Type::Int } else { Type::Bool };
        Ok(Typed { node: Node::Members(kind, Box::new(condition)), kind: kind_of })
    }
}

/// The half-open range of village codes that lie in `region`.
#[must_use]
pub(crate) fn villages_of(region: Region) -> (u64, u64) {
    let n = region.number();
    match region.level() {
        kernel::region::Level::Province => (n * 100_000_000, (n + 1) * 100_000_000),
        kernel::region::Level::Regency => (n * 1_000_000, (n + 1) * 1_000_000),
        kernel::region::Level::District => (n * 10_000, (n + 1) * 10_000),
        kernel::region::Level::Village => (n, n + 1),
    }
}
