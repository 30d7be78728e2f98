//! A CEL tree to a typed tree: fields, parameters, functions, types and codes are all checked here,
//! so that nothing can fail when the rule runs.

use super::node::{Arith, Compare, Node, Typed};
use super::place::Places;
use crate::error::RuleError;
use crate::programme::Value;
use crate::schema::{Schema, TableKind, Type};
use cel_parser::Expression;
use cel_parser::ast::{CallExpr, Expr, operators};
use cel_parser::reference::Val;
use kernel::suggest::hint;
use std::collections::BTreeMap;

/// What an expression may name.
pub struct Scope<'a> {
    /// The fields.
    pub schema: &'a Schema,
    /// The programme's unit: `person.*` exists only for persons.
    pub unit: TableKind,
    /// Parameters as of the day, by key.
    pub parameters: &'a BTreeMap<String, Value>,
    /// Programmes that `on_roll` and `cut_off` may name.
    pub rolls: &'a [String],
    /// The name of the member variable, inside a member condition.
    pub member: Option<&'a str>,
}

/// Checks `tree`, parsed from `source`.
///
/// # Errors
/// A [`RuleError`] at the first thing that is wrong, with a suggestion where one is near.
pub fn check(
    source: &str,
    tree: &Expression,
    places: &Places,
    scope: &Scope<'_>,
) -> Result<Typed, RuleError> {
    Checker { source, places, scope, member: scope.member.map(str::to_owned) }.node(tree)
}

pub(super) struct Checker<'a> {
    pub(super) source: &'a str,
    pub(super) places: &'a Places,
    pub(super) scope: &'a Scope<'a>,
    pub(super) member: Option<String>,
}

const FUNCTIONS: [&str; 7] = ["on_roll", "cut_off", "flagged", "in_region", "date", "size", "has"];

impl Checker<'_> {
    pub(super) fn error<T>(
        &self,
        node: &Expression,
        message: impl Into<String>,
    ) -> Result<T, RuleError> {
        let offset = self.places.get(&node.id).copied().unwrap_or(0);
        Err(RuleError::at(self.source, offset, message))
    }

    fn node(&self, node: &Expression) -> Result<Typed, RuleError> {
        match &node.expr {
            Expr::Literal(value) => self.literal(node, value),
            Expr::Select(select) => {
                let field = self.select(node, &select.operand, &select.field)?;
                if !select.test {
                    return Ok(field);
                }
                Ok(Typed { node: Node::Has(Box::new(field.node)), kind: Type::Bool })
            }
            Expr::Call(call) => self.call(node, call),
            Expr::Comprehension(loop_) => self.members(node, loop_, false),
            Expr::Ident(name) => self.bare_name(node, name),
            Expr::List(_) => self.error(node, "a list stands only after `in`"),
            _ => self.error(node, "this part of CEL is not used in programme files"),
        }
    }

    fn bare_name<T>(&self, node: &Expression, name: &str) -> Result<T, RuleError> {
        let near = ["person", "family", "members", "params"];
        if near.contains(&name) {
            return self.error(node, format!("write a field after it, for example `{name}.…`"));
        }
        for (table, word) in [(TableKind::Family, "family"), (TableKind::Person, "person")] {
            if self.scope.schema.field(table, name).is_ok() {
                return self.error(node, format!("write `{word}.{name}`"));
            }
        }
        self.error(node, format!("unknown name `{name}`{}", hint(name, near)))
    }

    fn literal(&self, node: &Expression, value: &Val) -> Result<Typed, RuleError> {
        Ok(match value {
            Val::Int(n) => Typed { node: Node::Number(*n as f64), kind: Type::Int },
            Val::UInt(n) => Typed { node: Node::Number(*n as f64), kind: Type::Int },
            Val::Double(x) => Typed { node: Node::Number(*x), kind: Type::Double },
            Val::Boolean(b) => Typed { node: Node::Truth(*b), kind: Type::Bool },
            Val::Null => {
                return self.error(node, "write `has(family.field)` to ask if a value is known");
            }
            _ => return self.error(node, "text stands only inside a function such as on_roll(…)"),
        })
    }

    /// `person.age`, `family.decile`, `params.limit` or a member's `m.age`.
    fn select(
        &self,
        node: &Expression,
        operand: &Expression,
        field: &str,
    ) -> Result<Typed, RuleError> {
        let Expr::Ident(name) = &operand.expr else {
            return self.error(node, "fields have no fields of their own");
        };
        if name == "params" {
            return match self.parameter(node, field)? {
                Value::Int(n) => Ok(Typed { node: Node::Number(*n as f64), kind: Type::Int }),
                Value::Double(x) => Ok(Typed { node: Node::Number(*x), kind: Type::Double }),
                Value::Bool(b) => Ok(Typed { node: Node::Truth(*b), kind: Type::Bool }),
                Value::Numbers(_) | Value::Texts(_) => {
                    self.error(node, format!("`params.{field}` is a list; use it after `in`"))
                }
            };
        }
        let table = self.table(operand, name)?;
        match self.scope.schema.field(table, field) {
            Ok(found) => {
                Ok(Typed { node: Node::Column { table, name: field.to_owned() }, kind: found.kind })
            }
            Err(message) => self.error(node, message),
        }
    }

    pub(super) fn table(&self, node: &Expression, name: &str) -> Result<TableKind, RuleError> {
        if self.member.as_deref() == Some(name) {
            return Ok(TableKind::Person);
        }
        match name {
            "family" => Ok(TableKind::Family),
            "person" if self.member.is_some() => {
                self.error(node, "inside a loop over members use the loop's name and `family`")
            }
            "person" if self.scope.unit == TableKind::Person => Ok(TableKind::Person),
            "person" => self.error(
                node,
                "this programme's unit is the family: ask its members instead, for example \
                 `members.exists(m, m.age >= 60)`",
            ),
            _ => self.bare_name(node, name),
        }
    }

    pub(super) fn parameter(&self, node: &Expression, key: &str) -> Result<&Value, RuleError> {
        match self.scope.parameters.get(key) {
            Some(value) => Ok(value),
            None => {
                let known = self.scope.parameters.keys().map(String::as_str);
                let message = format!(
                    "no parameter `{key}` in this file on this day{}; add [parameters.{key}]",
                    hint(key, known)
                );
                self.error(node, message)
            }
        }
    }

    fn call(&self, node: &Expression, call: &CallExpr) -> Result<Typed, RuleError> {
        let args = &call.args;
        match (call.func_name.as_str(), args.as_slice()) {
            (operators::LOGICAL_NOT, [a]) => {
                let a = self.truth(a)?;
                Ok(Typed { node: Node::Not(Box::new(a)), kind: Type::Bool })
            }
            (operators::LOGICAL_AND, [a, b]) => {
                let node = Node::And(Box::new(self.truth(a)?), Box::new(self.truth(b)?));
                Ok(Typed { node, kind: Type::Bool })
            }
            (operators::LOGICAL_OR, [a, b]) => {
                let node = Node::Or(Box::new(self.truth(a)?), Box::new(self.truth(b)?));
                Ok(Typed { node, kind: Type::Bool })
            }
            (operators::CONDITIONAL, [c, a, b]) => self.choice(c, a, b),
            (operators::IN, [a, list]) => self.membership(a, list),
            (operators::NEGATE, [a]) => {
                let a = self.number(a)?;
                let zero = Box::new(Node::Number(0.0));
                let negated = Node::Arith(Arith::Subtract, zero, Box::new(a.node));
                Ok(Typed { node: negated, kind: a.kind })
            }
            (name, [a, b]) if comparison(name).is_some() => self.comparison(node, name, a, b),
            (name, [a, b]) if arithmetic(name).is_some() => self.arithmetic(node, name, a, b),
            (name, _) => self.function(node, name, call),
        }
    }

    pub(super) fn truth(&self, node: &Expression) -> Result<Node, RuleError> {
        let typed = self.node(node)?;
        if typed.kind == Type::Bool {
            return Ok(typed.node);
        }
        let message =
            format!("here stands {}, but a condition is needed; compare it", typed.kind.word());
        self.error(node, message)
    }

    fn number(&self, node: &Expression) -> Result<Typed, RuleError> {
        let typed = self.node(node)?;
        if typed.kind.is_number() {
            return Ok(typed);
        }
        self.error(node, format!("here stands {}, but a number is needed", typed.kind.word()))
    }

    fn choice(&self, c: &Expression, a: &Expression, b: &Expression) -> Result<Typed, RuleError> {
        let (c, x, y) = (self.truth(c)?, self.node(a)?, self.node(b)?);
        let kind = match (x.kind, y.kind) {
            (s, t) if s == t => s,
            (s, t) if s.is_number() && t.is_number() => Type::Double,
            _ => return self.error(b, "both sides of `? :` must be of one type"),
        };
        let node = Node::If(Box::new(c), Box::new(x.node), Box::new(y.node));
        Ok(Typed { node, kind })
    }

    fn comparison(
        &self,
        node: &Expression,
        name: &str,
        a: &Expression,
        b: &Expression,
    ) -> Result<Typed, RuleError> {
        let (x, y) = (self.node(a)?, self.node(b)?);
        let fits = x.kind == y.kind || (x.kind.is_number() && y.kind.is_number());
        if !fits {
            let message = format!("{} cannot be compared with {}", x.kind.word(), y.kind.word());
            return self.error(node, message);
        }
        let compare = comparison(name).unwrap_or(Compare::Equal);
        let ordered = !matches!(compare, Compare::Equal | Compare::NotEqual);
        if ordered && x.kind == Type::Bool {
            return self.error(node, "true and false have no order; use == or !=");
        }
        if !ordered {
            self.code_exists(a, &x.node, b, &y.node)?;
            self.code_exists(b, &y.node, a, &x.node)?;
        }
        let node = Node::Compare(compare, Box::new(x.node), Box::new(y.node));
        Ok(Typed { node, kind: Type::Bool })
    }

    /// `family.floor_material == 12` is refused when no floor has the code 12.
    fn code_exists(
        &self,
        _column_at: &Expression,
        column: &Node,
        value_at: &Expression,
        value: &Node,
    ) -> Result<(), RuleError> {
        let (Node::Column { table, name }, Node::Number(code)) = (column, value) else {
            return Ok(());
        };
        let Ok(field) = self.scope.schema.field(*table, name) else { return Ok(()) };
        if field.codes.is_empty() || field.codes.iter().any(|(c, _)| *c as f64 == *code) {
            return Ok(());
        }
        let known: Vec<String> =
            field.codes.iter().take(12).map(|(c, label)| format!("{c} {label}")).collect();
        let message = format!("`{name}` has no code {code}; its codes: {}", known.join(", "));
        self.error(value_at, message)
    }

    fn arithmetic(
        &self,
        node: &Expression,
        name: &str,
        a: &Expression,
        b: &Expression,
    ) -> Result<Typed, RuleError> {
        let (x, y) = (self.number(a)?, self.number(b)?);
        let kind =
            if x.kind == Type::Int && y.kind == Type::Int { Type::Int } else { Type::Double };
        let op = match (arithmetic(name).unwrap_or(Arith::Add), kind) {
            (Arith::Divide, Type::Int) => Arith::Whole,
            (Arith::Remainder, Type::Double) => {
                return self.error(node, "`%` needs whole numbers");
            }
            (op, _) => op,
        };
        Ok(Typed { node: Node::Arith(op, Box::new(x.node), Box::new(y.node)), kind })
    }

    /// `a in [1, 2]` or `a in params.list`.
    fn membership(&self, a: &Expression, list: &Expression) -> Result<Typed, RuleError> {
        let x = self.number(a)?;
        let mut values = Vec::new();
        match &list.expr {
            Expr::List(items) => {
                for item in &items.elements {
                    let Node::Number(value) = self.number(item)?.node else {
                        return self.error(item, "a list holds numbers or parameters only");
                    };
                    self.code_exists(a, &x.node, item, &Node::Number(value))?;
                    values.push(value);
                }
            }
            Expr::Select(select) if matches!(&select.operand.expr, Expr::Ident(n) if n == "params") =>
            {
                let Value::Numbers(numbers) = self.parameter(list, &select.field)? else {
                    return self.error(list, "this parameter is not a list of numbers");
                };
                values.clone_from(numbers);
            }
            _ => return self.error(list, "write a list after `in`, for example [1, 2]"),
        }
        values.sort_by(f64::total_cmp);
        Ok(Typed { node: Node::In(Box::new(x.node), values), kind: Type::Bool })
    }

    fn function(&self, node: &Expression, name: &str, call: &CallExpr) -> Result<Typed, RuleError> {
        match (name, call.args.as_slice()) {
            ("on_roll" | "cut_off" | "flagged", [arg]) => self.standing(node, name, call, arg),
            ("in_region", [arg]) if call.target.is_none() => self.in_region(arg),
            ("date", [arg]) if call.target.is_none() => self.date(arg),
            ("size", [arg]) if call.target.is_none() => self.size(arg),
            ("size", []) => match &call.target {
                Some(target) => self.size(target),
                None => self.error(node, "write size(members) or size(members.filter(m, …))"),
            },
            ("exists" | "all" | "exists_one" | "filter", _) => {
                self.error(node, format!("write members.{name}(m, condition on m)"))
            }
            _ if FUNCTIONS.contains(&name) => {
                self.error(node, format!("`{name}` takes one value in brackets"))
            }
            _ => {
                let message = format!(
                    "no function `{name}`{}; there are {}",
                    hint(name, FUNCTIONS),
                    FUNCTIONS.join(", ")
                );
                self.error(node, message)
            }
        }
    }
}

fn comparison(name: &str) -> Option<Compare> {
    Some(match name {
        operators::EQUALS => Compare::Equal,
        operators::NOT_EQUALS => Compare::NotEqual,
        operators::LESS => Compare::Less,
        operators::LESS_EQUALS => Compare::LessEqual,
        operators::GREATER => Compare::Greater,
        operators::GREATER_EQUALS => Compare::GreaterEqual,
        _ => return None,
    })
}

fn arithmetic(name: &str) -> Option<Arith> {
    Some(match name {
        operators::ADD => Arith::Add,
        operators::SUBSTRACT => Arith::Subtract,
        operators::MULTIPLY => Arith::Multiply,
        operators::DIVIDE => Arith::Divide,
        operators::MODULO => Arith::Remainder,
        _ => return None,
    })
}
