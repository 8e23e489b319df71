//! The processor time of a program and all that it has started.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use crate::process;

/// Of a process, its descendants, and those of them that have ended. `None` where the system does not tell.
pub fn of_tree(root: u32) -> Option<Duration> {
    let processes = fs::read_dir("/proc").ok()?.filter_map(|entry| {
        let id: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        Some((id, Process::parse(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?)?))
    });
    let ticks = ticks_of_tree(root, &processes.collect())?;
    Some(Duration::from_secs_f64(ticks / ticks_per_second()))
}

/// What matters of a process.
struct Process {
    parent: u32,
    /// In user and system mode, with children that have ended.
    ticks: f64,
}

impl Process {
    /// The 4th and the 14th to 17th field of `/proc/<pid>/stat`, counted behind the program's name, which may
    /// contain spaces.
    fn parse(stat: &str) -> Option<Self> {
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(1);
        let parent = fields.next()?.parse().ok()?;
        let times: Vec<f64> = fields.skip(9).take(4).filter_map(|field| field.parse().ok()).collect();
        (times.len() == 4).then(|| Self { parent, ticks: times.iter().sum() })
    }
}

fn ticks_of_tree(root: u32, processes: &BTreeMap<u32, Process>) -> Option<f64> {
    let mut ticks = processes.get(&root)?.ticks;
    for (child, _) in processes.iter().filter(|(_, process)| process.parent == root) {
        ticks += ticks_of_tree(*child, processes).unwrap_or(0.0);
    }
    Some(ticks)
}

fn ticks_per_second() -> f64 {
    process::answer(process::command("getconf").arg("CLK_TCK"))
        .and_then(|answer| answer.parse().ok())
        .unwrap_or(100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_name_with_spaces_does_not_shift_the_fields() {
        let process = Process::parse("7 (a b) c) S 1 2 3 4 5 6 7 8 9 10 250 50 4 6 20 0").unwrap();
        assert_eq!((process.parent, process.ticks), (1, 310.0));
    }

    #[test]
    fn what_a_program_has_started_counts_with_it() {
        let process = |id, parent, ticks| (id, Process { parent, ticks });
        let processes =
            [process(1, 0, 1.0), process(7, 1, 20.0), process(8, 7, 300.0), process(9, 8, 4000.0)];
        assert_eq!(ticks_of_tree(7, &processes.into()), Some(4320.0));
    }
}
