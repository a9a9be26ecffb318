/**
 * Places for the boxes of a diagram: tables that are referred to stand at the left of those that refer to them, each column in
 * an order with few crossings. The same tables always get the same places.
 */

/** @typedef {{id: string, width: number, height: number, to: string[]}} Box */

const ACROSS = 90;
const BETWEEN = 28;
const TALLEST = 1500;

/**
 * @param {Box[]} boxes
 * @returns {{places: Map<string, {x: number, y: number}>, width: number, height: number}}
 */
export function layout(boxes) {
  const byId = new Map(boxes.map((box) => [box.id, box]));
  const to = new Map(boxes.map((box) => [box.id, [...new Set(box.to)].filter((id) => id !== box.id && byId.has(id))]));
  const from = new Map(boxes.map((box) => [box.id, []]));
  for (const [id, targets] of to) for (const target of targets) from.get(target).push(id);
  const linked = boxes.filter((box) => to.get(box.id).length > 0 || from.get(box.id).length > 0);
  const alone = boxes.filter((box) => !linked.includes(box));
  const ranks = rank(
    linked.map(({ id }) => id),
    to,
  );
  const columns = [];
  for (const box of linked) (columns[ranks.get(box.id)] ??= []).push(box);
  order(columns, to, from);
  const places = new Map();
  let width = 0;
  let height = 0;
  const put = (list, top) => {
    let x = width;
    for (const part of parts(list)) {
      let y = top;
      for (const box of part) {
        places.set(box.id, { x, y });
        y += box.height + BETWEEN;
        height = Math.max(height, y - BETWEEN);
      }
      x += Math.max(...part.map((box) => box.width)) + ACROSS;
    }
    width = x;
  };
  for (const column of columns) if (column) put(column, 0);
  centre(columns, places, height);
  if (alone.length > 0) putAlone(alone, places, linked.length > 0 ? height + 2 * BETWEEN : 0, Math.max(width - ACROSS, broad(alone)));
  for (const box of boxes) {
    const { x, y } = places.get(box.id);
    width = Math.max(width, x + box.width + ACROSS);
    height = Math.max(height, y + box.height);
  }
  return { places, width: width - ACROSS, height };
}

/** The longest way from a table to one that refers to nothing; circles are cut where they are met again. */
function rank(ids, to) {
  const ranks = new Map();
  const open = new Set();
  const visit = (id) => {
    if (ranks.has(id)) return ranks.get(id);
    open.add(id);
    const below = to.get(id).filter((target) => !open.has(target));
    const own = below.length === 0 ? 0 : 1 + Math.max(...below.map(visit));
    open.delete(id);
    ranks.set(id, own);
    return own;
  };
  for (const id of ids) visit(id);
  return ranks;
}

/** Orders each column by the middle of the neighbours' places, some times over. */
function order(columns, to, from) {
  const index = new Map();
  const number = () => columns.forEach((column) => column?.forEach((box, place) => index.set(box.id, place)));
  number();
  for (let round = 0; round < 6; round++) {
    for (const column of round % 2 === 0 ? columns : [...columns].reverse()) {
      if (!column) continue;
      const weight = new Map(
        column.map((box) => {
          const near = [...to.get(box.id), ...from.get(box.id)];
          return [box.id, near.length === 0 ? index.get(box.id) : near.reduce((sum, id) => sum + index.get(id), 0) / near.length];
        }),
      );
      column.sort((left, right) => weight.get(left.id) - weight.get(right.id) || left.id.localeCompare(right.id));
      number();
    }
  }
}

/** A column that is too tall as several. */
function parts(list) {
  const all = [[]];
  let height = 0;
  for (const box of list) {
    if (height > 0 && height + box.height > TALLEST) {
      all.push([]);
      height = 0;
    }
    all.at(-1).push(box);
    height += box.height + BETWEEN;
  }
  return all;
}

/** Puts each column in the middle. */
function centre(columns, places, height) {
  for (const column of columns) {
    if (!column?.length || parts(column).length > 1) continue;
    const own = column.reduce((sum, box) => sum + box.height + BETWEEN, -BETWEEN);
    for (const box of column) places.get(box.id).y += Math.round((height - own) / 2);
  }
}

/** A width with which boxes in rows become about twice as wide as high. */
function broad(list) {
  return Math.sqrt(2 * list.reduce((sum, box) => sum + (box.width + BETWEEN) * (box.height + BETWEEN), 0));
}

/** Rows of tables without references. */
function putAlone(list, places, top, widest) {
  let [x, y, tallest] = [0, top, 0];
  for (const box of list) {
    if (x > 0 && x + box.width > widest) {
      x = 0;
      y += tallest + BETWEEN;
      tallest = 0;
    }
    places.set(box.id, { x, y });
    x += box.width + BETWEEN;
    tallest = Math.max(tallest, box.height);
  }
}
