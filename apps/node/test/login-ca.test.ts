import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { homeAt, homeToken } from "../src/home/home.ts";
import { type CommandResult, runCli, startNetwork, type TestNetwork, until } from "./support/network.ts";

const directory = mkdtempSync(join(tmpdir(), "cairn-login-ca-"));
const at = (name: string) => join(directory, name);
const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "ignore" });
const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** An authority of one's own. @param subject what it calls itself */
function authority(name: string, subject: string): void {
  openssl(
    "req",
    "-x509",
    ...EC,
    "-days",
    "2",
    "-subj",
    `/CN=${subject}`,
    "-keyout",
    at(`${name}.key`),
    "-out",
    at(`${name}.pem`),
  );
}

/** A gateway's certificate that an authority signed. @param days 0: it ends the moment it begins */
function signed(name: string, by: string, names: string, days = 2): void {
  openssl("req", ...EC, "-subj", "/CN=a gateway", "-keyout", at(`${name}.key`), "-out", at(`${name}.csr`));
  writeFileSync(at(`${name}.ext`), `subjectAltName=${names}\n`);
  openssl(
    ...["x509", "-req", "-in", at(`${name}.csr`), "-CA", at(`${by}.pem`), "-CAkey", at(`${by}.key`), "-CAcreateserial"],
    ...["-days", String(days), "-extfile", at(`${name}.ext`), "-out", at(`${name}.pem`)],
  );
}

let network: TestNetwork;
let url: string;
let tokenFile: string;
let homes = 0;

/** What the gateway serves from now on: it looks at its files every few seconds. */
async function serve(name: string): Promise<void> {
  copyFileSync(at(`${name}.key`), at("live.key"));
  copyFileSync(at(`${name}.pem`), at("live.pem"));
  const { port } = new URL(url);
  const served = () =>
    execFileSync("openssl", ["s_client", "-connect", `127.0.0.1:${port}`, "-showcerts"], {
      ...{ input: "", stdio: ["pipe", "pipe", "ignore"], encoding: "utf8" },
    });
  const body = readFileSync(at(`${name}.pem`), "utf8").trim();
  await until(
    async () => served(),
    (text) => text.includes(body),
    60,
    `the certificate ${name}`,
  );
}

const login = (address: string, ...more: string[]) => {
  homes += 1;
  return runCli(["login", address, "--token-file", tokenFile, "--json", "--home", at(`home-${homes}`), ...more]);
};
const refusal = ({ code, stdout }: CommandResult) => {
  const { error } = JSON.parse(stdout) as { error: { code: string; message: string; next: string; details: object } };
  return { exit: code, ...error };
};

beforeAll(async () => {
  authority("ours", "Authority of a test");
  authority("other", "Another authority");
  authority("namesake", "Authority of a test");
  signed("good", "ours", "DNS:localhost");
  signed("ended", "ours", "DNS:localhost", 0);
  signed("moved", "other", "DNS:localhost");
  copyFileSync(at("good.key"), at("live.key"));
  copyFileSync(at("good.pem"), at("live.pem"));
  network = await startNetwork({
    providers: 0,
    env: { CAIRN_TLS_CERT: at("live.pem"), CAIRN_TLS_KEY: at("live.key") },
  });
  const { port } = new URL(network.url);
  url = `https://localhost:${port}`;
  tokenFile = at("token");
  writeFileSync(tokenFile, `${await homeToken(homeAt(network.home))}\n`);
});
afterAll(async () => {
  await network?.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe("cairn login at a gateway whose certificate a private authority signed", () => {
  it("is refused without --ca, and says what to do", async () => {
    const refused = refusal(await login(url));
    expect(refused).toMatchObject({ exit: 3, code: "certificate-refused", details: { reason: "unknown-issuer", url } });
    expect(refused.message).toContain("no authority that this system trusts has signed it");
    expect(refused.next).toContain(`cairn login ${url} --ca FILE`);
  });

  it("is refused with another authority's, and with one that only has its name", async () => {
    for (const name of ["other.pem", "namesake.pem"]) {
      const refused = refusal(await login(url, "--ca", at(name)));
      expect(refused).toMatchObject({ code: "certificate-refused", details: { reason: "unknown-issuer" } });
      expect(refused.message).toContain(`nor that in ${at(name)} has signed it`);
    }
  });

  it("is refused under a name that the certificate is not for", async () => {
    const refused = refusal(await login(url.replace("localhost", "127.0.0.1"), "--ca", at("ours.pem")));
    expect(refused).toMatchObject({ code: "certificate-refused", details: { reason: "wrong-name" } });
    expect(refused.message).toContain("it is for DNS:localhost, not for 127.0.0.1");
  });

  it.each([
    ["no PEM", "hello\n"],
    ["nothing", ""],
    ["a key", () => readFileSync(at("ours.key"), "utf8")],
    [
      "one whole and half a certificate",
      () => `${readFileSync(at("ours.pem"), "utf8")}${readFileSync(at("other.pem"), "utf8").slice(0, 200)}`,
    ],
    ["half a certificate", () => readFileSync(at("ours.pem"), "utf8").slice(0, 200)],
  ])("takes no file with %s for an authority's", async (_, content) => {
    writeFileSync(at("wrong.pem"), typeof content === "string" ? content : content());
    expect(refusal(await login(url, "--ca", at("wrong.pem")))).toMatchObject({ exit: 2, code: "bad-settings" });
    expect(refusal(await login(url, "--ca", at("none.pem")))).toMatchObject({ exit: 2, code: "unreadable-path" });
  });

  it("holds with the right one, which the commands that follow use until the certificate is another's or has ended", async () => {
    const done = await login(url, "--ca", at("ours.pem"));
    expect([done.code, done.stderr]).toEqual([0, ""]);
    const home = at(`home-${homes}`);
    expect(statSync(join(home, "remote.json")).mode & 0o777).toBe(0o600);
    rmSync(at("ours.pem"));
    const there = (...args: string[]) => runCli([...args, "--home", home]);
    const listed = await there("ls", "--json");
    expect([listed.code, listed.stdout.trim()]).toEqual([0, "[]"]);
    expect((await there("token", "list")).code).toBe(0);

    await serve("moved");
    const moved = refusal(await there("ls", "--json"));
    expect(moved).toMatchObject({ exit: 3, code: "certificate-refused", details: { reason: "unknown-issuer" } });
    await serve("ended");
    const ended = refusal(await there("ls", "--json"));
    expect(ended).toMatchObject({ code: "certificate-refused", details: { reason: "expired" } });
    expect(ended.message).toContain("has expired");
    expect(ended.next).toContain("--tls-cert");

    await serve("good");
    expect((await there("ls", "--json")).code).toBe(0);
    expect((await there("logout")).code).toBe(0);
  });
});
