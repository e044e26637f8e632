/** Day of a time in UNIX seconds, as it stands in lists; "never" for none. */
export const dateOf = (seconds: number | null): string =>
  seconds === null ? "never" : new Date(seconds * 1000).toISOString().slice(0, 10);
