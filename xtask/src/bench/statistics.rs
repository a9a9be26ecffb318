//! Medians and their spread.

use super::peer::Latency;

/// The summary of a peer's rounds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Summary {
    /// Nanoseconds for one operation.
    pub(crate) median: f64,
    /// Half the distance between the quartiles, as a share of the median.
    pub(crate) spread: f64,
    /// The median of the ratios to the raw driver in the same round.
    pub(crate) ratio: f64,
    /// The medians of the rounds' latencies, if tasks called.
    pub(crate) latency: Option<Latency>,
}

impl Summary {
    /// Summarizes rounds; `raw` contains the raw driver's figures of the same rounds.
    pub(crate) fn of(rounds: &[f64], raw: &[f64]) -> Self {
        let middle = median(rounds);
        let ratios: Vec<f64> = rounds.iter().zip(raw).map(|(peer, raw)| peer / raw).collect();
        Self {
            median: middle,
            spread: (quantile(rounds, 0.75) - quantile(rounds, 0.25)) / 2.0 / middle,
            ratio: median(&ratios),
            latency: None,
        }
    }

    /// Adds the latencies of the rounds.
    pub(crate) fn with_latencies(mut self, rounds: &[Latency]) -> Self {
        if !rounds.is_empty() {
            let of =
                |part: fn(&Latency) -> f64| median(&rounds.iter().map(part).collect::<Vec<_>>());
            self.latency =
                Some(Latency { middle: of(|round| round.middle), slow: of(|round| round.slow) });
        }
        self
    }
}

/// Returns the value in the middle.
pub(crate) fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// Returns the value below which this share of the values is, interpolated between its neighbours.
fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = share * last as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_neighbours() {
        let values = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(quantile(&values, 0.5), 2.5);
        assert_eq!(quantile(&values, 0.0), 1.0);
        assert_eq!(quantile(&values, 1.0), 4.0);
        assert_eq!(quantile(&[7.0], 0.5), 7.0);
        assert!(quantile(&[], 0.5).is_nan());
    }

    #[test]
    fn a_ratio_compares_figures_of_the_same_round() {
        // The machine was slow in the last two rounds; the peer still takes twice as long.
        let summary = Summary::of(&[2.0, 20.0, 40.0], &[1.0, 10.0, 20.0]);
        assert_eq!((summary.ratio, summary.latency), (2.0, None));
        assert_eq!(summary.median, 20.0);
        let rounds = [(1.0, 9.0), (3.0, 5.0), (2.0, 7.0)];
        let rounds = rounds.map(|(middle, slow)| Latency { middle, slow });
        let latency = summary.with_latencies(&rounds).latency;
        assert_eq!(latency, Some(Latency { middle: 2.0, slow: 7.0 }));
    }
}
