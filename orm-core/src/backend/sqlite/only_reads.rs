//! Makes SQLite refuse all but reading.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr::{self, NonNull};

use libsqlite3_sys as ffi;

/// Refuses all but reading, as long as it lives: for statements that SQL text brings along in a view, a trigger or
/// another PRAGMA, too.
pub(super) struct Guard(NonNull<ffi::sqlite3>);

impl Guard {
    pub(super) fn begin(database: NonNull<ffi::sqlite3>) -> Self {
        set_query_only(database, true);
        // SAFETY: the connection is open, and the function needs no context.
        unsafe { ffi::sqlite3_set_authorizer(database.as_ptr(), Some(allow), ptr::null_mut()) };
        Self(database)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // SAFETY: the connection is open.
        unsafe { ffi::sqlite3_set_authorizer(self.0.as_ptr(), None, ptr::null_mut()) };
        set_query_only(self.0, false);
    }
}

fn set_query_only(database: NonNull<ffi::sqlite3>, on: bool) {
    let sql = if on { c"PRAGMA query_only = 1" } else { c"PRAGMA query_only = 0" };
    // SAFETY: the connection is open, and the text ends with NUL. It can't fail but for memory; the authorizer and the
    // check of the statement refuse writes as well.
    unsafe {
        ffi::sqlite3_exec(database.as_ptr(), sql.as_ptr(), None, ptr::null_mut(), ptr::null_mut());
    }
}

/// The PRAGMAs that only report. Others change a setting, the file, or what the program loads. Those that report and set are
/// allowed without a value.
const REPORTS: [&str; 41] = [
    "analysis_limit",
    "application_id",
    "auto_vacuum",
    "automatic_index",
    "busy_timeout",
    "cache_size",
    "cell_size_check",
    "collation_list",
    "compile_options",
    "data_version",
    "database_list",
    "default_cache_size",
    "defer_foreign_keys",
    "encoding",
    "foreign_key_check",
    "foreign_key_list",
    "foreign_keys",
    "freelist_count",
    "function_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "journal_mode",
    "max_page_count",
    "mmap_size",
    "module_list",
    "page_count",
    "page_size",
    "pragma_list",
    "query_only",
    "quick_check",
    "recursive_triggers",
    "schema_version",
    "synchronous",
    "table_info",
    "table_list",
    "table_xinfo",
    "temp_store",
    "threads",
    "user_version",
];

/// Those of them whose value says what to report.
const ASK_WITH_VALUE: [&str; 9] = [
    "foreign_key_check",
    "foreign_key_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "quick_check",
    "table_info",
    "table_xinfo",
];

/// Functions that do something besides returning a value.
const DOING: [&str; 5] = ["load_extension", "writefile", "edit", "fts3_tokenizer", "readfile"];

unsafe extern "C" fn allow(
    _: *mut c_void,
    action: c_int,
    first: *const c_char,
    second: *const c_char,
    _: *const c_char,
    _: *const c_char,
) -> c_int {
    let text = |raw: *const c_char| {
        // SAFETY: null, or a text that ends with NUL and lives during the call.
        (!raw.is_null()).then(|| unsafe { CStr::from_ptr(raw) }.to_string_lossy().to_lowercase())
    };
    let allowed = match action {
        ffi::SQLITE_SELECT | ffi::SQLITE_READ | ffi::SQLITE_RECURSIVE => true,
        ffi::SQLITE_FUNCTION => text(second).is_some_and(|name| !DOING.contains(&name.as_str())),
        ffi::SQLITE_PRAGMA => text(first).is_some_and(|name| {
            REPORTS.contains(&name.as_str())
                && (second.is_null() || ASK_WITH_VALUE.contains(&name.as_str()))
                || name == "table_list"
        }),
        _ => false,
    };
    if allowed { ffi::SQLITE_OK } else { ffi::SQLITE_DENY }
}
