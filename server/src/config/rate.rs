//! How often something may happen: `[BURST+]COUNT/DURATION`.

use std::time::Duration;

use super::value::Value;

/// A token bucket: `burst` at once, refilled by `refill` every `per`.
///
/// Written `10/1m` (burst 10, refilled by 10 a minute) or `30+60/1m` (burst 30, refilled by 60 a minute).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many may happen at once; at least 1.
    pub burst: u32,
    /// How many come back every `per`; at least 1.
    pub refill: u32,
    /// The time in which `refill` come back; more than zero.
    pub per: Duration,
}

impl Value for Rate {
    fn parse(text: &str) -> Result<Self, String> {
        parse(text).ok_or_else(|| {
            "it must be a rate such as 10/1m (10 at once, then 10 a minute) or 30+60/1m (30 at once, then 60 a minute)"
                .to_owned()
        })
    }

    fn show(&self) -> String {
        let burst = if self.burst == self.refill { String::new() } else { format!("{}+", self.burst) };
        format!("{burst}{}/{}", self.refill, self.per.show())
    }
}

fn parse(text: &str) -> Option<Rate> {
    let (counts, per) = text.split_once('/')?;
    let (burst, refill) = counts.split_once('+').unwrap_or((counts, counts));
    let per = Duration::parse(per).ok().filter(|per| !per.is_zero())?;
    Some(Rate { burst: count(burst)?, refill: count(refill)?, per })
}

/// A whole number from 1; no sign, since `+` separates.
fn count(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|count| plain && *count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_has_a_burst_of_its_own_or_that_of_its_refill() {
        let minute = Duration::from_mins(1);
        assert_eq!(Rate::parse("10/1m"), Ok(Rate { burst: 10, refill: 10, per: minute }));
        assert_eq!(Rate::parse("30+60/1m"), Ok(Rate { burst: 30, refill: 60, per: minute }));
    }

    #[test]
    fn a_rate_is_shown_as_it_is_written() {
        for text in ["10/1m", "30+60/1m", "3/1h"] {
            assert_eq!(Rate::parse(text).expect("well-formed").show(), text);
        }
    }

    #[test]
    fn nothing_of_a_rate_may_be_missing_or_zero() {
        for text in ["", "10", "/1m", "10/", "0/1m", "10/0", "+10/1m", "10+/1m", "10/m", "-1/1m", "1+2+3/1m"]
        {
            assert!(Rate::parse(text).is_err(), "{text}");
        }
    }
}
