//! The flags that set settings.

use std::path::PathBuf;

use clap::Args;

/// Flags that choose and override settings; they are accepted by every command.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Settings")]
pub struct ConfigArgs {
    /// File to read settings from [default: anteroom.toml, if it exists; or the one `ANTEROOM_CONFIG` names]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Set any setting, as in `--set sessions.idle=1h`; may be repeated, the last one counts
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    pub set: Vec<String>,

    /// Address and port to listen on (`server.address`); port 0 takes a free one
    #[arg(long, visible_alias = "addr", global = true, value_name = "ADDRESS:PORT")]
    pub address: Option<String>,

    /// Serve https with a certificate made at the start, to try it on this machine (`server.tls.self_signed`)
    #[arg(long, global = true)]
    pub tls_self_signed: bool,

    /// Database of the accounts (`database.url`)
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<String>,

    /// Where sessions live (`sessions.store`)
    #[arg(long, global = true, value_name = "STORE")]
    pub store: Option<String>,
}

impl ConfigArgs {
    /// The flags that stand for one setting each: the flag, the setting, the value if given.
    pub(super) fn conveniences(&self) -> [(&'static str, &'static str, Option<&str>); 4] {
        [
            ("--address", "server.address", self.address.as_deref()),
            ("--tls-self-signed", "server.tls.self_signed", self.tls_self_signed.then_some("true")),
            ("--database-url", "database.url", self.database_url.as_deref()),
            ("--store", "sessions.store", self.store.as_deref()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use crate::config::testing::{load, refused_load};

    #[test]
    fn a_flag_of_its_own_wins_over_the_general_one() {
        let flags = ["--set", "server.address=127.0.0.1:1", "--addr", "127.0.0.1:2", "--store", "memory"];
        let config = load("", &[], &flags).expect("all is well");
        let address = config.explain().setting("server.address").expect("known");
        assert_eq!(address.to_string(), "server.address is 127.0.0.1:2 (--address)");
    }

    #[test]
    fn the_last_of_several_values_counts() {
        let flags = ["--set", "server.brand=One", "--set", "server.brand=Two=2"];
        assert_eq!(load("", &[], &flags).expect("all is well").server.brand, "Two=2");
    }

    #[test]
    fn a_flag_without_a_value_is_refused() {
        let text = refused_load("", &[], &["--set", "server.brand"]);
        assert_eq!(text, "--set server.brand has no value; write --set server.brand=<value>.");
    }
}
