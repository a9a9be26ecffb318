//! A project in a temporary folder, and its program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// A project.
pub struct Project {
    folder: TempDir,
    /// The database that the program's environment names.
    url: Option<String>,
}

/// The result of a run of the program.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Project {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), url: None }
    }

    pub fn with_url(url: &str) -> Self {
        Self { url: Some(url.into()), ..Self::new() }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs the program as it is with this version of the structs: `project.db("first", "generate --check")`.
    pub fn db(&self, schema: &str, args: &str) -> Run {
        self.run(schema, args, &[])
    }

    /// The same with variables in its environment.
    pub fn run(&self, schema: &str, args: &str, env: &[(&str, &str)]) -> Run {
        self.start(env!("CARGO_BIN_EXE_db"), schema, args, env)
    }

    /// Runs the program with SQL in it.
    pub fn queries(&self, args: &str) -> Run {
        self.start(env!("CARGO_BIN_EXE_queries"), "", args, &[])
    }

    fn start(&self, program: &str, schema: &str, args: &str, env: &[(&str, &str)]) -> Run {
        let mut command = Command::new(program);
        command.args(args.split_whitespace()).current_dir(self.folder());
        for variable in ["DATABASE_URL", "CI", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
            command.env_remove(variable);
        }
        command.env("MIZZLE_TEST_SCHEMA", schema);
        command.envs(self.url.as_ref().map(|url| ("DATABASE_URL", url)));
        command.envs(env.iter().copied());
        let output = command.output().expect("the program runs");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Run {
            code: output.status.code().expect("an exit code"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// What a command that goes well prints, without what differs from run to run: the database's name, dates, and
    /// times.
    #[track_caller]
    pub fn told(&self, schema: &str, args: &str) -> String {
        let run = self.db(schema, args);
        assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
        let text = masked(&(run.stdout + &run.stderr));
        let url = self.url.as_deref().unwrap_or("no database");
        // Neither user nor parameters are printed.
        let url = url.split('?').next().unwrap_or_default();
        let name =
            url.split_once('@').map_or(url.to_owned(), |(_, place)| format!("postgres://{place}"));
        let text = text.replace(&name, "<database>");
        let mut lines = Vec::new();
        for line in text.lines() {
            let timeless = line.split_once(" in ").filter(|(_, rest)| rest.ends_with(" ms"));
            let line = timeless.map_or(line, |(before, _)| before);
            let dateless = line.split_once("  20").filter(|(_, rest)| rest.contains(" UTC"));
            lines.push(dateless.map_or(line, |(before, _)| before).trim_end());
        }
        lines.join("\n")
    }

    /// The dialect of the database.
    pub fn dialect(&self) -> &'static str {
        match &self.url {
            Some(url) if url.starts_with("postgres") => "postgres",
            _ => "sqlite",
        }
    }

    /// The folder of the migration at `position`.
    pub fn path(&self, dialect: &str, position: usize) -> PathBuf {
        let folder = format!("migrations/{dialect}");
        let migration = &self.names(&folder)[position];
        self.folder().join(folder).join(migration)
    }

    /// The version of the migration at `position`.
    pub fn version(&self, position: usize) -> String {
        let path = self.path("sqlite", position);
        let name = path.file_name().expect("a name").to_string_lossy();
        name.split('_').next().unwrap_or_default().to_owned()
    }

    /// The names in a folder of the project's, sorted.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.folder().join(folder)) else { return Vec::new() };
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// The text of a file of the migration at `position` in a folder.
    pub fn file(&self, dialect: &str, position: usize, file: &str) -> String {
        let path = self.path(dialect, position).join(file);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

impl Run {
    /// Asserts success, and returns what it printed.
    #[track_caller]
    pub fn done(self) -> String {
        assert_eq!((self.code, self.stderr.as_str()), (0, ""), "{}", self.stdout);
        masked(&self.stdout)
    }

    /// Asserts this exit code, and returns all that it printed, standard error last.
    #[track_caller]
    pub fn ended(self, code: i32) -> String {
        assert_eq!(self.code, code, "{}{}", self.stdout, self.stderr);
        masked(&(self.stdout + &self.stderr))
    }

    /// The JSON document that it printed, and nothing else.
    #[track_caller]
    pub fn json(self, code: i32) -> Value {
        assert_eq!((self.code, self.stderr.as_str()), (code, ""), "{}", self.stdout);
        serde_json::from_str(&masked(&self.stdout)).expect("one JSON document")
    }
}

/// Versions are times; they become `<version>`. The random names of databases have digits too, beside letters.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|character: char| character.is_ascii_alphanumeric()) {
        let end = rest[start..]
            .find(|character: char| !character.is_ascii_alphanumeric())
            .map_or(rest.len(), |length| start + length);
        let word = &rest[start..end];
        let version = word.len() == 14 && word.bytes().all(|byte| byte.is_ascii_digit());
        masked.push_str(&rest[..start]);
        masked.push_str(if version { "<version>" } else { word });
        rest = &rest[end..];
    }
    masked + rest
}

/// The failure that this guards from comes once in some hundred runs.
#[test]
fn digits_of_a_random_name_are_no_version() {
    assert_eq!(
        masked("applied 20261121104053_create_users in mizzle_681dea2e846b4bf52041873619283d9a"),
        "applied <version>_create_users in mizzle_681dea2e846b4bf52041873619283d9a",
    );
}
