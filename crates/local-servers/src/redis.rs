//! Redis.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::port;
use crate::watched::Watched;

/// One Redis, stopped when dropped.
pub struct Redis {
    port: u16,
    _server: Watched,
}

impl Redis {
    /// Starts it with further arguments, and waits until it answers. It writes nothing to disk.
    ///
    /// # Errors
    /// It is not installed, or does not answer within a minute.
    pub fn start(arguments: &[&str]) -> Result<Self> {
        ensure!(
            is_installed(),
            "redis-server is missing: install it, on Debian with `apt-get install redis-server`"
        );
        let folder = tempfile::Builder::new().prefix("anteroom-redis-").tempdir()?.keep();
        let port = port::free()?;
        let mut all: Vec<String> =
            ["--bind", "127.0.0.1", "--save", "", "--port"].map(str::to_owned).to_vec();
        all.push(port.to_string());
        all.extend(arguments.iter().map(|&argument| argument.to_owned()));
        let server = Watched::start(Command::new("sh"), Path::new("redis-server"), &all, &folder, "TERM")?;
        let redis = Self { port, _server: server };
        let begun = Instant::now();
        while redis.ask("PING").is_err() {
            ensure!(begun.elapsed() < Duration::from_mins(1), "Redis does not answer within a minute");
            thread::sleep(Duration::from_millis(20));
        }
        Ok(redis)
    }

    /// Starts it on a second port for who comes over TLS. Certificate and key are in PEM form.
    ///
    /// # Errors
    /// As [`Redis::start`].
    pub fn start_with_tls(certificate: &str, key: &str) -> Result<(Self, u16)> {
        let folder = tempfile::Builder::new().prefix("anteroom-redis-tls-").tempdir()?;
        let place = |name: &str| folder.path().join(name).display().to_string();
        fs::write(place("crt"), certificate)?;
        fs::write(place("key"), key)?;
        let (port, certificate, key) = (port::free()?, place("crt"), place("key"));
        let number = port.to_string();
        // Read once, before it answers.
        let redis = Self::start(&[
            "--tls-port",
            &number,
            "--tls-cert-file",
            &certificate,
            "--tls-key-file",
            &key,
            "--tls-ca-cert-file",
            &certificate,
            "--tls-auth-clients",
            "no",
        ])?;
        Ok((redis, port))
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// The bytes of memory that hold its data.
    ///
    /// # Errors
    /// It does not answer.
    pub fn used_memory(&self) -> Result<u64> {
        let answer = self.ask("INFO memory")?;
        let line = answer.lines().find_map(|line| line.strip_prefix("used_memory:"));
        line.and_then(|number| number.trim().parse().ok()).context("Redis does not tell its memory")
    }

    /// All that it answers to a command without binary arguments.
    fn ask(&self, command: &str) -> Result<String> {
        let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        connection.write_all(format!("{command}\r\nQUIT\r\n").as_bytes())?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer)?;
        Ok(answer)
    }
}

fn is_installed() -> bool {
    let found = Command::new("sh").args(["-c", "command -v redis-server >/dev/null"]).status();
    found.is_ok_and(|status| status.success())
}
