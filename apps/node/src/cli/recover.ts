import { totalsOf } from "@cairn/archive";
import type { PackageDetailJson } from "@cairn/client";
import { asCairnError, type Hex } from "@cairn/core";
import { nameHash, sealLabel } from "../account/labels.ts";
import { readCapability } from "./capability.ts";
import { fetchManifest } from "./open-manifest.ts";
import { type CommonOptions, openSession, requireAccount } from "./session.ts";

/**
 * Find the account's packages on the chain, have the gateway fetch document and manifest of each from any provider, and hand it what
 * only the owner can read. Afterwards `ls` and `get` work as they did before.
 */
export async function recover(options: CommonOptions): Promise<void> {
  const session = await openSession(options);
  const { client, output } = session;
  const account = await requireAccount(session.home);
  const network = await client.network();
  await client.claimAccount(account.wallet.address);
  const found = await client.recoverable();
  const missing = found.filter((one) => one.known === null);
  const capabilities = await Promise.all(
    missing.map((one) => readCapability(account, network, one.manifestHash as Hex)),
  );
  const registered = capabilities.length === 0 ? [] : await client.recover(capabilities);
  const recovered: { id: string; name: string }[] = [];
  for (const detail of registered) recovered.push(await complete(detail));
  output.result({ found: found.length, alreadyKnown: found.length - missing.length, recovered });
  output.say(`Found ${found.length} packages on the chain; ${found.length - missing.length} were known here.`);
  for (const { id, name } of recovered) output.say(`Recovered ${name} (${id})`);

  async function complete(detail: PackageDetailJson): Promise<{ id: string; name: string }> {
    const manifest = await fetchManifest(client, account, detail.id);
    const { files, bytes } = totalsOf(manifest);
    const send = (name: string) =>
      client.setRepairKey(detail.id, {
        repairKey: Buffer.from(manifest.repairKey).toString("base64"),
        nameHash: nameHash(account, name),
        label: sealLabel(account, { name, files, bytes }),
        layout: manifest.layout,
        files,
        bytes,
      });
    try {
      await send(manifest.name);
      return { id: detail.id, name: manifest.name };
    } catch (error) {
      if (asCairnError(error).code !== "name-taken") throw error;
      const name = `${manifest.name}-${detail.id.slice(0, 8)}`;
      await send(name);
      return { id: detail.id, name };
    }
  }
}
