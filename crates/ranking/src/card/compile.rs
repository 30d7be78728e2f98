//! From a model to whole points.

use super::{Answers, CardPair, CardVariable, FORMAT, RegionPoints, Scorecard};
use crate::model::{Kind, Model, SCALE, Variable, points};

/// Longest table of whole-number answers; wider ranges become edges.
const LONGEST: f64 = 70_000.0;

impl Scorecard {
    /// Compiles a model. For whole-number answers and codes the points are exactly those of
    /// [`Model::score`]; fractional answers are grouped around the values seen in the survey.
    #[must_use]
    pub fn compile(model: &Model) -> Self {
        Self {
            format: FORMAT.into(),
            target: model.target.clone(),
            points_per_unit: SCALE as u32,
            base: points(model.base),
            region: model.region.as_ref().map(|r| RegionPoints {
                column: r.column.clone(),
                points: r.deviations.iter().map(|(k, &v)| (k.clone(), points(v))).collect(),
            }),
            variables: model.variables.iter().map(variable).collect(),
            pairs: model
                .pairs
                .iter()
                .map(|p| CardPair {
                    left: p.left.clone(),
                    right: p.right.clone(),
                    points: p.values.iter().map(|&v| points(v)).collect(),
                })
                .collect(),
            outlook: model.outlook.clone(),
            cuts: model.cuts.map(points),
        }
    }
}

fn variable(v: &Variable) -> CardVariable {
    let answers = match &v.kind {
        Kind::Number { low, high, whole: true, .. } if high - low < LONGEST => {
            let (from, to) = (*low as i64, *high as i64);
            let at = |x: i64| points(v.of_number(x as f64));
            Answers::Whole { low: from, points: (from..=to).map(at).collect() }
        }
        Kind::Number { grid, low, high, .. } => {
            let ends = [*low, *high];
            let grid: &[f64] = if grid.is_empty() { &ends } else { grid };
            Answers::Edges {
                edges: grid.windows(2).map(|w| 0.5 * (w[0] + w[1])).collect(),
                points: grid.iter().map(|&x| points(v.of_number(x))).collect(),
            }
        }
        Kind::Codes { codes, other } => Answers::Codes {
            points: codes.iter().map(|c| (c.code.clone(), points(c.points))).collect(),
            other: points(*other),
        },
    };
    CardVariable { name: v.name.clone(), missing: points(v.missing), answers }
}
