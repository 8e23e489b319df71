//! Why a cookie's value was not believed.

/// Whoever presents such a value is a guest; which of these it was is for logs, and for telling a visitor
/// whose key was retired from one who tried something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nothing that was ever handed out looks like it.
    #[error("the cookie is not of a known form")]
    Malformed,
    /// The key it names is not in the ring: retired, or never ours.
    #[error("the cookie names a key that is not in the key ring")]
    UnknownKey,
    /// It names a key of the ring, which has not made it: changed, made up, or another cookie's.
    #[error("the cookie was not made with the key that it names")]
    Forged,
}
