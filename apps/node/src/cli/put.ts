import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { displayName, packFolder, walkFolder } from "@cairn/archive";
import { signTyped } from "@cairn/chain";
import type { NetworkJson, PackageDetailJson, QuotePlanJson } from "@cairn/client";
import { CAR_HEADER_BYTES, CairnError, messageFromJson, signedToJson } from "@cairn/core";
import type { Account } from "../account/account.ts";
import { nameHash, sealLabel } from "../account/labels.ts";
import { checkDocument } from "./check-document.ts";
import { formatBytes, formatCoins, formatDuration } from "./format.ts";
import { table } from "./output.ts";
import { PieceUpload } from "./piece-upload.ts";
import { startProgress } from "./progress.ts";
import { breakOff } from "./put-broken-off.ts";
import { type CommonOptions, deploymentOf, openSession, readyAccount, type Session } from "./session.ts";

export interface PutOptions extends CommonOptions {
  name?: string;
  k?: number;
  n?: number;
  days?: number;
  names?: "private" | "plain";
  encrypt?: boolean;
  /** Stop once the deals are signed for, without waiting for every shard to be proved. */
  detach?: boolean;
  /** Only show who would hold it, for how much. */
  quote?: boolean;
}

const MAX_NAME_BYTES = 255;
const POLL_MILLISECONDS = 250;

/** Store a folder or file: encrypt here, upload ciphertext, agree on deals, wait until every shard is proved. */
export async function put(path: string, options: PutOptions): Promise<void> {
  const source = resolve(path);
  await stat(source).catch((cause) => {
    throw new CairnError(`cannot read ${source}: ${(cause as Error).message}`, {
      code: "unreadable-path",
      kind: "input",
      cause,
      next: "Name an existing folder or file that you may read.",
    });
  });
  const name = (options.name ?? basename(source)).normalize("NFC");
  checkName(name);
  const session = await openSession(options);
  const network = await session.client.network();
  const account = await readyAccount(session, network);

  const interrupted = new AbortController();
  const onSignal = () => interrupted.abort();
  process.once("SIGINT", onSignal);
  process.once("SIGTERM", onSignal);
  const id = randomBytes(16).toString("hex");
  const stage = { signed: false };
  try {
    const sealed = await upload(session, network, account, { source, name, id, options, signal: interrupted.signal });
    const plan = await session.client.quotePackage(id);
    sayPlan(session, plan);
    if (options.quote) {
      await session.client.abandonPackage(id);
      session.output.result({ quote: plan });
      return;
    }
    interrupted.signal.throwIfAborted();
    stage.signed = true;
    await commit(session, network, account, sealed, plan);
  } catch (error) {
    await breakOff(session, { id, name, error, signed: stage.signed, interrupted: interrupted.signal.aborted });
  } finally {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  }
  await follow(session, id, name, options);
}

function checkName(name: string): void {
  const problem =
    name === "" || name === "." || name === ".."
      ? "it is empty"
      : name.includes("/")
        ? "it has a slash"
        : Buffer.byteLength(name) > MAX_NAME_BYTES
          ? `it is longer than ${MAX_NAME_BYTES} bytes`
          : undefined;
  if (problem === undefined) return;
  throw new CairnError(`"${name}" cannot be a package's name: ${problem}`, {
    code: "bad-name",
    kind: "input",
    next: "Choose one with --name.",
  });
}

async function upload(
  session: Session,
  network: NetworkJson,
  account: Account,
  put: { source: string; name: string; id: string; options: PutOptions; signal: AbortSignal },
): Promise<PackageDetailJson> {
  const { client, output } = session;
  const { source, name, id, options, signal } = put;
  const repairKey = randomBytes(32);
  const layout = options.encrypt === false ? "unencrypted" : (options.names ?? "private");
  const hash = nameHash(account, name);
  const k = options.k ?? network.defaults.k;
  const n = options.n ?? network.defaults.n;
  const { entries } = await walkFolder(source, signal);
  const expectedBytes = entries.reduce((sum, entry) => sum + (entry.kind === "file" ? entry.size : 0), 0);
  await client.openPackage({
    id,
    expectedBytes,
    nameHash: hash,
    label: sealLabel(account, { name, files: 0, bytes: 0 }),
    k,
    n,
    mask: "aes-256-ctr-v1",
    layout,
    days: options.days ?? network.defaults.days,
    repairKey: repairKey.toString("base64"),
  });
  const pieces = new PieceUpload(client, id, signal);
  const progress = startProgress("Encrypting and uploading", "bytes", output.json);
  const packed = await packFolder({
    path: source,
    layout,
    key: account.key,
    pieceLimit: k === 1 ? Math.floor(network.pieceLimit / 2) : network.pieceLimit,
    repairKey,
    packageId: id,
    name,
    created: Math.floor(Date.now() / 1000),
    sink: pieces,
    onProgress: ({ bytes, totalBytes }) => progress.update(bytes, totalBytes),
    signal,
  });
  await pieces.finish();
  progress.stop();
  for (const skipped of packed.skipped) output.say(`Left out ${displayName(skipped.path)}: ${skipped.reason}`);
  await client.putManifest(id, packed.manifest);
  output.say(`${packed.files} files, ${formatBytes(packed.bytes)}; computing commitments`);
  const sealing = client.sealPackage(id, {
    root: packed.root.toString(),
    pieces: packed.pieces.map((piece) => ({ length: piece.length })),
    files: packed.files,
    bytes: packed.bytes,
  });
  return withProgress(session, id, "Computing commitments", sealing);
}

/** Draw a package's own progress while `work` goes on. */
async function withProgress<T>(session: Session, id: string, label: string, work: Promise<T>): Promise<T> {
  const progress = startProgress(label, "bytes", session.output.json);
  let going = true;
  const settled = work.finally(() => {
    going = false;
  });
  settled.catch(() => undefined);
  while (going) {
    const status = await session.client.package(id).catch(() => undefined);
    if (status !== undefined) progress.update(status.progress.done, status.progress.total);
    await Promise.race([settled.catch(() => undefined), sleep(POLL_MILLISECONDS)]);
  }
  progress.stop();
  return settled;
}

function sayPlan({ output }: Session, plan: QuotePlanJson): void {
  const providers = new Set(plan.placements.map((placement) => placement.provider)).size;
  const until = new Date(plan.endsAt * 1000).toISOString().slice(0, 10);
  output.say(`Quote: ${plan.placements.length} shards on ${providers} providers until ${until}`);
  const shown = plan.placements.slice(0, 16);
  output.say(
    table(
      ["piece", "shard", "provider", "region", "rating", "price/period"],
      shown.map((p) => [
        String(p.piece),
        String(p.shard),
        `${p.provider.slice(0, 10)}…`,
        p.region,
        `${p.rating} %`,
        formatCoins(BigInt(p.pricePerPeriod)),
      ]),
    ),
  );
  if (plan.placements.length > shown.length) output.say(`… and ${plan.placements.length - shown.length} more`);
  const price = plan.placements.reduce((sum, p) => sum + BigInt(p.pricePerPeriod) * BigInt(plan.periods), 0n);
  output.say(
    `Cost ${formatCoins(price)} in escrow (at most ${formatCoins(BigInt(plan.escrow))} should a provider have to be replaced) and ${formatCoins(BigInt(plan.repairReserve))} reserved for repairs; balance ${formatCoins(BigInt(plan.balance))}`,
  );
  for (const warning of plan.warnings) output.say(`Note: ${warning}`);
}

async function commit(
  session: Session,
  network: NetworkJson,
  account: Account,
  sealed: PackageDetailJson,
  plan: QuotePlanJson,
): Promise<void> {
  const deployment = deploymentOf(network);
  const mandate = messageFromJson("Mandate", plan.mandate);
  const readCapability = messageFromJson("ReadCapability", plan.readCapability);
  checkDocument({ plan, mandate, readCapability, account, network, sealed });
  const key = account.wallet.key;
  await session.client.commitPackage(sealed.id, {
    mandate: signedToJson<"Mandate">({
      message: mandate,
      signature: await signTyped("Mandate", mandate, deployment, key),
    }),
    readCapability: signedToJson<"ReadCapability">({
      message: readCapability,
      signature: await signTyped("ReadCapability", readCapability, deployment, key),
    }),
  });
}

/** Watch the deals come alive; the network goes on by itself if the command is stopped. */
async function follow(session: Session, id: string, name: string, options: PutOptions): Promise<void> {
  const { client, output } = session;
  const started = Date.now();
  if (options.detach) {
    output.say(`${name} is being handed over; follow it with: cairn show ${id}`);
    output.result({ id, name, state: "PLACING" });
    return;
  }
  output.say("Handing over to providers; it goes on if you stop this command");
  const progress = startProgress("Shards proved", "items", output.json);
  for (;;) {
    const status = await client.package(id);
    const active = status.slots.filter((slot) => slot.state === "ACTIVE").length;
    progress.update(active, status.slots.length);
    if (status.state !== "PLACING") {
      progress.stop();
      finish(session, status, name, (Date.now() - started) / 1000);
      return;
    }
    await sleep(POLL_MILLISECONDS);
  }
}

function finish({ output }: Session, status: PackageDetailJson, name: string, seconds: number): void {
  output.result({
    id: status.id,
    name,
    state: status.state,
    root: status.root,
    files: status.files,
    bytes: status.bytes,
  });
  if (status.state === "STORED") {
    const written = status.pieceList.reduce((sum, piece) => sum + piece.length - CAR_HEADER_BYTES, 0);
    output.say(
      `Stored ${name} (${status.id}): ${status.files} files, ${formatBytes(written)} encrypted, every shard proved; handed over in ${formatDuration(seconds)}`,
    );
    return;
  }
  throw new CairnError(`${name} is ${status.state}${status.cause === null ? "" : `: ${status.cause}`}`, {
    code: "not-stored",
    kind: "conflict",
    next: status.next ?? `See \`cairn show ${status.id}\`.`,
  });
}
