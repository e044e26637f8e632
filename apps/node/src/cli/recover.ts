import { type Manifest, totalsOf } from "@cairn/archive";
import { displayName } from "@cairn/archive/names";
import { isAway } from "@cairn/client";
import { asCairnError, CairnError, type ErrorBody, type Hex } from "@cairn/protocol";
import { encryptLabel, nameHash } from "../account/labels.ts";
import { lie } from "../owner/gateway-lies.ts";
import { rememberPackage } from "../owner/known-packages.ts";
import { readCapability } from "./capability.ts";
import { claimAccount } from "./claim-account.ts";
import { dealsGoOn, ownDocument } from "./find-package.ts";
import { counted } from "./format.ts";
import { fetchManifest } from "./open-manifest.ts";
import { GONE, sideName } from "./package-name.ts";
import { type CommonOptions, openSession, pinnedNetwork, requireAccount } from "./session.ts";

/** A package whose manifest was read, of which the gateway is still to be told what only the owner can read. */
interface Readable {
  id: string;
  documentHash: Hex;
  root: string;
  /** As the manifest has it. */
  name: string;
  created: number;
  /** Its owner gave notice, or its time is over: another of its name comes first. */
  ending: boolean;
  repairKey: string;
  layout: Manifest["layout"];
  files: number;
  bytes: number;
}

/**
 * Find the account's packages on the chain, have the gateway fetch document and manifest of each from any provider, and hand it what
 * only the owner can read. Afterwards `ls` and `get` work as they did before. One package after another: what one lacks holds up none of the
 * others, and what was begun and not finished is taken up again. Of several that had one name the newest that does not end gets it, and the
 * others NAME~ and 8 digits of their ids.
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
  const recovered: { id: string; name: string; ending: boolean }[] = [];
  const failed: { documentHash: string; error: ErrorBody }[] = [];
  output.say(`Found ${counted(found.length, "package")} on the chain; ${found.length - missing.length} known here.`);
  const readable: Readable[] = [];
  for (const { documentHash } of missing) {
    await trying(documentHash, async () => void readable.push(await read(documentHash as Hex)));
  }
  for (const [one, isFirst] of inOrderOfNames(readable)) {
    await trying(one.documentHash, async () => {
      const name = await complete(one, isFirst);
      recovered.push({ id: one.id, name, ending: one.ending });
      const words = one.ending ? ", whose deals end: its owner gave notice" : "";
      output.say(`Recovered ${displayName(name)} (${one.id})${words}`);
    });
  }
  output.result({ found: found.length, alreadyKnown: found.length - missing.length, recovered, failed });
  if (failed.length === 0) return;
  throw new CairnError(`${failed.length} of ${counted(missing.length, "package")} could not be recovered`, {
    code: "recover-incomplete",
    kind: "unavailable",
  });

  async function trying(documentHash: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      // What no package is the reason of ends the command: a gateway that is away or lies, a fault of this program.
      const error = asCairnError(thrown);
      if (!(thrown instanceof CairnError) || isAway(thrown) || error.code === "gateway-lies") throw thrown;
      failed.push({ documentHash, error: error.toJSON() });
      output.say(`Not recovered: ${documentHash.slice(0, 12)}…, ${error.message}`);
    }
  }

  async function read(documentHash: Hex): Promise<Readable> {
    const [detail, ...more] = await client.recover([await readCapability(account, network, documentHash)]);
    if (detail?.documentHash !== documentHash || more.length > 0) {
      throw lie("the recovered package", detail?.documentHash, documentHash, "Nothing more was recovered.");
    }
    const { id, state } = detail;
    const document = await ownDocument(session, account, network, detail);
    const manifest = await fetchManifest(client, account, { id, document });
    const { name, created, layout, repairKey } = manifest;
    const live = (await dealsGoOn(session, account, documentHash)) ?? (state !== "ENDING" && !GONE.has(state));
    return {
      ...{ id, documentHash, name, created, layout },
      ...totalsOf(manifest),
      root: document.root,
      ending: !live,
      repairKey: Buffer.from(repairKey).toString("base64"),
    };
  }

  /** The name that it got. */
  async function complete(one: Readable, isFirst: boolean): Promise<string> {
    const { id, documentHash, root, layout, files, bytes, repairKey } = one;
    const send = async (name: string): Promise<string> => {
      const hash = nameHash(account, name);
      const known = { id, nameHash: hash, documentHash, root, signedAt: one.created, ended: false };
      await rememberPackage(session.home, known);
      const label = encryptLabel(account, id, { name, files, bytes });
      await client.setRepairKey(id, { repairKey, nameHash: hash, label, layout, files, bytes });
      return name;
    };
    const aside = sideName(one.name, id);
    if (!isFirst) return send(aside);
    try {
      return await send(one.name);
    } catch (error) {
      if (asCairnError(error).code !== "name-taken") throw error;
      return send(aside);
    }
  }
}

/** Each package, and whether it is the first of its name: the newest that does not end; of those that all end, the newest. */
function inOrderOfNames(packages: readonly Readable[]): [one: Readable, isFirst: boolean][] {
  const sorted = packages.toSorted((a, b) => Number(a.ending) - Number(b.ending) || b.created - a.created);
  const seen = new Set<string>();
  return sorted.map((one) => {
    const isFirst = !seen.has(one.name);
    seen.add(one.name);
    return [one, isFirst];
  });
}
