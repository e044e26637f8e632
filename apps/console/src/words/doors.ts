export const doors = {
  title: "Doors",
  lead: "Other protocols that this gateway speaks, for clients that people already have.",
  downstream: {
    title: "Storj downstream",
    body: "Farmers of the Storj protocol get chunks and tokens here, and answer heartbeats.",
    address: "For a farmer's client",
    page: "The farmers, on a map and in a table",
    off: "This gateway does not open this door.",
  },
  api: {
    title: "HTTP API",
    body: "What this console does, any program can do: with a token, by the documented API.",
    link: "The document (OpenAPI 3.1)",
  },
  status: {
    title: "Status page",
    body: "Readable without a login and without script, and figures for Prometheus.",
    link: "The status page",
    metrics: "Metrics",
  },
} as const;
