// Bundled, and run by browser-put.test.ts in a page of the gateway's own origin, which calls what is exported by its name.
import { displayName, importAccountKey } from "@cairn/archive/browser";
import { bufferedTransfer, CairnClient } from "@cairn/client";
import {
  get as getPackage,
  memoryKnownPackages,
  type Pinned,
  type PutPorts,
  pinNetwork,
  put as putPackage,
  readFile,
  streamDestination,
  streamSource,
  uploadInParts,
  walletSigner,
} from "@cairn/owner";
import { machineClock } from "@cairn/process/machine-clock";
import type { Hex } from "@cairn/protocol";

/** What an owner brings to a page. */
export interface Access {
  token: string;
  /** Armoured. */
  key: string;
  wallet: Hex;
  /** Base64. */
  lookupKey: string;
}

/** What is packed: contents as base64 by path. */
export interface BrowserPut extends Access {
  name: string;
  pieceLimit: number;
  contents: Record<string, string>;
}

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));

function base64Of(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** No chain can be asked from a page: its RPC is for processes of the machine. */
function portsOf({ token, key, wallet, lookupKey }: Access, pieceLimit?: number): PutPorts {
  const gateway = new CairnClient({ url: new URL(import.meta.url).origin, token, transfer: bufferedTransfer });
  let pinned: Pinned | undefined;
  const store = {
    read: async () => pinned,
    async write(network: Pinned) {
      pinned = network;
    },
  };
  return {
    gateway,
    owner: { signer: walletSigner(wallet), lookupKey: bytesOf(lookupKey), openKey: () => importAccountKey(key) },
    async network() {
      const network = await gateway.network();
      await pinNetwork(store, network);
      return pieceLimit === undefined ? network : { ...network, pieceLimit };
    },
    readChain: async () => undefined,
    known: memoryKnownPackages(),
    clock: machineClock,
  };
}

/** Encrypts, uploads, checks the plan, signs, and waits until it is stored and was read back; tells what happened on the way. */
export async function put(asked: BrowserPut): Promise<{ id: string; happened: string[]; pieces: number }> {
  const files = Object.entries(asked.contents).map(([path, content]) => ({ path, file: new Blob([bytesOf(content)]) }));
  const entries = files.map(({ path, file }) => ({
    ...{ path, size: file.size },
    bytes: file.stream() as ReadableStream<Uint8Array>,
  }));
  const happened: string[] = [];
  let pieces = 0;
  const result = await putPackage(portsOf(asked, asked.pieceLimit), {
    source: streamSource(
      asked.name,
      entries,
      files.reduce((sum, { file }) => sum + file.size, 0),
    ),
    shape: { k: 2, n: 4, days: 1, placement: {} },
    layout: "private",
    upload: uploadInParts,
    signal: new AbortController().signal,
    onEvent(event) {
      if (event.type !== "progress") happened.push("stage" in event ? `${event.stage} ${event.type}` : event.type);
      if (event.type === "quoted") pieces = event.agreed.uploaded.pieces.length;
    },
  });
  if (result.outcome !== "stored") throw new Error(result.outcome);
  return { id: result.id, happened, pieces };
}

async function all(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const part of stream) parts.push(part.slice());
  return base64Of(new Uint8Array(await new Blob(parts).arrayBuffer()));
}

/** All files of a package that is stored, or of a folder of it, as base64 by path. */
export async function get(asked: Access & { target: string }): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const destination = streamDestination(async ({ path, bytes }) => {
    if (bytes !== undefined) found[displayName(path)] = await all(bytes);
  });
  const { signal } = new AbortController();
  await getPackage(portsOf(asked), { target: asked.target, destination, signal });
  return found;
}

/** A range of one file, as base64. */
export async function range(asked: Access & { target: string; start: number; end: number }): Promise<string> {
  const { target, start, end } = asked;
  return all(await readFile(portsOf(asked), { target, range: { start, end } }));
}
