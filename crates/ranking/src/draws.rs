//! Scores under refits on resampled clusters: would the family stay where it is?

use crate::RankError;
use crate::frame::{Column, Frame};
use crate::model::{Draw, DrawPiece, Kind, Model, Variable, points};

impl DrawPiece {
    /// What the draw adds for a number.
    fn of_number(&self, variable: &Variable, x: f64) -> f64 {
        match &variable.kind {
            _ if x.is_nan() => self.missing,
            Kind::Number { low, high, .. } => {
                let x = x.clamp(*low, *high);
                self.lines.iter().map(|l| l.slope * l.shape.at(x)).sum::<f64>() - self.centre
            }
            Kind::Codes { .. } => self.of_text(variable, &crate::frame::number_text(x)),
        }
    }

    /// What the draw adds for a text.
    fn of_text(&self, variable: &Variable, text: &str) -> f64 {
        match &variable.kind {
            Kind::Codes { codes, .. } => codes
                .iter()
                .position(|c| c.code == text)
                .and_then(|i| self.codes.get(i).copied())
                .unwrap_or(self.other),
            Kind::Number { .. } => self.of_number(variable, text.parse().unwrap_or(f64::NAN)),
        }
    }
}

impl Draw {
    /// The draw as a model of its own: what to add to the model's points, per row.
    fn points(&self, model: &Model, frame: &Frame) -> Result<Vec<i32>, RankError> {
        let mut total = vec![self.base; frame.rows()];
        for (piece, variable) in self.variables.iter().zip(&model.variables) {
            match frame.get(&variable.name)? {
                Column::Number(values) => {
                    for (sum, &x) in total.iter_mut().zip(values) {
                        *sum += piece.of_number(variable, x);
                    }
                }
                Column::Text { codes, levels } => {
                    let table: Vec<f64> =
                        levels.iter().map(|l| piece.of_text(variable, l)).collect();
                    for (sum, &code) in total.iter_mut().zip(codes) {
                        *sum += table.get(code as usize).copied().unwrap_or(piece.missing);
                    }
                }
            }
        }
        if let Some(region) = &model.region {
            let keys = frame.get(&region.column)?;
            for (row, sum) in total.iter_mut().enumerate() {
                let key = keys.text(row);
                *sum += key.and_then(|k| self.region.get(&k).copied()).unwrap_or(0.0);
            }
        }
        Ok(total.into_iter().map(points).collect())
    }
}

impl Model {
    /// Scores under each draw: `scores[draw][row]`, in points.
    ///
    /// # Errors
    /// [`RankError::Column`] when the data lack a variable of the model.
    pub fn draw_scores(&self, frame: &Frame) -> Result<Vec<Vec<i32>>, RankError> {
        let own = self.score(frame)?;
        self.draws
            .iter()
            .map(|draw| {
                let moved = draw.points(self, frame)?;
                Ok(own.iter().zip(moved).map(|(a, b)| a.saturating_add(b)).collect())
            })
            .collect()
    }
}
