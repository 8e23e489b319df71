//! The sentence for each failure, by its code.

use contract::{ApiError, EndReason, Fault};

use super::Text;

impl Text {
    /// Tells people why a request failed.
    #[must_use]
    pub fn error(&self, error: &ApiError) -> String {
        match error {
            ApiError::Throttled { retry_after } if *retry_after > 60 => {
                around(self.refusals.throttled_for, &retry_after.div_ceil(60).to_string())
            }
            error => self.refusal(error).to_owned(),
        }
    }

    const fn refusal(&self, error: &ApiError) -> &'static str {
        let refusals = &self.refusals;
        match error {
            ApiError::MalformedBody
            | ApiError::MalformedRequest
            | ApiError::MethodNotAllowed
            | ApiError::BodyTooLarge
            | ApiError::UriTooLong
            | ApiError::UnsupportedMediaType => refusals.request,
            ApiError::InvalidCredentials => refusals.invalid_credentials,
            ApiError::SignInRequired => refusals.sign_in_required,
            ApiError::SessionEnded { reason } => self.end(*reason),
            ApiError::RecentSignInRequired => refusals.recent_sign_in_required,
            ApiError::WrongPassword => refusals.wrong_password,
            ApiError::OriginRefused => refusals.origin,
            ApiError::NotFound => self.not_found_lead,
            ApiError::Timeout => refusals.timeout,
            ApiError::UsernameTaken => refusals.username_taken,
            ApiError::Invalid { .. } => refusals.invalid,
            ApiError::Throttled { .. } => refusals.throttled,
            ApiError::Internal => refusals.internal,
            ApiError::Busy { .. } => refusals.busy,
            ApiError::Unavailable { .. } => refusals.unavailable,
            ApiError::Unreachable => refusals.unreachable,
        }
    }

    /// Why a session ended, for somebody who looks at it: what is said to its visitor, without the advice.
    #[must_use]
    pub fn ended_for(&self, reason: &str) -> &'static str {
        let sentence = self.end(reason.parse().unwrap_or(EndReason::Unknown));
        sentence.split_once('.').map_or(sentence, |(why, _)| why)
    }

    const fn end(&self, reason: EndReason) -> &'static str {
        let refusals = &self.refusals;
        match reason {
            EndReason::SignedOut => refusals.signed_out,
            EndReason::Idle => refusals.idle,
            EndReason::Absolute => refusals.absolute,
            EndReason::Revoked => refusals.revoked,
            EndReason::PasswordChanged => refusals.password_changed,
            EndReason::AccountRemoved => refusals.account_removed,
            EndReason::Displaced => refusals.displaced,
            EndReason::KeyRetired => refusals.key_retired,
            EndReason::Unknown => refusals.session_ended,
        }
    }

    /// Tells people what is wrong with a field.
    #[must_use]
    pub fn fault(&self, fault: Fault) -> String {
        let refusals = &self.refusals;
        let sentence = match fault {
            Fault::UsernameLength => refusals.username_length,
            Fault::UsernameCharacters => refusals.username_characters,
            Fault::PasswordTooShort { missing: 1 } => refusals.one_too_short,
            Fault::PasswordTooShort { missing } => return around(refusals.too_short, &missing.to_string()),
            Fault::PasswordTooLong => refusals.password_too_long,
            Fault::PasswordCommon => refusals.password_common,
            Fault::PasswordBreached => refusals.password_breached,
            Fault::PasswordContainsUsername => refusals.password_contains_username,
            Fault::PasswordContainsSite => refusals.password_contains_site,
            Fault::PasswordUnchanged => refusals.password_unchanged,
            Fault::Missing => refusals.missing,
            Fault::WrongType | Fault::UnknownValue | Fault::UnknownField => refusals.value,
        };
        sentence.to_owned()
    }
}

/// A value between the two halves of its sentence.
#[must_use]
pub fn around((before, after): (&'static str, &'static str), value: &str) -> String {
    [before, value, after].concat()
}

#[cfg(test)]
mod tests {
    use contract::{Language, PASSWORD_MAXIMUM, USERNAME_MAXIMUM, USERNAME_MINIMUM};

    use super::*;

    #[test]
    fn pages_and_api_say_the_same_in_english() {
        let text = Text::of(Language::En);
        for error in [
            ApiError::MalformedBody,
            ApiError::InvalidCredentials,
            ApiError::SignInRequired,
            ApiError::RecentSignInRequired,
            ApiError::WrongPassword,
            ApiError::OriginRefused,
            ApiError::NotFound,
            ApiError::UsernameTaken,
            ApiError::Invalid { fields: Vec::new() },
            ApiError::Throttled { retry_after: 1 },
            ApiError::Internal,
            ApiError::Busy { retry_after: 1 },
            ApiError::Unavailable { retry_after: 1 },
            ApiError::Unreachable,
        ] {
            assert_eq!(text.error(&error), error.sentence());
        }
        for (seconds, wait) in [(60, "a moment and try again."), (61, "2 minutes."), (1200, "20 minutes.")] {
            let said = text.error(&ApiError::Throttled { retry_after: seconds });
            assert!(said.ends_with(wait), "{said}");
        }
        for fault in [
            Fault::UsernameLength,
            Fault::UsernameCharacters,
            Fault::PasswordTooShort { missing: 1 },
            Fault::PasswordTooShort { missing: 3 },
            Fault::PasswordTooLong,
            Fault::PasswordCommon,
            Fault::PasswordContainsUsername,
            Fault::PasswordContainsSite,
            Fault::PasswordUnchanged,
            Fault::Missing,
        ] {
            assert_eq!(text.fault(fault), fault.to_string());
        }
    }

    #[test]
    fn each_reason_is_told_in_a_sentence_of_its_own_in_each_language() {
        for text in Language::ALL.map(Text::of) {
            let told = EndReason::ALL.map(|reason| text.error(&ApiError::SessionEnded { reason }));
            let different: std::collections::BTreeSet<_> = told.iter().collect();
            assert_eq!(different.len(), EndReason::ALL.len(), "{told:?}");
        }
        for reason in EndReason::ALL {
            let error = ApiError::SessionEnded { reason };
            assert_eq!(Text::of(Language::En).error(&error), error.sentence());
        }
    }

    #[test]
    fn the_inspector_tells_reasons_in_each_language() {
        let told = Language::ALL.map(|language| Text::of(language).ended_for("revoked"));
        assert_eq!(
            told,
            ["This device was signed out", "Dieses Gerät wurde abgemeldet", "Cet appareil a été déconnecté"]
        );
        assert_eq!(Text::of(Language::En).ended_for("cycled"), "Your session has ended");
    }

    #[test]
    fn every_language_names_the_limits_that_hold() {
        for text in Language::ALL.map(Text::of) {
            for sentence in [text.username_hint, text.refusals.username_length] {
                assert!(sentence.contains(&USERNAME_MINIMUM.to_string()), "{sentence}");
                assert!(sentence.contains(&USERNAME_MAXIMUM.to_string()), "{sentence}");
            }
            assert!(text.refusals.password_too_long.contains(&PASSWORD_MAXIMUM.to_string()));
        }
    }
}
