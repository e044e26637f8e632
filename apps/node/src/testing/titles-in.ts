/** The tests of a file: texts that come with a function, for vitest, and functions, for forge. */
export const titlesIn = (source: string): string[] =>
  [...source.matchAll(/(?<!describe)\(\s*"((?:[^"\\]|\\.)+)",\s*(?:async )?\(|^ {4}function (\w+)\(/gm)].map(
    ([, title, name]) => title ?? name ?? "",
  );
