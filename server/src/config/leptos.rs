//! What cargo-leptos tells the server it starts.

use std::path::PathBuf;

/// The `LEPTOS_*` variables that matter here; a server started by hand needs none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leptos {
    /// `LEPTOS_SITE_ROOT`: the folder of the site's files, if somebody names one.
    pub site_root: Option<PathBuf>,
    /// `LEPTOS_RELOAD_PORT` where `LEPTOS_WATCH` is set: the port on which browsers learn of changes.
    pub reload_port: Option<u16>,
}

impl Leptos {
    pub(super) fn read(variables: &[(String, String)]) -> Self {
        let variable = |name| {
            let (_, value) = variables.iter().find(|(known, _)| known == name)?;
            (!value.is_empty()).then_some(value)
        };
        let watched = variable("LEPTOS_WATCH").is_some_and(|value| value != "false");
        let reload_port = variable("LEPTOS_RELOAD_PORT").and_then(|port| port.parse().ok());
        Self {
            site_root: variable("LEPTOS_SITE_ROOT").map(PathBuf::from),
            reload_port: reload_port.filter(|_| watched),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::testing::load;

    #[test]
    fn the_reload_port_counts_only_while_changes_are_watched() {
        let site = ("LEPTOS_SITE_ROOT", "target/site");
        let port = ("LEPTOS_RELOAD_PORT", "3001");
        let still = load("", &[site, port], &[]).expect("all is well").leptos;
        let watched = load("", &[port, ("LEPTOS_WATCH", "true")], &[]).expect("all is well").leptos;
        assert_eq!((still.site_root, still.reload_port), (Some("target/site".into()), None));
        assert_eq!((watched.site_root, watched.reload_port), (None, Some(3001)));
    }
}
