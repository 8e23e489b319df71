//! Why a session ended.

/// Every end of a session has one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Its owner signed out.
    SignedOut,
    /// Its id was exchanged for a new one, at sign-in or by `cycle_id`.
    Cycled,
    /// Not used for longer than its idle limit.
    Idle,
    /// Older than its absolute limit.
    Absolute,
    /// Its owner, or an operator, ended it from elsewhere.
    Revoked,
    /// The account's password was changed.
    PasswordChanged,
    /// The account is gone.
    AccountRemoved,
    /// The account had more sessions than it may have, and this was the oldest.
    Displaced,
    /// The record could not be read.
    Corrupt,
    /// The key that sealed or signed its cookie is no longer in the key ring.
    KeyRetired,
}

impl Reason {
    pub(crate) const ALL: [Self; 10] = [
        Self::SignedOut,
        Self::Cycled,
        Self::Idle,
        Self::Absolute,
        Self::Revoked,
        Self::PasswordChanged,
        Self::AccountRemoved,
        Self::Displaced,
        Self::Corrupt,
        Self::KeyRetired,
    ];

    /// A stable name, as stores and logs keep it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Cycled => "cycled",
            Self::Idle => "idle",
            Self::Absolute => "absolute",
            Self::Revoked => "revoked",
            Self::PasswordChanged => "password_changed",
            Self::AccountRemoved => "account_removed",
            Self::Displaced => "displaced",
            Self::Corrupt => "corrupt",
            Self::KeyRetired => "key_retired",
        }
    }

    /// The reason with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}
