//! Another program that is stopped, and goes on, by signals.

use std::fs;
use std::process::Command;

use crate::proxy::Way;

/// A program and its children, by its process's number. It goes on at last, or nobody could end it.
pub struct Stopped(String);

impl Stopped {
    pub fn of(process: &str) -> Self {
        Self(process.to_owned())
    }

    pub fn set(&self, way: Way) {
        match way {
            Way::Open => self.signal("CONT"),
            // In this order: whoever is stopped makes no more children.
            Way::Frozen => self.signal("STOP"),
            Way::Down => unreachable!("it would not come back"),
        }
    }

    fn signal(&self, name: &str) {
        signal(name, &self.0);
        for child in children(&self.0) {
            signal(name, &child);
        }
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        self.signal("CONT");
    }
}

/// A child may have ended meanwhile.
fn signal(name: &str, process: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), process]).status();
    assert!(sent.is_ok(), "kill is there");
}

/// As Linux tells it (proc(5)): the parent is the second field after the program's name.
fn children(process: &str) -> Vec<String> {
    let entries = fs::read_dir("/proc").expect("this is Linux").filter_map(Result::ok);
    let processes = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let is_child = |number: &String| {
        let about = fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
        let parent = about.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1));
        parent == Some(process)
    };
    processes.filter(is_child).collect()
}
