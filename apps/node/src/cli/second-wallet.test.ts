import { mkdir, mkdtemp, readFile, rm as removeFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encryptSecret } from "@cairn/archive/encrypt-secret";
import { generateAccountKey } from "@cairn/archive/keys";
import { generateKey } from "@cairn/chain";
import { findPackage } from "@cairn/owner/find-package";
import type { ChainView } from "@cairn/owner/ports";
import type { Address, Hex } from "@cairn/protocol";
import { recoverTyped } from "@cairn/protocol/sign-typed";
import { type JsonSigned, signedFromJson } from "@cairn/protocol/typed-json";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Account, ensureAccount, installAccount } from "../account/account.ts";
import { homeAt } from "../home/home.ts";
import { recordedWallets } from "../owner/recorded-wallets.ts";
import { check } from "./check.ts";
import { get } from "./get.ts";
import { mv } from "./mv.ts";
import { ownerPorts } from "./owner-ports.ts";
import { put } from "./put.ts";
import { rm } from "./rm.ts";
import { openSession } from "./session.ts";
import { show } from "./show.ts";
import { startMemoryGateway } from "./testing/memory-gateway.ts";
import { deployment } from "./testing/memory-network.ts";
import { serveHome } from "./testing/serve-home.ts";
import { trustWallet, unlock } from "./wallets.ts";

type Options = { home: string; json: true; yes: true };

let gateway: Awaited<ReturnType<typeof startMemoryGateway>>;
let folder: string;
let account: Account;
/** The home that puts, and another of the same account, which has its keys and none of its records. */
let first: Options;
let second: Options;
const served: { release(): void }[] = [];
let till: Address;
let safe: Address;

beforeAll(async () => {
  gateway = await startMemoryGateway();
  folder = await mkdtemp(join(tmpdir(), "cairn-wallets-"));
  first = { home: join(folder, "first"), json: true, yes: true };
  second = { home: join(folder, "second"), json: true, yes: true };
  ({ account } = await ensureAccount(homeAt(first.home)));
  await installAccount(homeAt(second.home), account.secrets);
  for (const { home } of [first, second]) served.push(await serveHome(homeAt(home), gateway.url));
  till = gateway.wallets.add({ name: "till", kind: "custodial", key: generateKey() });
  const key = generateKey();
  safe = gateway.wallets.add({
    name: "safe",
    kind: "vault",
    key,
    keystore: await encryptSecret(account.key, bytesOf(key)),
  });
  for (const name of ["photos", "letters", "songs"]) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, "file"), `all of the ${name}`);
  }
});
afterAll(async () => {
  await gateway.stop();
  for (const one of served) one.release();
  await removeFile(folder, { recursive: true, force: true });
});
beforeEach(() => {
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
  gateway.lie(undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
  gateway.packages.clear();
});

const bytesOf = (key: Hex) => Buffer.from(key.slice(2), "hex");
const newest = () => [...gateway.packages.keys()].at(-1)!;
const store = async (name: string, wallet: string | undefined, more = {}): Promise<string> => {
  await put(join(folder, name), { ...first, ...(wallet === undefined ? {} : { wallet }), ...more });
  return newest();
};
/** Who signed what was asked for by the last call of that kind. */
function signerOf(type: "Termination" | "ReadCapability", call: string, from: (body: never) => JsonSigned<never>) {
  const { body } = gateway.asked.findLast((one) => one.call === call)!;
  const { message, signature } = signedFromJson(type, from(body as never));
  return recoverTyped(type, message, deployment, signature);
}
const endedBy = () =>
  signerOf("Termination", "POST /packages/:id/remove", (body: { termination: never }) => body.termination);
const readBy = () =>
  signerOf("ReadCapability", "POST /packages/:id/check", (body: { readCapability: never }) => body.readCapability);
const signedCalls = () => gateway.asked.filter(({ signed }) => signed).map(({ call }) => call);

/** Put by an unlocked vault is the gateway's matter: here it is as if another home had done it. */
async function storedBy(wallet: Address, name: string): Promise<string> {
  const id = await store(name, till);
  const held = gateway.packages.get(id)!;
  const { encodeDocument } = await import("@cairn/protocol/document");
  const { bytes, documentHash } = encodeDocument({ ...held.document!, owner: wallet });
  held.document = { ...held.document!, owner: wallet };
  Object.assign(held, { documentBytes: Buffer.from(bytes), documentHash });
  return id;
}

describe("a package of another wallet than the home's", () => {
  it("is shown, read, checked, renamed and ended, each signed by its own wallet", async () => {
    await store("photos", till);
    await show("photos", { ...first, files: true });
    await get("photos", join(folder, "back"), first);
    expect(await readFile(join(folder, "back", "file"), "utf8")).toBe("all of the photos");
    await check("photos", { ...first, full: true });
    expect(readBy()).toBe(till);
    await mv("photos", "pictures", first);
    await rm("pictures", first);
    expect(endedBy()).toBe(till);
  });

  it("is replaced from any other wallet, and ended by its own", async () => {
    const byTill = await store("photos", till);
    const byHome = await store("photos", undefined, { replace: true });
    expect(gateway.packages.get(byTill)!.state).toBe("ENDING");
    expect(endedBy()).toBe(till);
    await store("photos", till, { replace: true });
    expect(gateway.packages.get(byHome)!.state).toBe("ENDING");
    expect(endedBy()).toBe(account.wallet.address);
  });

  it("is known in another home by a keystore that is encrypted to the account's key, whose vault stays locked", async () => {
    await storedBy(safe, "letters");
    await show("letters", { ...second, files: true });
    gateway.asked.length = 0;
    await rm("letters", second);
    expect(endedBy()).toBe(safe);
    expect(gateway.asked.map(({ call }) => call)).not.toContain("POST /wallets/:address/sign");
  });

  it("is known in another home once its person says so", async () => {
    await store("photos", till);
    gateway.asked.length = 0;
    const refused = { code: "gateway-lies", details: { field: "document.owner", offered: till } };
    await expect(rm("photos", second)).rejects.toMatchObject({
      ...refused,
      next: expect.stringContaining(`cairn wallet trust ${till}`),
    });
    expect(signedCalls()).toEqual([]);
    await trustWallet(till, second);
    await rm("photos", second);
    expect(endedBy()).toBe(till);
  });
});

describe("a gateway that names a wallet which is not the owner's", () => {
  const forgeries: [
    string,
    (key: Hex) => Promise<{ kind: "client" | "vault" | "custodial"; keystore?: Uint8Array }>,
  ][] = [
    ["as a custodial one", async () => ({ kind: "custodial" })],
    ["as one whose key is with the owner", async () => ({ kind: "client" })],
    [
      "as a vault, with a keystore that somebody made with the public half of the owner's key",
      async (key) => {
        const { privateKey, ...evil } = await generateAccountKey({ name: "evil" });
        const forger = { ...evil, privateKey, publicKey: account.key.publicKey };
        return { kind: "vault", keystore: await encryptSecret(forger, bytesOf(key)) };
      },
    ],
    [
      "as a vault, with the keystore of another wallet",
      async () => ({
        kind: "vault",
        keystore: Buffer.from(gateway.wallets.keystoreOf(safe).keystore, "base64"),
      }),
    ],
    ["as a vault without a keystore", async () => ({ kind: "vault" })],
  ];
  it.each(forgeries)("%s, is refused, and nothing is signed", async (_, forge) => {
    const key = generateKey();
    const foreign = gateway.wallets.add({ name: "evil", key, ...(await forge(key)) });
    const id = await storedBy(foreign, "songs");
    gateway.asked.length = 0;
    for (const run of [
      () => show("songs", { ...second, files: true }),
      () => get("songs", join(folder, "never"), second),
      () => check("songs/file", { ...second, full: true }),
      () => mv("songs", "tunes", second),
      () => rm(id, second),
      () => put(join(folder, "songs"), { ...second, replace: true }),
    ]) {
      await expect(run()).rejects.toMatchObject({ code: "gateway-lies" });
    }
    expect(signedCalls().filter((call) => call !== "PUT /account")).toEqual([]);
    expect(gateway.asked.map(({ call }) => call)).not.toContain("POST /wallets/:address/sign");
  });

  it("does not have a put paid by it: not by the order of payment, nor under a name of the owner's own wallets", async () => {
    const key = generateKey();
    for (const [at, forge] of forgeries.map(([, forge]) => forge).entries()) {
      const evil = gateway.wallets.add({ name: `spare ${at}`, key, ...(await forge(key)) });
      gateway.asked.length = 0;
      gateway.lie((one, answer) =>
        one.call === "GET /settings" ? { ...(answer as object), wallets: [evil] } : answer,
      );
      await expect(put(join(folder, "songs"), first)).rejects.toMatchObject({
        code: expect.stringMatching(/^(insufficient-funds|gateway-lies)$/),
      });
      gateway.lie(undefined);
      await expect(put(join(folder, "songs"), { ...first, wallet: `spare ${at}` })).rejects.toMatchObject({
        code: expect.stringMatching(/^(unknown-wallet|gateway-lies)$/),
      });
      expect(signedCalls().filter((call) => call !== "PUT /account")).toEqual([]);
      expect(gateway.packages.size).toBe(0);
      expect(await recordedWallets(homeAt(first.home))).not.toContain(evil);
      gateway.wallets.remove(evil);
    }
  });

  it("has no name that takes the place of an address that a person typed", async () => {
    const evil = gateway.wallets.add({ name: till, kind: "custodial", key: generateKey() });
    gateway.wallets.first(evil);
    const id = await store("songs", till);
    expect(gateway.packages.get(id)!.document!.owner).toBe(till);
    expect(await recordedWallets(homeAt(first.home))).not.toContain(evil);
    // From here on its name will do.
    await store("letters", "till");
    gateway.wallets.remove(evil);
  });

  it("is sent no message to the owner's key that a vault's keystore would have it opened for", async () => {
    const letter = await encryptSecret(account.key, Buffer.from("a letter to the owner's key"));
    const other = await encryptSecret(account.key, bytesOf(generateKey()));
    for (const keystore of [letter, other]) {
      gateway.lie((one, answer) =>
        one.call.endsWith("/keystore") ? { keystore: Buffer.from(keystore).toString("base64") } : answer,
      );
      gateway.asked.length = 0;
      await expect(unlock("safe", first)).rejects.toMatchObject({ code: "gateway-lies" });
      expect(gateway.asked.map(({ call }) => call)).not.toContain("POST /wallets/:address/unlock");
    }
  });

  it("cannot take the wallet of a package that was signed for here from it", async () => {
    const id = await store("photos", till);
    await storedBy(gateway.wallets.add({ name: "evil", kind: "custodial", key: generateKey() }), "songs");
    await expect(rm(newest(), first)).rejects.toMatchObject({
      code: "gateway-lies",
      details: { field: "documentHash" },
    });
    expect(gateway.packages.get(id)!.state).toBe("STORED");
  });

  it("cannot hide a package of another wallet whose deals go on", async () => {
    await store("photos", till);
    const { documentHash } = gateway.packages.get(newest())!;
    const session = await openSession(first);
    const asked: Address[] = [];
    const chain = {
      package: async (of: { owner: Address; documentHash: Hex }) => {
        asked.push(of.owner);
        return of.owner === till && of.documentHash === documentHash ? { liveDeals: 4, lastPeriod: 0 } : undefined;
      },
    } as unknown as ChainView;
    const ports = {
      ...ownerPorts(session, account),
      readChain: async <T>(_: unknown, use: (of: ChainView) => Promise<T>) => use(chain),
    };
    gateway.lie((one, answer) => (one.call === "GET /packages" ? { packages: [], next: null } : answer));
    const hidden = { code: "gateway-lies", details: { field: 'the package "photos"' } };
    await expect(findPackage(ports, "photos")).rejects.toMatchObject(hidden);
    expect(asked).toEqual([till]);
  });
});
