import { randomBytes } from "node:crypto";
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { bodyBytes, chainOf, packFolder, piecesOf, walkFolder } from "@cairn/archive";
import { type BeginEvent, beginPut, resumedOf } from "@cairn/owner/begin-put";
import { PieceUpload } from "@cairn/owner/piece-upload";
import type { PutTerms } from "@cairn/owner/put-records";
import { machineClock } from "@cairn/process/machine-clock";
import { type Address, CairnError } from "@cairn/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Account, ensureAccount } from "../account/account.ts";
import { type Home, homeAt } from "../home/home.ts";
import { forgetPut, PutRecord } from "../owner/put-record.ts";

const TERMS: PutTerms = {
  k: 2,
  n: 4,
  days: 30,
  layout: "private",
  pieceLimit: 5_000_000,
  replace: false,
  placement: {},
};
const FILE = 1_200_000;
const FILES = 8;

/** A gateway's uploads in memory, which can break one, lose and lie. */
class Gateway {
  pieces = new Map<number, Buffer>();
  state = "RECEIVING";
  abandoned: string[] = [];
  received = 0;
  most = Number.POSITIVE_INFINITY;
  lie = (chain: string | null) => chain;
  package = async (): Promise<never> =>
    ({
      state: this.state,
      pieceList: [...this.pieces].map(([number, held]) => ({ number, received: held.length })),
    }) as never;
  abandonPackage = async (id: string): Promise<never> => {
    if (this.state === "STORED") throw new CairnError("it stays", { code: "wrong-state", kind: "conflict" });
    this.abandoned.push(id);
    this.pieces.clear();
    return {} as never;
  };
  appendPiece = async (_: string, piece: number, offset: number, body: AsyncIterable<Uint8Array>) => {
    const held = this.pieces.get(piece) ?? Buffer.alloc(0);
    if (offset > held.length) throw new CairnError("it goes on elsewhere", { code: "wrong-offset", kind: "conflict" });
    this.pieces.set(piece, held.subarray(0, offset));
    for await (const bytes of body) {
      const part = Buffer.from(bytes).subarray(0, Math.max(0, this.most - this.received));
      this.received += part.length;
      this.pieces.set(piece, Buffer.concat([this.pieces.get(piece) ?? Buffer.alloc(0), part]));
      if (this.received >= this.most) throw new Error("killed");
    }
    return { received: this.pieces.get(piece)?.length ?? 0 };
  };
  keepUpload = async (_: string, { pieces }: { pieces: { length: number }[] }) => {
    for (const [number, held] of [...this.pieces]) {
      const kept = pieces[number];
      if (kept === undefined) this.pieces.delete(number);
      else this.pieces.set(number, held.subarray(0, bodyBytes(kept)));
    }
    const chains = pieces.map(async (_, number) => {
      const stream = (async function* (held) {
        yield held;
      })(this.pieces.get(number) ?? Buffer.alloc(0));
      const chain = await chainOf(stream).catch(() => undefined);
      return { chain: this.lie(chain === undefined ? null : Buffer.from(chain).toString("hex")) };
    });
    return { pieces: await Promise.all(chains) };
  };
}

describe("a put that is repeated", () => {
  let directory: string;
  let home: Home;
  let account: Account;
  let source: string;
  let gateway: Gateway;
  let said: BeginEvent[];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "cairn-put-"));
    home = homeAt(join(directory, "home"));
    account = (await ensureAccount(home)).account;
    source = join(directory, "source");
    await mkdir(source);
    for (let i = 0; i < FILES; i += 1) await writeFile(join(source, `f${i}`), randomBytes(FILE));
    // What was written just before it is read is not trusted to be unchanged.
    await sleep(500);
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));
  beforeEach(async () => {
    gateway = new Gateway();
    said = [];
    await rm(home.puts, { recursive: true, force: true });
  });

  /** One run of the command's upload, as a process: it opens the record, goes on, and is over. */
  async function run(
    options: {
      most?: number;
      terms?: PutTerms;
      restart?: boolean;
      replace?: boolean;
      signed?: boolean;
      unqualified?: boolean;
      /** Address of the wallet that it is signed by; the account's own if left out. */
      wallet?: Address;
    } = {},
  ) {
    const record = await PutRecord.open(home, account, "source");
    gateway.received = 0;
    gateway.most = options.most ?? Number.POSITIVE_INFINITY;
    try {
      const walked = await walkFolder(source);
      const { terms = TERMS, restart = false } = options;
      const onEvent = (event: BeginEvent) => void said.push(event);
      const signer = { ...account.signer, address: options.wallet ?? account.signer.address };
      const owner = { ...account, signer };
      const begun = await beginPut({
        ...{ gateway, clock: machineClock, onEvent, owner, record, terms, entries: walked.entries, restart },
        replace: options.replace ?? false,
        quote: false,
        signedFor: async () => options.signed ?? false,
        requireQualified: async () => {
          if (options.unqualified) throw new CairnError("too few", { code: "too-few-providers", kind: "unavailable" });
        },
      });
      const resumed = await resumedOf(begun);
      if (begun.sent !== undefined) return { begun, resumed, complete: true };
      const { signal } = new AbortController();
      const pieces = new PieceUpload(gateway, begun.id, signal, piecesOf(begun.from).map(bodyBytes));
      try {
        const packed = await packFolder({
          path: source,
          walked,
          from: begun.from,
          key: account.key,
          pieceLimit: terms.pieceLimit,
          repairKey: begun.repairKey,
          packageId: begun.id,
          name: "source",
          created: begun.created,
          sink: { write: pieces.write, cut: pieces.cut },
          onCheckpoint: (checkpoint) => record.add(checkpoint),
          threads: 0,
        });
        await pieces.finish();
        await record.keepManifest(packed.manifest);
        const held = [...gateway.pieces].sort(([a], [b]) => a - b).map(([, { length }]) => length);
        expect(held).toEqual(packed.pieces.map(bodyBytes));
        return { begun, resumed, complete: true };
      } catch (error) {
        expect((error as Error).message).toBe("killed");
        return { begun, resumed, complete: false };
      }
    } finally {
      await record.close();
    }
  }

  const journal = async () => {
    const name = (await readdir(home.puts)).find((file) => file.endsWith(".journal"));
    return name === undefined ? undefined : join(home.puts, name);
  };

  it("goes on where the gateway has it, over several interruptions, without sending again what is there", async () => {
    const first = await run({ most: 4_000_000 });
    expect(first).toMatchObject({ complete: false, resumed: null });
    const second = await run({ most: 5_000_000 });
    expect(second.begun.id).toBe(first.begun.id);
    expect(second.resumed?.files).toBeGreaterThanOrEqual(2);
    const third = await run();
    expect(third.complete).toBe(true);
    expect(third.resumed!.files).toBeGreaterThan(second.resumed!.files);
    expect(gateway.received).toBeLessThan((FILES - third.resumed!.files) * (FILE + 2000) + 10_000);
    expect(said.at(-1)).toMatchObject({ type: "continuing", totalFiles: 8 });
  });

  it("believes no gateway that has lost, mixed up or made up what was sent", async () => {
    await run({ most: 8_000_000 });
    const lost = gateway.pieces.get(1) ?? Buffer.alloc(0);
    gateway.pieces.set(1, lost.subarray(0, 10));
    const shorter = await run({ most: 100 });
    expect(shorter.resumed!.files).toBe(3);
    const piece = Buffer.from(gateway.pieces.get(0) ?? Buffer.alloc(0));
    piece[piece.length >> 2]! ^= 1;
    gateway.pieces.set(0, piece);
    const damaged = await run({ most: 6_000_000 });
    expect(damaged.resumed).toBeNull();
    gateway.lie = () => "00".repeat(32);
    const lied = await run();
    expect(lied).toMatchObject({ resumed: null, complete: true });
    expect(gateway.received).toBeGreaterThan(FILES * FILE);
  });

  it("takes none of an old run's bytes for a new one's of the same length", async () => {
    await run({ most: 6_000_000 });
    // The first file is another now, of the same length; the put is killed before a byte of it arrives.
    await utimes(join(source, "f0"), 1, 1);
    await sleep(500);
    expect(await run({ most: 1 })).toMatchObject({ resumed: null });
    expect([...gateway.pieces.values()].reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(1);
    expect(await run()).toMatchObject({ resumed: null, complete: true });
  });

  it("goes on behind the upload when all of it had been sent and nothing changed", async () => {
    const sent = await run();
    gateway.state = "COMMITTED";
    const again = await run();
    expect(again.begun).toMatchObject({ id: sent.begun.id, sent: { opened: { package: sent.begun.id } } });
    expect(again.resumed).toEqual({ files: FILES, bytes: FILES * FILE });
    await writeFile(join(source, "new"), "new");
    const other = await run();
    await rm(join(source, "new"));
    expect(other.begun.id).not.toBe(sent.begun.id);
    expect(gateway.abandoned).toEqual([sent.begun.id]);
  });

  it("knows a package again that was signed for, if this home signed it and nothing changed", async () => {
    const sent = await run();
    gateway.state = "STORED";
    const again = await run({ signed: true });
    expect(again.begun).toMatchObject({ id: sent.begun.id, signed: true });
    const other = await run({ most: 1, replace: true });
    expect(other.begun).toMatchObject({ leavesSigned: true });
    expect([other.begun.id === sent.begun.id, gateway.abandoned]).toEqual([false, []]);
    gateway.state = "RECEIVING";
    const going = await run({ terms: { ...TERMS, replace: true } });
    expect(going.begun.id).toBe(other.begun.id);
  });

  it("begins anew with --restart, with other terms, and when the gateway has dropped it", async () => {
    const first = await run({ most: 3_000_000 });
    const other = await run({ most: 3_000_000, terms: { ...TERMS, n: 5 } });
    const restarted = await run({ most: 3_000_000, terms: { ...TERMS, n: 5 }, restart: true });
    expect(gateway.abandoned).toEqual([first.begun.id, other.begun.id]);
    gateway.state = "ABANDONED";
    const last = await run({ terms: { ...TERMS, n: 5 } });
    expect(last.begun.id).not.toBe(restarted.begun.id);
    expect(
      new Set([first, other, restarted, last].map(({ begun }) => Buffer.from(begun.repairKey).toString("hex"))).size,
    ).toBe(4);
  });

  it("begins anew for another wallet, unless the one before has signed for it", async () => {
    const wallet: Address = `0x${"77".repeat(20)}`;
    const first = await run({ most: 3_000_000 });
    const other = await run({ wallet });
    expect(gateway.abandoned).toEqual([first.begun.id]);
    gateway.state = "COMMITTED";
    expect((await run({ wallet })).begun).toMatchObject({ id: other.begun.id, sent: {} });
    gateway.state = "STORED";
    expect((await run({ signed: true })).begun).toMatchObject({ id: other.begun.id, signed: true });
    gateway.state = "COMMITTED";
    expect((await run({ most: 1 })).begun.id).not.toBe(other.begun.id);
  });

  it("drops no upload for terms that cannot be had now, and asks for none where it drops nothing", async () => {
    const first = await run({ most: 3_000_000 });
    const terms = { ...TERMS, n: 5 };
    await expect(run({ terms, unqualified: true })).rejects.toMatchObject({ code: "too-few-providers" });
    expect(gateway.abandoned).toEqual([]);
    const again = await run({ unqualified: true });
    expect(again).toMatchObject({ complete: true, begun: { id: first.begun.id } });
    gateway.state = "STORED";
    const beside = await run({ most: 1, terms, replace: true, unqualified: true });
    expect(beside.begun).toMatchObject({ leavesSigned: true });
  });

  it("keeps its record encrypted, readable by its owner alone, and as far as it is whole", async () => {
    await run({ most: 7_000_000 });
    const path = (await journal())!;
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(home.puts)).mode & 0o777).toBe(0o700);
    const text = await readFile(path, "utf8");
    expect(Buffer.from(text, "base64").includes('"path"')).toBe(false);
    const record = await PutRecord.open(home, account, "source");
    const all = record.checkpoints.length;
    await record.close();
    await truncate(path, text.length - 5);
    await appendFile(path, "\nnonsense\n");
    const torn = await PutRecord.open(home, account, "source");
    expect(torn.checkpoints).toHaveLength(all - 1);
    await torn.close();
    const lines = text.trimEnd().split("\n");
    await writeFile(path, `${[lines[0], lines[2], lines[1]].join("\n")}\n`);
    const swapped = await PutRecord.open(home, account, "source");
    expect([swapped.head !== undefined, swapped.checkpoints.length]).toEqual([true, 0]);
    await swapped.close();
    const stranger = (await ensureAccount(homeAt(join(directory, "stranger")))).account;
    const other = await PutRecord.open(home, { ...stranger, lookupKey: stranger.lookupKey }, "source");
    expect(other.head).toBeUndefined();
    await other.close();
  });

  it("is refused while another puts under the name, and forgets what is over or a week old", async () => {
    await run({ most: 3_000_000 });
    const held = await PutRecord.open(home, account, "source");
    await expect(PutRecord.open(home, account, "source")).rejects.toMatchObject({ code: "put-under-way" });
    await forgetPut(home, account, "source");
    expect(await journal()).toBeDefined();
    await held.close();
    await forgetPut(home, account, "source");
    expect(await readdir(home.puts)).toEqual([]);
    await run({ most: 3_000_000 });
    const old = Date.now() / 1000 - 8 * 86_400;
    await utimes((await journal())!, old, old);
    const other = await PutRecord.open(home, account, "another name");
    expect(await journal()).toBeUndefined();
    await other.close();
    expect(await readdir(home.puts)).toEqual([]);
  });

  it("leaves no lock of a process that was killed, and takes away none that is held", async () => {
    const held = await PutRecord.open(home, account, "source");
    await writeFile(join(home.puts, "killed.lock"), "");
    const old = Date.now() / 1000 - 8 * 86_400;
    for (const file of await readdir(home.puts)) await utimes(join(home.puts, file), old, old);
    const other = await PutRecord.open(home, account, "another name");
    expect((await readdir(home.puts)).filter((file) => file.endsWith(".lock"))).toHaveLength(2);
    await expect(PutRecord.open(home, account, "source")).rejects.toMatchObject({ code: "put-under-way" });
    await other.close();
    await held.close();
    expect(await readdir(home.puts)).toEqual([]);
  });
});
