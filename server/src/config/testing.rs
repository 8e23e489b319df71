//! What the tests of the settings share.

use clap::Parser;

use super::{Config, ConfigArgs, ConfigErrors};

/// Settings of a usual production behind a proxy on the same machine.
pub(super) const PRODUCTION: [(&str, &str); 2] =
    [("server.public_origin", "https://example.org"), ("server.trusted_proxies", "127.0.0.1")];

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    config: ConfigArgs,
}

/// Loads from the text of a file, variables and flags.
pub(super) fn load(file: &str, variables: &[(&str, &str)], flags: &[&str]) -> Result<Config, ConfigErrors> {
    let args = Cli::parse_from([&["server"], flags].concat()).config;
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::load(&args, variables, |_| Ok(file.to_owned()))
}

/// What is said about a file, variables and flags that are wrong.
pub(super) fn refused_load(file: &str, variables: &[(&str, &str)], flags: &[&str]) -> String {
    load(file, variables, flags).expect_err("something is wrong").to_string()
}

/// The settings, given as flags, which are right.
pub(super) fn accepted(settings: &[(&str, &str)]) -> Config {
    load_set(settings).unwrap_or_else(|errors| panic!("{errors}"))
}

/// What is said about settings, given as flags, that are wrong.
pub(super) fn refused(settings: &[(&str, &str)]) -> String {
    load_set(settings).expect_err("something is wrong").to_string()
}

fn load_set(settings: &[(&str, &str)]) -> Result<Config, ConfigErrors> {
    let set = settings.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let args = ConfigArgs { set, ..ConfigArgs::default() };
    Config::load(&args, std::iter::empty(), |_| Ok(String::new()))
}
