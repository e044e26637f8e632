import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DealProofsJson, ScheduleJson } from "@cairn/client";
import { certificateText, readCertificate } from "@cairn/proofs/certificate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli, startNetwork, type TestNetwork, until } from "./support/network.ts";

let network: TestNetwork;
let id: string;
let file: string;
let key: string;

beforeAll(async () => {
  network = await startNetwork();
  const tree = join(network.directory, "deeds");
  await mkdir(tree);
  await writeFile(join(tree, "deed"), randomBytes(200_000));
  const put = await network.cli("put", tree, "--json");
  expect(put.code, put.stdout + put.stderr).toBe(0);
  id = put.json<{ id: string }>().id;
  [file, key] = [join(network.directory, "deeds.json"), join(network.directory, "owner.asc")];
  const client = await network.client();
  // Every shard has been proved in three final periods.
  await until(
    () => client.proofs.ofPackage(id),
    (deals) => deals.length > 0 && deals.every(({ spans }) => spans.reduce((sum, { proved }) => sum + proved, 0) >= 3),
    240,
    "three proved periods",
  );
}, 400_000);
afterAll(() => network?.stop());

/** Nothing but the program: an empty home folder, no network of ours by any name. */
async function elsewhere(...args: string[]) {
  const home = await mkdtemp(join(tmpdir(), "cairn-elsewhere-"));
  return runCli(args, { HOME: home, CAIRN_HOME: join(home, "nothing here") });
}

describe("proofs", () => {
  it("are shown for each deal, as spans without a hole between them, and are what deals are searched by", async () => {
    const client = await network.client();
    const deals: DealProofsJson[] = await client.proofs.ofPackage(id);
    for (const { deal, spans } of deals) {
      for (const [at, { from, since, until: end }] of spans.entries()) {
        if (at > 0) expect([from, since]).toEqual([spans[at - 1]!.to + 1, spans[at - 1]!.until]);
        expect(end).toBeGreaterThan(since);
      }
      expect((await client.proofs.ofDeal(deal)).spans[0]).toEqual(spans[0]);
    }
    const [newest] = await client.deals({ sort: "proved", order: "desc" });
    const at = newest!.lastProvedAt!;
    expect((await client.deals({ provedFrom: at })).map(({ deal }) => deal)).toContain(newest!.deal);
    expect((await client.deals({ provedBefore: at - 3600 })).map(({ deal }) => deal)).toEqual([]);
  });
});

describe("a custody certificate", () => {
  it("is checked in an empty environment, by gpg, and against the chain", async () => {
    const made = await network.cli("certificate", "deeds", "-o", file, "--public-key", key);
    expect(made.code, made.stdout + made.stderr).toBe(0);
    expect(made.stdout).toMatch(/held (without a gap )?from/);
    const checked = await elsewhere("verify-certificate", file, "--signature", "--key", key, "--json");
    expect(checked.code, checked.stdout + checked.stderr).toBe(0);
    const said = checked.json<{ holds: boolean; unsigned: number[]; deals: { proved: number }[] }>();
    expect(said).toMatchObject({ holds: true, package: id, unsigned: [] });
    expect(said.deals.every(({ proved }) => proved >= 3)).toBe(true);
    const gnupg = await mkdtemp(join(tmpdir(), "cairn-gnupg-"));
    const gpg = (...args: string[]) => execFileSync("gpg", ["--homedir", gnupg, "--batch", ...args], { stdio: "pipe" });
    gpg("--import", key);
    gpg("--verify", `${file}.asc`, file);
    const { chainUrl } = await network.run();
    const held = await elsewhere("verify-certificate", file, "--rpc", chainUrl);
    expect(held.stdout + held.stderr).toContain("Its roots, receipts and verifiers are those of chain");
    expect(held.code).toBe(0);
  });

  it("is refused when one byte is altered, in what it says or in how it is written", async () => {
    const bytes = await readFile(file);
    const altered = join(network.directory, "altered.json");
    const at = bytes.indexOf('"fulfilled":') + 12;
    bytes[at] = bytes[at] === 0x39 ? 0x38 : bytes[at]! + 1;
    await writeFile(altered, bytes);
    const refused = await elsewhere("verify-certificate", altered);
    expect([refused.code, refused.stdout + refused.stderr]).toEqual([
      8,
      expect.stringMatching(/leaves\[0\].*root|counts more/),
    ]);
    const signature = await elsewhere("verify-certificate", altered, "--json");
    expect(signature.json()).toMatchObject({ error: { code: "bad-certificate" } });
    // Whitespace that says nothing, with a signature over what it says.
    const spaced = certificateText(readCertificate(await readFile(file, "utf8"))).replace(":", ": ");
    await writeFile(altered, spaced);
    expect((await elsewhere("verify-certificate", altered)).code).toBe(8);
  });
});

describe("a schedule of checks", () => {
  it("has the first one done at once, and is listed and removed", async () => {
    const added = await network.cli("check", "deeds/deed", "--every", "week", "--json");
    expect(added.code, added.stdout + added.stderr).toBe(0);
    const { id: schedule, everySeconds } = added.json<ScheduleJson>();
    expect(everySeconds).toBe(604_800);
    const client = await network.client();
    const {
      schedules: [done],
    } = await until(
      () => client.schedules.list(),
      ({ schedules }) => schedules[0]?.lastCheck?.state === "done",
      120,
      "the check",
    );
    expect(done).toMatchObject({ id: schedule, waiting: 0, lastCheck: { ok: true } });
    expect((await network.cli("check", "--schedules")).stdout).toMatch(
      new RegExp(`${schedule}.*deeds.*every week.*sound`),
    );
    expect((await client.deals({ checkResults: "sound" })).length).toBeGreaterThan(0);
    expect((await network.cli("check", "--remove", schedule)).code).toBe(0);
    expect((await client.schedules.list()).schedules).toEqual([]);
  });
});
