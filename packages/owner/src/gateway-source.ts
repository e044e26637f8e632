import type { VaultUploadJson } from "@cairn/client";
import type { Clock } from "@cairn/core";
import { CairnError } from "@cairn/protocol/errors";
import { MAX_MANIFEST_BYTES } from "@cairn/protocol/words";
import { collect } from "./collect.ts";
import { lie } from "./gateway-lies.ts";
import { untilInterrupted } from "./interrupted.ts";
import type { Gateway } from "./ports.ts";
import type { Listed, Source } from "./put-source.ts";

const LOOK_SECONDS = 0.5;

export interface GatewaySourceOptions {
  gateway: Pick<Gateway, "vault" | "manifest">;
  clock: Pick<Clock, "sleep">;
  /** On the gateway's machine, absolute. */
  path: string;
  /** Of the package. */
  name: string;
  /** Store a folder without files, too. */
  allowEmpty?: boolean | undefined;
  /** What the gateway says of it, whenever it was asked. */
  onLook?: (upload: VaultUploadJson) => void;
}

/**
 * A folder or file of the gateway's machine, which the gateway encrypts to the owner's public key; what it made of it is signed here. It goes on there while
 * nobody asks, so that a put that was interrupted finds it done. `list` throws `path-not-allowed`.
 */
export const gatewaySource = (options: GatewaySourceOptions): Source => ({
  name: options.name,
  async list(signal): Promise<Listed> {
    const { gateway, path } = options;
    const { folders } = await untilInterrupted(signal, gateway.vault.list());
    if (!folders.some((folder) => path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`)))
      throw notThere(path, folders);
    return {
      bytes: 0,
      there: path,
      async pack({
        layout,
        key,
        packageId,
        name,
        created,
        repairKey,
        pieceLimit = 0,
        onProgress,
        signal: stop = signal,
      }) {
        if (layout !== "private" && layout !== "plain") throw new Error(`a gateway packs nothing as ${layout}`);
        const { assertUsable, encryptManifest, exportPublicKey, openDraft, totalsOf } = await import(
          "@cairn/archive/browser"
        );
        await assertUsable(key);
        const { allowEmpty } = options;
        const wanted = { path, layout, pieceLimit, publicKey: exportPublicKey(key), ...(allowEmpty && { allowEmpty }) };
        await packThere(options, { id: packageId, wanted, onProgress, signal: stop });
        const bytes = await collect(await gateway.manifest(packageId, stop), MAX_MANIFEST_BYTES, "the draft");
        const draft = await openDraft(bytes, key);
        if (draft.package !== packageId) throw lie("package", draft.package, packageId, NOTHING_SIGNED);
        if (draft.layout !== layout) throw lie("layout", draft.layout, layout, NOTHING_SIGNED);
        const opened = { ...draft, name, created, repairKey };
        return {
          ...{ root: opened.root, opened, pieces: opened.pieces.map((length) => ({ length })) },
          manifest: await encryptManifest(opened, key),
          ...totalsOf(opened),
          // How many were left out is told by `onLook`; which ones stays there.
          ...{ skipped: [], excluded: 0 },
        };
      },
    };
  },
});

const NOTHING_SIGNED = "Nothing was signed.";

/** Have it packed, and wait until it is; what passes by itself is waited for, too. */
async function packThere(
  { gateway, clock, onLook }: GatewaySourceOptions,
  put: {
    id: string;
    wanted: Parameters<Gateway["vault"]["begin"]>[1];
    onProgress: (done: number, total: number) => void;
    signal: AbortSignal;
  },
): Promise<void> {
  const { id, wanted, onProgress, signal } = put;
  let upload = await untilInterrupted(signal, gateway.vault.begin(id, wanted));
  for (;;) {
    onLook?.(upload);
    onProgress(upload.done, upload.total);
    if (upload.path !== wanted.path) throw lie("path", upload.path, wanted.path, NOTHING_SIGNED);
    const waits = upload.state === "queued" && upload.error?.kind === "unavailable";
    if (upload.error !== null && !waits) throw CairnError.fromJSON(upload.error);
    if (upload.state === "done") return;
    if (upload.state !== "queued" && upload.state !== "running") throw ended(upload.state);
    await clock.sleep(LOOK_SECONDS, signal);
    upload = await untilInterrupted(signal, gateway.vault.upload(id));
  }
}

function ended(state: string): CairnError {
  return new CairnError(`what the gateway packed is ${state}`, {
    code: "interrupted",
    kind: "conflict",
    next: "Store it again.",
  });
}

function notThere(path: string, folders: readonly string[]): CairnError {
  return new CairnError(`the gateway stores nothing from ${path} on its machine`, {
    code: "path-not-allowed",
    kind: "input",
    details: { field: "path", folders: [...folders] },
    next:
      folders.length === 0
        ? "Its operator has named no folder: `cairn up --vault-path` does."
        : `Name a path at or below ${folders.join(", ")}.`,
  });
}
