/**
 * What the page keeps: preferences and history in localStorage, staged edits and the token in sessionStorage. A browser may
 * refuse either, and then nothing is kept; a value that no longer reads is as good as none.
 */

const PREFIX = "mizzle-studio";

class Kept {
  #area;
  #scope = "";

  /** @param {() => Storage} area */
  constructor(area) {
    this.#area = area;
  }

  /** Keeps everything that follows apart from other databases'. @param {string} scope */
  scope(scope) {
    this.#scope = scope;
  }

  #key(name, shared) {
    return shared ? `${PREFIX}:${name}` : `${PREFIX}:${this.#scope}:${name}`;
  }

  /**
   * @template T
   * @param {string} name
   * @param {T} otherwise
   * @param {{shared?: boolean}} [options] `shared`: the same for all databases
   * @returns {T}
   */
  get(name, otherwise, { shared = false } = {}) {
    try {
      const text = this.#area().getItem(this.#key(name, shared));
      return text == null ? otherwise : (JSON.parse(text) ?? otherwise);
    } catch {
      return otherwise;
    }
  }

  /** Returns whether the value was kept; null removes it. */
  set(name, value, { shared = false } = {}) {
    try {
      const key = this.#key(name, shared);
      if (value == null) this.#area().removeItem(key);
      else this.#area().setItem(key, JSON.stringify(value));
      return true;
    } catch {
      return false;
    }
  }
}

export const preferences = new Kept(() => localStorage);
export const session = new Kept(() => sessionStorage);

/**
 * A property that an object has itself, never one of its prototype: columns may be called `constructor` or `__proto__`.
 * @param {object | null | undefined} object
 * @param {string} name
 */
export function own(object, name) {
  return object != null && Object.hasOwn(object, name) ? object[name] : undefined;
}

/** A copy of an object with one property more, whatever its name. */
export function withProperty(object, name, value) {
  return Object.fromEntries([...Object.entries(object).filter(([key]) => key !== name), [name, value]]);
}

/** A copy of an object with one property less. */
export function withoutProperty(object, name) {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
}
