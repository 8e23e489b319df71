//! The verdicts as Markdown that a terminal of 100 columns shows well.

use std::fmt;

use super::verdicts::{Verdict, Verdicts};

/// A line for each rule, a column for each store, and below them what the short marks mean.
pub struct Table<'a> {
    verdicts: &'a Verdicts,
    columns: Vec<Column<'a>>,
    /// Why rules do not apply, each reason once; a cell names it by its number, from 1.
    reasons: Vec<&'a str>,
}

/// A store under a name of two letters, since nine whole names side by side are wider than a terminal.
struct Column<'a> {
    store: &'a str,
    short: String,
}

impl<'a> Table<'a> {
    /// Rules and stores in the order of the alphabet.
    pub fn of(verdicts: &'a Verdicts) -> Self {
        let mut columns = Vec::new();
        for store in verdicts.stores() {
            let short = short_name(store, &columns);
            columns.push(Column { store, short });
        }
        let mut reasons = Vec::new();
        for verdict in verdicts.iter() {
            if let Verdict::NotApplicable(reason) = verdict
                && !reasons.contains(&reason.as_str())
            {
                reasons.push(reason);
            }
        }
        Self { verdicts, columns, reasons }
    }

    fn rows(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.verdicts.rules().map(|rule| rule.chars().count()).max().unwrap_or_default();
        write!(out, "| {:<width$} |", "rule")?;
        self.columns.iter().try_for_each(|column| write!(out, "{}|", column.short))?;
        write!(out, "\n|{}|", "-".repeat(width + 2))?;
        self.columns.iter().try_for_each(|_| write!(out, "--|"))?;
        for rule in self.verdicts.rules() {
            write!(out, "\n| {:<width$} |", rule.replace('_', " "))?;
            for column in &self.columns {
                write!(out, "{:<2}|", self.mark(self.verdicts.on(rule, column.store)))?;
            }
        }
        writeln!(out)
    }

    fn mark(&self, verdict: &Verdict) -> String {
        match verdict {
            Verdict::Kept => "✓".to_owned(),
            Verdict::NotApplicable(reason) => {
                let before = self.reasons.iter().take_while(|known| *known != reason).count();
                format!("–{}", before + 1)
            }
            Verdict::Broken => "✗".to_owned(),
            Verdict::NotRun => "?".to_owned(),
        }
    }

    /// As lists, which Markdown keeps line by line.
    fn legend(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "\nStores:\n")?;
        for Column { store, short } in &self.columns {
            writeln!(out, "* {short}: {}", store.replace('_', " "))?;
        }
        let mut marks = Vec::new();
        if self.broken() > 0 {
            marks.push("✗: broken".to_owned());
        }
        if self.not_run() > 0 {
            marks.push("?: the store does not run this rule".to_owned());
        }
        marks.extend(
            self.reasons.iter().enumerate().map(|(before, reason)| format!("– {}: {reason}", before + 1)),
        );
        if !marks.is_empty() {
            writeln!(out, "\nCells other than ✓:\n")?;
        }
        marks.iter().try_for_each(|mark| writeln!(out, "* {mark}"))
    }

    fn counts(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.verdicts.count(|verdict| matches!(verdict, Verdict::Kept));
        let not_applicable = self.verdicts.count(|verdict| matches!(verdict, Verdict::NotApplicable(_)));
        write!(out, "\n{} rules × {} stores: ", self.verdicts.rules().count(), self.columns.len())?;
        write!(out, "{kept} kept, {not_applicable} not applicable, {} broken", self.broken())?;
        match self.not_run() {
            0 => Ok(()),
            not_run => write!(out, ", {not_run} not run"),
        }
    }

    fn broken(&self) -> usize {
        self.verdicts.count(|verdict| matches!(verdict, Verdict::Broken))
    }

    fn not_run(&self) -> usize {
        self.verdicts.count(|verdict| matches!(verdict, Verdict::NotRun))
    }
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rows(out)?;
        self.legend(out)?;
        self.counts(out)
    }
}

/// The first letter and one of the last word's, the first that no other column has: `redis_alone` is `ra`. A store
/// for which none is left keeps its name.
fn short_name(store: &str, others: &[Column<'_>]) -> String {
    let first = store.get(..1).unwrap_or_default();
    let last_word = store.rsplit_once('_').map(|(_, word)| word);
    let seconds = last_word.or(store.get(1..)).unwrap_or_default();
    let mut names = seconds.chars().map(|second| format!("{first}{second}"));
    names.find(|name| others.iter().all(|other| other.short != *name)).unwrap_or_else(|| store.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(lines: &[&str]) -> String {
        let lines: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
        Table::of(&Verdicts::of_libtest(&lines, "stores")).to_string()
    }

    #[test]
    fn every_mark_stands_in_its_cell_and_is_explained() {
        let printed = table(&[
            "test stores::memory::a_read_never_writes ... ok",
            "test stores::memory::odd_values_survive ... FAILED",
            "test stores::redis_alone::a_read_never_writes ... ok",
            "test stores::redis_alone::a_sweep_disturbs_nobody ... ok",
            "test stores::redis_alone::odd_values_survive ... ok",
            "---- stores::redis_alone::a_sweep_disturbs_nobody stdout ----",
            "not applicable: what has expired goes by itself",
        ]);
        let expected = "\
| rule                    |me|ra|
|-------------------------|--|--|
| a read never writes     |✓ |✓ |
| a sweep disturbs nobody |? |–1|
| odd values survive      |✗ |✓ |

Stores:

* me: memory
* ra: redis alone

Cells other than ✓:

* ✗: broken
* ?: the store does not run this rule
* – 1: what has expired goes by itself

3 rules × 2 stores: 3 kept, 1 not applicable, 1 broken, 1 not run";
        assert_eq!(printed, expected);
    }

    #[test]
    fn rules_that_are_all_kept_need_no_footnote() {
        let printed = table(&["test stores::memory::a_read_never_writes ... ok"]);
        assert!(!printed.contains("Cells other"));
        assert!(printed.ends_with("\n1 rules × 1 stores: 1 kept, 0 not applicable, 0 broken"));
    }

    #[test]
    fn a_reason_is_listed_once() {
        let printed = table(&[
            "test stores::memory::a_read_never_writes ... ok",
            "test stores::memory::a_dump_shows_no_id ... ok",
            "---- stores::memory::a_read_never_writes stdout ----",
            "not applicable: nobody can look inside",
            "---- stores::memory::a_dump_shows_no_id stdout ----",
            "not applicable: nobody can look inside",
        ]);
        assert_eq!(printed.matches("nobody can look inside").count(), 1);
        assert_eq!(printed.matches("|–1|").count(), 2);
    }

    #[test]
    fn no_two_stores_have_the_same_short_name() {
        let mut columns: Vec<Column<'_>> = Vec::new();
        for store in ["a", "cached_sqlite", "redis_cached", "redis_cluster", "sqlite"] {
            let short = short_name(store, &columns);
            columns.push(Column { store, short });
        }
        let names: Vec<_> = columns.iter().map(|column| column.short.as_str()).collect();
        assert_eq!(names, ["a", "cs", "rc", "rl", "sq"]);
    }
}
