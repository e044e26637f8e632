import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestS3, type TestS3 } from "@cairn/blobs/testing/s3-server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli, startNetwork } from "./support/network.ts";
import { s3Environment } from "./support/s3-environment.ts";

let server: TestS3;
let directory: string;
let home: string;
let env: Record<string, string>;

beforeAll(async () => {
  server = await startTestS3({ pageSize: 2 });
  directory = await mkdtemp(join(tmpdir(), "cairn-s3-network-"));
  home = join(directory, "home");
  env = s3Environment(server, "some/prefix");
});
afterAll(async () => {
  await server.stop();
  await rm(directory, { recursive: true, force: true });
});

async function tree(name: string): Promise<string> {
  const at = join(directory, name);
  await mkdir(at, { recursive: true });
  await writeFile(join(at, "file.txt"), `${name}\n`.repeat(1000));
  return at;
}

const manifests = () => [...server.objects.keys()].filter((key) => key.startsWith("some/prefix/manifests/"));

describe("a home whose manifests and leaf files move to S3", () => {
  it("refuses to start with wrong keys, says what to do, and leaves nothing behind", async () => {
    const wrong = { ...env, CAIRN_S3_SECRET_ACCESS_KEY: "another" };
    const up = await runCli(["up", "--home", join(directory, "refused"), "--port", "0", "--json"], wrong);
    expect([up.code, up.json<{ error: object }>().error]).toMatchObject([
      6,
      { code: "blobs-denied", next: expect.stringContaining("CAIRN_S3_SECRET_ACCESS_KEY") },
    ]);
    expect(await readdir(directory)).not.toContain("refused");
  });

  it("copies what it has at the first start, goes on from there also after kill -9, and knows the way back closed", async () => {
    const before = await tree("before");
    const files = await startNetwork({ home });
    try {
      const put = await files.cli("put", before, "--json");
      expect(put.code, put.stderr).toBe(0);
    } finally {
      await files.stop();
    }
    expect(server.objects.size).toBe(0);

    const network = await startNetwork({ home, env });
    try {
      expect(manifests()).toHaveLength(1);
      const after = await tree("after");
      const put = await network.cli("put", after, "--json");
      expect(put.code, put.stderr).toBe(0);
      expect(manifests()).toHaveLength(2);
      await network.kill("gateway");
      for (const name of ["before", "after"]) {
        const back = join(directory, `${name}-back`);
        const got = await network.cli("get", name, back);
        expect(got.code, got.stderr).toBe(0);
        expect(execFileSync("diff", ["-r", join(directory, name), back]).toString()).toBe("");
      }
      const doctor = await runCli(["doctor", "--home", home, "--json"], env);
      expect(doctor.json<{ what: string }[]>().find(({ what }) => what === "blob store")).toMatchObject({
        verdict: "good",
        found: expect.stringContaining("s3://cairn-test/some/prefix"),
      });
      const removed = await network.cli("rm", "after", "--yes");
      expect(removed.code, removed.stderr).toBe(0);
    } finally {
      await network.stop();
    }
    // Verifiers have written what they voted, and nothing of it went to the disk.
    expect([...server.objects.keys()].some((key) => key.startsWith("some/prefix/leaves/"))).toBe(true);
    expect(await secretsIn(home)).toEqual([]);

    const unset = await runCli(["up", "--home", home, "--port", "0", "--json"]);
    expect([unset.code, unset.json<{ error: object }>().error]).toMatchObject([2, { code: "blobs-setting-missing" }]);
  });
});

/** Files of a home that hold the keys. */
async function secretsIn(at: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(at, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    const secrets = [env.CAIRN_S3_SECRET_ACCESS_KEY, env.CAIRN_S3_ACCESS_KEY_ID];
    if (secrets.some((secret) => bytes.includes(secret ?? ""))) found.push(path);
  }
  return found;
}
