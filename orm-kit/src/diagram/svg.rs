//! A picture, as SVG: a box for each table, and a line for each foreign key.

use std::fmt::Write;

use orm_core::schema::{ColumnDef, TableDef};
use unicode_width::UnicodeWidthStr;

use super::layout::{Place, Size, places};
use super::{Reference, references, type_name};

/// The height of a line of text, and of the title.
const LINE: u32 = 20;
const TITLE: u32 = 28;
/// The width of a letter, in tenths of a pixel, of a monospaced font of 12 pixels.
const LETTER: usize = 73;
/// The space between texts and the edge of their box, and between boxes and the edge of the picture.
const PADDING: u32 = 10;
const MARGIN: u32 = 24;

const STYLE: &str = "\
svg { background: #fff; --text: #1f2328; --faint: #59636e; --line: #8b949e; --box: #f6f8fa; --title: #dbe9fb }
@media (prefers-color-scheme: dark) {
  svg { background: #0d1117; --text: #e6edf3; --faint: #9198a1; --line: #6e7681; --box: #161b22; --title: #1f3a5f }
}
text { font: 12px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: var(--text); white-space: pre }
.title { font-weight: bold }
.type { fill: var(--faint); text-anchor: end }
.key { font-weight: bold }
rect { fill: var(--box); stroke: var(--line) }
.head { fill: var(--title) }
.view { stroke-dasharray: 5 3 }
path { fill: none; stroke: var(--line); stroke-width: 1.4 }
.optional { stroke-dasharray: 6 4 }
";

/// The ends of lines: many rows, at most one, and the row that is referred to.
const MARKERS: &str = "\
<defs>
<marker id=\"many\" viewBox=\"0 0 12 12\" refX=\"1\" refY=\"6\" markerWidth=\"12\" markerHeight=\"12\" \
orient=\"auto\" markerUnits=\"userSpaceOnUse\"><path d=\"M1 1L11 6L1 11\"/></marker>
<marker id=\"single\" viewBox=\"0 0 12 12\" refX=\"1\" refY=\"6\" markerWidth=\"12\" markerHeight=\"12\" \
orient=\"auto\" markerUnits=\"userSpaceOnUse\"><path d=\"M6 1V11M1 6H12\"/></marker>
<marker id=\"one\" viewBox=\"0 0 12 12\" refX=\"11\" refY=\"6\" markerWidth=\"12\" markerHeight=\"12\" \
orient=\"auto\" markerUnits=\"userSpaceOnUse\"><path d=\"M6 1V11\"/></marker>
</defs>
";

pub(super) fn diagram(tables: &[TableDef]) -> String {
    let sizes: Vec<Size> = tables.iter().map(size).collect();
    let references = references(tables);
    let position = |table: &TableDef| tables.iter().position(|other| other.name == table.name);
    let edges: Vec<(usize, usize)> = references
        .iter()
        .filter_map(|reference| Some((position(reference.child)?, position(reference.parent)?)))
        .collect();
    let (mut places, mut whole) = places(&sizes, &edges);
    for place in &mut places {
        place.x += MARGIN;
        place.y += MARGIN;
    }
    // Lines between tables of one column bend to its right.
    whole.width += 2 * MARGIN + 48;
    whole.height += 2 * MARGIN;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\">\n\
         <style>\n{STYLE}</style>\n{MARKERS}",
        whole.width, whole.height
    );
    for (reference, &(child, parent)) in references.iter().zip(&edges) {
        line(&mut text, reference, (places[child], sizes[child]), (places[parent], sizes[parent]));
    }
    for ((table, place), size) in tables.iter().zip(&places).zip(&sizes) {
        draw(&mut text, table, *place, *size);
    }
    text + "</svg>\n"
}

fn size(table: &TableDef) -> Size {
    let widest = |texts: &mut dyn Iterator<Item = String>| {
        texts.map(|text| text.width()).max().unwrap_or_default()
    };
    let names = widest(&mut table.columns.iter().map(|column| name(table, column)));
    let types = widest(&mut table.columns.iter().map(shown_type));
    let letters = (names + 2 + types).max(table.name.width());
    let width = u32::try_from(letters * LETTER / 10).unwrap_or(u32::MAX / 4) + 2 * PADDING;
    let lines = u32::try_from(table.columns.len()).unwrap_or(u32::MAX / LINE / 4);
    Size { width, height: TITLE + lines * LINE + 6 }
}

fn name(table: &TableDef, column: &ColumnDef) -> String {
    let is_key = table.primary_key.contains(&column.name);
    format!("{}{}", if is_key { "* " } else { "  " }, column.name)
}

/// A type with a question mark is nullable.
fn shown_type(column: &ColumnDef) -> String {
    format!("{}{}", type_name(column), if column.nullable { "?" } else { "" })
}

fn draw(text: &mut String, table: &TableDef, place: Place, size: Size) {
    let Place { x, y } = place;
    let Size { width, height } = size;
    let class = if table.is_view() { " class=\"view\"" } else { "" };
    let _ = writeln!(
        text,
        "<g><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"5\"{class}/>\
         <path class=\"head\" d=\"M{x} {bottom}V{}a5 5 0 0 1 5 -5H{}a5 5 0 0 1 5 5V{bottom}z\"/>\
         <text class=\"title\" x=\"{}\" y=\"{}\">{}</text>",
        y + 5,
        x + width - 5,
        x + PADDING,
        y + 18,
        escaped(&table.name),
        bottom = y + TITLE - 2,
    );
    let mut line = y + TITLE;
    for column in &table.columns {
        let baseline = line + 14;
        let key = if table.primary_key.contains(&column.name) { " class=\"key\"" } else { "" };
        let _ = writeln!(
            text,
            "<text{key} x=\"{}\" y=\"{baseline}\">{}</text>\
             <text class=\"type\" x=\"{}\" y=\"{baseline}\">{}</text>",
            x + PADDING,
            escaped(&name(table, column)),
            x + width - PADDING,
            escaped(&shown_type(column)),
        );
        line += LINE;
    }
    text.push_str("</g>\n");
}

/// Draws a line from the referring column to the column that it refers to.
fn line(
    text: &mut String,
    reference: &Reference<'_>,
    (child, child_size): (Place, Size),
    (parent, parent_size): (Place, Size),
) {
    let from = middle(reference.child, reference.key.columns.first(), child);
    let to = middle(reference.parent, reference.key.references.first(), parent);
    // A column's left side, unless the parent is on the right or above.
    let (start, out) = match parent.x < child.x {
        true => (child.x, -1),
        false => (child.x + child_size.width, 1),
    };
    let (end, back) = match child.x >= parent.x {
        true => (parent.x + parent_size.width, 1),
        false => (parent.x, -1),
    };
    let bend = 56;
    let (first, second) = (i64::from(start) + out * bend, i64::from(end) + back * bend);
    let class = if reference.optional { " class=\"optional\"" } else { "" };
    let many = if reference.single { "single" } else { "many" };
    let Reference { child, parent, key, .. } = reference;
    let title = format!(
        "{}: {} ({}) refers to {} ({})",
        key.name,
        child.name,
        key.columns.join(", "),
        parent.name,
        key.references.join(", ")
    );
    let _ = writeln!(
        text,
        "<path{class} d=\"M{start} {from}C{first} {from} {second} {to} {end} {to}\" \
         marker-start=\"url(#{many})\" marker-end=\"url(#one)\"><title>{}</title></path>",
        escaped(&title),
    );
}

/// Returns the height of the middle of a column's line.
fn middle(table: &TableDef, column: Option<&String>, place: Place) -> u32 {
    let line = table.columns.iter().position(|other| Some(&other.name) == column);
    let line = u32::try_from(line.unwrap_or_default()).unwrap_or_default();
    place.y + TITLE + line * LINE + LINE / 2
}

/// Returns the text without what XML doesn't allow, which is replaced.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{FFFE}' | '\u{FFFF}' => escaped.push('\u{FFFD}'),
            c if c.is_control() => escaped.push('\u{FFFD}'),
            c => escaped.push(c),
        }
    }
    escaped
}
