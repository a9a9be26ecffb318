//! What only a feature brings in.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};
use toml::Table;

use crate::{process, steps};

/// Features, each with packages that a program without it must not have to build.
const FEATURES: [(&str, &[&str]); 3] = [
    ("tokio", &["corosensei", "tokio"]),
    ("d1", &["ureq", "rustls"]),
    ("studio", &["axum", "hyper", "opener"]),
];

/// Checks that the packages of a feature are dependencies with it alone, whichever other features are on.
///
/// # Errors
/// If the features or the dependencies can't be read.
pub(super) fn check(root: &Path, faults: &mut Vec<String>) -> Result<()> {
    let manifest = root.join("Cargo.toml");
    let text = std::fs::read_to_string(&manifest)
        .with_context(|| format!("can't read {}", manifest.display()))?;
    let manifest: Table = text.parse().context("Cargo.toml is not TOML")?;
    let features = manifest.get("features").and_then(|features| features.as_table());
    let features = features.context("Cargo.toml has no features")?;
    for (feature, own) in FEATURES {
        // Some features bring it along.
        let includes = |list: &toml::Value| {
            let mut list = list.as_array().into_iter().flatten();
            list.any(|one| one.as_str() == Some(feature))
        };
        let others = features.iter().filter(|(other, list)| *other != feature && !includes(list));
        let others: Vec<&str> = others.map(|(other, _)| other.as_str()).collect();
        let with = [others.as_slice(), &[feature]].concat();
        check_packages(feature, own, [&packages(root, &others)?, &packages(root, &with)?], faults);
    }
    Ok(())
}

/// Returns the names of all packages that a program with mizzle builds, without those that only build it.
fn packages(root: &Path, features: &[&str]) -> Result<BTreeSet<String>> {
    let mut cargo = steps::cargo();
    cargo.args([
        "tree",
        "--locked",
        "--package",
        "mizzle",
        "--edges",
        "normal",
        "--prefix",
        "none",
    ]);
    cargo.args(["--no-default-features", "--features", &features.join(","), "--format", "{p}"]);
    cargo.current_dir(root);
    let tree = process::stdout(&mut cargo)?;
    // `tokio v1.54.0`
    Ok(tree.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect())
}

fn check_packages(
    feature: &str,
    own: &[&str],
    [without, with]: [&BTreeSet<String>; 2],
    faults: &mut Vec<String>,
) {
    for &package in own {
        if without.contains(package) {
            faults.push(format!(
                "{package} is a dependency without the feature `{feature}`: make it optional where it comes from \
                 (`cargo tree --package mizzle --edges normal --invert {package}`)"
            ));
        }
        if !with.contains(package) {
            faults.push(format!(
                "{package} is not a dependency with the feature `{feature}`: take it out of xtask/src/house/dependencies.rs"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_belongs_to_the_feature_alone() {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let (mut faults, own) = (Vec::new(), ["corosensei", "tokio"]);
        let check = |without: &[&str], with: &[&str], faults: &mut Vec<String>| {
            check_packages("tokio", &own, [&set(without), &set(with)], faults);
        };
        check(&["diesel"], &["diesel", "corosensei", "tokio"], &mut faults);
        assert!(faults.is_empty(), "{faults:?}");
        check(&["diesel", "tokio"], &["diesel", "tokio"], &mut faults);
        assert!(
            matches!(faults.as_slice(), [missing, here]
                if missing.starts_with("corosensei is not a") && here.starts_with("tokio is a")),
            "{faults:?}"
        );
    }
}
