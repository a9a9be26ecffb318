//! The table of a target.

use super::measure::Workload;
use super::statistics::Summary;

/// Returns the workloads and peers as a table in Markdown.
pub(crate) fn of(workloads: &[Workload]) -> String {
    let Some(first) = workloads.first() else { return String::new() };
    let names: Vec<&str> = first.peers.iter().map(|(name, _)| *name).collect();
    let mut rows = vec![std::iter::once("workload").chain(names).map(str::to_owned).collect()];
    for workload in workloads {
        let mut row = vec![workload.name.to_owned()];
        row.extend(workload.peers.iter().enumerate().map(|(place, (_, figures))| match figures {
            Ok(summary) if place == 0 => timing(summary),
            Ok(summary) => format!("{:.2} ({})", summary.ratio, timing(summary)),
            Err(_) => "–".to_owned(),
        }));
        rows.push(row);
    }
    let mut text = markdown(&rows);
    let mut reasons: Vec<(&str, &str, Vec<&str>)> = Vec::new();
    for workload in workloads {
        for (peer, figures) in &workload.peers {
            let Err(why) = figures else { continue };
            match reasons.iter_mut().find(|(known, reason, _)| known == peer && reason == why) {
                Some((_, _, of)) => of.push(workload.name),
                None => reasons.push((peer, why, vec![workload.name])),
            }
        }
    }
    for (peer, why, of) in reasons {
        text.push_str(&format!("\n{peer} has no figure for {}: {why}.\n", of.join(", ")));
    }
    text
}

/// Returns the round trips of the workloads in which they were counted.
pub(crate) fn of_trips(workloads: &[Workload]) -> Option<String> {
    let is_counted = |workload: &&Workload| workload.trips.iter().any(Option::is_some);
    let counted: Vec<&Workload> = workloads.iter().filter(is_counted).collect();
    let names = counted.first()?.peers.iter().map(|(name, _)| *name);
    let heading = std::iter::once("round trips of one operation").chain(names);
    let mut rows = vec![heading.map(str::to_owned).collect::<Vec<_>>()];
    for workload in counted {
        let shown = |trips: &Option<f64>| trips.map_or_else(|| "–".to_owned(), number);
        let mut row = vec![workload.name.to_owned()];
        row.extend(workload.trips.iter().map(shown));
        rows.push(row);
    }
    Some(markdown(&rows))
}

/// Returns a number with as few digits as its value allows, at most two after the point.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Returns a median with its spread: `12.3 µs ±4 %`.
fn timing(summary: &Summary) -> String {
    format!("{} ±{:.0} %", duration(summary.median), summary.spread * 100.0)
}

/// Returns nanoseconds in the unit that fits.
pub(crate) fn duration(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds {
        _ if nanoseconds < 1e3 => (nanoseconds, "ns"),
        _ if nanoseconds < 1e6 => (nanoseconds / 1e3, "µs"),
        _ if nanoseconds < 1e9 => (nanoseconds / 1e6, "ms"),
        _ => (nanoseconds / 1e9, "s"),
    };
    if value < 100.0 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// Returns rows as a table in Markdown, with aligned columns; the first row is the heading.
pub(crate) fn markdown(rows: &[Vec<String>]) -> String {
    let Some(heading) = rows.first() else { return String::new() };
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heading.len()).map(width).collect();
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        for (column, cell) in row.iter().enumerate() {
            let width = widths[column];
            if column == 0 {
                text.push_str(&format!("| {cell:width$} "));
            } else {
                text.push_str(&format!("| {cell:>width$} "));
            }
        }
        text.push_str("|\n");
        if number == 0 {
            for (column, width) in widths.iter().enumerate() {
                let line = "-".repeat(width + 1);
                text.push_str(&if column == 0 { format!("|{line}-") } else { format!("|{line}:") });
            }
            text.push_str("|\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_the_unit_that_fits() {
        assert_eq!(duration(512.0), "512 ns");
        assert_eq!(duration(1_234.0), "1.2 µs");
        assert_eq!(duration(12_345_678.0), "12.3 ms");
        assert_eq!(duration(2.5e9), "2.5 s");
    }

    #[test]
    fn a_peer_without_a_figure_has_a_reason() {
        let summary = |median, ratio| Ok(Summary { median, spread: 0.02, ratio, latency: None });
        let workload = Workload {
            name: "find",
            peers: vec![
                ("raw", summary(2_000.0, 1.0)),
                ("mizzle", summary(2_100.0, 1.05)),
                ("toasty", Err("it can't".to_owned())),
            ],
            trips: vec![Some(4.0), Some(1.5), None],
        };
        assert_eq!(
            of_trips(std::slice::from_ref(&workload)).unwrap(),
            "| round trips of one operation | raw | mizzle | toasty |\n\
             |------------------------------|----:|-------:|-------:|\n\
             | find                         |   4 |    1.5 |      – |\n"
        );
        assert_eq!(
            of(&[workload]),
            "| workload |         raw |             mizzle | toasty |\n\
             |----------|------------:|-------------------:|-------:|\n\
             | find     | 2.0 µs ±2 % | 1.05 (2.1 µs ±2 %) |      – |\n\
             \ntoasty has no figure for find: it can't.\n"
        );
    }
}
