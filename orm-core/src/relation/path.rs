//! The rows that relations lead to from a row of an outer statement, as a part of that statement.

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

use super::sides::Sides;
use crate::backend::{Any, marks, push_separated};
use crate::query::{Filters, Part};

/// Relations, one after another. It is the same code for all of them.
#[derive(Clone)]
pub(super) struct Path<'q> {
    steps: Vec<Step<'q>>,
}

#[derive(Clone)]
struct Step<'q> {
    sides: &'static Sides,
    filters: Filters<'q>,
}

impl<'q> Path<'q> {
    pub(super) fn new(sides: &'static Sides, filters: Filters<'q>) -> Self {
        Self { steps: vec![Step { sides, filters }] }
    }

    /// Goes on along another path.
    pub(super) fn join(&mut self, next: Self) {
        self.steps.extend(next.steps);
    }

    /// Writes ` FROM (…) AS "__mizzle_r0" … WHERE …`. Each table is in a separate query, so its filter sees no other table,
    /// and a table that refers to itself is a different one inside and outside.
    /// The column `"value"` of the last table's query is the value.
    pub(super) fn walk<'b>(
        &'b self,
        value: Option<&'b Term<'_>>,
        out: &mut AstPass<'_, 'b, Any>,
    ) -> QueryResult<()> {
        let dialect = out.backend().dialect();
        for (place, step) in self.steps.iter().enumerate() {
            out.push_sql(if place == 0 { " FROM (SELECT " } else { " INNER JOIN (SELECT " });
            let keys = step.sides.key_columns(dialect);
            push_separated(out, ", ", keys.iter().enumerate(), |(part, name), out| {
                out.push_sql(&format!("{name} AS \"key{part}\""));
                Ok(())
            })?;
            match (self.steps.get(place + 1), value) {
                (Some(next), _) => {
                    for (part, name) in next.sides.from.key(dialect).enumerate() {
                        out.push_sql(&format!(", {name} AS \"next{part}\""));
                    }
                }
                (None, Some(value)) => {
                    out.push_sql(", ");
                    value.walk_ast(out.reborrow())?;
                    out.push_sql(" AS \"value\"");
                }
                (None, None) => {}
            }
            step.sides.write_from(dialect, &mut |part| out.push_sql(part));
            if !step.filters.is_empty() {
                out.push_sql(" WHERE ");
                step.filters.walk_ast(out.reborrow())?;
            }
            out.push_sql(&format!(") AS {}", alias(place)));
            if place > 0 {
                out.push_sql(" ON ");
                push_separated(out, " AND ", 0..keys.len(), |part, out| {
                    let (own, before) = (alias(place), alias(place - 1));
                    out.push_sql(&format!("{own}.\"key{part}\" = {before}.\"next{part}\""));
                    Ok(())
                })?;
            }
        }
        let Some(Step { sides, .. }) = self.steps.first() else { return Ok(()) };
        out.push_sql(" WHERE ");
        push_separated(out, " AND ", sides.from.key(dialect).enumerate(), |(part, outer), out| {
            out.push_sql(&format!("{}.\"key{part}\" = {outer}", alias(0)));
            Ok(())
        })
    }
}

/// A value of the last rows of a path.
#[derive(Clone)]
pub(super) struct Term<'q>(Part<'q>);

impl<'q> Term<'q> {
    pub(super) fn new(value: impl QueryFragment<Any> + Send + 'q) -> Self {
        Self(Part::new(value))
    }
}

impl QueryFragment<Any> for Term<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.push_sql(marks::BEGIN);
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(marks::END_OF_TERM);
        Ok(())
    }
}

/// Returns the name of a step's rows. No table of an application has it, so it hides none.
fn alias(place: usize) -> String {
    format!("\"__mizzle_r{place}\"")
}
