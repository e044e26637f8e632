/** Controls but for line ends and tabs: of no use in a text, and a database takes no NUL. */
const CONTROLS = /(?![\n\t])\p{Cc}/gu;
const [FIRST_HIGH, LAST_HIGH] = [0xd800, 0xdbff];

/**
 * A text of another's making as every log and database takes it: control characters and halves of surrogate pairs stand as U+FFFD. Cut to
 * `longest` UTF-16 units at most, never within a character. Pure.
 */
export function plainText(text: string, longest = Number.POSITIVE_INFINITY): string {
  return cutText(text, longest).toWellFormed().replace(CONTROLS, "\ufffd");
}

function cutText(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const last = text.charCodeAt(longest - 1);
  return text.slice(0, last >= FIRST_HIGH && last <= LAST_HIGH ? longest - 1 : longest);
}

/** What came as JSON, with each text and each name in it plain. Pure. @throws RangeError nested deeper than the stack */
export function plainJson(value: unknown): unknown {
  if (typeof value === "string") return plainText(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(plainJson);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [plainText(name), plainJson(inner)]));
}
