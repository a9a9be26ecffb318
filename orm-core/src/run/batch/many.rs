//! The statements of a batch together.

use super::item::{AnyItem, Item};
use super::levels;
use crate::backend::{AnyConnection, Effect, Step, hide_from_debug};
use crate::error::Result;
use crate::run::sealed::Sealed;

/// What [`Executor::batch`](crate::Executor::batch) runs: a tuple of up to 16 [`Item`]s, or a `Vec` of items of one type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a batch",
    label = "not a batch",
    note = "a batch is a tuple of up to 16 items, `(batch::insert(user), Post::query().batched().all())`, or a `Vec` of items \
            of one type; a batch of one is `(item,)`"
)]
pub trait Batch {
    /// The results, in the order of the items.
    type Output;

    #[doc(hidden)]
    fn steps(&self) -> Steps<'_>;

    #[doc(hidden)]
    fn into_results(self) -> Result<Self::Output>;
}

/// The statements of a batch.
#[doc(hidden)]
pub struct Steps<'s>(Vec<&'s dyn AnyItem>);

hide_from_debug!(['s] Steps['s]);

impl<T> Batch for Vec<Item<'_, T>> {
    type Output = Vec<T>;

    fn steps(&self) -> Steps<'_> {
        Steps(self.iter().map(|item| item as &dyn AnyItem).collect())
    }

    fn into_results(self) -> Result<Vec<T>> {
        self.into_iter().map(Item::into_result).collect()
    }
}

macro_rules! tuples {
    ($(($($name:ident $type:ident),+))+) => {$(
        impl<$($type),+> Batch for ($(Item<'_, $type>,)+) {
            type Output = ($($type,)+);

            fn steps(&self) -> Steps<'_> {
                let ($($name,)+) = self;
                Steps(vec![$($name as &dyn AnyItem),+])
            }

            fn into_results(self) -> Result<Self::Output> {
                let ($($name,)+) = self;
                Ok(($($name.into_result()?,)+))
            }
        }
    )+};
}

tuples! {
    (a A)
    (a A, b B)
    (a A, b B, c C)
    (a A, b B, c C, d D)
    (a A, b B, c C, d D, e E)
    (a A, b B, c C, d D, e E, f F)
    (a A, b B, c C, d D, e E, f F, g G)
    (a A, b B, c C, d D, e E, f F, g G, h H)
    (a A, b B, c C, d D, e E, f F, g G, h H, i I)
    (a A, b B, c C, d D, e E, f F, g G, h H, i I, j J)
    (a A, b B, c C, d D, e E, f F, g G, h H, i I, j J, k K)
    (a A, b B, c C, d D, e E, f F, g G, h H, i I, j J, k K, l L)
    (a A, b B, c C, d D, e E, f F, g G, h H, i I, j J, k K, l L, m M)
    (a A, b B, c C, d D, e E, f F, g G, h H, i I, j J, k K, l L, m M, n N)
    (a A, b B, c C, d D, e E, f F, g G, h H, i I, j J, k K, l L, m M, n N, o O)
    (a A, b B, c C, d D, e E, f F, g G, h H, i I, j J, k K, l L, m M, n N, o O, p P)
}

/// Runs a batch.
pub(in crate::run) fn run<B: Batch>(on: &(impl Sealed + ?Sized), batch: B) -> Result<B::Output> {
    run_items(on, &batch.steps().0)?;
    batch.into_results()
}

fn run_items(on: &(impl Sealed + ?Sized), items: &[&dyn AnyItem]) -> Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    let steps: Vec<&dyn Step> = items.iter().map(|item| *item as &dyn Step).collect();
    // A query that writes after all is refused when it runs again.
    let reads = steps.iter().all(|step| step.effect() < Effect::Writes);
    let run = |connection: &mut AnyConnection| {
        let run = if levels::are_below(items, connection.dialect()) {
            levels::run(items, &steps, connection)
        } else {
            let mut finish =
                |place: usize, changed, on: &mut AnyConnection| items[place].finish(changed, on);
            connection.run_batch(&steps, &mut finish)
        };
        run.map_err(|failure| failure.of_batch(steps.len()))
    };
    if reads { on.read_on(run) } else { on.run_on(run) }
}
