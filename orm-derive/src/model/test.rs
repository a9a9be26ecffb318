//! A test that runs on each database.

use std::path::PathBuf;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Expr, ExprLit, FnArg, Ident, ItemFn, Lit, LitStr, Path, Type};

use crate::errors::{Checked, Errors, unknown};
use crate::parse::migrations::MigrationsInput;
use crate::parse::test::TestArgs;

/// The databases that a test can be for alone.
const DATABASES: [&str; 2] = ["sqlite", "postgres"];

/// A function, and what its database contains.
pub(crate) struct Test {
    pub(crate) function: ItemFn,
    /// The attributes of the function that decide whether it is compiled.
    pub(crate) conditions: Vec<Attribute>,
    /// Those that say how to run a test.
    pub(crate) of_tests: Vec<Attribute>,
    pub(crate) should_panic: bool,
    /// Whether it takes a reference to the handle.
    pub(crate) takes_reference: bool,
    pub(crate) content: Content,
    /// The path of each file as it is written, and the whole path.
    pub(crate) fixtures: Vec<(LitStr, String)>,
    pub(crate) setup: Option<Path>,
    pub(crate) only: Option<Ident>,
    pub(crate) worker_threads: Option<usize>,
}

/// What makes the tables.
pub(crate) enum Content {
    Empty,
    Schema(Path),
    Folder(MigrationsInput),
    Migrations(Expr),
}

impl Test {
    pub(crate) fn build(args: TokenStream, mut function: ItemFn) -> Checked<Self> {
        let mut errors = Errors::default();
        let read = |input: ParseStream<'_>| Ok(TestArgs::read(input, &mut errors));
        let args = read.parse2(args).unwrap_or_default();
        check_signature(&function, &mut errors);
        let (mut conditions, mut of_tests) = (Vec::new(), Vec::new());
        for attr in std::mem::take(&mut function.attrs) {
            match attr.path().segments.last().map(|last| last.ident.to_string()).as_deref() {
                Some("cfg") => conditions.push(attr),
                Some("cfg_attr" | "ignore" | "should_panic") => of_tests.push(attr),
                Some("test") => errors.on(attr, "leave this out: `mizzle::test` makes the tests"),
                _ => function.attrs.push(attr),
            }
        }
        let should_panic = of_tests.iter().any(|attr| attr.path().is_ident("should_panic"));
        let takes_reference = matches!(
            function.sig.inputs.first(),
            Some(FnArg::Typed(first)) if matches!(*first.ty, Type::Reference(_))
        );
        let only = args.only.filter(|only| {
            let name = only.to_string();
            let is_known = DATABASES.contains(&name.as_str());
            if !is_known {
                errors.at(only.span(), unknown("database", &name, "", &DATABASES));
            }
            is_known
        });
        let worker_threads = args.worker_threads.and_then(|threads| {
            if function.sig.asyncness.is_none() {
                let message =
                    "only an `async fn` has a runtime: make the test one, or leave this out";
                errors.on(&threads, message);
            }
            let number = threads.base10_parse::<usize>().ok().filter(|number| *number > 0);
            if number.is_none() {
                errors.on(&threads, "write a number of at least 1");
            }
            number
        });
        let fixtures = args.fixtures.unwrap_or_default();
        let fixtures = fixtures.into_iter().filter_map(|file| fixture(file, &mut errors)).collect();
        let content = content(args.schema, args.migrations.map(|at| at.value), &mut errors);
        let test = Self {
            function,
            conditions,
            of_tests,
            should_panic,
            takes_reference,
            content,
            fixtures,
            setup: args.setup.map(|at| at.value),
            only,
            worker_threads,
        };
        errors.finish(Some(test))
    }
}

fn check_signature(function: &ItemFn, errors: &mut Errors) {
    let sig = &function.sig;
    let before = errors.count();
    let example = match sig.asyncness {
        Some(_) => format!("write `async fn {}(db: AsyncDb)`", sig.ident),
        None => format!("write `fn {}(db: Db)`", sig.ident),
    };
    if !sig.generics.params.is_empty() {
        errors.on(&sig.generics, "a test has no type parameters or lifetimes: leave them out");
    }
    for (token, word) in [
        (sig.constness.map(ToTokens::into_token_stream), "const"),
        (sig.unsafety.map(ToTokens::into_token_stream), "unsafe"),
        (sig.abi.as_ref().map(ToTokens::to_token_stream), "extern"),
    ] {
        if let Some(token) = token {
            errors.on(token, format!("a test can't be `{word}`: leave this out"));
        }
    }
    match sig.inputs.iter().collect::<Vec<_>>().as_slice() {
        [FnArg::Typed(_)] => {}
        [] => errors.at(sig.ident.span(), format!("a test takes its database: {example}")),
        [FnArg::Receiver(receiver), ..] => {
            errors.on(receiver, format!("a test isn't a method: {example}"));
        }
        [_, more, ..] => {
            errors.on(more, format!("a test takes its database and nothing else: {example}"));
        }
    }
    if errors.count() > before {
        errors.stop();
    }
}

fn content(schema: Option<Path>, migrations: Option<Expr>, errors: &mut Errors) -> Content {
    match (schema, migrations) {
        (None, None) => Content::Empty,
        (Some(schema), None) => Content::Schema(schema),
        (Some(schema), Some(_)) => {
            let message =
                "the migrations make the tables already: leave the schema out, or the migrations";
            errors.on(&schema, message);
            Content::Schema(schema)
        }
        (None, Some(Expr::Lit(ExprLit { lit: Lit::Str(folder), .. }))) => {
            match syn::parse2(folder.to_token_stream()) {
                Ok(migrations) => Content::Folder(migrations),
                Err(error) => {
                    errors.push(error);
                    Content::Empty
                }
            }
        }
        (None, Some(migrations)) => Content::Migrations(migrations),
    }
}

/// Finds the file of a fixture.
fn fixture(file: LitStr, errors: &mut Errors) -> Option<(LitStr, String)> {
    // Without cargo, the path is relative to the compiler's working directory.
    let base = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    let path = base.join(file.value());
    let problem = match (path.is_file(), path.to_str()) {
        (true, Some(path)) => return Some((file.clone(), path.to_owned())),
        (true, None) => "its path is not UTF-8 text",
        (false, _) => "there is no such file below the folder of Cargo.toml",
    };
    errors.on(&file, format!("{}: {problem}", file.value()));
    None
}
