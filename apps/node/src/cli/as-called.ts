/** How the person can call this program again: `cairn`, `npx cairn`, or `node bin/cairn.mjs` in a checkout. */
export const calledAs = (): string => process.env.CAIRN_CALLED_AS ?? "cairn";

/** How a network is started: `npm start` is there in a checkout alone. */
export const startCommand = (): string =>
  calledAs().startsWith("node ") ? "`npm start` (or `cairn up`)" : "`cairn up`";

const IN_BACKTICKS = /(`)cairn (?=[a-z[-])/g;
const ANYWHERE = /(`|^ *(?:Usage: )?|\| )cairn (?=[a-z[-])/gm;

function replaced(text: string, commands: RegExp): string {
  const called = calledAs();
  return called === "cairn" ? text : text.replace(commands, (_, before) => `${before}${called} `);
}

const OF_THE_API = /GET \/openapi\.json( of a gateway)? says what is allowed/g;

/** What the gateway tells programs to look up is told to whoever types commands in words of theirs. */
const inCommands = (text: string): string => text.replace(OF_THE_API, "The command with --help says what is allowed");

/** A text for people whose commands, written `cairn …` in backticks or as the first word of a line, work where they are read. */
export const asCalled = (text: string): string => replaced(inCommands(text), ANYWHERE);

/** The same of an error's message, which may begin with a name that happens to be `cairn`: in backticks alone. */
export const messageAsCalled = (text: string): string => replaced(text, IN_BACKTICKS);

/** Of JSON.stringify: hints in a document name commands as those in a text do. */
export const hintAsCalled = (key: string, value: unknown): unknown =>
  key === "next" && typeof value === "string" ? asCalled(value) : value;
