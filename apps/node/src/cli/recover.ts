import { totalsOf } from "@cairn/archive";
import { isAway, type PackageDetailJson } from "@cairn/client";
import { asCairnError, CairnError, type ErrorBody, type Hex } from "@cairn/protocol";
import { encryptLabel, nameHash } from "../account/labels.ts";
import { lie } from "../owner/gateway-lies.ts";
import { rememberPackage } from "../owner/known-packages.ts";
import { readCapability } from "./capability.ts";
import { claimAccount } from "./claim-account.ts";
import { ownDocument } from "./find-package.ts";
import { counted } from "./format.ts";
import { fetchManifest } from "./open-manifest.ts";
import { type CommonOptions, openSession, pinnedNetwork, requireAccount } from "./session.ts";

/**
 * Find the account's packages on the chain, have the gateway fetch document and manifest of each from any provider, and hand it what
 * only the owner can read. Afterwards `ls` and `get` work as they did before. One package after another: what one lacks holds up none of the
 * others, and what was begun and not finished is taken up again.
 *
 * @throws CairnError `recover-incomplete` once all have been tried, when some could not be recovered
 */
export async function recover(options: CommonOptions): Promise<void> {
  const session = await openSession(options);
  const { client, output } = session;
  const account = await requireAccount(session.home);
  const network = await pinnedNetwork(session);
  await claimAccount(session, network, account);
  const found = await client.recoverable();
  const missing = found.filter((one) => one.known === null);
  const recovered: { id: string; name: string }[] = [];
  const failed: { documentHash: string; error: ErrorBody }[] = [];
  output.say(`Found ${counted(found.length, "package")} on the chain; ${found.length - missing.length} known here.`);
  for (const { documentHash } of missing) {
    try {
      const one = await recoverOne(documentHash as Hex);
      recovered.push(one);
      output.say(`Recovered ${one.name} (${one.id})`);
    } catch (thrown) {
      // What no package is the reason of ends the command: a gateway that is away or lies, a fault of this program.
      const error = asCairnError(thrown);
      if (!(thrown instanceof CairnError) || isAway(thrown) || error.code === "gateway-lies") throw thrown;
      failed.push({ documentHash, error: error.toJSON() });
      output.say(`Not recovered: ${documentHash.slice(0, 12)}…, ${error.message}`);
    }
  }
  output.result({ found: found.length, alreadyKnown: found.length - missing.length, recovered, failed });
  if (failed.length === 0) return;
  throw new CairnError(`${failed.length} of ${counted(missing.length, "package")} could not be recovered`, {
    code: "recover-incomplete",
    kind: "unavailable",
  });

  async function recoverOne(documentHash: Hex): Promise<{ id: string; name: string }> {
    const [detail, ...more] = await client.recover([await readCapability(account, network, documentHash)]);
    if (detail?.documentHash !== documentHash || more.length > 0) {
      throw lie("the recovered package", detail?.documentHash, documentHash, "Nothing more was recovered.");
    }
    return complete(detail);
  }

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
