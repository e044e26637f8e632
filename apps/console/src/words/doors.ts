import { counted, number } from "../format/number.ts";

export const doors = {
  title: "Doors",
  lead: "Ways for other programs to speak to this gateway: clients of other protocols, your own programs, monitoring.",
  downstream: {
    title: "Storj downstream",
    body: "Farmers of the Storj protocol get chunks and tokens here, prove with heartbeats that they keep them, and are paid by it.",
    openNow: (farmers: number, online: number) =>
      farmers === 0
        ? "Open; no farmer has come yet."
        : `Open; ${counted(farmers, "farmer")}, ${online} of them online.`,
    how: "Give a farmer's client this address as its node:",
    command: "cairn farmer",
    commandHint: "or run one yourself, with the farmer that comes with Cairn:",
    page: "The farmers, on a map and in a table",
    off: "Closed: this gateway was started without it.",
    offNext: "docs/doors/downstream.md says how it is opened.",
  },
  api: {
    title: "HTTP and WebSocket API",
    body: "What this console does, any program can do with a token.",
    state: "Open to whoever has a token.",
    how: "Make a token, then ask:",
    token: "cairn token create my-program",
    link: "The document of all routes (OpenAPI 3.1)",
    settings: "Tokens are made and taken back in Settings",
  },
  cli: {
    title: "Command line",
    body: "The same account from a terminal of this machine, or of another one with a token.",
    state: "Open.",
    how: "On this machine nothing is needed; on another one, with a name and password or a token:",
    login: (url: string) => `cairn login ${url}`,
    first: "cairn status",
  },
  offline: {
    title: "Other networks",
    body: "A folder as CAR files with the piece commitment of each, ready for deals on Filecoin: on your machine, without this gateway.",
    how: "Cut to the sector that you name; add --encrypt to keep the contents to yourself:",
    command: "cairn offline prepare FOLDER -o DIR --limit 32GiB",
    table: "Largest CAR by sector",
    sector: "Sector",
    most: "Largest CAR",
    bytes: (count: number) => `${number(count)} B`,
  },
  status: {
    title: "Status and metrics",
    body: "Readable without a login and without script, and figures for Prometheus.",
    state: (status: string, version: string) => `Answers “${status}”; version ${version}.`,
    bad: (cause: string) => `Something does not answer: ${cause}.`,
    how: "For Prometheus, scrape:",
    link: "The status page",
    metrics: "Metrics",
  },
} as const;
