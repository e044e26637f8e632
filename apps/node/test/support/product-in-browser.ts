// Bundled, and run by browser-put.test.ts in a page of the gateway's own origin, which calls what is exported by its name.
import { decryptManifest, importAccountKey, packEntries, readFile, readFrames } from "@cairn/archive/browser";
import { bufferedTransfer, CairnClient, type OpenPackageJson, PartUpload, type QuotePlanJson } from "@cairn/client";

interface Access {
  token: string;
  /** Armoured. */
  key: string;
}

/** What is packed: contents as base64 by path. */
export interface BrowserPut extends Access {
  opening: OpenPackageJson;
  name: string;
  created: number;
  pieceLimit: number;
  contents: Record<string, string>;
}

export interface BrowserPlan {
  root: string;
  pieces: number[];
  /** Base64. */
  manifest: string;
  plan: QuotePlanJson;
}

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));

function base64Of(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

const clientOf = ({ token }: Access): CairnClient =>
  new CairnClient({ url: new URL(import.meta.url).origin, token, transfer: bufferedTransfer });

/** Opens, packs, uploads, completes and has it quoted. */
export async function put(asked: BrowserPut): Promise<BrowserPlan> {
  const client = clientOf(asked);
  const { id, repairKey } = asked.opening;
  await client.openPackage(asked.opening);
  const { root, pieces, manifest, files, bytes } = await packEntries({
    ...{ key: await importAccountKey(asked.key), packageId: id, name: asked.name, created: asked.created },
    ...{ repairKey: bytesOf(repairKey), pieceLimit: asked.pieceLimit },
    sink: new PartUpload(client, id, { partBytes: 500_000 }),
    entries: Object.entries(asked.contents).map(([path, content]) => {
      const file = new Blob([bytesOf(content)]);
      return { path, size: file.size, bytes: file.stream() as ReadableStream<Uint8Array> };
    }),
  });
  await client.putManifest(id, manifest);
  await client.completePackage(id, { root: root.toString(), pieces, files, bytes });
  const plan = await client.quotePackage(id);
  return { root: root.toString(), pieces: pieces.map(({ length }) => length), manifest: base64Of(manifest), plan };
}

async function all(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const part of stream) parts.push(part.slice());
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** One file of a package that is stored, as base64. */
export async function get(asked: Access & { id: string; path: string; capability: unknown }): Promise<string> {
  const client = clientOf(asked);
  const key = await importAccountKey(asked.key);
  const manifest = await decryptManifest(await all(await client.manifest(asked.id)), key);
  async function* blocks(cids: readonly unknown[]): AsyncGenerator<Uint8Array> {
    yield* readFrames(await client.blocks(asked.id, cids.map(String), asked.capability));
  }
  return base64Of(await all(readFile({ manifest, key, path: asked.path, getBlocks: blocks })));
}
