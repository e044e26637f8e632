/** What a word of the API is called for people; itself where there is no other, such as one of a later gateway. */
export const wordOf = (words: Record<string, string>, key: string): string =>
  (Object.hasOwn(words, key) ? words[key] : undefined) ?? key.toLowerCase();
