import type { CairnClient } from "@cairn/client";
import type { PlacementJson } from "@cairn/core";
import { Semaphore } from "@cairn/core/semaphore";
import type { Confirmed } from "@cairn/owner/agree";
import { pageSource } from "@cairn/owner/browser/page-source";
import type { Picked } from "@cairn/owner/browser/pick-files";
import { checkName } from "@cairn/owner/check-name";
import { gatewaySource } from "@cairn/owner/gateway-source";
import { type PutEvent, put } from "@cairn/owner/put";
import type { Source } from "@cairn/owner/put-source";
import { uploadInParts } from "@cairn/owner/upload-sink";
import { machineClock } from "@cairn/process/machine-clock";
import { patientClient } from "../api/client.ts";
import { keepOpen, openOwner } from "../keys/keys.ts";
import { pinnedNetwork, readyWallet } from "../keys/ready-wallet.ts";
import { recordsOf } from "../keys/records.ts";
import { invalidate } from "../live/live.ts";
import { uploads as words } from "../words/upload.ts";
import { workerUrl } from "../worker-url.ts";
import { answered } from "./answered.ts";
import { changesSince } from "./changes-since.ts";
import { foundOf } from "./found.ts";
import { rateOf } from "./rate.ts";
import { AT_ONCE, change, type Offer, type Stage, type Upload, uploadOf, type Wanted } from "./upload-list.ts";

const places = new Semaphore(AT_ONCE);
/** What changes more often than this is not shown. */
const SHOWN_MILLISECONDS = 150;
const PAUSES = { first: 1, longest: 5 };
const KEEP_OPEN_MILLISECONDS = 20_000;

/** A worker a core, and one for the page. */
const workers = (): number => Math.max(1, Math.min(8, (navigator.hardwareConcurrency ?? 2) - 1));

/** A place among those that encrypt and send; given back once. */
async function place(signal: AbortSignal): Promise<() => void> {
  return new Promise((resolve, reject) => {
    places.run(() => new Promise<void>((release) => resolve(release)), 0, signal).catch(reject);
  });
}

/** Put what a page was given, from its listing to the last deal that is proved; the upload's stages say where it is. */
export async function runUpload(upload: Upload & { wanted: Wanted }, signal: AbortSignal): Promise<void> {
  const { number, handles, wanted } = upload;
  const show = (stage: Stage) => change(number, { stage, away: false });
  checkName(wanted.name, words.otherName);
  const leave = await place(signal);
  try {
    show({ at: "preparing" });
    const gateway = patientClient(async (error, waited) => {
      if (signal.aborted) throw error;
      change(number, { away: true });
      await machineClock.sleep(Math.min(PAUSES.longest, PAUSES.first + waited / 4), signal);
      if (signal.aborted) throw error;
    });
    const owner = await openOwner(words.why);
    const records = recordsOf(owner);
    await readyWallet(gateway, owner, records);
    invalidate(["wallets", "account"]);
    const seen = watcher(number, show, leave);
    let confirmed: Confirmed | undefined;
    let stored: Stage | undefined;
    let opened = Date.now();
    await put(
      {
        ...{ gateway, owner, known: records.known, records: records.puts, clock: machineClock },
        network: () => pinnedNetwork(gateway, records),
        // A page reaches its gateway alone, by its own policy: signers are held against what was pinned, not against the chain.
        readChain: async () => undefined,
      },
      {
        source: sourceOf(upload, gateway),
        shape: { k: wanted.k, n: wanted.n, days: wanted.days, placement: wanted.placement as PlacementJson },
        layout: "private",
        replace: wanted.replace,
        upload: uploadInParts,
        signal,
        async confirm(agreed) {
          const offer = uploadOf(number)?.offer;
          if (offer === undefined) throw new Error("what is agreed was not quoted");
          const asks = await gateway.asks(agreed.uploaded.id);
          await answered(number, { ...offer, asks }, signal);
        },
        onEvent(event) {
          if (event.type === "listed" && handles.length > 0) void records.puts.keepHandles(wanted.name, handles);
          if (Date.now() - opened > KEEP_OPEN_MILLISECONDS) {
            opened = Date.now();
            void keepOpen();
          }
          if (event.type === "confirmed") confirmed = event;
          if (event.type === "placed" && event.status.state === "STORED") {
            stored = { at: "stored", id: event.status.id, seconds: event.seconds, confirmed };
          }
          seen(event);
        },
      },
    );
    // Not before it has its name, where it takes another's.
    if (stored !== undefined) show(stored);
  } finally {
    leave();
    invalidate(["packages", "deals", "account", "statement"]);
  }
}

/** What was picked is encrypted in this browser; what lies on the gateway's machine is by the gateway. */
function sourceOf(upload: Upload & { wanted: Wanted }, gateway: CairnClient): Source {
  const { picked, there } = upload;
  const { name } = upload.wanted;
  if (there !== undefined) return gatewaySource({ gateway, clock: machineClock, path: there, name });
  if (picked === undefined) throw new Error("an upload of nothing");
  const startWorker = () => new Worker(workerUrl("pack.worker"), { type: "module" }) as never;
  return pageSource({ picked: compared(upload, picked), name, workers: workers(), startWorker });
}

/** It is listed anew before it is packed: whoever agrees sees what went away or changed since it was picked. */
function compared({ number, entries }: Upload, picked: Picked): Picked {
  return {
    ...picked,
    async list(signal) {
      const tree = await picked.list(signal);
      change(number, { found: foundOf(tree), changes: entries && changesSince(entries, tree.entries) });
      return tree;
    },
  };
}

/** What happens in a put, as stages of the upload. */
function watcher(number: number, show: (stage: Stage) => void, leave: () => void): (event: PutEvent) => void {
  let rate = rateOf();
  let shown = 0;
  let id = "";
  let packed: Offer["packed"] = { files: 0, bytes: 0 };
  return (event) => {
    switch (event.type) {
      case "continuing":
        change(number, { note: words.continuing(event.files, event.totalFiles, event.bytes) });
        return;
      case "signed-before":
        change(number, { note: words.signedBefore });
        return;
      case "dropping":
        change(number, { note: words.dropping });
        return;
      case "begun":
        rate = rateOf();
        shown = 0;
        if (event.stage === "placing") show({ at: "placing", id });
        else show({ at: event.stage === "uploading" ? "sending" : "committing", done: 0, total: 0 });
        return;
      case "progress": {
        const now = performance.now();
        if (now - shown < SHOWN_MILLISECONDS && event.done < event.total) return;
        shown = now;
        const { done, total } = event;
        // What is placed is seen by the package's own state.
        if (event.stage === "placing") change(number, { away: false });
        else show({ at: event.stage === "uploading" ? "sending" : "committing", done, total, rate: rate(done) });
        return;
      }
      case "over":
        if (event.stage === "committing") show({ at: "quoting" });
        if (event.stage === "placing") show({ at: "reading", id });
        return;
      case "uploaded":
        packed = { files: event.files, bytes: event.bytes };
        return;
      case "quoted":
        // The rest is other people's work.
        leave();
        change(number, { offer: { plan: event.plan, agreed: event.agreed, packed, asks: [] } });
        return;
      case "agreed":
        id = event.id;
        return;
      default:
    }
  };
}
