/**
 * Moments in UTC or in the browser's time zone. Only whole minutes of a moment change with the zone, so its fraction of a second
 * stays as the database has it, to the last digit.
 */

import { preferences } from "./store.js";

const MOMENT = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?\s?(Z|[+-]\d\d(?::?\d\d)?(?::?\d\d)?)$/;

/** Whether moments are shown in the browser's zone. Event: `change`. */
class Zone extends EventTarget {
  get local() {
    return preferences.get("local time", false, { shared: true });
  }

  set local(value) {
    preferences.set("local time", value, { shared: true });
    this.dispatchEvent(new Event("change"));
  }

  /** The name of the zone that is shown. */
  get name() {
    return this.local ? (Intl.DateTimeFormat().resolvedOptions().timeZone ?? "local time") : "UTC";
  }
}

export const zone = new Zone();

const two = (number) => String(number).padStart(2, "0");

/**
 * A stored moment in the chosen zone, or null if it has no offset or is none that can be moved (infinity, years before Christ).
 * @param {string} stored
 * @param {boolean} [local]
 */
export function inZone(stored, local = zone.local) {
  const found = MOMENT.exec(stored);
  if (!found) return null;
  const [, year, month, day, hour, minute, second = "00", fraction = "", offset] = found;
  const instant = Date.UTC(+year, +month - 1, +day, +hour, +minute, +second) - 1000 * seconds(offset);
  const date = new Date(+year < 100 ? new Date(instant).setUTCFullYear(+year) : instant);
  if (Number.isNaN(date.getTime())) return null;
  if (!local) {
    const text = `${String(date.getUTCFullYear()).padStart(4, "0")}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
    return `${text} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}${fraction}`;
  }
  const text = `${String(date.getFullYear()).padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${text} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}${fraction} ${shift(-date.getTimezoneOffset())}`;
}

function seconds(offset) {
  if (offset === "Z") return 0;
  const [, sign, hours, minutes = "0", rest = "0"] = /^([+-])(\d\d):?(\d\d)?:?(\d\d)?$/.exec(offset) ?? [];
  return (sign === "-" ? -1 : 1) * (+hours * 3600 + +minutes * 60 + +rest);
}

function shift(minutes) {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "−" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
