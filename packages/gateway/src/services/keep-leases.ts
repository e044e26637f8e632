import { announceGateway, Leases } from "@cairn/catalog";
import type { Pool } from "pg";
import type { Service } from "../services.ts";

export interface KeepLeasesOptions {
  /** Of connections that are not kept waiting. */
  pool: Pool;
  /** Id of the gateway's home. */
  gateway: string;
  /** Id of its spool. */
  spool: string;
  log: { warn(fields: object, message: string): void };
}

/** What the gateways of one database do one at a time; given back when the gateway stops. */
export function keepLeases({ pool, gateway, spool, log }: KeepLeasesOptions): Service<Leases> {
  let leases: Leases | undefined;
  return {
    name: "leases",
    async start() {
      const opened = new Leases({ pool, gateway, log });
      await opened.start();
      leases = opened;
      await announceGateway(pool, { id: gateway, holder: opened.holder, spool });
      return opened;
    },
    stop: () => leases?.close(),
  };
}
