//! Seats divided among regions.

/// Divides `total` seats in proportion to `weights` by largest remainders; nobody gets more than
/// its `caps`, and what is left over goes round again among the others. Ties of remainders go to
/// the earlier entry. Sum of the result: `total`, or the sum of the caps when that is less.
///
/// Hamilton's method (Balinski and Young, *Fair Representation*, 1982), with caps.
#[must_use]
pub fn apportion(total: u64, weights: &[f64], caps: &[u64]) -> Vec<u64> {
    let mut seats = vec![0u64; weights.len()];
    loop {
        let given: u64 = seats.iter().sum();
        let left = total.saturating_sub(given);
        let open: Vec<usize> =
            (0..weights.len()).filter(|&i| weights[i] > 0.0 && seats[i] < caps[i]).collect();
        let weight: f64 = open.iter().map(|&i| weights[i]).sum();
        if left == 0 || open.is_empty() {
            return seats;
        }
        let share = |i: usize| left as f64 * weights[i] / weight;
        let mut rest = left;
        let mut remainders: Vec<(f64, usize)> = Vec::new();
        for &i in &open {
            let whole = (share(i).floor() as u64).min(rest);
            let fits = whole.min(caps[i] - seats[i]);
            rest -= whole;
            seats[i] += fits;
            if fits == whole && seats[i] < caps[i] {
                remainders.push((share(i) - share(i).floor(), i));
            }
        }
        remainders.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        for (_, i) in remainders.into_iter().take(usize::try_from(rest).unwrap_or(usize::MAX)) {
            seats[i] += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(total: u64, weights: &[f64], caps: &[u64], want: &[u64]) {
        assert_eq!(apportion(total, weights, caps), want, "{total} {weights:?} {caps:?}");
    }

    #[test]
    fn largest_remainders_by_hand() {
        let free = [1_000; 3];
        check(10, &[1.0, 1.0, 1.0], &free, &[4, 3, 3]);
        check(10, &[5.0, 3.0, 2.0], &free, &[5, 3, 2]);
        // 100 seats by 47, 16, 37.5: 46.77 15.92 37.31 → 46+1, 15+1, 37
        check(100, &[47.0, 16.0, 37.5], &free, &[47, 16, 37]);
        check(0, &[1.0, 1.0], &[9, 9], &[0, 0]);
    }

    #[test]
    fn a_full_region_passes_its_seats_on() {
        check(10, &[8.0, 1.0, 1.0], &[2, 9, 9], &[2, 4, 4]);
        check(100, &[1.0, 1.0], &[3, 4], &[3, 4]);
        check(5, &[0.0, 1.0], &[9, 9], &[0, 5]);
    }
}
