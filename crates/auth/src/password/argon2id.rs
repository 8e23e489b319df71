//! Argon2id over the PHC string format, in memory that is used again.

use argon2::password_hash::{self, phc};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::Zeroizing;

/// What one hash works in; wiped when it is dropped. To allocate 19 MiB anew for each hash costs 5,000
/// page faults, and glibc keeps what several threads took in turn: 600 MB were seen.
#[derive(Default)]
pub(super) struct Memory(Zeroizing<Vec<Block>>);

impl Memory {
    /// Hashes with a fresh salt.
    pub(super) fn hash(&mut self, params: &Params, password: &str) -> password_hash::Result<String> {
        let salt = phc::Salt::generate();
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
        let output = self.output(&argon2, password, &salt, Params::DEFAULT_OUTPUT_LEN)?;
        compose(params, salt, output)
    }

    /// A hash that no password has, and that takes as long to find out.
    pub(super) fn dummy(params: &Params) -> password_hash::Result<String> {
        let (one, two) = (phc::Salt::generate(), phc::Salt::generate());
        let output = [one.as_ref(), two.as_ref()].concat();
        compose(params, phc::Salt::generate(), phc::Output::new(&output)?)
    }

    /// Whether `password` has this hash; an error if the hash is none that Argon2 made.
    pub(super) fn verify(&mut self, stored: &str, password: &str) -> password_hash::Result<bool> {
        let stored = phc::PasswordHash::new(stored)?;
        let (Some(salt), Some(expected)) = (stored.salt, stored.hash) else {
            return Err(password_hash::Error::PasswordInvalid);
        };
        let algorithm = Algorithm::try_from(stored.algorithm.as_str())?;
        let version = stored.version.map_or(Ok(Version::default()), Version::try_from)?;
        let argon2 = Argon2::new(algorithm, version, Params::try_from(&stored)?);
        // `Output` compares in constant time.
        Ok(self.output(&argon2, password, &salt, expected.len())? == expected)
    }

    fn output(
        &mut self,
        argon2: &Argon2<'_>,
        password: &str,
        salt: &[u8],
        length: usize,
    ) -> password_hash::Result<phc::Output> {
        let mut buffer = Zeroizing::new([0; phc::Output::MAX_LENGTH]);
        let output = buffer.get_mut(..length).ok_or(password_hash::Error::OutputSize)?;
        self.0.resize(argon2.params().block_count(), Block::new());
        argon2.hash_password_into_with_memory(password.as_bytes(), salt, output, self.0.as_mut_slice())?;
        Ok(phc::Output::new(output)?)
    }
}

fn compose(params: &Params, salt: phc::Salt, output: phc::Output) -> password_hash::Result<String> {
    let hash = phc::PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: params.try_into()?,
        salt: Some(salt),
        hash: Some(output),
    };
    Ok(hash.to_string())
}
