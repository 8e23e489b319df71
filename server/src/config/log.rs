//! `log.*`: what is logged and how.

use super::{reader::Reader, value::Words};

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

impl Words for LogFormat {
    const WORDS: &'static [(&'static str, Self)] = &[("text", Self::Text), ("json", Self::Json)];
}

/// What is logged and how.
#[derive(Clone, Debug)]
pub struct Log {
    /// `log.format`: `text` for people, or `json`, one object a line.
    pub format: LogFormat,
    /// `log.level`: a filter as `tracing_subscriber::EnvFilter` reads it, such as `info,server=debug`.
    pub level: String,
}

impl Log {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            format: reader.take("log.format", LogFormat::Text),
            level: reader.take_if("log.level", "info".to_owned(), |filter| is_filter(filter)),
        }
    }
}

/// Every directive ends with a level. `EnvFilter` itself takes a misspelt level for the name of a target and
/// logs everything about it.
fn is_filter(filter: &str) -> Result<(), &'static str> {
    let has_level = |directive: &str| {
        let level = directive.rsplit_once('=').map_or(directive, |(_, level)| level).trim();
        ["off", "error", "warn", "info", "debug", "trace"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(level))
    };
    if filter.split(',').all(has_level) {
        return Ok(());
    }
    Err(
        "it must be one of off, error, warn, info, debug, trace, or several with targets such as info,server=debug",
    )
}

#[cfg(test)]
mod tests {
    use crate::config::testing::{accepted, refused};

    #[test]
    fn a_filter_has_a_level_in_each_part() {
        for filter in ["warn", "INFO", "info,server=debug", "info, sessions::layer=trace"] {
            assert_eq!(accepted(&[("log.level", filter)]).log.level, filter);
        }
        for filter in ["", "inof", "server", "info,", "server=loud"] {
            assert!(refused(&[("log.level", filter)]).contains("one of off, error"), "{filter}");
        }
    }
}
