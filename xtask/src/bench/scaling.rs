//! How reads scale with the number of reading threads while another one writes.

use super::measure::Workload;
use super::{plan, table};

/// Returns the reads per second by peer and readers, and their ratio to those of one reader; `None` if that wasn't
/// measured.
pub(crate) fn of(workloads: &[Workload]) -> Option<String> {
    let measured: Vec<(&str, &Workload)> = workloads
        .iter()
        .filter_map(|workload| Some((workload.name.strip_prefix(plan::READERS)?, workload)))
        .collect();
    let (_, first) = measured.first()?;
    let mut rows = vec![vec!["reads a second while one writes".to_owned()]];
    rows[0].extend(measured.iter().map(|(readers, _)| match *readers {
        "1" => "1 reader".to_owned(),
        readers => format!("{readers} readers"),
    }));
    for (place, (peer, one)) in first.peers.iter().enumerate() {
        let Ok(one) = one else { continue };
        let mut row = vec![(*peer).to_owned()];
        row.extend(measured.iter().enumerate().map(|(number, (_, workload))| {
            let Some((_, Ok(figures))) = workload.peers.get(place) else { return "–".to_owned() };
            let reads = format!("{:.0}", 1e9 / figures.median);
            if number == 0 {
                reads
            } else {
                format!("{reads} (× {:.2})", one.median / figures.median)
            }
        }));
        rows.push(row);
    }
    Some(table::markdown(&rows))
}

#[cfg(test)]
mod tests {
    use super::super::statistics::Summary;
    use super::*;

    #[test]
    fn throughput_is_compared_with_that_of_one_reader() {
        let workload = |name, median| Workload {
            name,
            peers: vec![
                ("raw", Ok(Summary { median, spread: 0.0, ratio: 1.0, latency: None })),
                ("toasty", Err("it can't".to_owned())),
            ],
            trips: Vec::new(),
        };
        assert_eq!(of(&[workload("find", 1_000.0)]), None);
        let text = of(&[workload("readers-1", 3_000.0), workload("readers-2", 2_000.0)]).unwrap();
        let row = text.lines().last().unwrap();
        assert_eq!(
            row.split('|').map(str::trim).collect::<Vec<_>>(),
            ["", "raw", "333333", "500000 (× 1.50)", ""]
        );
    }
}
