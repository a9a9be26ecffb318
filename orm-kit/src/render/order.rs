//! An order in which objects can be renamed.

/// Returns the renames one by one, none to a name that is in use: in a circle, the first gets a temporary name.
pub(super) fn renames(pairs: &[(String, String)]) -> Vec<(String, String)> {
    let mut waiting: Vec<(String, String)> =
        pairs.iter().filter(|(old, new)| old != new).cloned().collect();
    let mut ordered = Vec::new();
    while !waiting.is_empty() {
        let is_free = |new: &str| waiting.iter().all(|(old, _)| !old.eq_ignore_ascii_case(new));
        match waiting.iter().position(|(_, new)| is_free(new)) {
            Some(place) => ordered.push(waiting.remove(place)),
            None => {
                let (old, new) = waiting.remove(0);
                let between = format!("__mizzle_{}", ordered.len());
                ordered.push((old, between.clone()));
                waiting.push((between, new));
            }
        }
    }
    ordered
}

#[cfg(test)]
mod tests {
    fn renames(pairs: &[(&str, &str)]) -> String {
        let pairs: Vec<(String, String)> =
            pairs.iter().map(|(old, new)| ((*old).into(), (*new).into())).collect();
        let ordered: Vec<String> =
            super::renames(&pairs).iter().map(|(old, new)| format!("{old}>{new}")).collect();
        ordered.join(" ")
    }

    #[test]
    fn a_name_is_free_before_it_is_taken() {
        assert_eq!(renames(&[("a", "b"), ("b", "c"), ("d", "d")]), "b>c a>b");
    }

    #[test]
    fn circles_go_by_a_third_name() {
        assert_eq!(renames(&[("a", "b"), ("b", "a")]), "a>__mizzle_0 b>a __mizzle_0>b");
    }
}
