import { describe, expect, it } from "vitest";
import { MOST_TEXT, type SocketEvents, textsOf } from "./listen-socket.ts";

/** A socket whose events the test makes. */
function socket() {
  const controller = new AbortController();
  let events: SocketEvents | undefined;
  let closed = 0;
  let opened = 0;
  const texts = textsOf(
    (given) => {
      events = given;
      return () => {
        closed += 1;
      };
    },
    {
      signal: controller.signal,
      onOpen() {
        opened += 1;
      },
    },
  );
  return { texts, controller, events: () => events!, counts: () => ({ opened, closed }) };
}

describe("a socket's texts", () => {
  it("come in order, also those that came before anybody read, and end with it", async () => {
    const { texts, events, counts } = socket();
    const first = texts.next();
    events().open();
    for (const text of ["a", "b", "c"]) events().text(text);
    events().end();
    const rest: string[] = [];
    expect((await first).value).toBe("a");
    for await (const text of texts) rest.push(text);
    expect(rest).toEqual(["b", "c"]);
    expect(counts()).toEqual({ opened: 1, closed: 1 });
  });

  it("end with what was wrong, and when a text is too long or too many wait", async () => {
    for (const [tell, message] of [
      [(events: SocketEvents) => events.end(new Error("broken")), "broken"],
      [(events: SocketEvents) => events.text("x".repeat(MOST_TEXT + 1)), "characters"],
      [
        (events: SocketEvents) => {
          for (let at = 0; at < 5000; at += 1) events.text("x");
        },
        "wait to be read",
      ],
    ] as const) {
      const { texts, events, counts } = socket();
      const all = (async () => {
        for await (const _ of texts);
      })();
      tell(events());
      await expect(all).rejects.toThrow(message);
      expect(counts().closed).toBe(1);
    }
  });

  it("end quietly, and close it, when the reader leaves or its signal aborts", async () => {
    const leaving = socket();
    const first = leaving.texts.next();
    leaving.events().text("a");
    await first;
    await leaving.texts.return(undefined);
    expect(leaving.counts().closed).toBe(1);
    const aborted = socket();
    const next = aborted.texts.next();
    aborted.controller.abort();
    expect((await next).done).toBe(true);
    expect(aborted.counts().closed).toBe(1);
  });
});
