//! Durations as settings write them: a whole number and a unit.

use std::time::Duration;

use super::value::Value;

const ALLOWED: &str = "it must be a duration such as 500ms, 30s, 30m, 24h or 14d";

/// Browsers keep no cookie longer than this (RFC 6265bis, section 5.5), and no session needs more.
pub(super) const LONGEST: Duration = Duration::from_hours(400 * 24);

/// Milliseconds in each unit, the longest first.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// `0` needs no unit.
impl Value for Duration {
    fn parse(text: &str) -> Result<Self, String> {
        if text == "0" {
            return Ok(Self::ZERO);
        }
        milliseconds(text).map(Self::from_millis).ok_or_else(|| ALLOWED.to_owned())
    }

    fn show(&self) -> String {
        let milliseconds = self.as_millis();
        let whole = UNITS.iter().find(|(_, unit)| milliseconds.is_multiple_of(u128::from(*unit)));
        match whole {
            Some((name, unit)) if milliseconds > 0 => format!("{}{name}", milliseconds / u128::from(*unit)),
            _ => "0".to_owned(),
        }
    }
}

/// As a difference of moments, which may be negative; the longest there is for one that is longer.
pub(crate) fn time_span(duration: Duration) -> time::Duration {
    time::Duration::try_from(duration).unwrap_or(time::Duration::MAX)
}

/// Holds for a time limit: more than nothing, at most 400 days.
pub(super) fn is_limit(duration: &Duration) -> Result<(), &'static str> {
    if duration.is_zero() || *duration > LONGEST {
        return Err("it must be longer than 0 and at most 400d");
    }
    Ok(())
}

fn milliseconds(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(digits)?;
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_and_a_unit() {
        for (text, milliseconds) in [
            ("0", 0),
            ("500ms", 500),
            ("30s", 30_000),
            ("30m", 1_800_000),
            ("24h", 86_400_000),
            ("14d", 1_209_600_000),
        ] {
            assert_eq!(Duration::parse(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
    }

    #[test]
    fn anything_else_is_no_duration() {
        for text in
            ["", "30", "m", "-1m", "+1m", "1.5h", "30 m", "30M", "1h30m", "99999999999999999999d", "30min"]
        {
            assert_eq!(Duration::parse(text), Err(ALLOWED.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_duration_is_shown_in_its_largest_whole_unit() {
        for (given, shown) in
            [("24h", "1d"), ("90m", "90m"), ("120s", "2m"), ("1500ms", "1500ms"), ("0", "0")]
        {
            assert_eq!(Duration::parse(given).expect("well-formed").show(), shown, "{given}");
        }
    }
}
