//! Folders of migrations that can't be used.

fn main() {
    mizzle::migrations!("tests/ui/migrations/missing");
    mizzle::migrations!("tests/ui/migrations/neither/README.md");
    mizzle::migrations!("tests/ui/migrations/neither");
    mizzle::migrations!("tests/ui/migrations/flat");
    mizzle::migrations!("tests/ui/migrations/no_up");
    mizzle::migrations!("tests/ui/migrations/name");
    mizzle::migrations!("tests/ui/migrations/twice");
    mizzle::migrations!("tests/ui/migrations/settings");
    mizzle::migrations!(migrations);
    mizzle::migrations!();
    mizzle::migrations!("a", "b");
}
