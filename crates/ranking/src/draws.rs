//! Refits on resampled clusters as models of their own: would the family stay where it is?

use crate::RankError;
use crate::frame::Frame;
use crate::model::{Draw, DrawPiece, Kind, Model, Variable};

impl DrawPiece {
    /// Adds the piece to a variable.
    fn add_to(&self, variable: &mut Variable) {
        variable.missing += self.missing;
        match &mut variable.kind {
            Kind::Number { lines, centre, .. } => {
                lines.extend_from_slice(&self.lines);
                *centre += self.centre;
            }
            Kind::Codes { codes, other } => {
                for (code, add) in codes.iter_mut().zip(&self.codes) {
                    code.points += add;
                }
                *other += self.other;
            }
        }
    }
}

impl Model {
    /// The model as it would be under one of its draws.
    #[must_use]
    pub fn drawn(&self, draw: &Draw) -> Self {
        let mut model = Self { draws: Vec::new(), ..self.clone() };
        model.base += draw.base;
        for (piece, variable) in draw.variables.iter().zip(&mut model.variables) {
            piece.add_to(variable);
        }
        if let Some(region) = &mut model.region {
            for (name, add) in &draw.region {
                *region.deviations.entry(name.clone()).or_insert(0.0) += add;
            }
        }
        model
    }

    /// Scores under each draw: `scores[draw][row]`, in points.
    ///
    /// # Errors
    /// [`RankError::Column`] when the data lack a variable of the model.
    pub fn draw_scores(&self, frame: &Frame) -> Result<Vec<Vec<i32>>, RankError> {
        self.draws.iter().map(|draw| self.drawn(draw).score(frame)).collect()
    }
}
