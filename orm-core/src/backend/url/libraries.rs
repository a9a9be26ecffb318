//! The names that the databases' libraries know, as they are compiled into this program.

/// Returns whether SQLite has a way to files of that name.
#[cfg(feature = "sqlite")]
pub(super) fn knows_vfs(name: &str) -> bool {
    use libsqlite3_sys as ffi;

    // SAFETY: the name ends in NUL; the list lives as long as the program.
    std::ffi::CString::new(name)
        .is_ok_and(|name| unsafe { !ffi::sqlite3_vfs_find(name.as_ptr()).is_null() })
}

#[cfg(not(feature = "sqlite"))]
pub(super) fn knows_vfs(_: &str) -> bool {
    true
}

/// Returns whether libpq has a setting of that name.
#[cfg(feature = "postgres")]
pub(super) fn knows_setting(name: &str) -> bool {
    use std::ffi::CStr;
    use std::sync::OnceLock;

    use pq_sys as ffi;

    use crate::backend::process::PerProcess;

    static KNOWN: PerProcess<OnceLock<Vec<String>>> = PerProcess::new();
    let known = KNOWN.get().get_or_init(|| {
        let mut names = Vec::new();
        // SAFETY: libpq's list ends with an entry without a keyword, and libpq frees it.
        unsafe {
            let options = ffi::PQconndefaults();
            let mut option = options;
            while !option.is_null() && !(*option).keyword.is_null() {
                names.push(CStr::from_ptr((*option).keyword).to_string_lossy().into_owned());
                option = option.add(1);
            }
            ffi::PQconninfoFree(options);
        }
        names
    });
    // If libpq has no memory, or a bad file of services, connecting reports it.
    known.is_empty() || known.iter().any(|known| known == name)
}

#[cfg(not(feature = "postgres"))]
pub(super) fn knows_setting(_: &str) -> bool {
    true
}
