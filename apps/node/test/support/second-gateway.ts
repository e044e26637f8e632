import { cp, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { PoolConfig } from "pg";
import { startNetwork, type TestNetwork } from "./network.ts";

/** What another gateway of a network needs of the first one's home (docs/operating.md). */
const COPIED = ["secret", "token", "home.json", "deployment.json", "databases.json", "gateway/keys"];

/** Another gateway, with a home of its own, on the database and the chain of one that runs. @param env what the first one was started with */
export async function startSecondGateway(
  first: TestNetwork,
  home: string,
  env: Record<string, string>,
): Promise<TestNetwork> {
  const { database, chainUrl } = JSON.parse(await readFile(join(first.home, "gateway", "config.json"), "utf8"));
  await mkdir(join(home, "gateway"), { recursive: true, mode: 0o700 });
  for (const name of COPIED) await cp(join(first.home, name), join(home, name), { recursive: true });
  return startNetwork({
    home,
    gatewayOnly: true,
    env: { ...env, DATABASE_URL: urlOf(database), CAIRN_CHAIN_URL: chainUrl },
  });
}

function urlOf({ host, port, user, password, database }: PoolConfig): string {
  const login = `${user}${password === undefined ? "" : `:${encodeURIComponent(String(password))}`}`;
  return `postgres://${login}@localhost:${port ?? 5432}/${database}?host=${encodeURIComponent(String(host))}`;
}
