/**
 * The sign that spreadsheets take for the beginning of a formula, full-width ones too (OWASP, "CSV Injection"), with what stands before it: the beginning
 * of the cell, or a separator or line break, as a file may be opened by other separators than a comma.
 */
const FORMULA = /((?:^|[;|\t\r\n])(?:[^\S\t\r\n]|")*)([=+\-@\uff1d\uff0b\uff0d\uff20])/g;
const LEADING_BREAK = /^[\t\r\n]/;
const NUMBER = /^-?\d+(\.\d+)?$/;

/**
 * A line of CSV (RFC 4180). What a spreadsheet would run as a formula gets an apostrophe before it, as texts may come from strangers; numbers stay
 * numbers.
 */
export function csvLine(cells: readonly (string | number | null)[]): string {
  return `${cells.map(cellOf).join(",")}\r\n`;
}

function cellOf(value: string | number | null): string {
  if (value === null) return "";
  const text = String(value);
  const safe = NUMBER.test(text) ? text : text.replace(FORMULA, "$1'$2").replace(LEADING_BREAK, "'$&");
  return /[",\r\n]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
}
