//! The calls of tasks: how many a second, and how long one takes.

use super::measure::Workload;
use super::plan::Target;
use super::table;

/// Returns a table in Markdown, with a row for each peer of each workload.
pub(crate) fn of(target: Target, workloads: &[Workload]) -> String {
    let reference = target.reference();
    let heading = ["workload", "peer", "calls a second", "beside", "50 % within", "99 % within"];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    rows[0][3] = format!("beside {reference}");
    let mut reasons = String::new();
    for workload in workloads {
        for (peer, figures) in &workload.peers {
            let summary = match figures {
                Ok(summary) => summary,
                Err(why) => {
                    reasons.push_str(&format!(
                        "\n{peer} has no figure for {}: {why}.\n",
                        workload.name
                    ));
                    continue;
                }
            };
            let [middle, slow] = summary
                .latency
                .map_or([None, None], |latency| [Some(latency.middle), Some(latency.slow)])
                .map(|latency| latency.map_or_else(|| "–".to_owned(), table::duration));
            rows.push(vec![
                workload.name.to_owned(),
                (*peer).to_owned(),
                format!("{:.0} ±{:.0} %", 1e9 / summary.median, summary.spread * 100.0),
                format!("{:.2}", 1.0 / summary.ratio),
                middle,
                slow,
            ]);
        }
    }
    table::markdown(&rows) + &reasons
}

#[cfg(test)]
mod tests {
    use super::super::peer::Latency;
    use super::super::statistics::Summary;
    use super::*;

    #[test]
    fn calls_a_second_are_compared_with_those_of_the_reference() {
        let latency = Some(Latency { middle: 900_000.0, slow: 2_000_000.0 });
        let workload = Workload {
            name: "tasks-64",
            peers: vec![
                ("deadpool", Ok(Summary { median: 50_000.0, spread: 0.02, ratio: 1.0, latency })),
                (
                    "mizzle-async",
                    Ok(Summary { median: 40_000.0, spread: 0.0, ratio: 0.8, latency }),
                ),
                ("toasty", Err("it can't".to_owned())),
            ],
            trips: Vec::new(),
        };
        assert_eq!(
            of(Target::TasksPostgres, &[workload]),
            "| workload |         peer | calls a second | beside deadpool | 50 % within | 99 % within |\n\
             |----------|-------------:|---------------:|----------------:|------------:|------------:|\n\
             | tasks-64 |     deadpool |     20000 ±2 % |            1.00 |      900 µs |      2.0 ms |\n\
             | tasks-64 | mizzle-async |     25000 ±0 % |            1.25 |      900 µs |      2.0 ms |\n\
             \ntoasty has no figure for tasks-64: it can't.\n"
        );
    }
}
