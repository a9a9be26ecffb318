/** Keys of a grid: moving, selecting, and the beginning of an edit. What a grid doesn't know it passes on as the event `key`. */

/** @param {import("./grid.js").Grid} grid @param {KeyboardEvent} event */
export function onGridKey(grid, event) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (target !== grid.element) return;
  const control = event.ctrlKey || event.metaKey;
  if (event.altKey && !control && event.key !== "ArrowUp") {
    pass(grid, event);
    return;
  }
  const done = moves(grid, event, control) || selects(grid, event, control) || begins(grid, event, control);
  if (done) {
    event.preventDefault();
    event.stopPropagation();
  } else pass(grid, event);
}

function pass(grid, event) {
  const detail = { event, handled: false };
  grid.fire("key", detail);
  if (!detail.handled) return;
  event.preventDefault();
  event.stopPropagation();
}

function moves(grid, { key, shiftKey, altKey }, control) {
  const last = grid.source.count() - 1;
  const [row, column] = [grid.row, grid.column];
  if (key === "ArrowUp" && (altKey || (row === 0 && !shiftKey))) {
    /** @type {any} */ (grid.head.querySelectorAll(".grid-column")[column])?.focus();
    return true;
  }
  const to = {
    ArrowUp: [row - 1, column],
    ArrowDown: [row + 1, column],
    ArrowLeft: [row, column - 1],
    ArrowRight: [row, column + 1],
    Home: [control ? 0 : row, 0],
    End: [control ? last : row, grid.source.columns.length - 1],
    PageUp: [row - grid.pageRows, column],
    PageDown: [row + grid.pageRows, column],
  }[key];
  if (!to) return false;
  const isAcross = key === "ArrowLeft" || key === "ArrowRight";
  grid.move(to[0], to[1]);
  if (shiftKey && !isAcross) grid.selectTo(grid.row);
  else if (!shiftKey) {
    grid.anchor = grid.row;
    if (grid.selected.size > 0 && !isAcross) grid.select([]);
  }
  return true;
}

function selects(grid, { key, shiftKey }, control) {
  if (control && key.toLowerCase() === "a") {
    grid.select(Array.from({ length: grid.source.count() }, (_, row) => row));
    return true;
  }
  if (key === " " && shiftKey) {
    grid.anchor = grid.row;
    grid.select(grid.selected.has(grid.row) && grid.selected.size === 1 ? [] : [grid.row]);
    return true;
  }
  if (key === "Escape" && grid.selected.size > 0) {
    grid.select([]);
    return true;
  }
  return false;
}

function begins(grid, { key }, control) {
  if (grid.source.count() === 0 || control) return false;
  if (key === "Enter" || key === "F2") grid.fire("edit", { row: grid.row, column: grid.column });
  else if (key === " ") grid.fire("open", { row: grid.row, column: grid.column });
  else return false;
  return true;
}
