//! `inspector.*`: the page that shows a session's inside.

use super::{Server, reader::Reader, server::PROFILE};

const ENABLED: &str = "inspector.enabled";

/// The page that shows a session's inside.
#[derive(Clone, Copy, Debug)]
pub struct Inspector {
    /// `inspector.enabled`: whether `/session` shows visitors the inside of their session; unless set, only in
    /// development.
    pub enabled: bool,
}

impl Inspector {
    pub(super) fn read(reader: &mut Reader, server: &Server) -> Self {
        Self { enabled: reader.take(ENABLED, !server.is_production()) }
    }

    pub(super) fn check(self, reader: &mut Reader, server: &Server) {
        if self.enabled && server.is_production() {
            reader.warning(&[PROFILE, ENABLED], "visitors can then see how their sessions are kept");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{PRODUCTION, accepted};

    /// ASVS V13.4.2.
    #[test]
    fn the_inspector_is_off_in_production_unless_enabled_with_a_warning() {
        assert!(!accepted(&PRODUCTION).inspector.enabled);
        let enabled = accepted(&[&PRODUCTION[..], &[(ENABLED, "on")]].concat());
        assert!(enabled.inspector.enabled);
        assert_eq!(enabled.warnings.len(), 1);
    }
}
