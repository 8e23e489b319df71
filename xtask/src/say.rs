//! What a person reads: progress on standard error, results on standard output.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "talking to a terminal is what this program does"
)]

use std::time::Duration;

/// One calm line about what is happening.
pub fn progress(line: &str) {
    eprintln!("{line}");
}

/// What went wrong and why, without a backtrace: `RUST_BACKTRACE` is for the programs that this one starts.
pub fn failure(error: &anyhow::Error) {
    eprintln!("\nerror: {error:#}");
}

/// A line of the result, which may be piped elsewhere.
pub fn result(line: &str) {
    println!("{line}");
}

/// `4.2 s`, `12 s` or `3 min 07 s`.
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        assert_eq!(duration(Duration::from_millis(4_210)), "4.2 s");
        assert_eq!(duration(Duration::from_secs(12)), "12 s");
        assert_eq!(duration(Duration::from_secs(187)), "3 min 07 s");
    }
}
