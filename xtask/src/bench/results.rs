//! The results, and the page that keeps them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::measure::Workload;
use super::plan::Target;
use super::{bars, scaling, table, tasks};

/// A part of the results with its heading.
pub(crate) struct Section {
    pub(crate) title: String,
    /// The databases and the peers.
    pub(crate) versions: String,
    /// Tables in Markdown.
    text: String,
    /// What is plotted.
    pub(crate) timed: Vec<Workload>,
}

impl Section {
    pub(crate) fn timed(target: Target, versions: String, workloads: Vec<Workload>) -> Self {
        let parts = [
            Some(match target.has_tasks() {
                true => tasks::of(target, &workloads),
                false => table::of(&workloads),
            }),
            table::of_trips(&workloads),
            scaling::of(&workloads),
            Some(bars::of(target, &workloads)),
        ];
        let text = parts.into_iter().flatten().collect::<Vec<_>>().join("\n");
        Self { title: target.title().to_owned(), versions, text, timed: workloads }
    }

    pub(crate) fn written(title: &str, versions: String, text: String) -> Self {
        Self { title: title.to_owned(), versions, text, timed: Vec::new() }
    }

    pub(crate) fn text(&self) -> &str {
        self.text.trim_end()
    }
}

const INTRODUCTION: &str = "\
# Results

Written by `cargo xtask bench --save`; how to read it stands in [README.md](README.md).
";

/// Rewrites the page: the measured sections are replaced, the others stay.
pub(crate) fn save(page: &Path, facts: &str, sections: &[Section]) -> Result<()> {
    let old = if page.exists() {
        fs::read_to_string(page).with_context(|| format!("can't read {}", page.display()))?
    } else {
        String::new()
    };
    fs::write(page, merged(&old, facts, sections))
        .with_context(|| format!("can't write {}", page.display()))
}

fn merged(old: &str, facts: &str, sections: &[Section]) -> String {
    let mut kept: Vec<(String, String)> = old
        .split("\n## ")
        .skip(1)
        .filter_map(|section| section.split_once('\n'))
        .map(|(title, text)| (title.to_owned(), text.trim().to_owned()))
        .collect();
    for section in sections {
        let text = format!("{facts}\n{}.\n\n{}", section.versions, section.text());
        match kept.iter_mut().find(|(title, _)| *title == section.title) {
            Some((_, old)) => *old = text,
            None => kept.push((section.title.clone(), text)),
        }
    }
    let mut page = INTRODUCTION.to_owned();
    for (title, text) in kept {
        page.push_str(&format!("\n## {title}\n\n{text}\n"));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_that_was_not_measured_stays() {
        let section =
            |title: &str, text: &str| Section::written(title, "SQL 1".into(), text.to_owned());
        let first = merged("", "one machine", &[section("A", "a\n"), section("B", "b")]);
        let second = merged(&first, "another machine", &[section("B", "new b"), section("C", "c")]);
        assert_eq!(
            second,
            format!(
                "{INTRODUCTION}\n## A\n\none machine\nSQL 1.\n\na\n\n## B\n\nanother machine\nSQL 1.\n\n\
                 new b\n\n## C\n\nanother machine\nSQL 1.\n\nc\n"
            )
        );
    }
}
