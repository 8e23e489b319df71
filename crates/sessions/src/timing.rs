//! Whether the time that something takes tells two kinds of input apart, by Welch's t-test (Reparaz, Balasch and
//! Verbauwhede: "Dude, is my code constant time?", 2017).

use std::time::Instant;

/// Beyond it two kinds are told apart.
const LEAK: f64 = 4.5;
/// Of each kind.
const SAMPLES: usize = 30_000;
/// What interrupts a sample only ever makes it slower: of both kinds together the slowest fifth is left out.
const KEPT: usize = 2 * SAMPLES / 5 * 4;

/// Mean and variance, updated sample by sample.
#[derive(Default)]
struct Sum {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Sum {
    fn add(&mut self, sample: f64) {
        self.count += 1.0;
        let before = sample - self.mean;
        self.mean += before / self.count;
        self.squares += before * (sample - self.mean);
    }

    /// Of the mean.
    fn variance(&self) -> f64 {
        self.squares / (self.count - 1.0) / self.count
    }
}

/// Whether the time of `act` tells `one` from `other`, five times over and each time the same one takes longer: on a
/// busy machine it may look so now and then.
pub(crate) fn differs(one: &[u8], other: &[u8], act: impl Fn(&[u8])) -> bool {
    let first = welch(one, other, &act);
    first.abs() > LEAK && (1..5).all(|_| welch(one, other, &act) * first.signum() > LEAK)
}

/// Welch's t. Both kinds are tried from the same place in memory.
fn welch(one: &[u8], other: &[u8], act: &impl Fn(&[u8])) -> f64 {
    let mut input = Vec::with_capacity(one.len().max(other.len()));
    let mut samples = Vec::with_capacity(2 * SAMPLES);
    for turn in 0..2 * SAMPLES as u64 {
        // By the golden ratio, which no period fits: what happens periodically would meet one kind alone.
        let is_one = turn.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 63 == 0;
        input.clear();
        input.extend_from_slice(if is_one { one } else { other });
        let begun = Instant::now();
        act(std::hint::black_box(&input));
        samples.push((begun.elapsed().as_nanos(), is_one));
    }
    samples.sort_unstable_by_key(|(nanoseconds, _)| *nanoseconds);
    let mut sums = [Sum::default(), Sum::default()];
    for (nanoseconds, is_one) in &samples[..KEPT] {
        sums[usize::from(*is_one)].add(f64::from(u32::try_from(*nanoseconds).unwrap_or(u32::MAX)));
    }
    let [one, other] = sums;
    (one.mean - other.mean) / (one.variance() + other.variance()).sqrt()
}

#[test]
fn a_comparison_that_stops_at_the_first_difference_is_found_out() {
    let secret = [7; 32];
    let stops_early = |typed: &[u8]| {
        std::hint::black_box(typed.iter().zip(secret).all(|(typed, secret)| *typed == secret));
    };
    let [mut first, mut last] = [secret; 2];
    (first[0], last[31]) = (8, 8);
    assert!(differs(&first, &last, stops_early));
}
