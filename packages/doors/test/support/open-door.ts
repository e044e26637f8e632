import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { type DownstreamRoutesOptions, downstreamRoutes } from "@cairn/doors/downstream";
import Fastify, { type FastifyInstance } from "fastify";
import { MemoryNode } from "./memory-node.ts";

export interface OpenDoor {
  server: FastifyInstance;
  url: string;
  port: number;
  /** What went wrong on the door's side. */
  errors: unknown[];
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  close(): Promise<void>;
}

export interface CallOptions {
  body?: string | Buffer;
  headers?: Record<string, string>;
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  json: unknown;
}

/** The door's routes on a listener of their own, as a standalone node has them. */
export async function openDoor(options: Partial<DownstreamRoutesOptions> = {}): Promise<OpenDoor> {
  const errors: unknown[] = [];
  const server = Fastify({ forceCloseConnections: true });
  server.get("/", () => ({ msg: "debugging" }));
  await server.register(
    downstreamRoutes({
      node: new MemoryNode(),
      status: { list: async () => [], show: async () => undefined },
      traffic: null,
      onError: (error) => errors.push(error),
      ...options,
    }),
  );
  await server.listen({ port: 0, host: "127.0.0.1" });
  const { port } = server.server.address() as AddressInfo;
  return {
    server,
    port,
    url: `http://127.0.0.1:${port}`,
    errors,
    call: (method, path, { body, headers = {} } = {}) =>
      new Promise((resolve, reject) => {
        const outgoing = request({ port, host: "127.0.0.1", method, path, headers, agent: false }, (response) => {
          const parts: Buffer[] = [];
          response.on("data", (part: Buffer) => parts.push(part));
          response.on("error", reject);
          response.on("end", () => {
            const text = Buffer.concat(parts).toString();
            const isJson = response.headers["content-type"]?.startsWith("application/json") ?? false;
            const json: unknown = isJson && text !== "" ? JSON.parse(text) : undefined;
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
          });
        });
        outgoing.on("error", reject);
        outgoing.end(body);
      }),
    close: () => server.close(),
  };
}
