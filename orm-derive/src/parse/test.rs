//! `#[test(Blog, …)]`: the arguments.

use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, LitInt, LitStr, Path, Result, Token, bracketed, token};

use super::items::Keep;
use super::{At, Items, path, value, value_with};
use crate::errors::{Errors, unknown};

/// The arguments of a test.
#[derive(Default)]
pub(crate) struct TestArgs {
    pub(crate) schema: Option<Path>,
    pub(crate) migrations: Option<At<Expr>>,
    pub(crate) fixtures: Option<Vec<LitStr>>,
    pub(crate) setup: Option<At<Path>>,
    pub(crate) only: Option<Ident>,
    pub(crate) worker_threads: Option<LitInt>,
}

items! {
    TestArgs, "argument", test_items {
        /// `Blog` | The schema whose tables the database has, made by `schema!`.
        /// `migrations = "migrations"` | The migrations that make the tables instead: a folder as for `migrations!`, or an expression of the type `&'static Migrations`.
        "migrations" => migrations: migrations;
        /// `fixtures = ["tests/users.sql"]` | Files of SQL that run afterwards, in this order. Their paths are relative to the folder of `Cargo.toml`.
        "fixtures" => fixtures: fixtures;
        /// `setup = filled` | A function that runs before each test: `fn(&Db)`, or `async fn(&AsyncDb)` for an async test. It returns what a test can return.
        "setup" => setup: setup;
        /// `only = sqlite` | The only database that it runs on: `sqlite` or `postgres`.
        "only" => only: only;
        /// `worker_threads = 2` | An async test runs on a runtime with so many threads, instead of on its own thread alone.
        "worker_threads" => worker_threads: worker_threads;
    }
}

impl TestArgs {
    /// Reads all arguments. An error in one doesn't hide the next.
    pub(crate) fn read(input: ParseStream<'_>, errors: &mut Errors) -> Self {
        let mut args = Self::default();
        while !input.is_empty() {
            let result = args.argument(input, errors);
            super::next(input, result, errors);
        }
        args
    }

    fn argument(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> Result<()> {
        let ahead = input.fork();
        if let Ok(key) = Ident::parse_any(&ahead)
            && ahead.peek(Token![=])
        {
            input.call(Ident::parse_any)?;
            return self.item(" of a test", &key, input, errors);
        }
        let span = input.span();
        let given = path(input).map_err(|_| {
            syn::Error::new(
                span,
                "write a schema, such as `#[mizzle::test(Blog)]`, or `name = value`",
            )
        })?;
        if self.schema.is_some() {
            return Err(syn::Error::new_spanned(
                given,
                "a test has one schema: make one of all tables with `schema!`",
            ));
        }
        self.schema = Some(given);
        Ok(())
    }
}

fn migrations(key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Result<At<Expr>> {
    let example = "write `migrations = \"migrations\"`, the path of the folder";
    Ok(At::new(key.span(), value(key, input, example)?))
}

fn fixtures(key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Result<Vec<LitStr>> {
    let example = "write `fixtures = [\"tests/users.sql\"]`, with the paths of files";
    value_with(key, input, example, |input| {
        if !input.peek(token::Bracket) {
            return Ok(vec![input.parse()?]);
        }
        let files;
        bracketed!(files in input);
        Ok(Punctuated::<LitStr, Token![,]>::parse_terminated(&files)?.into_iter().collect())
    })
}

fn setup(key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Result<At<Path>> {
    let example = "write `setup = ` and the path of a function, such as `filled`";
    let path = value_with(key, input, example, path)?;
    if input.peek(token::Paren) {
        return Err(input.error("name the function without calling it: leave `()` out"));
    }
    Ok(At::new(key.span(), path))
}

fn only(key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Result<Ident> {
    value_with(key, input, "write `only = sqlite` or `only = postgres`", Ident::parse)
}

fn worker_threads(key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Result<LitInt> {
    value(key, input, "write `worker_threads = ` and a number, such as `2`")
}
