/**
 * Pages of the HTTP API of a gateway that has 5,000 packages, 10,000 deals, 100,000 events and 5,000 checks of one account and as much of another, on
 * PostgreSQL: every sort, both ways, a search, the figures of a dashboard, and what a page of a person's needs beside them. Then the files of a package
 * of 200,000, which only the owner's program can list, as names are encrypted. Goal: a p99 below 100 ms. CAIRN_BENCH_DEALS: how many deals (10,000).
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAudit } from "../packages/audit/src/index.ts";
import { DEAL_SORTS } from "../packages/catalog/src/index.ts";
import { CairnClient } from "../packages/client/src/index.ts";
import { PROFILES } from "../packages/core/src/index.ts";
import { openDatabase, startPostgres } from "../packages/database/src/index.ts";
import { figureRoutes } from "../packages/gateway/src/figure-routes.ts";
import type { GatewayContext } from "../packages/gateway/src/gateway-context.ts";
import { createHttpServer } from "../packages/gateway/src/http-server.ts";
import { migrateGateway } from "../packages/gateway/src/migrate-gateway.ts";
import { packageRoutes } from "../packages/gateway/src/package-routes.ts";
import { findPrincipal } from "../packages/gateway/src/principal-of.ts";
import { publicRoutes } from "../packages/gateway/src/public-routes.ts";
import { seedAccount } from "../packages/gateway/src/testing/seed-account.ts";
import { seedCatalog } from "../packages/gateway/src/testing/seed-catalog.ts";
import { PACKAGE_SORTS } from "../packages/market/src/index.ts";
import { requirePackage } from "../packages/market/src/package-rows.ts";
import { listPackages } from "../packages/market/src/package-status.ts";
import { machineClock as clock } from "../packages/process/src/index.ts";

const DEALS = Number(process.env.CAIRN_BENCH_DEALS ?? 10_000);
const PACKAGES = DEALS / 2;
const PAGE = 100;
const ROUNDS = 20;
const GOAL_MILLISECONDS = 100;
const ACCOUNTS = { anna: `0x${"a1".repeat(20)}`, bert: `0x${"b2".repeat(20)}` } as const;

const directory = mkdtempSync(join(tmpdir(), "cairn-queries-"));
const postgres = await startPostgres({ directory });
try {
  const { pool, close } = await openDatabase(postgres.connect("postgres"));
  await migrateGateway(pool);
  const accounts = { pool, clock };
  const tokens: string[] = [];
  for (const [account, owner] of Object.entries(ACCOUNTS)) {
    tokens.push(await seedAccount(accounts, { account, owner }));
    await seedCatalog(pool, { account, owner, packages: PACKAGES, deals: DEALS, events: 10 * DEALS });
  }
  await pool.query("vacuum analyze");
  const market = {
    listPackages: (request: Parameters<typeof listPackages>[1]) => listPackages({ pool } as never, request),
    requirePackage: (request: Parameters<typeof requirePackage>[1]) => requirePackage(pool, request),
  };
  const audit = createAudit({ pool, deployment: { deployedAt: 0 } } as never, { claimEveryPeriods: 1 });
  const context = {
    ...{ pool, market, audit, accounts, profile: PROFILES.real },
    network: { deployment: { genesisTime: 1_700_000_000, periodSeconds: 3600 } },
    chainNow: () => clock.now(),
    // The chain's part of the figures is not measured here.
    coinsOf: async () => 0n,
  } as unknown as GatewayContext;
  const server = await createHttpServer([publicRoutes(context), packageRoutes(context), figureRoutes(context)], {
    version: "bench",
    databaseId: "one",
    names: [],
    trustedProxies: [],
    providerOf: () => undefined,
    findPrincipal: (request) => findPrincipal(accounts, request),
  });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  await measure(new CairnClient({ url, token: tokens[0]! }));
  await server.close();
  await close();
} finally {
  await postgres.stop();
  rmSync(directory, { recursive: true, force: true });
}

async function measure(client: CairnClient): Promise<void> {
  const limit = PAGE;
  for (const sort of DEAL_SORTS)
    for (const order of ["asc", "desc"] as const)
      await walk(`deals by ${sort} ${order}`, DEALS, (after) => client.dealsPage({ sort, order, limit, ...after }));
  await walk("deals that failed or ended", DEALS / 20, (after) =>
    client.dealsPage({ states: "FAILED,COMPLETED", limit, ...after }),
  );
  for (const sort of PACKAGE_SORTS)
    for (const order of ["asc", "desc"] as const)
      await walk(`packages by ${sort} ${order}`, PACKAGES, (after) =>
        client.packagesPage({ sort, order, limit, ...after }),
      );
  await walk("deals whose CID begins so", (await client.deals({ search: "bafyrei1" })).length, (after) =>
    client.dealsPage({ search: "bafyrei1", limit, ...after }),
  );
  await repeat("the thirteen figures", () => client.figures.now({ from: 1_790_000_000, before: 1_795_000_000 }));
  const [first] = (await client.packagesPage({ limit: 1 })).packages;
  await repeat("deals of a package", () => client.dealsPage({ package: first!.id }));
  await repeat("custody of a package's checks", () => client.checks({ package: first!.id }));
  await repeat("the newest events", () => client.events(undefined, PAGE));
  await repeat("the newest warnings", () => client.events(undefined, PAGE, { severities: "warning,error" }));
  await repeat("the newest events of a package", () => client.events(undefined, PAGE, { package: first!.id }));
}

/** Pages one after the other, and that each row came once. */
async function walk(
  what: string,
  rows: number,
  page: (after: { after?: string }) => Promise<{ next: string | null } & Record<string, unknown>>,
): Promise<void> {
  const times: number[] = [];
  let seen = 0;
  let after: { after?: string } = {};
  for (;;) {
    const started = performance.now();
    const { next, ...rest } = await page(after);
    times.push(performance.now() - started);
    seen += (Object.values(rest)[0] as unknown[]).length;
    if (next === null) break;
    after = { after: next };
  }
  if (seen !== rows) throw new Error(`${what}: ${seen} of ${rows}`);
  say(what, times);
}

async function repeat(what: string, ask: () => Promise<unknown>): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    await ask();
    times.push(performance.now() - started);
  }
  say(what, times);
}

function say(what: string, times: readonly number[]): void {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  const p99 = at(0.99);
  process.stdout.write(
    `${what}: p50 ${at(0.5).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms: ${p99 < GOAL_MILLISECONDS ? "met" : "MISSED"}\n`,
  );
}
