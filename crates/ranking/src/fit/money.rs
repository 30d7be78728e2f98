//! A target that is money is said, not silently fitted.

/// Logarithms of money per month stay below this in every currency.
const LOG_MOST: f64 = 40.0;

/// A target that looks like money instead of its logarithm: the mean of money is the mean of the
/// rich, and the errors of the poor disappear in it.
pub(super) fn note(target: &str, y: &[f64]) -> Option<String> {
    let mut sorted = y.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let (low, middle) = (*sorted.first()?, *sorted.get(sorted.len() / 2)?);
    (low >= 0.0 && middle > LOG_MOST).then(|| {
        format!(
            "warning: `{target}` looks like money (half of the households have {middle:.0} or \
             more), not its logarithm: fit ln of consumption per person, or the rich decide the \
             model and standard errors mean nothing for the poor"
        )
    })
}
