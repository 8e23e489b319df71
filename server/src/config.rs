//! The settings of the server: where they come from, what they may be, and which of them contradict.
//!
//! Sources, each stronger than the one before: the defaults, the file (`anteroom.toml` if it exists, or the
//! one named by `--config` or `ANTEROOM_CONFIG`), the environment (`ANTEROOM_SESSIONS__COOKIE__SAME_SITE` is
//! `sessions.cookie.same_site`; lists are comma-separated), the flags. An empty value unsets an optional
//! setting. Everything that is wrong is reported at once, and nothing that is wrong is guessed around: an
//! unknown name, an unreadable value and a contradiction each stop the start.
//!
//! A section is one module: its fields' docs name the settings, `read` takes them from the `Reader`, which
//! remembers where each came from, and `check` finds contradictions. This is also the only place that reads
//! the environment of the process.

mod accounts;
mod args;
mod breach_url;
mod database;
pub(crate) mod duration;
mod environment;
mod error;
mod explanation;
mod file;
mod inspector;
mod key;
mod leptos;
mod log;
mod nearest;
mod network;
mod origin;
mod public_origin;
mod rate;
mod reader;
mod reference;
mod secret_file;
mod server;
mod sessions;
mod sources;
mod store_url;
#[cfg(test)]
mod testing;
mod throttle;
mod value;

use std::{io, path::Path};

pub use self::leptos::Leptos;
pub use self::log::{Log, LogFormat};
pub use accounts::Accounts;
pub use args::ConfigArgs;
pub use breach_url::BreachUrl;
pub use database::{Database, DatabaseUrl};
pub use error::{ConfigError, ConfigErrors};
pub use explanation::{Effective, Explanation};
pub use inspector::Inspector;
pub use key::{EXAMPLE_KEY, SecretKey, keygen};
pub use network::Network;
pub use origin::Origin;
pub use public_origin::PublicOrigin;
pub use rate::Rate;
use reader::Reader;
pub use reference::{ReferenceError, reference};
use secret_file::refuse_exposed;
pub use secret_file::{SecretFileError, read_secret};
pub use server::{Certificate, Profile, Server, Tls};
pub use sessions::{AnonymousSessions, Sessions, StoreKind, Timeouts};
use sources::Sources;
pub use store_url::StoreUrl;
pub use throttle::Throttle;

/// Everything that can be set, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// `server.*`
    pub server: Server,
    /// `database.*`
    pub database: Database,
    /// `sessions.*`
    pub sessions: Sessions,
    /// `throttle.*`
    pub throttle: Throttle,
    /// `accounts.*`
    pub accounts: Accounts,
    /// `inspector.*`
    pub inspector: Inspector,
    /// `log.*`
    pub log: Log,
    /// What cargo-leptos tells the server through `LEPTOS_*` variables; no settings of Anteroom's.
    pub leptos: Leptos,
    /// What is allowed but unwise, one sentence each, for the log at the start.
    pub warnings: Vec<String>,
    explanation: Explanation,
}

impl Config {
    /// Reads the settings from the files and the environment of this process.
    ///
    /// # Errors
    /// As [`Config::load`]; or the settings file holds a secret and others can read it.
    pub fn from_process(args: &ConfigArgs) -> Result<Self, ConfigErrors> {
        let config = Self::load(args, environment::from_process(), |path| std::fs::read_to_string(path))?;
        config.check_file_of_secrets()?;
        Ok(config)
    }

    /// Reads the settings from the flags, these variables, and the file that `read_file` gives.
    ///
    /// # Errors
    /// Everything that is wrong with them, together.
    pub fn load(
        args: &ConfigArgs,
        variables: impl Iterator<Item = (String, String)>,
        read_file: impl Fn(&Path) -> io::Result<String>,
    ) -> Result<Self, ConfigErrors> {
        let variables: Vec<_> = variables.collect();
        let mut reader = Reader::new(Sources::gather(args, &variables, read_file));
        let mut config = Self::read(&mut reader, Leptos::read(&variables));
        config.check(&mut reader);
        (config.explanation, config.warnings) = reader.finish()?;
        Ok(config)
    }

    /// Every setting with its effective value and where that came from; secrets are hidden.
    #[must_use]
    pub fn explain(&self) -> &Explanation {
        &self.explanation
    }

    /// The file in which sessions, or what has ended of those in cookies, are kept where they are in `SQLite`.
    #[must_use]
    pub fn sessions_file(&self) -> Option<&Path> {
        match self.sessions.store {
            StoreKind::Postgres => None,
            _ => self.sessions.path.as_deref().or(self.database.path()),
        }
    }

    /// The URL of the store across a network that keeps them otherwise.
    #[must_use]
    pub fn sessions_url(&self) -> Option<&StoreUrl> {
        match self.sessions.store {
            StoreKind::Redis => self.sessions.url.as_ref(),
            StoreKind::Postgres => self.sessions.url.as_ref().or(self.database.postgres()),
            _ => self.database.postgres(),
        }
    }

    /// A settings file with a secret in it is a secret itself (ASVS V13.3.2).
    fn check_file_of_secrets(&self) -> Result<(), ConfigErrors> {
        let mut secrets = self.explanation.settings().iter().filter(|setting| setting.is_secret());
        let exposed = secrets.find_map(|setting| match &setting.origin {
            Origin::File { path, .. } => Some((setting, refuse_exposed(Path::new(path)).err()?)),
            _ => None,
        });
        let Some((setting, error)) = exposed else { return Ok(()) };
        let sentence = format!("{} is a secret ({}), but {error}", setting.key, setting.origin);
        Err(ConfigErrors(vec![ConfigError::Contradiction(sentence)]))
    }

    fn read(reader: &mut Reader, leptos: Leptos) -> Self {
        let server = Server::read(reader);
        let database = Database::read(reader);
        Self {
            sessions: Sessions::read(reader, &server, &database),
            database,
            throttle: Throttle::read(reader),
            accounts: Accounts::read(reader),
            inspector: Inspector::read(reader, &server),
            log: Log::read(reader),
            server,
            leptos,
            warnings: Vec::new(),
            explanation: Explanation::default(),
        }
    }

    fn check(&self, reader: &mut Reader) {
        self.server.check(reader);
        self.database.check(reader, &self.server);
        self.sessions.check(reader, &self.server, &self.database);
        self.throttle.check(reader, &self.server);
        self.inspector.check(reader, &self.server);
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{accepted, load, refused};

    #[test]
    fn nothing_needs_to_be_set() {
        let config = accepted(&[]);
        assert_eq!(config.server.address.to_string(), "127.0.0.1:3000");
        assert_eq!(config.sessions.cookie.name, "id");
        assert!(config.inspector.enabled);
        assert_eq!(config.warnings, Vec::<String>::new());
    }

    #[test]
    fn flags_win_over_the_environment_over_the_file_over_the_defaults() {
        let file =
            "[server]\nbrand = 'File'\n[sessions]\nidle = '20m'\nabsolute = '10h'\n[log]\nlevel = 'warn'";
        let variables = [("ANTEROOM_SERVER__BRAND", "Environment"), ("ANTEROOM_SESSIONS__IDLE", "21m")];
        let config = load(file, &variables, &["--set", "server.brand=Flag"]).expect("all is well");
        let found: Vec<_> = ["server.brand", "sessions.idle", "sessions.absolute", "sessions.kept_idle"]
            .map(|key| config.explain().setting(key).expect("known").to_string())
            .into();
        assert_eq!(
            found,
            [
                "server.brand is Flag (--set)",
                "sessions.idle is 21m (ANTEROOM_SESSIONS__IDLE)",
                "sessions.absolute is 10h (anteroom.toml:5)",
                "sessions.kept_idle is 14d (default)",
            ]
        );
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let text = refused(&[
            ("sessions.idle", "soon"),
            ("server.adress", "x"),
            ("sessions.kept_idle", "31d"),
            ("throttle.account", "maybe"),
        ]);
        assert_eq!(text.lines().count(), 4, "{text}");
    }

    #[test]
    fn a_value_that_could_not_be_read_causes_no_further_complaint() {
        let text = refused(&[("sessions.idle", "soon"), ("sessions.absolute", "10m")]);
        assert_eq!(
            text,
            "sessions.idle is \"soon\" (--set), but it must be a duration such as 500ms, 30s, 30m, 24h or 14d."
        );
    }

    /// ASVS V16.2.5.
    #[test]
    fn secrets_are_neither_explained_nor_debugged() {
        let key = "8f0c3b7be4a1925dd6720e4c19f8a3b566c0d71e2f4b9a8340e5c7f2181d6a9b";
        let url = "redis://app:hunter2@127.0.0.1/?password=hunter3";
        let config = accepted(&[("sessions.keys", key), ("sessions.url", url)]);
        let shown = format!("{}{config:?}", config.explain());
        for secret in [&key[..8], "143, 12, 59", "hunter2", "hunter3"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
        assert!(shown.contains("(hidden, 1 key)"));
        assert!(shown.contains("redis://***@127.0.0.1/?***"));
    }

    /// ASVS V13.3.2.
    #[cfg(unix)]
    #[test]
    fn a_settings_file_with_a_secret_in_it_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("site.toml");
        let secret = "[sessions]\nurl = 'redis://app:hunter2@127.0.0.1/'";
        for (text, mode, is_fine) in [
            (secret, 0o600, true),
            (secret, 0o644, false),
            ("[sessions]\nurl = 'redis://127.0.0.1/'", 0o644, true),
        ] {
            std::fs::write(&path, text).expect("writes");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("changes");
            let args = super::ConfigArgs { config: Some(path.clone()), ..super::ConfigArgs::default() };
            let config = super::Config::load(&args, std::iter::empty(), |path| std::fs::read_to_string(path));
            let checked = config.expect("is fine").check_file_of_secrets();
            assert_eq!(checked.is_ok(), is_fine, "{text} {mode:o}");
            let told = checked.err().map_or_else(String::new, |errors| errors.to_string());
            assert!(
                !told.contains("hunter2") && told.contains("sessions.url is a secret") != is_fine,
                "{told}"
            );
        }
    }
}
