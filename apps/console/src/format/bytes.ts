const DECIMAL = { step: 1000, units: ["B", "kB", "MB", "GB", "TB", "PB"] };
const BINARY = { step: 1024, units: ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] };
const KEY = "cairn-units";

type Units = "decimal" | "binary";

/** GB or GiB, as the person chose in this browser. */
export function chosenUnits(): Units {
  try {
    return localStorage.getItem(KEY) === "binary" ? "binary" : "decimal";
  } catch {
    return "decimal";
  }
}

export function chooseUnits(units: Units): void {
  try {
    localStorage.setItem(KEY, units);
  } catch {
    // Storage may be forbidden.
  }
}

/** A size with three digits: `1.23 MB`. @param bytes a number, or decimal text as the API has it */
export function bytes(size: number | string, units: Units = chosenUnits()): string {
  const { step, units: names } = units === "binary" ? BINARY : DECIMAL;
  let value = Number(size);
  let unit = 0;
  while (value >= step - 0.5 && unit < names.length - 1) {
    value /= step;
    unit += 1;
  }
  return unit === 0 ? `${value} B` : `${value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0)} ${names[unit]}`;
}
