//! Key expressions (`prefix(surname, 3)`) and ladder conditions (`exact(nik) and edits(x) <= 1`).
//!
//! ```text
//! expression = column | function "(" expression { "," expression | number } ")"
//! condition  = clause { "or" clause }      clause = atom { "and" atom }
//! atom       = measure "(" expression ")" [ (">=" | "<=") number ]
//! ```
//! A column name that is no plain word stands in backticks: `` `Date of birth` ``.

use kernel::suggest;

/// What a function does to a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    /// First letters.
    Prefix,
    /// Last letters.
    Suffix,
    /// Letters from a place (from 1), of a length.
    Substr,
    /// Year of a date.
    Year,
    /// Month of a date.
    Month,
    /// Day of a date.
    Day,
    /// American Soundex of the text.
    Soundex,
    /// Consonant skeleton.
    Metaphone,
    /// First word.
    FirstWord,
    /// Last word.
    LastWord,
    /// Longest word (the first of several).
    LongestWord,
    /// The word that is rarest in the column.
    RarestWord,
    /// All words in alphabetical order; joins several columns.
    SortedWords,
    /// The texts joined by a blank.
    Join,
    /// First letters of all words.
    Initials,
    /// The name classes of the words (`[names]` convention), sorted.
    NameClass,
    /// Digits only.
    Digits,
    /// Letters only.
    Letters,
    /// Whole number of a value divided by a width.
    Bin,
    /// First six digits of a NIK.
    NikDistrict,
    /// Birth date in a NIK.
    NikBirth,
    /// Sex in a NIK (L or P).
    NikSex,
    /// Last four digits of a NIK.
    NikSerial,
}

const FUNCTIONS: [(&str, Function); 24] = [
    ("prefix", Function::Prefix),
    ("suffix", Function::Suffix),
    ("substr", Function::Substr),
    ("year", Function::Year),
    ("month", Function::Month),
    ("day", Function::Day),
    ("soundex", Function::Soundex),
    ("metaphone", Function::Metaphone),
    ("first_word", Function::FirstWord),
    ("last_word", Function::LastWord),
    ("longest_word", Function::LongestWord),
    ("rarest_word", Function::RarestWord),
    ("sorted_words", Function::SortedWords),
    ("words", Function::SortedWords),
    ("join", Function::Join),
    ("initials", Function::Initials),
    ("name_class", Function::NameClass),
    ("digits", Function::Digits),
    ("letters", Function::Letters),
    ("bin", Function::Bin),
    ("nik_district", Function::NikDistrict),
    ("nik_birth", Function::NikBirth),
    ("nik_sex", Function::NikSex),
    ("nik_serial", Function::NikSerial),
];

impl Function {
    /// True when the argument must be a date.
    #[must_use]
    pub const fn wants_date(self) -> bool {
        matches!(self, Self::Year | Self::Month | Self::Day)
    }

    /// Least and greatest count of column arguments and of numbers.
    const fn shape(self) -> (usize, usize, usize) {
        match self {
            Self::Prefix | Self::Suffix | Self::Bin => (1, 1, 1),
            Self::Substr => (1, 1, 2),
            Self::SortedWords | Self::Join => (1, 8, 0),
            _ => (1, 1, 0),
        }
    }
}

/// A column, or a function of expressions.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A column of the input.
    Column(String),
    /// A function, its expressions and its numbers.
    Call(Function, Vec<Expr>, Vec<f64>),
}

impl Expr {
    /// The columns it reads.
    pub fn columns<'a>(&'a self, out: &mut Vec<&'a str>) {
        match self {
            Self::Column(name) => out.push(name),
            Self::Call(_, inner, _) => inner.iter().for_each(|e| e.columns(out)),
        }
    }

    /// Calls `see` for every function whose direct argument is a column.
    pub fn functions_on_columns(&self, see: &mut dyn FnMut(Function, &str)) {
        if let Self::Call(function, inner, _) = self {
            for e in inner {
                match e {
                    Self::Column(name) => see(*function, name),
                    Self::Call(..) => e.functions_on_columns(see),
                }
            }
        }
    }
}

/// How an atom of a ladder measures two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Equal.
    Exact,
    /// Jaro-Winkler similarity (`>=`).
    JaroWinkler,
    /// Levenshtein distance (`<=`).
    Levenshtein,
    /// Damerau-Levenshtein distance (`<=`).
    Damerau,
    /// Steps of a date from the best (`<=`): 0 same, 1 slip, 2 two parts, 3 year, 4 close.
    Date,
    /// Level of the name comparison (`>=`), see the guide.
    Name,
    /// Difference of numbers (`<=`).
    Difference,
    /// Either value is missing.
    Missing,
}

const MEASURES: [(&str, Measure); 10] = [
    ("exact", Measure::Exact),
    ("jaro_winkler", Measure::JaroWinkler),
    ("levenshtein", Measure::Levenshtein),
    ("damerau_levenshtein", Measure::Damerau),
    ("edits", Measure::Damerau),
    ("date", Measure::Date),
    ("date_steps", Measure::Date),
    ("name", Measure::Name),
    ("difference", Measure::Difference),
    ("missing", Measure::Missing),
];

/// One test of two values.
#[derive(Debug, Clone, PartialEq)]
pub struct Atom {
    /// How they are measured.
    pub measure: Measure,
    /// What of them.
    pub expr: Expr,
    /// The bound (unused for `exact` and `missing`).
    pub bound: f64,
}

/// Any of several lists of atoms, each of which must hold whole.
pub type Condition = Vec<Vec<Atom>>;

/// Reads a key expression.
///
/// # Errors
/// What is wrong and what was expected.
pub fn parse(text: &str) -> Result<Expr, String> {
    let mut reader = Reader::new(text)?;
    let expr = reader.expr()?;
    reader.end()?;
    Ok(expr)
}

/// Reads a ladder condition.
///
/// # Errors
/// What is wrong and what was expected.
pub fn parse_condition(text: &str) -> Result<Condition, String> {
    let mut reader = Reader::new(text)?;
    let mut clauses = vec![reader.clause()?];
    while reader.take_word("or") {
        clauses.push(reader.clause()?);
    }
    reader.end()?;
    Ok(clauses)
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Quoted(String),
    Number(f64),
    Sign(&'static str),
}

struct Reader<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Result<Self, String> {
        Ok(Self { text, tokens: tokens(text)?, at: 0 })
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let hit = matches!(self.peek(), Some(Token::Sign(s)) if *s == sign);
        self.at += usize::from(hit);
        hit
    }

    fn take_word(&mut self, word: &str) -> bool {
        let hit = matches!(self.peek(), Some(Token::Word(w)) if w == word);
        self.at += usize::from(hit);
        hit
    }

    fn need_sign(&mut self, sign: &str) -> Result<(), String> {
        if self.take_sign(sign) {
            Ok(())
        } else {
            Err(format!("`{}`: expected `{sign}`", self.text))
        }
    }

    fn end(&self) -> Result<(), String> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(format!("`{}`: there is more than one expression here", self.text)),
        }
    }

    fn word(&mut self) -> Result<(String, bool), String> {
        match self.tokens.get(self.at).cloned() {
            Some(Token::Word(word)) => {
                self.at += 1;
                Ok((word, false))
            }
            Some(Token::Quoted(word)) => {
                self.at += 1;
                Ok((word, true))
            }
            _ => Err(format!("`{}`: expected a column or a function", self.text)),
        }
    }

    fn expr(&mut self) -> Result<Expr, String> {
        let (word, quoted) = self.word()?;
        if quoted || !self.take_sign("(") {
            return Ok(Expr::Column(word));
        }
        let function = lookup(&word, &FUNCTIONS, "function")?;
        let mut inner = Vec::new();
        let mut numbers = Vec::new();
        loop {
            if let Some(Token::Number(n)) = self.peek() {
                numbers.push(*n);
                self.at += 1;
            } else {
                inner.push(self.expr()?);
            }
            if !self.take_sign(",") {
                break;
            }
        }
        self.need_sign(")")?;
        let (least, most, count) = function.shape();
        if inner.len() < least || inner.len() > most || numbers.len() != count {
            return Err(format!(
                "`{}`: `{word}` takes {least} column(s) and {count} number(s)",
                self.text
            ));
        }
        if numbers.iter().any(|n| *n < 0.0) || (function == Function::Bin && numbers[0] <= 0.0) {
            return Err(format!("`{}`: the number of `{word}` must be above 0", self.text));
        }
        Ok(Expr::Call(function, inner, numbers))
    }

    fn clause(&mut self) -> Result<Vec<Atom>, String> {
        let mut atoms = vec![self.atom()?];
        while self.take_word("and") {
            atoms.push(self.atom()?);
        }
        Ok(atoms)
    }

    fn atom(&mut self) -> Result<Atom, String> {
        let (word, _) = self.word()?;
        let measure = lookup(&word, &MEASURES, "measure")?;
        self.need_sign("(")?;
        let expr = self.expr()?;
        self.need_sign(")")?;
        let sign = match measure {
            Measure::Exact | Measure::Missing => return Ok(Atom { measure, expr, bound: 0.0 }),
            Measure::JaroWinkler | Measure::Name => ">=",
            _ => "<=",
        };
        self.need_sign(sign)?;
        match self.peek() {
            Some(Token::Number(bound)) => {
                let bound = *bound;
                self.at += 1;
                Ok(Atom { measure, expr, bound })
            }
            _ => Err(format!("`{}`: expected a number after `{sign}`", self.text)),
        }
    }
}

fn lookup<T: Copy>(word: &str, known: &[(&str, T)], what: &str) -> Result<T, String> {
    known.iter().find(|(name, _)| *name == word).map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let hint = suggest::hint(word, names.iter().copied());
        format!("unknown {what} `{word}`{hint}; known: {}", names.join(", "))
    })
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let taken = if let Some(sign) =
            ["(", ")", ",", ">=", "<="].into_iter().find(|s| rest.starts_with(s))
        {
            out.push(Token::Sign(sign));
            sign.len()
        } else if first == '`' {
            let end =
                rest[1..].find('`').ok_or_else(|| format!("`{text}`: a backtick is not closed"))?;
            out.push(Token::Quoted(rest[1..=end].to_owned()));
            end + 2
        } else if first.is_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            out.push(Token::Word(rest[..end].to_owned()));
            end
        } else if first.is_ascii_digit() || first == '.' {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            let number =
                rest[..end].parse().map_err(|_| format!("`{}` is not a number", &rest[..end]))?;
            out.push(Token::Number(number));
            end
        } else {
            return Err(format!(
                "`{text}`: `{first}` has no place here; put column names with blanks or signs in backticks"
            ));
        };
        rest = rest[taken..].trim_start();
    }
    if out.is_empty() { Err("an expression is empty".to_owned()) } else { Ok(out) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str) -> Expr {
        Expr::Column(name.to_owned())
    }

    #[test]
    fn expressions() {
        assert_eq!(parse("surname"), Ok(column("surname")));
        assert_eq!(parse("`Date of birth`"), Ok(column("Date of birth")));
        assert_eq!(
            parse("prefix(first_word(name), 3)"),
            Ok(Expr::Call(
                Function::Prefix,
                vec![Expr::Call(Function::FirstWord, vec![column("name")], vec![])],
                vec![3.0]
            ))
        );
    }

    #[test]
    fn conditions() {
        let condition = parse_condition("exact(nik) and exact(dob) or edits(nik) <= 1").unwrap();
        assert_eq!((condition.len(), condition[0].len(), condition[1][0].bound), (2, 2, 1.0));
    }

    #[test]
    fn errors_teach() {
        let check = |text: &str, part: &str| {
            let error = parse(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        };
        check("prefx(surname, 3)", "did you mean `prefix`?");
        check("prefix(surname)", "1 number");
        check("prefix(surname, 3", "expected `)`");
        check("Date of birth", "more than one expression");
        check("a-b", "backticks");
        check("", "empty");
    }
}
