import { CairnError } from "@cairn/protocol/errors";
import { beforeSending } from "./before-sending.ts";
import { interruptible, untilInterrupted } from "./interruptible.ts";
import { parseRate } from "./pace.ts";
import { type PlacementOptions, shapeOf } from "./placement-options.ts";
import { openSource, type Source, type SourceOptions } from "./put-source.ts";
import { type CommonOptions, openSession, pinnedNetwork, readyAccount, type Session } from "./session.ts";

export interface PutOptions extends CommonOptions, SourceOptions, PlacementOptions {
  days?: number;
  names?: "private" | "plain";
  encrypt?: boolean;
  /** Stop once the deals are signed for, without waiting for every shard to be proved. */
  detach?: boolean;
  /** Only show who would hold it, for how much. */
  quote?: boolean;
  /** Most that escrow and reserve may come to, wei; more is not signed. */
  maxCost?: bigint;
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
  const bytesPerSecond = options.bwlimit === undefined ? undefined : parseRate(options.bwlimit);
  const session = await openSession(options);
  await interruptible(async (signal) => {
    const source = await beforeSending(() => openSource(session.home, path, { ...options, signal }));
    try {
      const paced = { ...options, ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }) };
      await putSource(session, source, paced, signal);
    } finally {
      await source.close();
    }
  });
}

async function putSource(
  session: Session,
  source: Source,
  options: PutOptions & { bytesPerSecond?: number },
  signal: AbortSignal,
): Promise<void> {
  const { name } = source;
  const network = await beforeSending(() => untilInterrupted(signal, pinnedNetwork(session)));
  const settings = await beforeSending(() => untilInterrupted(signal, session.client.settings()));
  const shape = await beforeSending(async () => shapeOf(options, settings, network.defaults));
  const [{ dryRun }, { PutRecord }, { putRecorded }] = await Promise.all([
    import("./dry-run.ts"),
    import("../owner/put-record.ts"),
    import("./put-recorded.ts"),
  ]);
  if (options.dryRun) {
    await beforeSending(() => dryRun(session.output, source, { ...shape, ...options, signal }));
    return;
  }
  const account = await beforeSending(() => untilInterrupted(signal, readyAccount(session, network)));
  const record = source.lasting ? await PutRecord.open(session.home, account, name) : undefined;
  try {
    await putRecorded({ session, network, account, source, record, shape, options, signal });
  } finally {
    await record?.close();
  }
}

/** What takes the other's place must be known to be stored first. */
function undecided(): CairnError {
  return new CairnError("--replace cannot be used with --detach: the old package ends when the new one is stored", {
    code: "bad-options",
    kind: "input",
    next: "Leave one of them out.",
  });
}
