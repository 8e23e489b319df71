//! Tables that are brought up to date step by step.

/// The tables of one part of an application. The table `<name>_migrations` remembers which of the steps a
/// database has seen.
#[derive(Clone, Copy, Debug)]
pub struct Migrations {
    /// What the part is called: letters and `_` alone, since it becomes part of a table's name.
    pub name: &'static str,
    /// Each is applied once, in order; steps are only ever added.
    pub steps: &'static [&'static str],
}

impl Migrations {
    /// How many steps a database still lacks that has seen `applied` of them.
    #[must_use]
    pub fn missing(&self, applied: i64) -> usize {
        self.steps.len().saturating_sub(usize::try_from(applied).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_newer_version_has_added_is_not_missing() {
        let migrations = Migrations { name: "a", steps: &["", ""] };
        assert_eq!([0, 1, 2, 3].map(|applied| migrations.missing(applied)), [2, 1, 0, 0]);
    }
}
