import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ADDRESS, startDownstream, startFarmer, type TestNode } from "./support/downstream.ts";

const INTERVAL = 10;
/** Until a farmer must have answered for everything once more, with room for a busy machine. */
const ROUND_SECONDS = 80;
const SIZE = "40000";

for (const scheme of ["Merkle", "Swizzle"]) {
  describe(`cairn farmer at a real node, ${scheme}`, () => {
    let node: TestNode;
    let directory: string;
    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), "cairn-farmer-"));
      node = await startDownstream(
        ...["--heartbeat", scheme, "--interval", String(INTERVAL), "--no-require-signature"],
        ...["--max-tokens-per-ip", "0"],
      );
      const kept = await node.cli("downstream", "maintain", "1024", "16384", "300000", "2");
      expect(kept.code, kept.stderr).toBe(0);
    });
    afterAll(async () => {
      await node.remove();
      await rm(directory, { recursive: true, force: true });
    });

    const path = (name: string) => join(directory, name);
    const chunkFiles = async (name: string) =>
      (await readdir(join(path(name), "chunks"))).map((file) => join(path(name), "chunks", file)).sort();
    const filled = async (farmer: ReturnType<typeof startFarmer>) => {
      const line = await farmer.line(({ event, total }) => event === "contracts" && Number(total) > 30_000, 60);
      return Number(line.contracts);
    };
    const dropped = (farmer: ReturnType<typeof startFarmer>) => farmer.lines.filter(({ event }) => event === "dropped");

    it("goes on with its contracts after kill -9, and after an orderly end within two seconds", async () => {
      let farmer = startFarmer(node.url, path("a"), "--address", ADDRESS, "--size", SIZE);
      const count = await filled(farmer);
      await farmer.acceptedMore(2 * count, ROUND_SECONDS);
      await farmer.end("SIGKILL");
      const first = await chunkFiles("a");

      farmer = startFarmer(node.url, path("a"), "--size", SIZE);
      expect(await farmer.line(({ event }) => event === "ready", 20)).toMatchObject({
        contracts: count,
        address: ADDRESS,
      });
      await farmer.acceptedMore(2 * count, ROUND_SECONDS);
      expect(await farmer.end()).toBeLessThan(2.5);
      expect(farmer.lines.at(-1)).toMatchObject({ event: "stopped", contracts: count });

      farmer = startFarmer(node.url, path("a"), "--size", SIZE);
      await farmer.acceptedMore(2 * count, ROUND_SECONDS);
      expect(dropped(farmer)).toEqual([]);
      expect(await chunkFiles("a")).toEqual(first);
      await farmer.end();
    });

    // The rest is the same for both.
    if (scheme === "Swizzle") return;

    it("makes damaged and missing chunks again and loses no contract by it", async () => {
      let farmer = startFarmer(node.url, path("b"), "--address", ADDRESS, "--size", SIZE);
      const count = await filled(farmer);
      await farmer.acceptedMore(count, ROUND_SECONDS);
      await farmer.end("SIGKILL");
      const [missing = "", short = "", wrong = ""] = await chunkFiles("b");
      await rm(missing);
      await truncate(short, 10);
      await writeFile(wrong, Buffer.alloc((await stat(wrong)).size));

      farmer = startFarmer(node.url, path("b"), "--size", SIZE);
      await farmer.acceptedMore(2 * count, ROUND_SECONDS);
      expect(farmer.lines.filter(({ event }) => event === "restored")).toHaveLength(3);
      // While it runs, too.
      await rm(missing);
      await farmer.acceptedMore(2 * count, ROUND_SECONDS);
      expect(farmer.lines.filter(({ event }) => event === "restored")).toHaveLength(4);
      expect(dropped(farmer)).toEqual([]);
      await farmer.end();
    });

    it("sees the node's process and its database die, and the whole node restarted, and keeps its contracts", async () => {
      const farmer = startFarmer(node.url, path("c"), "--address", ADDRESS, "--size", SIZE);
      const count = await filled(farmer);
      await farmer.acceptedMore(count, ROUND_SECONDS);
      await node.killChild("downstream");
      await farmer.acceptedMore(2 * count, 2 * ROUND_SECONDS);
      await node.killChild("postgres");
      await farmer.acceptedMore(2 * count, 2 * ROUND_SECONDS);
      expect(await node.end()).toBeLessThan(5);
      await node.restart();
      await farmer.acceptedMore(2 * count, 2 * ROUND_SECONDS);
      expect(dropped(farmer)).toEqual([]);
      await farmer.end();
    });

    it("has one farmer to a directory, replaces its token when asked, and registers anew when the node forgot it", async () => {
      let farmer = startFarmer(node.url, path("d"), "--address", ADDRESS, "--size", SIZE);
      const count = await filled(farmer);
      const twin = await node.cli("farmer", node.url, "--path", path("d"), "--json");
      expect(twin.code).toBe(5);
      expect(twin.json()).toMatchObject({ error: { code: "farmer-in-use" } });
      await farmer.acceptedMore(count, ROUND_SECONDS);
      await farmer.end();

      farmer = startFarmer(node.url, path("d"), "--size", SIZE, "--rotate-token");
      await farmer.line(({ event, reason }) => event === "token" && reason === "rotated", 20);
      await farmer.acceptedMore(2 * count, ROUND_SECONDS);
      expect(dropped(farmer)).toEqual([]);

      const token = (await readFile(join(path("d"), "token"), "utf8")).trim();
      const gone = await fetch(`${node.url}/api/downstream/v1/token`, {
        method: "DELETE",
        headers: { authorization: `Bearer ${token}` },
      });
      expect(gone.status).toBe(200);
      await farmer.line(({ event, reason }) => event === "token" && reason === "new", 30);
      await farmer.acceptedMore(count, ROUND_SECONDS);
      await farmer.end();
    });
  });
}
