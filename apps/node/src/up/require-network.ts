import { existsSync } from "node:fs";
import { join } from "node:path";
import { CairnError } from "@cairn/protocol/errors";
import type { Home } from "../home/home.ts";

/** What another gateway of a network has in its home, besides what it makes itself. */
const NEEDED = ["secret", "token", "deployment.json", "gateway/keys/executor.json"];

/**
 * That a home can be another gateway of a network that runs: the same database, chain and keys.
 * @param chain the chain's URL, where one is set
 * @throws CairnError `bad-settings`
 */
export function requireNetwork(
  home: Home,
  chain: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): void {
  const refuse = (message: string, next: string) =>
    new CairnError(message, { code: "bad-settings", kind: "input", next });
  if (!environment.DATABASE_URL)
    throw refuse("--gateway-only needs the database of the network", "Set DATABASE_URL to that of the other gateway.");
  if (chain === undefined)
    throw refuse("--gateway-only needs the chain of the network", "Set CAIRN_CHAIN_URL to that of the other gateway.");
  const missing = NEEDED.filter((name) => !existsSync(join(home.directory, name)));
  if (missing.length === 0) return;
  throw refuse(
    `${home.directory} lacks ${missing.join(", ")} of the network's other gateway`,
    "Copy them as docs/operating.md, Several gateways, says: gateways that take over each other's packages sign with the same keys.",
  );
}
