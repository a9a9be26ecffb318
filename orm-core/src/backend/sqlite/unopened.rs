//! What to do about a file that can't be opened.

use std::path::Path;

/// Returns what to do about a file that can't be opened.
pub(super) fn advice(address: &str) -> String {
    const PLAIN: &str =
        "check that the folder of the file exists and that this user may write to it";
    // In a URI the path may be written differently.
    if address.starts_with("file:") {
        return PLAIN.into();
    }
    let path = Path::new(address);
    if path.is_dir() {
        return "the URL names a folder: add the name of a file in it".into();
    }
    let is_link = path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
    match (is_link, path.metadata()) {
        (false, _) => PLAIN.into(),
        (true, Ok(_)) => "the URL names a link: check that this user may read and write the link's target and its \
                          folder"
            .into(),
        (true, Err(reason)) => format!(
            "the URL names a link to a missing file ({reason}): check that the folder of the link's target exists"
        ),
    }
}
