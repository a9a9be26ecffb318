//! `migrations!("migrations")`.

use std::path::{Path, PathBuf};

use orm_folder::{DIALECTS, Entry, FolderError};
use syn::LitStr;
use syn::parse::{Parse, ParseStream};

const EXAMPLE: &str =
    "write the folder's path, relative to the folder of Cargo.toml: `migrations!(\"migrations\")`";

/// The input of `migrations!`, and the contents of the folder.
pub(crate) struct MigrationsInput {
    pub(crate) root: PathBuf,
    /// The migrations of each database, in the order of [`DIALECTS`]; `None` if it has no folder.
    pub(crate) lists: [Option<Vec<Entry>>; DIALECTS.len()],
}

impl Parse for MigrationsInput {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let usage =
            |error: syn::Error| syn::Error::new(error.span(), format!("{error}: {EXAMPLE}"));
        let path: LitStr = input.parse().map_err(usage)?;
        if !input.is_empty() {
            return Err(input.error(format!("only one folder can be given: {EXAMPLE}")));
        }
        // Without cargo, the path is relative to the compiler's working directory.
        let base = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
        let root = base.join(path.value());
        let lists = read(&root).map_err(|error| {
            // As the user writes it, on any machine.
            let shown = error.path.strip_prefix(&base).unwrap_or(&error.path).display();
            syn::Error::new(path.span(), format!("{shown}: {}", error.problem))
        })?;
        Ok(Self { root, lists })
    }
}

fn read(root: &Path) -> Result<[Option<Vec<Entry>>; DIALECTS.len()], FolderError> {
    orm_folder::check_root(root)?;
    let mut lists = [const { None }; DIALECTS.len()];
    for (list, dialect) in lists.iter_mut().zip(DIALECTS) {
        *list = orm_folder::read(root, dialect)?;
    }
    Ok(lists)
}
