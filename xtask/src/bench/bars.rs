//! The bars that mizzle has to reach, and whether it does.

use super::measure::Workload;
use super::plan::{self, Target};
use super::table;

/// Workloads with a separate bar on SQLite in memory: at most this many times rusqlite's time.
const IN_MEMORY: [(&str, f64); 6] = [
    ("find", 1.3),
    ("page", 2.0),
    ("load", 1.35),
    ("insert-100", 1.3),
    ("update", 1.8),
    ("relations", 1.3),
];

/// Elsewhere: within 5 % of the raw driver if that takes longer than this.
const NOTICEABLE: f64 = 20_000.0;
const CLOSE: f64 = 1.05;

/// Ahead of the asynchronous peers on SQLite.
const ASYNCHRONOUS: [&str; 3] = ["sqlx", "sea-orm", "toasty"];
const FAR_AHEAD: f64 = 2.0;

/// Over a network, where the time is that of the round trips: far ahead of all but the raw drivers.
const SAVE_TRIPS: [&str; 6] =
    ["transaction", "writes", "batch", "page-total", "siblings", "relations"];

/// A bar: mizzle takes at most `most` times the time of `peer`.
struct Bar {
    workload: &'static str,
    peer: &'static str,
    most: f64,
    is: f64,
    /// The time of the reference, compared with the peer's.
    raw: f64,
}

/// Returns the bars of a target in Markdown: how many are met, and which aren't.
pub(crate) fn of(target: Target, workloads: &[Workload]) -> String {
    let bars: Vec<Bar> =
        workloads.iter().flat_map(|workload| of_workload(target, workload)).collect();
    let missed: Vec<&Bar> = bars.iter().filter(|bar| bar.is > bar.most).collect();
    let mut text = format!("Bars met: {} of {}.", bars.len() - missed.len(), bars.len());
    if missed.is_empty() {
        return text;
    }
    let mut rows =
        vec![["missed", "mizzle compared with", "is", "at most"].map(str::to_owned).to_vec()];
    rows[0].push(format!("{} is", target.reference()));
    rows.extend(missed.iter().map(|bar| {
        vec![
            bar.workload.to_owned(),
            bar.peer.to_owned(),
            format!("{:.2}", bar.is),
            format!("{:.2}", bar.most),
            format!("{:.2}", bar.raw),
        ]
    }));
    text.push_str("\n\n");
    text.push_str(&table::markdown(&rows));
    text
}

fn of_workload(target: Target, workload: &Workload) -> Vec<Bar> {
    let of = |name: &str| {
        workload
            .peers
            .iter()
            .find(|(peer, _)| *peer == name)
            .and_then(|(_, figures)| figures.as_ref().ok())
    };
    let own = if target.has_tasks() { plan::MIZZLE_ASYNC } else { "mizzle" };
    let (Some(raw), Some(mizzle)) = (of(target.reference()), of(own)) else { return Vec::new() };
    let mut bars = Vec::new();
    let mut bar = |peer, most, is| {
        let raw = of(peer).map_or(1.0, |figures| 1.0 / figures.ratio);
        bars.push(Bar { workload: workload.name, peer, most, is, raw });
    };
    match target {
        Target::SqliteMemory => {
            if let Some((_, most)) = IN_MEMORY.iter().find(|(name, _)| *name == workload.name) {
                bar("raw", *most, mizzle.ratio);
            }
        }
        Target::SqliteFile | Target::Postgres if raw.median > NOTICEABLE => {
            bar("raw", CLOSE, mizzle.ratio);
        }
        Target::SqliteFile | Target::Postgres => {}
        Target::TasksSqlite | Target::TasksPostgres | Target::TasksNetwork => {
            for (peer, figures) in &workload.peers {
                let Ok(figures) = figures else { continue };
                if *peer != own {
                    bar(*peer, 1.0, mizzle.ratio / figures.ratio);
                }
            }
            return bars;
        }
        Target::Network => {
            for (peer, figures) in &workload.peers {
                let Ok(figures) = figures else { continue };
                let is_raw = [plan::RAW, plan::PIPELINED].contains(peer);
                let is_far = !is_raw && SAVE_TRIPS.contains(&workload.name);
                let most = if is_far { 1.0 / FAR_AHEAD } else { CLOSE };
                if *peer != "mizzle" {
                    bar(*peer, most, mizzle.ratio / figures.ratio);
                }
            }
            return bars;
        }
    }
    if let Some(diesel) = of("diesel") {
        // If diesel is as fast as the driver, there is nothing to be ahead of.
        let most = if diesel.ratio <= CLOSE { CLOSE } else { 1.0 };
        bar("diesel", most, mizzle.ratio / diesel.ratio);
    }
    if !target.has_server() {
        for peer in ASYNCHRONOUS {
            if let Some(figures) = of(peer) {
                bar(peer, 1.0 / FAR_AHEAD, mizzle.ratio / figures.ratio);
            }
        }
    }
    bars
}

#[cfg(test)]
mod tests {
    use super::super::statistics::Summary;
    use super::*;

    #[test]
    fn a_missed_bar_is_named() {
        let peer = |name, ratio| {
            (name, Ok(Summary { median: ratio * 50_000.0, spread: 0.0, ratio, latency: None }))
        };
        let workload = Workload {
            name: "find",
            peers: vec![
                peer("raw", 1.0),
                peer("mizzle", 1.2),
                peer("diesel", 1.5),
                peer("sqlx", 1.8),
            ],
            trips: Vec::new(),
        };
        let text = of(Target::SqliteMemory, std::slice::from_ref(&workload));
        assert!(text.starts_with("Bars met: 2 of 3."), "{text}");
        assert!(
            text.contains("| find   |                 sqlx | 0.67 |    0.50 |   0.56 |"),
            "{text}"
        );
        let text = of(Target::Postgres, std::slice::from_ref(&workload));
        assert!(text.starts_with("Bars met: 1 of 2."), "{text}");
        assert!(
            text.contains("| find   |                  raw | 1.20 |    1.05 |   1.00 |"),
            "{text}"
        );
        let text = of(Target::Network, std::slice::from_ref(&workload));
        assert!(text.starts_with("Bars met: 2 of 3."), "{text}");
        let pages = Workload { name: "page-total", ..workload };
        let text = of(Target::Network, &[pages]);
        assert!(text.starts_with("Bars met: 0 of 3."), "{text}");
    }
}
