//! Words for messages.

/// Returns `'a', 'b'`, for messages.
pub(super) fn list(labels: &[String]) -> String {
    let quoted: Vec<String> = labels.iter().map(|label| format!("'{label}'")).collect();
    quoted.join(", ")
}
