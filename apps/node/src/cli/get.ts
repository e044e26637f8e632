import type { GetBlocks, Manifest, ManifestEntry } from "@cairn/archive";
import { displayName } from "@cairn/archive/names";
import type { CommitmentDocument, Hex } from "@cairn/protocol";
import type { Account } from "../account/account.ts";
import { readCapability } from "./capability.ts";
import { type FoundPackage, findPackage, parseTarget } from "./find-package.ts";
import { gotWords } from "./got-words.ts";
import { interruptible, untilInterrupted } from "./interruptible.ts";
import { lazily } from "./lazily.ts";
import { nothingIn } from "./nothing-in.ts";
import { fetchManifest } from "./open-manifest.ts";
import { parseRange } from "./parse-range.ts";
import { withProgress } from "./progress.ts";
import { type CommonOptions, openSession, pinnedNetwork, requireOwner, type Session, withKey } from "./session.ts";

export interface GetOptions extends CommonOptions {
  /** `FROM-TO`, half-open, of one file. */
  range?: string;
  /** The OpenPGP message as it is stored, for gpg. */
  encrypted?: boolean;
}

/** Bring back a package, a folder of it, one file, or a byte range of one file. */
export async function get(target: string, destination: string, options: GetOptions): Promise<void> {
  const range = options.range === undefined ? undefined : parseRange(options.range);
  const session = await openSession(options);
  await interruptible(
    async (signal) => {
      const wanted = await untilInterrupted(signal, prepare(session, target, destination, { ...options, range }));
      await restore(session, wanted, destination, signal);
    },
    { message: `interrupted: nothing of ${displayName(target)} was kept`, next: "Run the command again." },
  );
}

/** What is to be restored, held against what its owner knows of it. */
interface Wanted {
  found: FoundPackage;
  document: CommitmentDocument;
  manifest: Manifest;
  account: Account;
  capability: Awaited<ReturnType<typeof readCapability>>;
  /** Below the package's root. */
  path: string;
  /** Of what is restored. */
  name: string;
  /** Only one file can be read so. */
  oneFile: { range?: { start: number; end: number }; stored: boolean } | undefined;
  /** Bytes that `oneFile` comes to. */
  total: number;
  kind: ManifestEntry["kind"] | undefined;
}

async function prepare(
  session: Session,
  target: string,
  destination: string,
  { range, encrypted = false }: { range: { start: number; end: number } | undefined; encrypted?: boolean },
): Promise<Wanted> {
  const owner = await requireOwner(session.home);
  const { name, path: text } = parseTarget(target);
  const found = await findPackage(session, owner, name);
  const { document } = found;
  if (document === undefined) throw nothingIn(name, found, "get");
  const network = await pinnedNetwork(session);
  const { assertDestinationFree, findEntry, pathOfText } = await import("@cairn/archive");
  const account = await withKey(owner);
  const capability = await readCapability(account, network, found.documentHash as Hex);
  const manifest = await fetchManifest(session.client, account, { id: found.id, document });
  const path = pathOfText(manifest, text);
  const { entry } = manifest.layout === "car" ? {} : findEntry(manifest, path);
  const oneFile =
    range === undefined && !encrypted ? undefined : { ...(range === undefined ? {} : { range }), stored: encrypted };
  const isFolder = entry?.kind === "directory" && oneFile === undefined;
  assertDestinationFree(destination, isFolder ? undefined : { name: entry?.name ?? name });
  const whole = entry?.kind === "file" ? (encrypted ? entry.stored : entry.size) : 0;
  const total = range === undefined ? whole : range.end - range.start;
  return {
    found,
    document,
    manifest,
    account,
    capability,
    path,
    name: entry?.name ?? name,
    oneFile,
    total,
    kind: entry?.kind,
  };
}

async function restore(
  { client, output }: Session,
  { found, document, manifest, account, capability, path, name, oneFile, total, kind }: Wanted,
  destination: string,
  signal: AbortSignal,
): Promise<void> {
  const started = performance.now();
  const { readFile, readFrames, restoreFolder, restorePath, restoreStream } = await import("@cairn/archive");
  const restored = await withProgress(output, "Getting", "bytes", async (progress) => {
    const getBlocks: GetBlocks = (cids) =>
      readFrames(lazily(() => client.blocks(found.id, cids.map(String), capability, signal)));
    const onProgress = ({ bytes, totalBytes }: { bytes: number; totalBytes: number }) =>
      progress.update(bytes, totalBytes);
    const common = { manifest, key: account.key, onProgress, signal };
    if (oneFile !== undefined) {
      const bytes = readFile({ manifest, key: account.key, path, getBlocks, ...oneFile });
      const onBytes = (done: number) => progress.update(done, total);
      return { files: 1, ...(await restoreStream({ bytes, destination, name, onBytes, signal })) };
    }
    if (path !== "") return restorePath({ ...common, path, getBlocks, destination });
    const pieces = eachPiece(document.pieces.length, (piece) => client.piece(found.id, piece, capability, signal));
    return restoreFolder({ ...common, pieces, destination });
  });
  const seconds = (performance.now() - started) / 1000;
  const rootKept = "rootKept" in restored && restored.rootKept;
  output.result({
    id: found.id,
    destination: displayName(restored.path),
    files: restored.files,
    bytes: restored.bytes,
    seconds,
    rootKept,
  });
  if (rootKept) output.say(`${displayName(restored.path)} belongs to another user and keeps its own time and mode`);
  output.say(gotWords({ ...restored, kind }, seconds));
}

async function* eachPiece(
  count: number,
  open: (piece: number) => Promise<AsyncIterable<Uint8Array>>,
): AsyncIterable<AsyncIterable<Uint8Array>> {
  for (let piece = 0; piece < count; piece += 1) yield await open(piece);
}
