import { resolve } from "node:path";
import { CairnError } from "@cairn/protocol/errors";
import type { GatewayConfig } from "../gateway/gateway-config.ts";

/**
 * Certificate and key by which the gateway takes TLS: --tls-cert and --tls-key, else CAIRN_TLS_CERT and CAIRN_TLS_KEY. That they can be used is seen before
 * anything is started.
 * @throws CairnError `bad-settings`
 */
export async function tlsSetting(
  options: { tlsCert?: string; tlsKey?: string },
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Pick<GatewayConfig, "tls">> {
  const cert = options.tlsCert ?? environment.CAIRN_TLS_CERT?.trim();
  const key = options.tlsKey ?? environment.CAIRN_TLS_KEY?.trim();
  if (!cert && !key) return {};
  if (!cert || !key) {
    throw new CairnError(`a TLS ${cert ? "certificate" : "key"} is given without its ${cert ? "key" : "certificate"}`, {
      code: "bad-settings",
      kind: "input",
      next: "Give both --tls-cert and --tls-key.",
    });
  }
  const tls = { cert: resolve(cert), key: resolve(key) };
  const { readTls } = await import("@cairn/gateway/tls");
  readTls(tls);
  return { tls };
}
