//! Equal labels, and unknown attributes.

use mizzle::prelude::*;

#[derive(Enum, Debug)]
pub enum Status {
    Draft,
    #[db(name = "draft")]
    Sketch,
    #[db(label = "done")]
    Done,
}

#[derive(Enum, Debug)]
#[db(rename_all = "snakecase", nativ = "role")]
pub enum Role {
    User,
}

fn main() {}
