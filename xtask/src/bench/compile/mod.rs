//! Compile times of generated programs of many tables.

use std::path::Path;

use anyhow::{Result, bail};

use super::Options;
use super::results::Section;

pub(crate) fn measure(_folder: &Path, _options: &Options) -> Result<Section> {
    bail!("not there yet")
}
