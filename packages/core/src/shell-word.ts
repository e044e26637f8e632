/** A word of a command line, quoted where a shell would read it as anything else than the word itself. */
export const shellWord = (word: string): string =>
  /^[\w./@+:,%-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
