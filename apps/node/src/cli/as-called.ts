/** How the person can call this program again: `cairn`, `npx cairn`, or `node bin/cairn.mjs` in a checkout. */
export const calledAs = (): string => process.env.CAIRN_CALLED_AS ?? "cairn";

/** A text for people whose commands, written `cairn …` in backticks or as the first word of a line, work where they are read. */
export function asCalled(text: string): string {
  const called = calledAs();
  return called === "cairn"
    ? text
    : text.replace(/(`|^ *(?:Usage: )?|\| )cairn (?=[a-z[-])/gm, (_, before) => `${before}${called} `);
}

/** Of JSON.stringify: hints in a document name commands as those in a text do. */
export const hintAsCalled = (key: string, value: unknown): unknown =>
  key === "next" && typeof value === "string" ? asCalled(value) : value;
