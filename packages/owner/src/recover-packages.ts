import type { Manifest } from "@cairn/archive/browser";
import type { TypeCounts } from "@cairn/archive/type-counts";
import { isAway } from "@cairn/client/client";
import { counted } from "@cairn/core/format";
import type { ErrorBody, Hex } from "@cairn/protocol";
import { asCairnError, CairnError } from "@cairn/protocol/errors";
import { toBase64 } from "@cairn/protocol/wire/base64";
import { type ClaimPorts, claimAccount } from "./claim-account.ts";
import { fetchManifest } from "./fetch-manifest.ts";
import { dealsGoOn, ownDocument } from "./find-package.ts";
import { lie } from "./gateway-lies.ts";
import { encryptLabel, nameHash } from "./labels.ts";
import type { OpenPorts } from "./open-package.ts";
import { GONE, sideName } from "./package-name.ts";
import type { Gateway } from "./ports.ts";
import { readCapability } from "./read-capability.ts";

export type RecoverPorts = OpenPorts & {
  gateway: OpenPorts["gateway"] & ClaimPorts["gateway"] & Pick<Gateway, "recoverable" | "recover" | "setRepairKey">;
};

export type RecoverEvent =
  | { type: "found"; packages: number; known: number }
  | { type: "recovered"; id: string; name: string; ending: boolean }
  | { type: "not-recovered"; documentHash: string; error: CairnError };

export interface RecoverOptions {
  /** The API token, whose packages are to be the owner's. */
  token: string;
  /** What packages were called last, by document hash, where that is known: the manifest has the name of the put. */
  names?: ReadonlyMap<string, string>;
  onEvent?: (event: RecoverEvent) => void;
}

export interface Recovered {
  found: number;
  alreadyKnown: number;
  recovered: { id: string; name: string; ending: boolean }[];
  failed: { documentHash: string; error: ErrorBody }[];
  /** `recover-incomplete` when some could not be recovered. */
  fault: CairnError | undefined;
}

/** A package whose manifest was read, of which the gateway is still to be told what only the owner can read. */
interface Readable {
  id: string;
  documentHash: Hex;
  root: string;
  /** As it is remembered, else as the manifest has it. */
  name: string;
  created: number;
  /** Its owner gave notice, or its time is over: another of its name comes first. */
  ending: boolean;
  repairKey: string;
  layout: Manifest["layout"];
  files: number;
  bytes: number;
  types?: TypeCounts;
}

/**
 * Find the owner's packages on the chain, have the gateway fetch document and manifest of each from any provider, and hand it what
 * only the owner can read. Afterwards lists and gets work as they did before. One package after another: what one lacks holds up none of the
 * others, and what was begun and not finished is taken up again. Of several that had one name the newest that does not end gets it, and the
 * others NAME~ and 8 digits of their ids.
 */
export async function recoverPackages(
  ports: RecoverPorts,
  { token, names, onEvent = () => undefined }: RecoverOptions,
): Promise<Recovered> {
  await ports.network();
  await claimAccount(ports, token);
  const found = await ports.gateway.recoverable(ports.owner.signer.address);
  const missing = found.filter((one) => one.known === null);
  const recovered: Recovered["recovered"] = [];
  const failed: Recovered["failed"] = [];
  onEvent({ type: "found", packages: found.length, known: found.length - missing.length });
  const trying = async (documentHash: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (thrown) {
      // What no package is the reason of ends it all: a gateway that is away or lies, a fault of this program.
      const error = asCairnError(thrown);
      if (!(thrown instanceof CairnError) || isAway(thrown) || error.code === "gateway-lies") throw thrown;
      failed.push({ documentHash, error: error.toJSON() });
      onEvent({ type: "not-recovered", documentHash, error });
    }
  };
  const readable: Readable[] = [];
  for (const { documentHash } of missing) {
    await trying(
      documentHash,
      async () => void readable.push(await read(ports, documentHash as Hex, names?.get(documentHash))),
    );
  }
  for (const [one, isFirst] of inOrderOfNames(readable)) {
    await trying(one.documentHash, async () => {
      const done = { id: one.id, name: await complete(ports, one, isFirst), ending: one.ending };
      recovered.push(done);
      onEvent({ type: "recovered", ...done });
    });
  }
  const fault =
    failed.length === 0
      ? undefined
      : new CairnError(`${failed.length} of ${counted(missing.length, "package")} could not be recovered`, {
          code: "recover-incomplete",
          kind: "unavailable",
        });
  return { found: found.length, alreadyKnown: found.length - missing.length, recovered, failed, fault };
}

async function read(ports: RecoverPorts, documentHash: Hex, called: string | undefined): Promise<Readable> {
  const { address } = ports.owner.signer;
  const capability = await readCapability(ports, { documentHash, owner: address });
  const [detail, ...more] = await ports.gateway.recover([capability], address);
  if (detail?.documentHash !== documentHash || more.length > 0) {
    throw lie("the recovered package", detail?.documentHash, documentHash, "Nothing more was recovered.");
  }
  const { id, state } = detail;
  const document = await ownDocument(ports, detail, address);
  const manifest = await fetchManifest(ports, { id, document });
  const { totalsOf } = await import("@cairn/archive/browser");
  const { name: put, created, layout, repairKey } = manifest;
  const name = called ?? put;
  const live = (await dealsGoOn(ports, documentHash, address)) ?? (state !== "ENDING" && !GONE.has(state));
  return {
    ...{ id, documentHash, name, created, layout },
    ...(manifest.types === undefined ? {} : { types: manifest.types }),
    ...totalsOf(manifest),
    root: document.root,
    ending: !live,
    repairKey: toBase64(repairKey),
  };
}

/** The name that it got. */
async function complete({ gateway, owner, known }: RecoverPorts, one: Readable, isFirst: boolean): Promise<string> {
  const { id, documentHash, root, layout, files, bytes, repairKey, types } = one;
  const send = async (name: string): Promise<string> => {
    const hash = nameHash(owner, name);
    const { address } = owner.signer;
    await known.remember({
      ...{ id, nameHash: hash, documentHash, root, owner: address, signedAt: one.created, ended: false },
    });
    const label = encryptLabel(owner, id, { name, files, bytes, ...(types === undefined ? {} : { types }) });
    await gateway.setRepairKey(id, { repairKey, nameHash: hash, label, layout, files, bytes });
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
