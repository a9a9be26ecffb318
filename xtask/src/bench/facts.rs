//! The machine and the versions that figures belong to.

use std::fs;
use std::process::Command;

/// Returns one line in Markdown.
pub(crate) fn collect(is_quick: bool) -> String {
    let processor = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    let threads = std::thread::available_parallelism().map_or(0, usize::from);
    let mut facts = vec![
        format!("{} × {threads}", processor.unwrap_or_else(|| "an unknown processor".into())),
        said("uname", &["-sr"]),
        said("rustc", &["--version"]),
        said("date", &["-u", "+%Y-%m-%d"]),
        format!(
            "load {}",
            fs::read_to_string("/proc/loadavg")
                .unwrap_or_default()
                .split(' ')
                .next()
                .unwrap_or("?")
        ),
    ];
    if is_quick {
        facts.push("**a quick run, not for comparison**".to_owned());
    }
    facts.join(", ") + "."
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(
        |_| format!("no {program}"),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}
