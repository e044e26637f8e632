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
  const bytesPerSecond = options.bwlimit === undefined ? undefined : parseRate(options.bwlimit);
  const session = await openSession(options);
  await interruptible(async (signal) => {
    const source = await beforeSending(() => openSource(session.home, path, { ...options, signal }));
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
    const { payingOwner, estimateCost } = await import("./paying-wallet.ts");
    const need = () => estimateCost(session, source, { ...shape, signal });
    const paying = await untilInterrupted(signal, payingOwner(session, own, { named: options.wallet, settings, need }));
    // Whoever names a wallet vouches for it; the order of payment is kept at the gateway.
    if (options.wallet !== undefined) await recordWallet(session.home, paying.signer.address);
    return paying;
  });
  const [{ put }, { folderSource }, { putRecords }, { putWords }] = await Promise.all([
    import("@cairn/owner/put"),
    import("@cairn/owner/node/folder-source"),
    import("../owner/put-record.ts"),
    import("./put-words.ts"),
  ]);
  const isOpen = options.public === true || options.encrypt === false;
  const isCar = path.endsWith(".car") && !options.asFile;
  if (isCar && !isOpen) output.say(CAR_NOTE);
  const words = putWords(session, source);
  const common = { ...options, shape, confirm: () => confirm(`Store ${name} for that?`, options, signal), signal };
  const ports = { ...ownerPorts(session, account), network: async () => network };
  const result =
    isCar && isOpen
      ? await put(ports, {
          ...common,
          source: await carOf(name, path),
          layout: "car",
          onEvent: (event) => event.type === "listed" || words(event),
        })
      : await put(
          { ...ports, records: lasting ? putRecords(home, account) : undefined },
          {
            ...common,
            source: folderSource({ path, name, exclude, allowEmpty: options.allowEmpty }),
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
