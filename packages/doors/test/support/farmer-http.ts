import { Agent, type OutgoingHttpHeaders, request } from "node:http";
import type { Json } from "./original-proofs.ts";

/** What a node said instead of 200. */
export class NodeRefused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface FarmerHttp {
  get(path: string): Promise<Json>;
  /** `headers` in addition to Content-Type. */
  post(path: string, body: Json, headers?: OutgoingHttpHeaders): Promise<Json>;
  close(): void;
}

interface Reply {
  status: number;
  body: string;
}

function exchange(url: string, agent: Agent | undefined, headers: OutgoingHttpHeaders, body?: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST";
    const outgoing = request(url, { method, headers, agent: agent ?? false, timeout: 60_000 }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() }));
      response.on("error", reject);
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error("timed out")));
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function read({ status, body }: Reply): Json {
  if (status !== 200) throw new NodeRefused(status, refusalIn(body));
  return JSON.parse(body) as Json;
}

function refusalIn(body: string): string {
  try {
    return String((JSON.parse(body) as { message?: unknown }).message);
  } catch {
    return "Unable to parse response";
  }
}

/** The first thing the original does: the bare URL by urllib, on a connection of its own, which follows no POST and takes no error. */
export async function checkRoot(url: string): Promise<void> {
  const reply = await exchange(`${url}/`, undefined, { "user-agent": "Python-urllib/3.4", connection: "close" });
  if (reply.status < 200 || reply.status >= 300) throw new Error("Could not connect to server.");
}

/** One session with keep-alive below a prefix of the node. */
export function farmerHttp(url: string, prefix: string): FarmerHttp {
  const agent = new Agent({ keepAlive: true });
  const session = { accept: "*/*", "accept-encoding": "gzip, deflate", "user-agent": "python-requests/2.5.1" };
  const json = { ...session, "content-type": "application/json" };
  return {
    get: async (path) => read(await exchange(`${url}${prefix}${path}`, agent, session)),
    async post(path, body, headers = {}) {
      const text = JSON.stringify(body);
      const length = { "content-length": Buffer.byteLength(text) };
      return read(await exchange(`${url}${prefix}${path}`, agent, { ...json, ...length, ...headers }, text));
    },
    close: () => agent.destroy(),
  };
}
