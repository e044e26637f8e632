import { gzipSync } from "node:zlib";
import { CairnError } from "@cairn/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MemoryNode } from "./support/memory-node.ts";
import { type OpenDoor, openDoor } from "./support/open-door.ts";
import { readSignedMessageVectors } from "./support/vectors.ts";

const V1 = "/api/downstream/v1";
const BARE = "/api/downstream";
const HASH = "012fb25d2f14bb31bcbad5b8d99703114ed970601b21142c93b50421e8ddb0d7";
const STRANGER = "f".repeat(32);
const JSON_TYPE = { "content-type": "application/json" };
const [good] = readSignedMessageVectors().cases;
const { address, message, signature } = good!;

const node = new MemoryNode();
const signing = new MemoryNode({ requireSignature: true });
let door: OpenDoor;
let signed: OpenDoor;

beforeAll(async () => {
  door = await openDoor({ node });
  signed = await openDoor({ node: signing });
});

afterAll(async () => {
  await Promise.all([door.close(), signed.close()]);
  expect([...door.errors, ...signed.errors].map((error) => (error as Error).message)).toEqual(["a fault inside"]);
});

const error = (text: string) => ({ status: "error", message: text });

function register(body: unknown, type = "application/json") {
  const text = typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return signed.call("POST", `${V1}/new/${address}`, { body: text, headers: { "content-type": type } });
}

describe.each([BARE, V1])("registration below %s", (prefix) => {
  it("asks for a signature where the operator requires one", async () => {
    const answer = await signed.call("GET", `${prefix}/new/${address}`);
    expect(answer.status).toBe(400);
    expect(answer.json).toEqual(
      error("New token requests must include posted signature proving ownership of farming address"),
    );
  });

  it("needs none where he does not, and does not look at a body", async () => {
    for (const method of ["GET", "POST"]) {
      const answer = await door.call(method, `${prefix}/new/${address}`);
      expect(answer.status).toBe(200);
      expect(answer.json).toMatchObject({ token: node.token, type: "Merkle" });
    }
    expect((await door.call("POST", `${prefix}/new/${address}`, { body: "{", headers: JSON_TYPE })).status).toBe(200);
  });

  it("takes a good signature, compressed or not, whatever the headers say", async () => {
    const body = JSON.stringify({ message, signature });
    for (const sent of [body, gzipSync(body)]) {
      for (const headers of [
        JSON_TYPE,
        { ...JSON_TYPE, "content-encoding": "gzip" },
        { "content-type": "application/json; charset=utf-8" },
      ]) {
        const answer = await signed.call("POST", `${prefix}/new/${address}`, { body: sent, headers });
        expect(answer.status).toBe(200);
      }
    }
    expect(signing.calls.at(-1)?.args[2]).toEqual({ message, signature });
  });
});

describe("the messages of registration", () => {
  it.each([
    ["no body", "", "application/json"],
    ["broken JSON", "{", "application/json"],
    ["broken gzip", gzipSync("{}").subarray(0, 12), "application/json"],
    ["another type", { message, signature }, "text/plain"],
    ["a nonsensical type", { message, signature }, "nonsense"],
    ["a list", [message, signature], "application/json"],
    ["null", null, "application/json"],
    ["text", JSON.stringify("message and signature"), "application/json"],
    ["no signature", { message }, "application/json"],
    ["no message", { signature }, "application/json"],
  ])("wants an object: %s", async (_what, body, type) => {
    const answer = await register(body, type);
    expect(answer.status).toBe(400);
    expect(answer.json).toEqual(error('Posted data must be JSON encoded object including "signature" and "message"'));
  });

  it.each([
    ["1025 characters", "x".repeat(1025)],
    ["1025 characters outside of the base plane", "😀".repeat(1025)],
    ["10 MiB", "x".repeat(10 * 1024 * 1024)],
  ])("restricts the message: %s", async (_what, long) => {
    const answer = await register({ message: long, signature });
    expect(answer.status).toBe(400);
    expect(answer.json).toEqual(error("Please restrict your message to less than 1024 bytes."));
  });

  it.each([
    ["1024 characters", "x".repeat(1024)],
    ["1024 characters outside of the base plane", "😀".repeat(1024)],
  ])("looks at the signature of a message of %s", async (_what, long) => {
    const plain = await register({ message: long, signature });
    const escaped = await register(
      `{"signature":"${signature}","message":"${[...long].map((c) => [...c].flatMap(() => escapes(c)).join("")).join("")}"}`,
    );
    for (const answer of [plain, escaped]) {
      expect(answer.status).toBe(400);
      expect(answer.json).toEqual(error("Signature invalid."));
    }
  });

  it.each(["", "x".repeat(87), "x".repeat(89), `${signature} `])("wants 88 characters of signature", async (wrong) => {
    const answer = await register({ message, signature: wrong });
    expect(answer.status).toBe(400);
    expect(answer.json).toEqual(error("Your signature is the wrong length.  It should be 88bytes."));
  });

  it.each<[string, unknown]>([
    ["a message that is a number", { message: 5, signature }],
    ["a message that is a long list", { message: Array(2000).fill(1), signature }],
    ["a signature that is null", { message, signature: null }],
    ["a signature that is an object", { message, signature: { length: 88 } }],
    ["88 characters that are no base64", { message, signature: "!".repeat(88) }],
    ["88 characters of base64 that are 66 bytes", { message, signature: "A".repeat(88) }],
    ["another message", { message: "another", signature }],
    ["a lone surrogate", `{"message":"\\ud800","signature":"${signature}"}`],
    ["a character that no text column takes", { message: "\0", signature }],
  ])("refuses the signature: %s", async (_what, body) => {
    const answer = await register(body);
    expect(answer.status).toBe(400);
    expect(answer.json).toEqual(error("Signature invalid."));
  });

  it.each([
    "1",
    "19qVgG8C6eXwKMMyvVegsi3xCsKyk3Z3jW",
    "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
    "x".repeat(5000),
    "%00",
    "a%2Fb",
  ])("refuses the signature of an address that cannot have one: %s", async (wrong) => {
    const body = JSON.stringify({ message, signature });
    const answer = await signed.call("POST", `${V1}/new/${wrong}`, { body, headers: JSON_TYPE });
    expect(answer.status).toBe(400);
    expect(answer.json).toEqual(error("Signature invalid."));
  });

  it.each([
    ["downstream-too-many-tokens", "IP Disallowed, only 5 tokens are permitted per IP address"],
    ["downstream-bad-address", "Invalid address given: address is not a valid SJCX address."],
    ["downstream-not-whitelisted", "Invalid address given: address must be in whitelist."],
  ] as const)("says what the node refused: %s", async (code, text) => {
    node.failure = new CairnError("inside", { code, kind: "input" });
    const answer = await door.call("GET", `${V1}/new/${address}`);
    expect(answer.status).toBe(400);
    expect(answer.json).toEqual(error(text));
  });

  it("says what to sign instead where a nonce was needed, and gives it", async () => {
    node.failure = new CairnError("inside", { code: "downstream-bad-nonce", kind: "input" });
    const refused = await door.call("GET", `${V1}/new/${address}`);
    expect(refused.status).toBe(400);
    expect(refused.json).toMatchObject({ message: expect.stringContaining("nonce/<address>") });
    const given = await door.call("GET", `${V1}/nonce/${address}`);
    expect(given.json).toEqual({ message: `for ${address}`, expires_in: 600 });
  });
});

/** A character as JSON's \u escapes. */
function escapes(character: string): string[] {
  return Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`,
  );
}

describe.each([BARE, V1])("tokens below %s", (prefix) => {
  it.each([
    ["GET", `/heartbeat/${STRANGER}`, 404],
    ["GET", "/heartbeat/nonsense", 404],
    ["GET", `/heartbeat/${"x".repeat(5000)}`, 404],
    ["GET", `/chunk/${STRANGER}`, 400],
    ["GET", `/chunk/${STRANGER}/1024`, 400],
    ["GET", "/chunk/%00", 400],
    ["GET", `/challenge/${STRANGER}`, 400],
    ["POST", `/challenge/${STRANGER}`, 400],
    ["GET", `/challenge/${STRANGER}/${HASH}`, 400],
    ["POST", `/answer/${STRANGER}`, 400],
    ["POST", `/answer/${STRANGER}/${HASH}`, 400],
  ])("does not know a stranger: %s %s", async (method, path, status) => {
    const body = JSON.stringify({ hashes: [], proofs: [], proof: {} });
    const answer = await door.call(method, prefix + path, method === "POST" ? { body, headers: JSON_TYPE } : {});
    expect(answer.status).toBe(status);
    expect(answer.json).toEqual(error("Nonexistent token."));
  });

  it("knows a token in capitals too", async () => {
    expect((await door.call("GET", `${prefix}/heartbeat/${node.token.toUpperCase()}`)).json).toMatchObject({
      token: node.token,
    });
  });

  it("rotates and deletes the token in the header, and only there", async () => {
    const headers = { authorization: `Bearer ${node.token}` };
    const rotated = await door.call("POST", `${prefix}/token`, { headers });
    expect(rotated.json).toMatchObject({ token: "ff".repeat(16), type: "Merkle" });
    expect((await door.call("DELETE", `${prefix}/token`, { headers })).json).toEqual({ status: "ok" });
    for (const method of ["POST", "DELETE"]) {
      const without = await door.call(method, `${prefix}/token`);
      expect(without.status).toBe(401);
      expect(without.headers["www-authenticate"]).toBe("Bearer");
      expect(without.json).toEqual(error("Please send your token in the header: Authorization: Bearer <token>"));
      const stranger = await door.call(method, `${prefix}/token`, { headers: { authorization: `Bearer ${STRANGER}` } });
      expect([stranger.status, stranger.json]).toEqual([401, error("Nonexistent token.")]);
    }
  });
});

describe("bodies of /challenge and /answer", () => {
  const hashes = error('Posted data must be JSON encoded object: {"hashes":["...file hash..."]}');
  const proofs = error(
    'Posted data must be JSON encoded object: {"proofs":[{"file_hash":"...file hash...","proof":"...proof object..."}]}',
  );
  const proof = error('Posted data must be an JSON encoded proof object: {"proof":"...proof object..."}');
  const post = (path: string, body: string | Buffer, headers = JSON_TYPE) =>
    door.call("POST", V1 + path, { body, headers });

  it.each([
    "",
    "{",
    "[]",
    "null",
    "{}",
    '{"hashes":1}',
    '{"hashes":[null]}',
    '{"hashes":[1.5]}',
    '{"hashes":[1e400]}',
    '{"hashes":[12345678901234567890]}',
    '{"hashes":[{}]}',
    `{"hashes":["${"x".repeat(129)}"]}`,
  ])("says what a list of hashes is: %s", async (body) => {
    const answer = await post(`/challenge/${node.token}`, body);
    expect([answer.status, answer.json]).toEqual([400, hashes]);
  });

  it.each([
    "",
    "{",
    "[]",
    "null",
    "{}",
    '{"proofs":1}',
    '{"proofs":[null]}',
    '{"proofs":[[]]}',
    '{"proofs":[{}]}',
    '{"proofs":[{"proof":{}}]}',
    '{"proofs":[{"file_hash":1e400,"proof":{}}]}',
    '{"proofs":[{"file_hash":[],"proof":{}}]}',
  ])("says what a list of proofs is: %s", async (body) => {
    const answer = await post(`/answer/${node.token}`, body);
    expect([answer.status, answer.json]).toEqual([400, proofs]);
  });

  it.each(["", "{", "[]", "null", "{}", "5"])("says what one proof is: %s", async (body) => {
    const answer = await post(`/answer/${node.token}/${HASH}`, body);
    expect([answer.status, answer.json]).toEqual([400, proof]);
  });

  it("refuses what is too large, and reads it to its end so that the client hears of it", async () => {
    const text = " ".repeat(10 * 1024 * 1024);
    for (const [path, limit] of [
      ["challenge", 1048576],
      ["answer", 8388608],
    ]) {
      for (const body of [text, gzipSync(text)]) {
        const answer = await post(`/${path}/${node.token}`, body);
        expect([answer.status, answer.json]).toEqual([413, error(`Please restrict your request to ${limit} bytes.`)]);
      }
    }
  });

  it("refuses too many contracts at once", async () => {
    const many = Array.from({ length: 15_001 }, (_, n) => n);
    const challenged = await post(`/challenge/${node.token}`, JSON.stringify({ hashes: many }));
    expect([challenged.status, challenged.json]).toEqual([
      400,
      error("Please restrict your request to 15000 contracts."),
    ]);
    const proofsOfMany = many.map((file_hash) => ({ file_hash, proof: "x".repeat(40) }));
    const answered = await post(`/answer/${node.token}`, JSON.stringify({ proofs: proofsOfMany }));
    expect([answered.status, answered.json]).toEqual([400, error("Please restrict your request to 10000 contracts.")]);
  });

  it("collapses a hash that is named a million times", async () => {
    const body = `{"hashes":[${Array(15_000).fill(`"${HASH}"`).join(",")}]}`;
    expect((await post(`/challenge/${node.token}`, body)).json).toEqual({
      challenges: [{ file_hash: HASH, error: "contract not found" }],
    });
  });

  it("names hashes that are none as they came", async () => {
    const named = [1, "1", "x", HASH.toUpperCase(), -3];
    const challenged = await post(`/challenge/${node.token}`, JSON.stringify({ hashes: named }));
    expect(challenged.json).toEqual({
      challenges: named.map((file_hash) => ({ file_hash, error: "contract not found" })),
    });
    const proofsOfNamed = named.map((file_hash) => ({ file_hash, proof: {} }));
    const answered = await post(`/answer/${node.token}`, JSON.stringify({ proofs: proofsOfNamed }));
    expect(answered.json).toEqual({ report: named.map((file_hash) => ({ file_hash, error: "contract not found" })) });
  });

  it("wants hashes in paths", async () => {
    for (const wrong of ["1", "x".repeat(64), `${HASH}0`, "%00"]) {
      const challenged = await door.call("GET", `${V1}/challenge/${node.token}/${wrong}`);
      expect([challenged.status, challenged.json]).toEqual([400, error("Invalid file hash")]);
      const answered = await post(`/answer/${node.token}/${wrong}`, '{"proof":{}}');
      expect([answered.status, answered.json]).toEqual([400, error("Invalid file hash")]);
    }
  });

  it("reads a plain body that is declared as gzip", async () => {
    const headers = { ...JSON_TYPE, "content-encoding": "gzip" };
    expect((await post(`/answer/${node.token}`, '{"proofs":[]}', headers)).json).toEqual({ report: [] });
  });

  it("hides what is wrong on our side", async () => {
    node.failure = new Error("a fault inside");
    const broken = await door.call("GET", `${V1}/challenge/${node.token}`);
    expect([broken.status, broken.json]).toEqual([500, error("Internal Server Error")]);
    node.failure = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED", syscall: "connect" });
    const away = await door.call("GET", `${V1}/challenge/${node.token}`);
    expect([away.status, away.json]).toEqual([503, error("The node cannot reach its database, please try again.")]);
    node.failure = new CairnError("send the answers again", { code: "downstream-unsettled", kind: "unavailable" });
    const unsettled = await door.call("GET", `${V1}/challenge/${node.token}`);
    expect([unsettled.status, unsettled.json]).toEqual([503, error("send the answers again")]);
  });
});

describe("status messages", () => {
  it("says that there is no such farmer", async () => {
    for (const id of ["0".repeat(20), "x", "%00", "x".repeat(5000)]) {
      const answer = await door.call("GET", `${V1}/status/show/${id}`);
      expect([answer.status, answer.json]).toEqual([404, error("Nonexistant farmer id.")]);
    }
  });

  it("says that there is no such sort", async () => {
    for (const path of ["by/nonsense", "by/d/nonsense", "online/by/ip/25", "by/d"]) {
      const answer = await door.call("GET", `${BARE}/status/list/${path}`);
      expect([answer.status, answer.json]).toEqual([400, error("Invalid sort.")]);
    }
  });
});
