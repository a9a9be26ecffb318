//! Where the boxes of a picture are: tables that others refer to are on the left of these.

/// The distance between two boxes of one column.
const ROW_GAP: u32 = 28;
/// The distance between two columns, for the lines.
const COLUMN_GAP: u32 = 96;
/// The height at which a column of boxes goes on in a further one, if the picture isn't larger anyway.
const LEAST_HEIGHT: u32 = 900;

/// The size of a box, in pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) width: u32,
    pub(super) height: u32,
}

/// The top left corner of a box, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) x: u32,
    pub(super) y: u32,
}

/// Returns the place of each box, and the size of the whole. `edges` are pairs of a child and its parent.
pub(super) fn places(sizes: &[Size], edges: &[(usize, usize)]) -> (Vec<Place>, Size) {
    let levels = levels(sizes.len(), edges);
    let area: u64 = sizes
        .iter()
        .map(|size| u64::from(size.width + COLUMN_GAP) * u64::from(size.height + ROW_GAP))
        .sum();
    let most = LEAST_HEIGHT.max(u32::try_from(area.isqrt()).unwrap_or(u32::MAX));
    let mut places = vec![Place { x: 0, y: 0 }; sizes.len()];
    let mut whole = Size { width: 0, height: 0 };
    let mut x = 0;
    for level in 0..=levels.iter().copied().max().unwrap_or_default() {
        let mut boxes: Vec<usize> =
            (0..sizes.len()).filter(|&place| levels[place] == level).collect();
        // A box is near its parents, whose places are known.
        boxes.sort_by_key(|&child| middle_of_parents(child, edges, &levels, &places, sizes));
        let (mut y, mut width) = (0, 0);
        for place in boxes {
            let size = sizes[place];
            if y > 0 && y + size.height > most {
                x += width + COLUMN_GAP;
                (y, width) = (0, 0);
            }
            places[place] = Place { x, y };
            y += size.height + ROW_GAP;
            width = width.max(size.width);
            whole.width = whole.width.max(x + width);
            whole.height = whole.height.max(y - ROW_GAP);
        }
        x += width + COLUMN_GAP;
    }
    (places, whole)
}

/// Returns the level of each box: 0 if it has no parents, otherwise beyond them. A circle is cut at one of its edges.
fn levels(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut parents = vec![Vec::new(); count];
    for &(child, parent) in edges {
        parents[child].push(parent);
    }
    let mut levels = vec![None; count];
    let mut entered = vec![false; count];
    for start in 0..count {
        // The boxes on the way, each with the number of its parents that are done.
        let mut way = vec![(start, 0)];
        while let Some((place, done)) = way.pop() {
            entered[place] = true;
            if levels[place].is_some() {
                continue;
            }
            match parents[place].get(done) {
                Some(&parent) => {
                    way.push((place, done + 1));
                    if !entered[parent] {
                        way.push((parent, 0));
                    }
                }
                None => {
                    let above = parents[place].iter().filter_map(|&parent| levels[parent]);
                    levels[place] = Some(above.max().map_or(0, |level| level + 1));
                }
            }
        }
    }
    levels.into_iter().map(Option::unwrap_or_default).collect()
}

/// Returns twice the mean height of the middles of a box's parents.
fn middle_of_parents(
    child: usize,
    edges: &[(usize, usize)],
    levels: &[usize],
    places: &[Place],
    sizes: &[Size],
) -> u32 {
    let parents = edges.iter().filter(|&&(from, to)| from == child && levels[to] < levels[child]);
    let middles: Vec<u32> = parents.map(|&(_, to)| 2 * places[to].y + sizes[to].height).collect();
    let count = u32::try_from(middles.len()).unwrap_or(u32::MAX);
    middles.iter().sum::<u32>().checked_div(count).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parents_are_on_the_left() {
        assert_eq!(levels(3, &[(0, 1), (1, 2)]), [2, 1, 0]);
        assert_eq!(levels(2, &[(0, 0), (1, 0)]), [0, 1]);
        assert_eq!(levels(3, &[(0, 1), (1, 0), (2, 1)]), [1, 0, 1]);
    }

    proptest! {
        #[test]
        fn no_two_boxes_overlap(
            sizes in prop::collection::vec((40_u32..300, 30_u32..700), 1..40),
            edges in prop::collection::vec((0_usize..40, 0_usize..40), 0..80),
        ) {
            let sizes: Vec<Size> =
                sizes.into_iter().map(|(width, height)| Size { width, height }).collect();
            let edges: Vec<_> = edges
                .into_iter()
                .filter(|&(child, parent)| child < sizes.len() && parent < sizes.len())
                .collect();
            let (places, whole) = places(&sizes, &edges);
            for (one, (place, size)) in places.iter().zip(&sizes).enumerate() {
                prop_assert!(place.x + size.width <= whole.width);
                prop_assert!(place.y + size.height <= whole.height);
                for (other, other_size) in places.iter().zip(&sizes).skip(one + 1) {
                    let apart = place.x + size.width <= other.x
                        || other.x + other_size.width <= place.x
                        || place.y + size.height <= other.y
                        || other.y + other_size.height <= place.y;
                    prop_assert!(apart);
                }
            }
        }
    }
}
