import { displayName, namesOfText } from "@cairn/archive/names";
import type { PackageJson } from "@cairn/client";
import { shellWord } from "@cairn/core/shell-word";
import type { Address, CommitmentDocument, Hex } from "@cairn/protocol";
import { CairnError } from "@cairn/protocol/errors";
import { MAX_DOCUMENT_BYTES } from "@cairn/protocol/words";
import { collect } from "./collect.ts";
import { deploymentOf } from "./deployment-of.ts";
import { lie } from "./gateway-lies.ts";
import { amendKnown, type KnownPackage, recallByName, recallLiveIds } from "./known-packages.ts";
import { nameHash } from "./labels.ts";
import { isSaidToGoOn } from "./list-packages.ts";
import { GONE, namesOf, type Role, sideName, withRole } from "./package-name.ts";
import type { Gateway, OwnerPorts } from "./ports.ts";

/** What finding a package needs. */
export type FindPorts = Pick<OwnerPorts, "owner" | "network" | "readChain" | "known"> & {
  gateway: Pick<Gateway, "package" | "packageByName" | "packages" | "document">;
};

/** `PACKAGE[/path]`: what stands for a package, and what follows the first slash. */
export function parseTarget(text: string): { name: string; path: string } {
  const slash = text.indexOf("/");
  if (slash === -1) return { name: text, path: "" };
  return { name: text.slice(0, slash), path: text.slice(slash + 1).replace(/^\/+|\/+$/g, "") };
}

/** Loaded when there is an answer to be checked. */
const identify = () => import("./identify.ts");

const UNTOUCHED = "Nothing was read, signed or removed.";

/** A package that is the one asked for, and its commitment document once it has one. */
export interface FoundPackage extends PackageJson {
  document: CommitmentDocument | undefined;
}

/**
 * A package by id, by name, as it is shown or as it is, or else by what `ls` shows: the first 8 or more digits of an id, or NAME (replaced) and
 * NAME (replacement). Among equal names it is the live one, else the newest. What the gateway answers is held against the label that this
 * account's key made for it, what is remembered here, the document under its hash, and the chain.
 * @throws CairnError `unknown-package`, `ambiguous-package`, `named-otherwise`, `gateway-lies`, `wrong-key`
 */
export async function findPackage(ports: FindPorts, text: string): Promise<FoundPackage> {
  return vouched(ports, (await byId(ports, text)) ?? (await byText(ports, text)));
}

/** The same by its very name only, for what puts another in its place. */
export async function findNamed(ports: FindPorts, name: string): Promise<FoundPackage> {
  return vouched(ports, await byName(ports, name));
}

async function vouched(ports: FindPorts, found: PackageJson): Promise<FoundPackage> {
  const known = await ports.known.recall(found.id);
  if (found.documentHash === null || GONE.has(found.state)) {
    await assertGone(ports, found, known);
    return { ...found, document: undefined };
  }
  if (isSaidToGoOn(known, found.state)) throw lie("state", found.state, "ended by you", UNTOUCHED);
  return { ...found, document: await ownDocument(ports, found) };
}

/**
 * A package's commitment document, held against its hash, what is said of the package, what is known here of its wallet, and the chain.
 * @param wallet that it must belong to; any of the owner's if left out
 * @throws CairnError `gateway-lies`
 */
export async function ownDocument(ports: FindPorts, found: PackageJson, wallet?: Address): Promise<CommitmentDocument> {
  const deployment = deploymentOf(await ports.network());
  const bytes = await collect(await ports.gateway.document(found.id), MAX_DOCUMENT_BYTES, "the document");
  const { checkDocument, checkOwnership } = await identify();
  const document = checkDocument(bytes, found);
  await requireOwn(ports, document, found, wallet);
  await ports.readChain(deployment, (chain) => checkOwnership(chain, found, document));
  return document;
}

/** A document's owner is no more than what its writer put there: the wallet must be one that this side knows, of itself, to be the owner's. */
async function requireOwn(
  { owner, known }: Pick<FindPorts, "owner" | "known">,
  { owner: named }: CommitmentDocument,
  { id, documentHash }: PackageJson,
  wallet: Address | undefined,
): Promise<void> {
  const { signer, wallets } = owner;
  if (named === (wallet ?? signer.address)) return;
  if (wallet === undefined) {
    // The document that was signed for here, by its hash.
    const remembered = await known.recall(id);
    if (remembered !== undefined && remembered.documentHash === documentHash) return;
    if (await wallets?.owns(named)) return;
  }
  const own =
    wallet ?? `${signer.address}${wallets === undefined ? "" : " or another wallet that is known here to be yours"}`;
  throw lie("document.owner", named, own, [UNTOUCHED, wallets?.advice?.(named) ?? ""].join(" ").trim());
}

async function byId(ports: FindPorts, id: string): Promise<PackageJson | undefined> {
  if (!/^[0-9a-f]{32}$/.test(id)) return undefined;
  const known = await ports.known.recall(id);
  let found: PackageJson;
  try {
    found = await ports.gateway.package(id);
  } catch (error) {
    if (!(error instanceof CairnError) || error.kind !== "missing") throw error;
    if (known !== undefined && !known.ended) await assertEnded(ports, known, id, undefined);
    return undefined;
  }
  (await identify()).checkIdentity(ports.owner, found, { id }, known);
  return found;
}

/** What is said to have nothing to get must have no deals that go on: one that is remembered, and one whose hash is told. */
async function assertGone(ports: FindPorts, found: PackageJson, known: KnownPackage | undefined): Promise<void> {
  if (known !== undefined) {
    if (!known.ended) await assertEnded(ports, known, found.id, found);
    return;
  }
  if (found.documentHash !== null && (await dealsGoOn(ports, found.documentHash)) === true) {
    throw lie("state", found.state, "with deals that go on", UNTOUCHED);
  }
}

/**
 * Whether a package has deals on the chain that nobody gave notice of; undefined when no chain answers.
 * @param owner its wallet; each that is known here where it is not known which
 */
export async function dealsGoOn(ports: FindPorts, documentHash: string, owner?: Address): Promise<boolean | undefined> {
  const { signer, wallets } = ports.owner;
  const owners = owner === undefined ? new Set([signer.address, ...((await wallets?.addresses()) ?? [])]) : [owner];
  return ports.readChain(deploymentOf(await ports.network()), async (chain) => {
    for (const one of owners) {
      const record = await chain.package({ owner: one, documentHash: documentHash as Hex });
      if (record !== undefined && record.liveDeals > 0 && record.lastPeriod === 0) return true;
    }
    return false;
  });
}

async function byText(ports: FindPorts, text: string): Promise<PackageJson> {
  let unknown: unknown;
  for (const name of namesOfText(text)) {
    try {
      return await byName(ports, name);
    } catch (error) {
      if (!(error instanceof CairnError) || error.code !== "unknown-package") throw error;
      unknown ??= error;
    }
  }
  const id = await idOf(ports, text);
  const found = id === undefined ? undefined : await byId(ports, id);
  if (found === undefined) throw unknown;
  return found;
}

/** The one package that `ls` shows so; of several, the one that is not gone. Throws `ambiguous-package`. */
async function idOf(ports: FindPorts, text: string): Promise<string | undefined> {
  const shown = /^(.+) \((replaced|replacement)\)$/s.exec(text);
  const isPrefix = /^[0-9a-f]{8,31}$/.test(text);
  if (shown === null && !isPrefix) return undefined;
  const named = namesOf(ports.owner, await ports.gateway.packages(true));
  const names = namesOfText(shown?.[1] ?? "");
  const fitting = named.filter(({ id, name, role }) =>
    shown === null ? id.startsWith(text) : role === shown[2] && names.includes(name),
  );
  const live = fitting.filter(({ state }) => !GONE.has(state));
  const candidates = live.length > 0 ? live : fitting;
  const ids = candidates.map(({ id }) => id);
  if (shown !== null)
    for (const { id, name, state } of candidates)
      await assertNamed(ports, { id, state }, sideName(name, id), sideName(name, id));
  // What a gateway leaves out of its list is asked for by its whole id, and missed.
  const remembered = isPrefix && ids.length === 0 ? await recallLiveIds(ports.known, text) : [];
  const [only, ...more] = [...ids, ...remembered];
  if (more.length === 0) return only;
  throw new CairnError(`${text} stands for ${ids.length} packages: ${candidates.map(candidateWords).join(", ")}`, {
    code: "ambiguous-package",
    kind: "conflict",
    details: { candidates: candidates.map(({ id, name }) => ({ id, name })) },
    next: "Give more digits of the id that you mean.",
  });
}

const candidateWords = (one: PackageJson & { name: string; role: Role }): string =>
  `${one.id} (${withRole({ ...one, name: displayName(one.name) })}, ${one.state})`;

async function byName(ports: FindPorts, name: string): Promise<PackageJson> {
  const hash = nameHash(ports.owner, name);
  const answers = await ports.gateway.packageByName(hash);
  const { checkIdentity } = await identify();
  for (const answer of answers) {
    checkIdentity(ports.owner, answer, { name }, await ports.known.recall(answer.id));
  }
  const [best] = answers.toSorted(
    (a, b) => Number(GONE.has(a.state)) - Number(GONE.has(b.state)) || b.createdAt - a.createdAt,
  );
  const known = await recallByName(ports.known, hash);
  if (known !== undefined && (best === undefined || best.id !== known.id || GONE.has(best.state))) {
    await assertEnded(ports, known, name, best);
  }
  if (best !== undefined) {
    await assertNamed(ports, best, name, sideName(name, best.id));
    return best;
  }
  throw new CairnError(`there is no package "${name}"`, {
    code: "unknown-package",
    kind: "missing",
    next: "`cairn ls` lists your packages.",
  });
}

/**
 * An old label stays good for ever: a package that was given another name from here since is not taken for what it was called before. One that a
 * replacement was to take the place of, or to put in its place, may have either name until it is known which.
 * @throws CairnError `named-otherwise`
 */
async function assertNamed(
  ports: FindPorts,
  { id, state }: Pick<PackageJson, "id" | "state">,
  name: string,
  aside: string,
): Promise<void> {
  const known = await ports.known.recall(id);
  if (known === undefined || GONE.has(state) || known.nameHash === nameHash(ports.owner, name)) return;
  if (known.aside && known.nameHash === nameHash(ports.owner, aside)) return;
  throw new CairnError(
    `the gateway says that package ${id} is called ${displayName(name)}, but this home gave it another name; nothing was read, signed or removed`,
    {
      code: "named-otherwise",
      kind: "conflict",
      details: { id, name },
      next: `If another home of this account gave it that name, run \`cairn mv ${id} ${shellWord(name)}\` once; if none did, the gateway shows a name of the past: name the package by its id.`,
    },
  );
}

/** The package that is remembered under a name may be passed over only when the chain says that it has no deals left. */
async function assertEnded(
  ports: FindPorts,
  known: KnownPackage,
  name: string,
  answered: PackageJson | undefined,
): Promise<void> {
  if ((await dealsGoOn(ports, known.documentHash, known.owner)) === false) {
    await amendKnown(ports.known, known.id, { ended: true });
    return;
  }
  const said = answered === undefined ? "nothing" : `${answered.id}, ${answered.state}`;
  throw lie(`the package "${name}"`, said, known.id, UNTOUCHED);
}
