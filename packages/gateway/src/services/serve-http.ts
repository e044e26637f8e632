import type { AddressInfo } from "node:net";
import { listenError, localUrl } from "@cairn/process";
import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import { createHttpServer, type HttpServerOptions } from "../http-server.ts";
import type { Service } from "../services.ts";
import type { TlsFiles } from "../tls/tls-files.ts";
import { type ExtraPort, openPorts } from "./open-ports.ts";

export interface ListenOptions {
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** How a person sets the two. */
  hostSetting: string;
  portSetting: string;
  /** Names under which this gateway is reached, besides loopback's and its addresses. */
  names: readonly string[];
  /** Proxies whose X-Forwarded-For is believed. */
  trustedProxies: readonly string[];
  /** PEM files of its certificate and key, where it takes TLS. */
  tls?: TlsFiles;
}

export interface ServeHttpOptions {
  plugins: FastifyPluginAsync[];
  /** At which the same is served, besides. */
  ports: readonly ExtraPort[];
  log: { warn(fields: object, message: string): void };
  listen: ListenOptions;
  entrance: Omit<HttpServerOptions, "names" | "trustedProxies" | "tls">;
}

/**
 * Every route at an open port; resolves with its URL.
 * @throws CairnError `port-taken`, `port-unusable`, `address-unusable`
 */
export function serveHttp({ plugins, ports, listen, entrance, log }: ServeHttpOptions): Service<string> {
  const { host, port, names, trustedProxies, tls: files } = listen;
  let server: FastifyInstance | undefined;
  let extra: Awaited<ReturnType<typeof openPorts>> | undefined;
  return {
    name: "http",
    async start() {
      const onFault = (error: unknown) => log.warn({ error }, "the TLS certificate changed and cannot be used");
      const tls = files === undefined ? {} : { tls: { files, onFault } };
      server = await createHttpServer(plugins, { ...entrance, ...tls, names, trustedProxies });
      try {
        await server.listen({ host, port });
      } catch (error) {
        await server.close();
        throw listenError(error, listen);
      }
      extra = await openPorts(server.server, host, ports, log);
      return localUrl(server.server.address() as AddressInfo);
    },
    async stop() {
      await Promise.all([extra?.close(), server?.close()]);
    },
  };
}
