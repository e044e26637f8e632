import { mkdir, mkdtemp, rm as removeFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findPackage } from "@cairn/owner/find-package";
import { amendKnown } from "@cairn/owner/known-packages";
import { encryptLabel, nameHash } from "@cairn/owner/labels";
import { sideName } from "@cairn/owner/package-name";
import { livePackage } from "@cairn/owner/replace-package";
import type { Hex } from "@cairn/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Account, ensureAccount } from "../account/account.ts";
import { homeAt } from "../home/home.ts";
import { mv } from "./mv.ts";
import { ownerPorts } from "./owner-ports.ts";
import { put } from "./put.ts";
import { rm } from "./rm.ts";
import { openSession, type Session } from "./session.ts";
import { startMemoryGateway } from "./testing/memory-gateway.ts";
import { serveHome } from "./testing/serve-home.ts";

let gateway: Awaited<ReturnType<typeof startMemoryGateway>>;
let folder: string;
let served: Awaited<ReturnType<typeof serveHome>>;
let options: { home: string; json: true; yes: true };
let account: Account;
let session: Session;
const ids: Record<string, string> = {};

beforeAll(async () => {
  gateway = await startMemoryGateway();
  folder = await mkdtemp(join(tmpdir(), "cairn-find-"));
  options = { home: join(folder, "home"), json: true, yes: true };
  const home = homeAt(options.home);
  ({ account } = await ensureAccount(home));
  served = await serveHome(home, gateway.url);
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
  for (const name of ["photos", "letters"]) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, "file"), `all of the ${name}`);
    await put(join(folder, name), options);
    ids[name] = [...gateway.packages.keys()].at(-1)!;
  }
  session = await openSession(options);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await gateway.stop();
  served.release();
  await removeFile(folder, { recursive: true, force: true });
});
beforeEach(() => gateway.lie(undefined));

const found = async (text: string) => (await findPackage(ownerPorts(session, account), text)).id;
/** The package's name, as if it had been given it: by this home, unless another of the account's did. */
async function call(id: string, name: string, by: "this home" | "another home" = "this home"): Promise<void> {
  const { open } = gateway.packages.get(id)!;
  open.nameHash = nameHash(account, name);
  open.label = encryptLabel(account, id, { name, files: 1, bytes: 1 });
  if (by === "this home") await amendKnown(ownerPorts(session, account).known, id, { nameHash: open.nameHash as Hex });
}

describe("a package", () => {
  it("is found by as many digits of its id as ls shows, or more", async () => {
    for (const digits of [8, 9, 31, 32]) expect(await found(ids.letters!.slice(0, digits))).toBe(ids.letters);
    await expect(found(ids.letters!.slice(0, 7))).rejects.toMatchObject({ code: "unknown-package" });
    await expect(found("00000000")).rejects.toMatchObject({
      code: "unknown-package",
      message: expect.stringContaining("00000000"),
    });
  });

  it("is not guessed at when several begin so: they are named", async () => {
    const twin = `${ids.photos!.slice(0, 8)}${"0".repeat(24)}`;
    const { open } = gateway.packages.get(ids.photos!)!;
    gateway.packages.set(twin, {
      ...gateway.packages.get(ids.photos!)!,
      open: { ...open, id: twin, label: encryptLabel(account, twin, { name: "twin", files: 1, bytes: 1 }) },
    });
    const refused = { code: "ambiguous-package", message: expect.stringMatching(`${twin} .*twin`) };
    await expect(found(twin.slice(0, 8))).rejects.toMatchObject(refused);
    expect(await found(ids.photos!.slice(0, 31))).toBe(ids.photos);
    gateway.packages.delete(twin);
  });

  it("is found by its name first, also where that looks like the id of another, and is never replaced by an id", async () => {
    const name = ids.letters!.slice(0, 8);
    expect(await livePackage(ownerPorts(session, account), name)).toBeUndefined();
    expect(await livePackage(ownerPorts(session, account), ids.letters!)).toBeUndefined();
    await call(ids.photos!, name);
    expect(await found(name)).toBe(ids.photos);
    await call(ids.photos!, "photos");
  });

  it("is found by the words by which ls tells it from its equal", async () => {
    await call(ids.letters!, sideName("photos", ids.letters!));
    expect(await found("photos (replacement)")).toBe(ids.letters);
    await expect(found("photos (replaced)")).rejects.toMatchObject({ code: "unknown-package" });
    gateway.packages.get(ids.letters!)!.state = "ENDING";
    expect(await found("photos (replaced)")).toBe(ids.letters);
    gateway.packages.get(ids.letters!)!.state = "STORED";
    await call(ids.letters!, "letters");
  });

  it("is not taken for what it was called once, by its name or as ls shows it, unless its owner says so", async () => {
    const differs = (name: string) => ({
      code: "named-otherwise",
      details: { id: ids.letters, name },
      next: expect.stringContaining(`cairn mv ${ids.letters}`),
    });
    const side = sideName("photos", ids.letters!);
    for (const [name, asked] of [
      ["an old name", "an old name"],
      [side, "photos (replacement)"],
    ] as const) {
      await call(ids.letters!, name, "another home");
      await expect(found(asked)).rejects.toMatchObject(differs(name));
      await expect(rm(asked, options)).rejects.toMatchObject(differs(name));
    }
    expect(gateway.packages.get(ids.letters!)!.state).toBe("STORED");
    await call(ids.letters!, "an old name", "another home");
    await expect(livePackage(ownerPorts(session, account), "an old name")).rejects.toMatchObject(
      differs("an old name"),
    );
    expect(await found(ids.letters!)).toBe(ids.letters);
    await mv(ids.letters!, "an old name", options);
    expect(await found("an old name")).toBe(ids.letters);
    await mv(ids.letters!, "letters", options);
  });

  it("is missed when its gateway leaves it out of the list", async () => {
    gateway.lie(({ call }, answer) =>
      call === "GET /packages"
        ? { packages: [], next: null }
        : call === "GET /packages/:id"
          ? { error: { code: "unknown-package", kind: "missing", message: "none" } }
          : answer,
    );
    await expect(found(ids.letters!.slice(0, 8))).rejects.toMatchObject({ code: "gateway-lies" });
  });
});
