//! The settings of a run: read from TOML ([`raw`]), checked into a [`Spec`] that can be used as it is.

mod check;
mod comparisons;
pub mod expr;
#[expect(missing_docs, reason = "the fields are the keys of docs/guide/link.md")]
pub mod raw;

use crate::error::LinkError;
use crate::text::dates::Order;
use crate::text::edits::Slips;
use crate::text::names::Convention;
use expr::{Condition, Expr};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What is compared with what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// All records of all inputs with each other.
    Dedupe,
    /// Only records of different inputs, one to one.
    Link,
    /// All records with each other, of one or several inputs.
    LinkAndDedupe,
}

/// One file.
#[derive(Debug, Clone)]
pub struct Input {
    /// The name records of it carry in the results.
    pub name: String,
    /// Where it is (relative to the settings file).
    pub path: PathBuf,
    /// Column that numbers the records; `None` numbers them by row.
    pub id: Option<String>,
    /// Each person is at most once in it (an authoritative register).
    pub unique: bool,
    /// Column separator of a CSV file; `None` finds it.
    pub delimiter: Option<u8>,
    /// Our column name to the file's.
    pub columns: BTreeMap<String, String>,
}

/// How a column is standardised before anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Lower case, no accents, single blanks.
    Text,
    /// By the name convention.
    Name,
    /// To year, month, day; `None` finds the order of day and month.
    Date(Option<Order>),
    /// As a number.
    Number,
}

/// A rule that makes candidate pairs: records whose keys are all equal.
#[derive(Debug, Clone)]
pub struct Block {
    /// Shown in the report.
    pub name: String,
    /// All must be present and equal.
    pub keys: Vec<Expr>,
    /// Largest block compared whole.
    pub max_size: usize,
}

/// How two values are compared.
#[derive(Debug, Clone, PartialEq)]
pub enum Method {
    /// Equal or not.
    Exact,
    /// Equal, then Jaro-Winkler at least these, falling.
    JaroWinkler(Vec<f64>),
    /// Equal, then at most these many edits, rising.
    Edits(Slips, Vec<u32>),
    /// See [`crate::text::dates::Nearness`].
    Date,
    /// Word sets of names.
    Name,
    /// Equal, then differences at most these (absolute, or percent of the greater), rising.
    Number {
        /// Upper bounds, rising.
        bounds: Vec<f64>,
        /// Bounds are percent.
        percent: bool,
    },
    /// Distance in km at most these, rising; needs latitude and longitude.
    Geographic(Vec<f64>),
    /// At least these many common elements, falling.
    Array {
        /// Lower bounds, falling.
        counts: Vec<u32>,
        /// What parts the elements of a text.
        separator: char,
    },
    /// The first condition that holds, best first.
    Ladder(Vec<Condition>),
}

/// One comparison of a pair.
#[derive(Debug, Clone)]
pub struct Compare {
    /// Name in the results (`level_<name>`).
    pub name: String,
    /// What is compared (two for geographic, none for ladders).
    pub exprs: Vec<Expr>,
    /// How.
    pub method: Method,
    /// Labels of the levels, from 0 (nothing agrees) upward.
    pub labels: Vec<String>,
    /// Rare values weigh more.
    pub term_frequency: bool,
    /// Members of one household share it (address, family number, surname of parents …).
    pub household: bool,
}

impl Compare {
    /// The columns it reads.
    pub fn columns<'a>(&'a self, out: &mut Vec<&'a str>) {
        self.exprs.iter().for_each(|e| e.columns(out));
        if let Method::Ladder(levels) = &self.method {
            levels.iter().flatten().flatten().for_each(|atom| atom.expr.columns(out));
        }
    }
}

/// How a model is trained.
#[derive(Debug, Clone)]
pub struct Training {
    /// Random pairs drawn for u.
    pub random_pairs: usize,
    /// Candidate pairs used for m; more are thinned evenly.
    pub max_pairs: usize,
    /// Most iterations of EM.
    pub iterations: usize,
    /// Seed of the draws.
    pub seed: u64,
    /// A trained model to use instead.
    pub model: Option<PathBuf>,
    /// Expected number of matching pairs, when known.
    pub expected_matches: Option<f64>,
}

/// How pairs become clusters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClusterMethod {
    /// Average linkage with constraints inside connected components.
    Average,
    /// Connected components at the threshold.
    Connected,
}

/// Clusters and thresholds.
#[derive(Debug, Clone)]
pub struct Decide {
    /// Method of clustering.
    pub method: ClusterMethod,
    /// A pair is a match from this probability on.
    pub match_probability: f64,
    /// In `link`: each record is matched at most once.
    pub one_to_one: bool,
    /// Records with different values of this column are never one person.
    pub different: Option<String>,
    /// Key of a family: its sure members lift the doubtful ones (see [`crate::family`]).
    pub family: Option<String>,
    /// Pairs from this probability on are written.
    pub min_probability: f64,
}

/// Review by people.
#[derive(Debug, Clone, Default)]
pub struct Review {
    /// Logs of decisions, which bind and train the run.
    pub decisions: Vec<PathBuf>,
    /// Doubtful pairs written for review.
    pub pairs: usize,
    /// Pairs of the random sample that checks the run.
    pub sample: usize,
}

/// Checked settings.
#[derive(Debug, Clone)]
pub struct Spec {
    /// What is compared with what.
    pub mode: Mode,
    /// Texts that mean "missing" (folded), beside the usual ones.
    pub missing: Vec<String>,
    /// The files.
    pub inputs: Vec<Input>,
    /// Columns made of others: name, parts.
    pub joins: Vec<(String, Vec<String>)>,
    /// Columns that are more than text.
    pub kinds: BTreeMap<String, Kind>,
    /// Blocking rules; without any, some are chosen from the data.
    pub blocks: Vec<Block>,
    /// Comparisons.
    pub compares: Vec<Compare>,
    /// Name convention.
    pub convention: Convention,
    /// Training.
    pub training: Training,
    /// Decisions.
    pub decide: Decide,
    /// Review by people.
    pub review: Review,
    /// Column that tells the person of a record, to judge the run by; not compared.
    pub truth: Option<String>,
    /// Largest block of a chosen rule that is compared whole.
    pub max_block: usize,
    /// Hash of the settings text, for the report.
    pub fingerprint: u64,
}

impl Spec {
    /// Reads and checks a settings file.
    ///
    /// # Errors
    /// [`LinkError::Spec`] with the line, what is wrong, and what to write instead.
    pub fn read(path: &Path) -> Result<Self, LinkError> {
        let text =
            std::fs::read_to_string(path).map_err(|e| LinkError::input(path.display(), e))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, &path.display().to_string(), folder)
    }

    /// Checks settings given as text; `folder` is where relative paths begin.
    ///
    /// # Errors
    /// As [`Spec::read`].
    pub fn parse(text: &str, file: &str, folder: &Path) -> Result<Self, LinkError> {
        check::check(text, file, folder, false)
    }

    /// Checks settings for records given in memory (a spine and a delivery); `[[input]]` is not read.
    ///
    /// # Errors
    /// As [`Spec::read`].
    pub fn parse_in_memory(text: &str, file: &str, folder: &Path) -> Result<Self, LinkError> {
        check::check(text, file, folder, true)
    }

    /// The columns that must be read from the inputs, sorted.
    #[must_use]
    pub fn columns(&self) -> Vec<String> {
        let mut names: Vec<&str> = Vec::new();
        for block in &self.blocks {
            block.keys.iter().for_each(|e| e.columns(&mut names));
        }
        for compare in &self.compares {
            compare.columns(&mut names);
        }
        names.extend(self.decide.different.as_deref());
        names.extend(self.truth.as_deref());
        let mut out: Vec<String> = Vec::new();
        for name in names {
            match self.joins.iter().find(|(joined, _)| joined == name) {
                Some((_, parts)) => out.extend(parts.iter().cloned()),
                None => out.push(name.to_owned()),
            }
        }
        out.sort_unstable();
        out.dedup();
        out
    }
}
