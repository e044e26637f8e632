import { type AccountKey, type GetBlocks, importAccountKey, type Manifest } from "@cairn/archive/browser";
import { bufferedTransfer, CairnClient, isAway } from "@cairn/client";
import { ownerRecords } from "@cairn/owner/browser/owner-records";
import { blocksOf } from "@cairn/owner/get-blocks";
import { doubtedIn, listPackages } from "@cairn/owner/list-packages";
import { type OpenPorts, openManifest } from "@cairn/owner/open-package";
import { ownWallets } from "@cairn/owner/own-wallets";
import { GONE } from "@cairn/owner/package-name";
import { pinNetwork } from "@cairn/owner/pin-network";
import type { Owner } from "@cairn/owner/ports";
import { readCapability } from "@cairn/owner/read-capability";
import { machineClock } from "@cairn/process/machine-clock";
import type { Address, Hex, JsonSigned } from "@cairn/protocol";
import { CairnError } from "@cairn/protocol/errors";
import type { FilePackage } from "../messages.ts";
import { PackageTree } from "./package-tree.ts";

/** A package whose list of files was read and held against what its owner knows. */
export interface OpenedTree {
  id: string;
  /** As the chain knows it. */
  of: { documentHash: Hex; owner: Address };
  manifest: Manifest;
  tree: PackageTree;
}

/** A permission to read holds for a day. */
const CAPABILITY_SECONDS = 12 * 3600;
/** Providers that are away may be back in a moment; after so many seconds what needs them is given up. */
const FEW_SHARDS_SECONDS = 20;
/** A connection that breaks again and again while the gateway answers: what it was to bring cannot be brought. */
const BREAKS_SECONDS = 8;
const PAUSES = { first: 0.5, longest: 5 };

export interface OpenPackagesOptions {
  url: string;
  csrf: () => string | undefined;
  /** `key` is armoured and unlocked. */
  owner: { lookupKey: Uint8Array; key: string; signer: Owner["signer"] };
  onAway: (away: boolean) => void;
}

/** The packages of one owner, opened as they are asked for, and what they are made of. */
export class OpenPackages {
  readonly #ports: OpenPorts & { gateway: CairnClient };
  readonly #patient: CairnClient;
  readonly #opened = new Map<string, Promise<OpenedTree>>();
  readonly #capabilities = new Map<string, { at: number; made: Promise<JsonSigned<"ReadCapability">> }>();
  #key: Promise<AccountKey> | undefined;
  readonly #onAway: (away: boolean) => void;
  #names = new Map<string, string>();

  constructor({ url, csrf, owner, onAway }: OpenPackagesOptions) {
    const common = { url, csrf, transfer: bufferedTransfer };
    const gateway = new CairnClient(common);
    this.#onAway = onAway;
    this.#patient = new CairnClient({ ...common, whenAway: (error, waited) => this.#wait(gateway, error, waited) });
    const { signer, lookupKey, key } = owner;
    const records = ownerRecords({ address: signer.address, lookupKey });
    const openKey = () => {
      this.#key ??= importAccountKey(key);
      return this.#key;
    };
    this.#ports = {
      gateway: this.#patient,
      owner: { signer, lookupKey, openKey, wallets: ownWallets({ gateway: this.#patient, openKey }) },
      known: records.known,
      clock: machineClock,
      async network() {
        const network = await gateway.network();
        await pinNetwork(records.pins, network);
        return network;
      },
      // A page reaches its gateway alone, by its own policy: what it says is held against labels, signatures and what was pinned.
      readChain: async () => undefined,
    };
  }

  key = (): Promise<AccountKey> => this.#ports.owner.openKey();

  async list(): Promise<FilePackage[]> {
    const found = await listPackages(this.#ports, { all: true });
    this.#names = new Map(found.map(({ id, name }) => [id, name]));
    const doubted = await doubtedIn(found, this.#ports.known);
    const missing = [...doubted.values()].filter(({ why }) => why === "missing");
    return [
      ...found.map(({ id, name, role, state, files, bytes, createdAt, documentHash }) => ({
        ...{ id, name, role, state, files, bytes, createdAt },
        isReadable: documentHash !== null && !GONE.has(state) && !doubted.has(id),
        doubt: doubted.get(id)?.why ?? null,
      })),
      ...missing.map(({ known: { id, signedAt }, why }) => ({
        ...{ id, name: id.slice(0, 8), role: null, state: "", files: 0, bytes: 0, createdAt: signedAt },
        ...{ isReadable: false, doubt: why },
      })),
    ];
  }

  /** As its owner calls it now: the list inside keeps the name that it was put under. */
  nameOf({ id, manifest }: OpenedTree): string {
    return this.#names.get(id) ?? manifest.name;
  }

  /** @throws what `openManifest` throws */
  async open(id: string): Promise<OpenedTree> {
    const known = this.#opened.get(id);
    if (known !== undefined) return known;
    const opening = this.#read(id);
    this.#opened.set(id, opening);
    opening.catch(() => this.#opened.delete(id));
    return opening;
  }

  async #read(id: string): Promise<OpenedTree> {
    const { manifest, found, document } = await openManifest(this.#ports, id, "read");
    const of = { documentHash: found.documentHash as Hex, owner: document.owner };
    return { id, of, manifest, tree: new PackageTree(manifest.entries) };
  }

  /** Blocks of a package, with the owner's permission, which is signed once. */
  blocks(id: string, signal: AbortSignal): GetBlocks {
    const { gateway } = this.#ports;
    const capability = () => this.#capability(id);
    return async function* (cids) {
      yield* blocksOf(gateway, { id, capability: await capability() }, signal)(cids);
    };
  }

  #capability(id: string): Promise<JsonSigned<"ReadCapability">> {
    const held = this.#capabilities.get(id);
    const now = machineClock.now();
    if (held !== undefined && now - held.at < CAPABILITY_SECONDS) return held.made;
    const made = this.#signed(id);
    this.#capabilities.set(id, { at: now, made });
    made.catch(() => this.#capabilities.delete(id));
    return made;
  }

  async #signed(id: string): Promise<JsonSigned<"ReadCapability">> {
    const { documentHash, owner } = (await this.open(id)).of;
    return readCapability(this.#ports, { documentHash, owner });
  }

  /** Until it is worth asking again: for ever where the gateway is away, as whoever waits can stop. */
  async #wait(gateway: CairnClient, error: CairnError, waited: number): Promise<void> {
    if (error.code === "too-few-shards" && waited > FEW_SHARDS_SECONDS) throw error;
    if (error.code === "connection-lost" && waited > BREAKS_SECONDS && (await answers(gateway)))
      throw unreadable(error);
    this.#onAway(error.code !== "too-few-shards");
    await machineClock.sleep(Math.min(PAUSES.longest, PAUSES.first + waited / 4));
    this.#onAway(false);
  }
}

const answers = (gateway: CairnClient): Promise<boolean> =>
  gateway.network().then(
    () => true,
    (error) => !isAway(error),
  );

const unreadable = (cause: CairnError): CairnError =>
  new CairnError("the gateway begins to send these bytes, and breaks off at the same place every time", {
    code: "corrupt-block",
    kind: "corrupt",
    cause,
    next: "Check the package on its page: a check names the copy at fault, and repair replaces it. Then get the file again.",
  });
