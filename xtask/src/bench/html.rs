//! The report: a self-contained file, with a plot for each workload and the tables with its figures.

use super::measure::Workload;
use super::results::Section;
use super::statistics::Summary;
use super::table;

const STYLE: &str = "
:root { color-scheme: light dark; --bar: #8aa; --own: #c60; --raw: #567; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
.plots { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(22rem, 1fr)); }
figure { margin: 0; } figcaption { font-weight: 600; }
svg { width: 100%; height: auto; } text { font: 12px system-ui, sans-serif; fill: currentColor; }
rect { fill: var(--bar); } rect.mizzle { fill: var(--own); } rect.raw { fill: var(--raw); }
line { stroke: currentColor; }
pre { overflow-x: auto; font-size: 12px; }";

/// Returns the page.
pub(crate) fn page(facts: &str, sections: &[Section]) -> String {
    let mut body =
        format!("<h1>mizzle beside its peers</h1>\n<p>{}</p>\n", escaped(&facts.replace("**", "")));
    for section in sections {
        let (title, versions) = (escaped(&section.title), escaped(&section.versions));
        body.push_str(&format!("<h2>{title}</h2>\n<p>{versions}.</p>\n"));
        if !section.timed.is_empty() {
            body.push_str("<p>Median time of one operation, less is better; the number behind it compares with the raw driver. A line spans half the distance between the quartiles to each side.</p>\n<div class=\"plots\">\n");
            body.extend(section.timed.iter().map(plot));
            body.push_str("</div>\n");
        }
        body.push_str(&format!("<pre>{}</pre>\n", escaped(section.text())));
    }
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>mizzle beside its peers</title>\n\
         <style>{STYLE}\n</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )
}

const NAMES: f64 = 84.0;
const BARS: f64 = 180.0;
const FIGURES: f64 = 116.0;
const LINE: f64 = 20.0;

/// Returns a bar for each peer that has a figure.
fn plot(workload: &Workload) -> String {
    let measured: Vec<(&str, &Summary)> = workload
        .peers
        .iter()
        .filter_map(|(name, figures)| Some((*name, figures.as_ref().ok()?)))
        .collect();
    let longest = measured.iter().map(|(_, summary)| summary.median).fold(0.0, f64::max);
    let mut drawn = String::new();
    for (place, (name, summary)) in measured.iter().enumerate() {
        let top = place as f64 * LINE;
        let (middle, base) = (top + LINE / 2.0, top + LINE * 0.7);
        let width = BARS * summary.median / longest;
        let half = width * summary.spread;
        let (from, to) = (NAMES + width - half, NAMES + width + half);
        drawn.push_str(&format!(
            "<text x=\"{:.0}\" y=\"{base:.0}\" text-anchor=\"end\">{name}</text>\
             <rect class=\"{name}\" x=\"{NAMES}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{:.1}\"/>\
             <line x1=\"{from:.1}\" x2=\"{to:.1}\" y1=\"{middle:.1}\" y2=\"{middle:.1}\"/>\
             <text x=\"{:.1}\" y=\"{base:.0}\">{} · {:.2}</text>\n",
            NAMES - 6.0,
            top + 3.0,
            LINE - 6.0,
            to + 6.0,
            table::duration(summary.median),
            summary.ratio,
        ));
    }
    let (width, height) = (NAMES + BARS + FIGURES, measured.len() as f64 * LINE);
    let name = escaped(workload.name);
    format!(
        "<figure><figcaption>{name}</figcaption>\n<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{name}\">\n{drawn}</svg></figure>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped() {
        let section = Section::written("A & B", "SQL 1".into(), "x < y".into());
        let page = page("facts", &[section]);
        assert!(
            page.contains("<h2>A &amp; B</h2>") && page.contains("<pre>x &lt; y</pre>"),
            "{page}"
        );
    }
}
