import { totalsOf } from "@cairn/archive";
import type { PackageDetailJson } from "@cairn/client";
import { asCairnError, type Hex } from "@cairn/protocol";
import { encryptLabel, nameHash } from "../account/labels.ts";
import { lie } from "../owner/gateway-lies.ts";
import { rememberPackage } from "../owner/known-packages.ts";
import { readCapability } from "./capability.ts";
import { claimAccount } from "./claim-account.ts";
import { ownDocument } from "./find-package.ts";
import { counted } from "./format.ts";
import { fetchManifest } from "./open-manifest.ts";
import { type CommonOptions, openSession, pinnedNetwork, requireAccount } from "./session.ts";

/** The gateway takes so many in one request. */
const RECOVER_AT_ONCE = 1000;

/**
 * Find the account's packages on the chain, have the gateway fetch document and manifest of each from any provider, and hand it what
 * only the owner can read. Afterwards `ls` and `get` work as they did before.
 */
export async function recover(options: CommonOptions): Promise<void> {
  const session = await openSession(options);
  const { client, output } = session;
  const account = await requireAccount(session.home);
  const network = await pinnedNetwork(session);
  await claimAccount(session, network, account);
  const found = await client.recoverable();
  const missing = found.filter((one) => one.known === null);
  const capabilities = await Promise.all(
    missing.map((one) => readCapability(account, network, one.documentHash as Hex)),
  );
  const registered: PackageDetailJson[] = [];
  for (let i = 0; i < capabilities.length; i += RECOVER_AT_ONCE) {
    for (const one of await client.recover(capabilities.slice(i, i + RECOVER_AT_ONCE))) registered.push(one);
  }
  const recovered: { id: string; name: string }[] = [];
  const asked = new Set(missing.map((one) => one.documentHash));
  for (const detail of registered) {
    if (!asked.delete(detail.documentHash ?? "")) {
      throw lie(
        "the recovered package",
        detail.documentHash,
        "one of those that were asked for",
        "Nothing more was recovered.",
      );
    }
    recovered.push(await complete(detail));
  }
  const [left] = asked;
  if (left !== undefined) {
    throw lie(
      "the recovered packages",
      counted(recovered.length, "package"),
      missing.length,
      `${left} is not among them.`,
    );
  }
  output.result({ found: found.length, alreadyKnown: found.length - missing.length, recovered });
  output.say(`Found ${found.length} packages on the chain; ${found.length - missing.length} were known here.`);
  for (const { id, name } of recovered) output.say(`Recovered ${name} (${id})`);

  async function complete(detail: PackageDetailJson): Promise<{ id: string; name: string }> {
    const document = await ownDocument(session, account, network, detail);
    const manifest = await fetchManifest(client, account, { id: detail.id, document });
    const { files, bytes } = totalsOf(manifest);
    const send = async (name: string) => {
      await rememberPackage(session.home, {
        id: detail.id,
        nameHash: nameHash(account, name),
        documentHash: detail.documentHash as Hex,
        root: document.root,
        signedAt: manifest.created,
        ended: false,
      });
      await client.setRepairKey(detail.id, {
        repairKey: Buffer.from(manifest.repairKey).toString("base64"),
        nameHash: nameHash(account, name),
        label: encryptLabel(account, detail.id, { name, files, bytes }),
        layout: manifest.layout,
        files,
        bytes,
      });
    };
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
