//! The house rules: which module may use which, and others.
//!
//! ARCHITECTURE.md has a table of floors. A module may only use modules on lower floors. The modules of each folder
//! form no circle. Only a few places distinguish dialects. No `_` arm hides a column's type. Async handles have the calls of those
//! that wait. Files are at most 400 lines long, with few exceptions. A program that makes no async calls doesn't build tokio.

mod arms;
mod dependencies;
mod imports;
mod lengths;
mod twins;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use self::imports::{Import, imports};

/// The file with the tables.
const PLAN: &str = "ARCHITECTURE.md";

/// The first words of the table of places that may name a dialect.
const PLACES: &str = "| where dialects are distinguished |";

/// The first words of the table of files that may be longer than the others.
const LONGER: &str = "| longer files |";

/// The first words of the table of calls that async handles don't have.
const ALONE: &str = "| calls without a future |";

/// A crate's source files: each with its module path and its text.
#[derive(Default)]
pub(crate) struct Sources {
    files: BTreeMap<Vec<String>, (PathBuf, String)>,
}

impl Sources {
    fn read(folder: &Path) -> Result<Self> {
        let mut sources = Self::default();
        sources.add(folder, &[])?;
        Ok(sources)
    }

    fn add(&mut self, folder: &Path, module: &[String]) -> Result<()> {
        let list = || format!("can't read {}", folder.display());
        for entry in folder.read_dir().with_context(list)? {
            let path = entry.with_context(list)?.path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let mut inner = module.to_vec();
            inner.push(name.clone());
            if path.is_dir() {
                self.add(&path, &inner)?;
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path)
                    .with_context(|| format!("can't read {}", path.display()))?;
                let own = if name == "mod" || name == "lib" { module.to_vec() } else { inner };
                self.files.insert(own, (path, text));
            }
        }
        Ok(())
    }
}

/// Checks all rules.
///
/// # Errors
/// Every violation, each with its file and line and with advice.
pub(crate) fn check(root: &Path) -> Result<()> {
    let plan = root.join(PLAN);
    let plan = std::fs::read_to_string(&plan).with_context(|| format!("can't read {PLAN}"))?;
    let mut faults = Vec::new();
    let places = listed(&plan, PLACES)?;
    for (name, floors) in floors(&plan)? {
        let folder = root.join(&name).join("src");
        let sources = Sources::read(&folder)?;
        check_crate(&name, &floors, &sources, &mut faults);
        check_dialects(root, &places, &sources, &mut faults);
        arms::check(root, &sources, &mut faults);
        twins::check(&sources, &listed(&plan, ALONE)?, &mut faults);
    }
    lengths::check(root, &listed(&plan, LONGER)?, &mut faults)?;
    dependencies::check(root, &mut faults)?;
    if faults.is_empty() {
        return Ok(());
    }
    bail!("{} of the house's rules are broken:\n{}", faults.len(), faults.join("\n"))
}

/// The floor of each module of a crate, the lowest 1.
type Floors = BTreeMap<String, usize>;

/// Reads the floors by crate: a table whose first column is the floor, and whose other columns are crates.
fn floors(plan: &str) -> Result<Vec<(String, Floors)>> {
    let mut rows = plan.lines().skip_while(|line| !line.starts_with("| floor |"));
    let Some(head) = rows.next() else { bail!("{PLAN} has no table that begins with `| floor |`") };
    let mut crates: Vec<(String, Floors)> =
        cells(head).skip(1).map(|name| (name.to_owned(), Floors::new())).collect();
    for row in rows.skip(1).take_while(|line| line.starts_with('|')) {
        let mut cells = cells(row);
        let floor = cells.next().unwrap_or_default();
        let floor = floor.parse().with_context(|| format!("{PLAN}: `{floor}` is not a floor"))?;
        for ((_, floors), rooms) in crates.iter_mut().zip(cells) {
            for room in in_ticks(rooms) {
                floors.insert(room.to_owned(), floor);
            }
        }
    }
    Ok(crates)
}

/// Returns the files and folders in the first column of a table.
fn listed(plan: &str, heading: &str) -> Result<Vec<String>> {
    let mut rows = plan.lines().skip_while(|line| !line.starts_with(heading));
    if rows.next().is_none() {
        bail!("{PLAN} has no table that begins with `{heading}`");
    }
    let rows = rows.skip(1).take_while(|line| line.starts_with('|'));
    Ok(rows.filter_map(|row| cells(row).next()).flat_map(in_ticks).map(str::to_owned).collect())
}

fn cells(row: &str) -> impl Iterator<Item = &str> {
    row.trim().trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`')).map(str::trim)
}

/// Returns the words between backticks. The outermost ones are gone already.
fn in_ticks(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').map(|word| word.trim_matches([',', ' '])).filter(|word| !word.is_empty())
}

fn check_crate(name: &str, floors: &Floors, sources: &Sources, faults: &mut Vec<String>) {
    let rooms: BTreeSet<&String> = sources.files.keys().filter_map(|path| path.first()).collect();
    for room in &rooms {
        if !floors.contains_key(*room) {
            faults.push(format!(
                "{name}: the room `{room}` is on no floor; add it to the table in {PLAN}"
            ));
        }
    }
    for room in floors.keys().filter(|room| !rooms.contains(room)) {
        faults
            .push(format!("{name}: there is no room `{room}`; take it out of the table in {PLAN}"));
    }
    let imports = imports(&sources.files);
    for import in &imports {
        let (Some(from), Some(to)) = (import.from.first(), import.to.first()) else { continue };
        if from == to {
            continue;
        }
        if let (Some(own), Some(other)) = (floors.get(from), floors.get(to))
            && other >= own
        {
            let place = if other > own { "above" } else { "beside" };
            faults.push(format!(
                "{}:{}: `{from}` (floor {own}) uses `{to}` (floor {other}), which is {place} it: move what is \
                 used down, or hand it in through a trait of `{from}`",
                import.file.display(),
                import.line
            ));
        }
    }
    check_circles(&imports, faults);
}

/// The modules of each folder form no circle.
fn check_circles(imports: &[Import], faults: &mut Vec<String>) {
    // By folder: which module uses which, and where.
    let mut folders: BTreeMap<&[String], BTreeMap<(&str, &str), &Import>> = BTreeMap::new();
    for import in imports {
        let common = import.from.iter().zip(&import.to).take_while(|(from, to)| from == to).count();
        if let (Some(from), Some(to)) = (import.from.get(common), import.to.get(common)) {
            let edges = folders.entry(&import.from[..common]).or_default();
            edges.entry((from, to)).or_insert(import);
        }
    }
    // The floors already check top-level modules.
    folders.remove(&[][..]);
    for (folder, mut edges) in folders {
        // What nobody uses, or what uses nobody, is in no circle.
        loop {
            let used: BTreeSet<&str> = edges.keys().map(|(_, to)| *to).collect();
            let using: BTreeSet<&str> = edges.keys().map(|(from, _)| *from).collect();
            let before = edges.len();
            edges.retain(|(from, to), _| used.contains(from) && using.contains(to));
            if edges.len() == before {
                break;
            }
        }
        if edges.is_empty() {
            continue;
        }
        let mut fault =
            format!("the modules of `{}` form a circle: break one of these", folder.join("/"));
        for ((from, to), import) in edges {
            let (file, line) = (import.file.display(), import.line);
            let _ = write!(fault, "\n    {file}:{line}: `{from}` uses `{to}`");
        }
        faults.push(fault);
    }
}

/// Returns the path of a file below `root`, with slashes.
fn path_in(root: &Path, file: &Path) -> String {
    file.strip_prefix(root).unwrap_or(file).to_string_lossy().replace('\\', "/")
}

/// Only some places distinguish dialects. Files for one database, in a folder of its name, may name it.
fn check_dialects(root: &Path, places: &[String], sources: &Sources, faults: &mut Vec<String>) {
    for (module, (file, text)) in &sources.files {
        let path = path_in(root, file);
        if places.iter().any(|place| path.starts_with(place.as_str())) {
            continue;
        }
        for named in words::without_tests(module, words::words(text)).windows(3) {
            let [ty, separator, variant] = named else { continue };
            let own = module.iter().any(|part| part.eq_ignore_ascii_case(variant.text));
            if ty.text == "Dialect"
                && separator.text == "::"
                && matches!(variant.text, "Sqlite" | "Postgres" | "D1")
                && !own
            {
                faults.push(format!(
                    "{path}:{}: `Dialect::{}` is named: ask `dialect.capabilities()`, or add to the `Backend` \
                     trait what differs",
                    ty.line, variant.text
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(floors: &[(&str, usize)], files: &[(&str, &str)]) -> Vec<String> {
        let floors = floors.iter().map(|(room, floor)| ((*room).to_owned(), *floor)).collect();
        let mut sources = Sources::default();
        for (path, text) in files {
            let module: Vec<String> =
                path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
            sources.files.insert(module, (format!("{path}.rs").into(), (*text).to_owned()));
        }
        let mut faults = Vec::new();
        check_crate("house", &floors, &sources, &mut faults);
        faults
    }

    #[test]
    fn the_house_is_in_order() {
        check(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()).unwrap();
    }

    #[test]
    fn every_way_of_using_a_room_above_is_found() {
        for text in [
            "\nuse crate::up::X;",
            "\nuse crate::{down, up::{X as Y}};",
            "\nuse super::up::X;",
            "\nmod inner { use super::super::up::X; }",
            "\nfn f() { crate::up::f() }",
            "\nmacro_rules! m { () => { crate::up::f() } }",
            // Through a re-export of the crate.
            "\nuse crate::Shown;",
            "\nuse super::{Shown as Other};",
        ] {
            let found = faults(
                &[("up", 2), ("down", 1)],
                &[("", "pub use self::up::{Hidden, Shown};"), ("up", ""), ("down", text)],
            );
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert!(
                found[0].starts_with("down.rs:2: `down` (floor 1) uses `up` (floor 2)"),
                "{found:?}"
            );
        }
    }

    #[test]
    fn what_is_allowed_is_no_fault() {
        let found = faults(
            &[("up", 2), ("down", 1)],
            &[
                ("", "pub use self::up::Shown; pub use self::down::X;"),
                (
                    "up",
                    "//! crate::up\nuse crate::down::Y; use crate::X; use super::X as Z; use crate::up::inner;",
                ),
                ("up/inner", "use super::super::down; use std::crate_up; // crate::up::X"),
                ("down", "const TEXT: &str = \"crate::up::X\"; mod inner { use super::X; }"),
            ],
        );
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn rooms_beside_each_other_dont_know_each_other() {
        let found =
            faults(&[("a", 1), ("b", 1)], &[("", ""), ("a", "use crate::b::X;"), ("b", "")]);
        assert!(found[0].contains("which is beside it"), "{found:?}");
    }

    #[test]
    fn a_room_must_have_a_floor_and_a_floor_its_rooms() {
        let found = faults(&[("gone", 1)], &[("", ""), ("new", "")]);
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn circles_of_a_folder_are_found_through_what_it_shows() {
        let found = faults(
            &[("a", 1)],
            &[
                ("", ""),
                ("a", "pub use self::x::X; pub use self::y::Y;"),
                ("a/x", "use super::Y;"),
                ("a/y", "use super::x::X;"),
                ("a/z", "use super::X;"),
            ],
        );
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("`x` uses `y`") && !found[0].contains("`z`"), "{found:?}");
    }
}
