//! A figure beside its aim.

/// A figure that should be no less.
pub fn at_least(figure: Option<f64>, aim: Option<f64>) -> String {
    beside(figure, aim, '≥', |figure, aim| figure >= aim)
}

/// A figure that should be no more.
pub fn at_most(figure: Option<f64>, aim: f64) -> String {
    beside(figure, Some(aim), '≤', |figure, aim| figure <= aim)
}

fn beside(figure: Option<f64>, aim: Option<f64>, sign: char, is_met: fn(f64, f64) -> bool) -> String {
    let Some(figure) = figure else { return "–".to_owned() };
    // As it is printed, so that nobody reads of 0.60 that misses 0.6.
    let rounded = (figure * 100.0).round() / 100.0;
    match aim {
        Some(aim) if is_met(rounded, aim) => format!("{rounded:.2} ({sign} {aim} ✓)"),
        Some(aim) => format!("{rounded:.2} ({sign} {aim})"),
        None => format!("{rounded:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aim_stands_beside_its_figure() {
        assert_eq!(at_least(Some(0.598), Some(0.6)), "0.60 (≥ 0.6 ✓)");
        assert_eq!(at_least(Some(0.42), Some(0.5)), "0.42 (≥ 0.5)");
        assert_eq!(at_most(Some(2.5), 2.0), "2.50 (≤ 2)");
        assert_eq!(at_least(Some(0.3), None), "0.30");
        assert_eq!(at_most(None, 2.0), "–");
    }
}
