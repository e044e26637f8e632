import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SessionCookie } from "./session-cookie.ts";

const one = new SessionCookie("3f0c1c6e-0000-4000-8000-000000000001");
const other = new SessionCookie("3f0c1c6e-0000-4000-8000-000000000002");
const secrets = fc.stringMatching(/^[\w-]{43}$/);
const sent = (set: string) => set.split(";")[0]!;

describe("the cookie of a session", () => {
  it("is read by the gateway that set it, by http and https, and by none of another database, whatever else is sent", () => {
    fc.assert(
      fc.property(secrets, secrets, fc.boolean(), fc.array(fc.string()), (mine, yours, secure, more) => {
        const header = [
          ...more.map((text) => text.replace(/;/g, "")).filter((text) => !text.includes("cairn_session")),
          sent(one.set(mine, { seconds: 9, secure })),
          sent(other.set(yours, { seconds: 9, secure })),
        ].join("; ");
        expect([one.secretIn(header), other.secretIn(header)]).toEqual([mine, yours]);
        expect(new SessionCookie("another").secretIn(header)).toBe("");
      }),
    );
  });

  it("is for this host alone over https, which no cookie that was set by http displaces", () => {
    const [good, planted] = ["g".repeat(43), "p".repeat(43)];
    const set = one.set(good, { seconds: 60, secure: true });
    expect(set).toMatch(
      /^__Host-cairn_session_[0-9a-f]{8}=g{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=60; Secure$/,
    );
    const fromHttp = sent(one.set(planted, { seconds: 60, secure: false }));
    expect(one.secretIn(`${fromHttp}; ${sent(set)}`)).toBe(good);
    expect(one.secretIn(`${sent(set)}; ${fromHttp}`)).toBe(good);
    expect(one.secretIn(fromHttp)).toBe(planted);
  });

  it("counts for nothing beside another value of its name, which a longer path puts before it", () => {
    fc.assert(
      fc.property(secrets, secrets, fc.boolean(), fc.boolean(), (own, planted, secure, first) => {
        const pair = [own, planted].map((secret) => sent(one.set(secret, { seconds: 9, secure })));
        const header = (first ? pair.reverse() : pair).join("; ");
        expect(one.secretIn(header)).toBe(own === planted ? own : "");
        // The same one twice is one, and what is no secret plants nothing.
        expect(one.secretIn(`${pair[0]}; ${pair[0]}; ${one.name}=; ${one.name}=x`)).toBe(first ? planted : own);
      }),
    );
  });

  it("ends under both names", () => {
    expect(one.clear()).toEqual([
      `${one.name}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`,
      `__Host-${one.name}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0; Secure`,
      ...one.clearPlanted(),
    ]);
    expect(one.clearPlanted()).toContain(`${one.name}=; Path=/api/v1; HttpOnly; SameSite=Strict; Max-Age=0`);
    expect(one.secretIn(one.clear().map(sent).join("; "))).toBe("");
  });
});
