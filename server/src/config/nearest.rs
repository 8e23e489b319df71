//! The name that somebody who mistyped probably meant.

/// The candidate most similar to `given`, without regard to case.
pub(super) fn nearest<'a>(given: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase();
    candidates.min_by_key(|candidate| unlikeness(&given, candidate))
}

/// Edits between the whole names; or, as a section is easily forgotten, between their last parts.
fn unlikeness(given: &str, candidate: &str) -> usize {
    let parts = 1 + edits(last_part(given), last_part(candidate)) * 2;
    edits(given, candidate).min(parts)
}

fn last_part(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

/// The Levenshtein distance, in characters.
fn edits(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (index, a) in one.chars().enumerate() {
        let mut diagonal = index;
        let mut left = index + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(other.chars()) {
            let replaced = diagonal + usize::from(a != b);
            diagonal = *cell;
            left = replaced.min(left + 1).min(*cell + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_misplaced_or_shortened_name_finds_its_setting() {
        let known = ["server.address", "server.brand", "sessions.idle", "sessions.cookie.name"];
        for (given, meant) in [
            ("server.adress", "server.address"),
            ("session.idle", "sessions.idle"),
            ("idle", "sessions.idle"),
            ("cookie.name", "sessions.cookie.name"),
            ("SERVER.BRAND", "server.brand"),
        ] {
            assert_eq!(nearest(given, known.into_iter()), Some(meant), "{given}");
        }
    }

    #[test]
    fn edits_are_insertions_removals_and_replacements() {
        for (one, other, count) in
            [("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("same", "same", 0)]
        {
            assert_eq!(edits(one, other), count, "{one} {other}");
        }
    }
}
