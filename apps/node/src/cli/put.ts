import { checkName } from "@cairn/owner/check-name";
import type { PutEvent } from "@cairn/owner/put";
import { CairnError } from "@cairn/protocol/errors";
import { recordWallet } from "../owner/recorded-wallets.ts";
import { beforeSending } from "./before-sending.ts";
import { confirm } from "./confirm.ts";
import { interruptible, untilInterrupted } from "./interruptible.ts";
import { providersOf, withAddresses } from "./named-providers.ts";
import { ownerPorts } from "./owner-ports.ts";
import { parseRate } from "./pace.ts";
import { type PlacementOptions, shapeOf } from "./placement-options.ts";
import { openSource, type Source, type SourceOptions } from "./put-source.ts";
import { type CommonOptions, openSession, pinnedNetwork, readyAccount, type Session } from "./session.ts";

export interface PutOptions extends CommonOptions, SourceOptions, PlacementOptions {
  days?: number;
  names?: "private" | "plain";
  encrypt?: boolean;
  /** Not encrypted, and readable by every account of the gateway and by its doors. */
  public?: boolean;
  /** The gateway keeps its pieces beside the deals. */
  hot?: boolean;
  /** The path is on the gateway's machine, which encrypts what is there. */
  vault?: boolean;
  /** Store a CAR as the file that it is, also when it is not encrypted. */
  asFile?: boolean;
  /** Stop once the deals are signed for, without waiting for every shard to be proved. */
  detach?: boolean;
  /** Only show who would hold it, for how much. */
  quote?: boolean;
  /** Most that escrow and reserve may come to, wei; more is not signed. */
  maxCost?: bigint;
  /** Address or name of the wallet that pays; by the account's order of payment if left out. */
  wallet?: string;
  /** Only say what would be taken. */
  dryRun?: boolean;
  /** Take the name, and end the package that has it once this one is stored. */
  replace?: boolean;
  /** Drop what an interrupted put of this name has uploaded. */
  restart?: boolean;
  /** Ask nothing. */
  yes?: boolean;
  /** Upload limit in bytes per second, such as 2MiB. */
  bwlimit?: string;
}

/** Store a folder or file: encrypt here, upload ciphertext, agree on deals, wait until every shard is proved. */
export async function put(path: string, options: PutOptions): Promise<void> {
  if (options.replace && options.detach) throw undecided();
  if (options.public && options.names !== undefined) throw namesPublic();
  if (options.vault) requireFitsVault(options);
  const bytesPerSecond = options.bwlimit === undefined ? undefined : parseRate(options.bwlimit);
  const session = await openSession(options);
  await interruptible(async (signal) => {
    const source = await beforeSending(async () =>
      options.vault ? sourceThere(path, options.name) : openSource(session.home, path, { ...options, signal }),
    );
    try {
      await putSource(session, source, { ...options, bytesPerSecond }, signal);
    } finally {
      await source.close();
    }
  });
}

async function putSource(
  session: Session,
  source: Source,
  options: PutOptions & { bytesPerSecond: number | undefined },
  signal: AbortSignal,
): Promise<void> {
  const { home, client, output } = session;
  const { name, path, exclude, lasting } = source;
  const network = await beforeSending(() => untilInterrupted(signal, pinnedNetwork(session)));
  const settings = await beforeSending(() => untilInterrupted(signal, client.settings()));
  const shape = await beforeSending(async () =>
    shapeOf(await withAddresses(providersOf(session), options), settings, network.defaults),
  );
  if (options.dryRun) {
    const { dryRun } = await import("./dry-run.ts");
    await beforeSending(() => dryRun(output, source, { ...shape, ...options, signal }));
    return;
  }
  const account = await beforeSending(async () => {
    const own = await untilInterrupted(signal, readyAccount(session, network));
    const { payingOwner, estimateCost, addressIn } = await import("./paying-wallet.ts");
    // What is there is known when it was read.
    const need = async () => (options.vault ? 0n : estimateCost(session, source, { ...shape, signal }));
    const { wallets } = ownerPorts(session, own).owner;
    const named = options.wallet;
    const paying = await untilInterrupted(signal, payingOwner(session, own, { named, settings, need, wallets }));
    // Whoever types an address vouches for it; names and the order of payment are kept at the gateway.
    if (named !== undefined && addressIn(named) !== undefined) await recordWallet(session.home, paying.signer.address);
    return paying;
  });
  const [{ put }, { folderSource }, { gatewaySource }, { putRecords }, { putWords }] = await Promise.all([
    import("@cairn/owner/put"),
    import("@cairn/owner/node/folder-source"),
    import("@cairn/owner/gateway-source"),
    import("../owner/put-record.ts"),
    import("./put-words.ts"),
  ]);
  const isOpen = options.public === true || options.encrypt === false;
  const isCar = path.endsWith(".car") && !options.asFile;
  if (isCar && !isOpen) output.say(CAR_NOTE);
  const words = putWords(session, source);
  const common = { ...options, shape, confirm: () => confirm(`Store ${name} for that?`, options, signal), signal };
  const ports = { ...ownerPorts(session, account), network: async () => network };
  const records = lasting ? putRecords(home, account) : undefined;
  const { allowEmpty } = options;
  const noWalk = (event: PutEvent) => event.type === "listed" || words(event);
  const there = { gateway: client, clock: ports.clock, path, name, allowEmpty, onLook: leftOutThere(output) };
  const result = options.vault
    ? await put(
        { ...ports, records },
        { ...common, source: gatewaySource(there), layout: options.names ?? "private", onEvent: noWalk },
      )
    : isCar && isOpen
      ? await put(ports, {
          ...common,
          source: await carOf(name, path),
          layout: "car",
          onEvent: noWalk,
        })
      : await put(
          { ...ports, records },
          {
            ...common,
            source: folderSource({ path, name, exclude, allowEmpty }),
            layout: isOpen ? "unencrypted" : (options.names ?? "private"),
            onEvent: words,
          },
        );
  if (result.outcome === "quoted") output.result({ quote: result.plan });
  if (result.outcome !== "placing") return;
  output.say(`${name} is being handed over; follow it with \`cairn show ${result.id}\`.`);
  output.result({ id: result.id, name, state: "PLACING", resumed: result.resumed });
}

const CAR_NOTE =
  "Note: it is stored as a file, encrypted; with --public or --no-encrypt the blocks in it are, as they are, under their own root";

/** The blocks of a CAR file, as they are. An interrupted put of one begins anew. */
async function carOf(name: string, path: string) {
  const [{ carSource }, { createReadStream }, { stat }] = await Promise.all([
    import("@cairn/owner/car-source"),
    import("node:fs"),
    import("node:fs/promises"),
  ]);
  return carSource(name, createReadStream(path), (await stat(path)).size);
}

/** What the gateway packs is read there: rules, limits and looks from here do not reach it. */
function requireFitsVault(options: PutOptions): void {
  const wrong = [
    options.encrypt === false ? "--no-encrypt" : undefined,
    options.public ? "--public" : undefined,
    options.asFile ? "--as-file" : undefined,
    options.exclude === undefined ? undefined : "--exclude",
    options.excludeFrom === undefined ? undefined : "--exclude-from",
    options.command === undefined ? undefined : "--stdin-from-command",
    options.dryRun ? "--dry-run" : undefined,
    options.bwlimit === undefined ? undefined : "--bwlimit",
  ].find((one) => one !== undefined);
  if (wrong === undefined) return;
  throw new CairnError(`--vault cannot be used with ${wrong}: the gateway reads and encrypts what is there`, {
    code: "bad-options",
    kind: "input",
    next: "Leave one of them out.",
  });
}

/** A path on the gateway's machine; what is there is for the gateway to see. */
function sourceThere(path: string, named: string | undefined): Source {
  const place = path.length > 1 ? path.replace(/\/+$/, "") : path;
  const name = (named ?? (place.split("/").at(-1) || "root")).normalize("NFC");
  checkName(name);
  const exclude = () => false;
  return { path: place, name, exclude, homeLeftOut: () => undefined, lasting: true, close: async () => undefined };
}

/** Special files are counted there, once all is read. */
const leftOutThere =
  (output: Session["output"]) =>
  ({ state, skipped }: { state: string; skipped: number }) => {
    if (state === "done" && skipped > 0) output.say(`Left out ${skipped} special ${skipped === 1 ? "file" : "files"}.`);
  };

function namesPublic(): CairnError {
  return new CairnError("--public cannot be used with --names: names of what is public are seen by everybody", {
    code: "bad-options",
    kind: "input",
    next: "Leave one of them out.",
  });
}

/** What takes the other's place must be known to be stored first. */
function undecided(): CairnError {
  return new CairnError("--replace cannot be used with --detach: the old package ends when the new one is stored", {
    code: "bad-options",
    kind: "input",
    next: "Leave one of them out.",
  });
}
