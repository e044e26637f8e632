// All that this app does with Cairn. Nothing of a page is in it: a page of yours calls the same functions.

import { decryptSecret, exportAccountKey } from "@cairn/archive/browser";
import { bufferedTransfer, CairnClient } from "@cairn/client";
import type { PlacementJson } from "@cairn/core";
import { readAccountFile, writeAccountFile } from "@cairn/owner/account-file";
import { IndexedTables } from "@cairn/owner/browser/indexed-tables";
import { Keyring } from "@cairn/owner/browser/keyring";
import { ownerRecords } from "@cairn/owner/browser/owner-records";
import { encryptOwner, type OwnerSecrets, openOwner } from "@cairn/owner/browser/owner-secrets";
import { pageSource } from "@cairn/owner/browser/page-source";
import type { Picked } from "@cairn/owner/browser/pick-files";
import type { FileWritable } from "@cairn/owner/browser/platform";
import { zipDestination } from "@cairn/owner/browser/zip-destination";
import { claimAccount } from "@cairn/owner/claim-account";
import { get } from "@cairn/owner/get";
import { type ListedPackage, listPackages } from "@cairn/owner/list-packages";
import { pinNetwork } from "@cairn/owner/pin-network";
import { type PutEvent, put } from "@cairn/owner/put";
import { uploadInParts } from "@cairn/owner/upload-sink";
import { machineClock } from "@cairn/process/machine-clock";
import { fromHex, toHex } from "@cairn/protocol/hex";
import { fromBase64, toBase64 } from "@cairn/protocol/wire/base64";

/** What this browser keeps: the OpenPGP key lies in the keyring under its passphrase, the rest is encrypted to that key. */
type Kept = OwnerSecrets & { fingerprint: string; userId: string };

const tables = new IndexedTables("web-app", ["owner"]);
const keyring = new Keyring();

export const keptOwner = async (): Promise<Kept | undefined> => (await tables.get("owner", "only")) as Kept | undefined;

export interface OpenOptions {
  /** Of `cairn token create --scope read,write,admin`: `admin` is needed once, to make the wallet the account's. */
  token: string;
  passphrase: string;
  /** What `cairn key export` wrote, under the same passphrase; left out, the key of this browser is unlocked, or one is made. */
  accountFile?: string | undefined;
}

export type Store = Awaited<ReturnType<typeof openStore>>;

/** Log in and unlock. @throws CairnError: its `message` says what is wrong, its `next` what to do */
export async function openStore({ token, passphrase, accountFile }: OpenOptions) {
  // The gateway is at this page's own origin: see serve.ts.
  const gateway = new CairnClient({ url: location.origin, token, transfer: bufferedTransfer });
  const kept = accountFile === undefined ? await keptOwner() : undefined;
  if (kept !== undefined) await keyring.unlock(kept.fingerprint, passphrase);
  const held = kept ?? (await keep(passphrase, accountFile));
  const owner = await openOwner(() => keyring.use(held.fingerprint), held);
  const records = ownerRecords({ address: owner.signer.address, lookupKey: owner.lookupKey });
  const ports = {
    ...{ gateway, owner, known: records.known, records: records.puts, clock: machineClock },
    // What this browser signs for is what it saw first: another network is refused.
    async network() {
      const network = await gateway.network();
      await pinNetwork(records.pins, network);
      return network;
    },
    // A page that can reach a chain node of its own reads the contracts here, and providers' signers are held against them.
    readChain: async () => undefined,
  };
  await claimAccount(ports, token);
  const { faucet } = await ports.network();
  // Once for each account, on networks that have one.
  if (faucet && (await gateway.account(owner.signer.address)).balance === "0") await gateway.faucet();

  return {
    list: (): Promise<ListedPackage[]> => listPackages(ports),

    /** Encrypt, send, hold the quote against what was sent, agree, and wait until every copy is proved. */
    async store(picked: Picked, name: string, onEvent: (event: PutEvent) => void): Promise<void> {
      const [{ defaults }, settings] = await Promise.all([ports.network(), gateway.settings()]);
      const { k = defaults.k, n = defaults.n, days = defaults.days } = settings;
      const placement = (settings.placement ?? {}) as PlacementJson;
      await put(ports, {
        source: pageSource({
          ...{ picked, name, workers: Math.max(1, navigator.hardwareConcurrency - 1) },
          startWorker: () => new Worker("/pack.worker.js", { type: "module" }) as never,
        }),
        ...{ shape: { k, n, days, placement }, layout: "private", upload: uploadInParts },
        // `confirm` may ask the person before the price is agreed to; this app agrees.
        ...{ onEvent, signal: new AbortController().signal },
      });
    },

    /**
     * A package as a zip; resolves once every byte was verified. It is gathered in memory: what is larger is written by the `createWritable` of
     * a file that the person chose with `showSaveFilePicker`, which can be the target, too.
     */
    async download(id: string): Promise<Blob> {
      const parts: Uint8Array<ArrayBuffer>[] = [];
      const target: FileWritable = {
        write: async (bytes) => void parts.push(bytes.slice()),
        close: async () => undefined,
        abort: async () => undefined,
      };
      const { name } = (await listPackages(ports)).find((one) => one.id === id) ?? { name: id };
      await get(ports, { target: id, destination: zipDestination(target, name), signal: new AbortController().signal });
      return new Blob(parts, { type: "application/zip" });
    },

    /** Key, wallet and look-up key under the passphrase, for `cairn key import` and other browsers. */
    async accountFile(): Promise<string> {
      const key = keyring.use(held.fingerprint);
      const { chainId, deals } = (await ports.network()).deployment;
      const secrets = {
        openpgp: await exportAccountKey(key),
        wallet: toHex(await decryptSecret(key, held.wallet)),
        lookupKey: toBase64(owner.lookupKey),
        network: { chainId, deals: deals.toLowerCase() as `0x${string}` },
      };
      return writeAccountFile(secrets, passphrase);
    },
  };
}

async function keep(passphrase: string, accountFile: string | undefined): Promise<Kept> {
  const brought = accountFile === undefined ? undefined : await readAccountFile(accountFile, passphrase);
  const { fingerprint, userIds } =
    brought === undefined
      ? await keyring.make({ name: "web app", passphrase })
      : await keyring.import(brought.openpgp, passphrase);
  const from =
    brought === undefined ? {} : { wallet: fromHex(brought.wallet), lookupKey: fromBase64(brought.lookupKey) };
  const kept = { fingerprint, userId: userIds[0] ?? "", ...(await encryptOwner(keyring.use(fingerprint), from)) };
  await tables.change([{ table: "owner", key: "only", put: kept }]);
  return kept;
}
