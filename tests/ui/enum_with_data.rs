//! Enums that have no labels.

use mizzle::prelude::*;

#[derive(Enum, Debug)]
pub enum Shape {
    Point,
    Circle(f64),
    Square { side: f64 },
}

#[derive(Enum, Debug)]
pub enum Never {}

#[derive(Enum, Debug)]
pub struct Status(String);

fn main() {}
