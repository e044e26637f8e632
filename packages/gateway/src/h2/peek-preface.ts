import type { Socket } from "node:net";

/** What a client of HTTP/2 that knows of it sends first: RFC 9113, section 3.4. */
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
/** No method of HTTP/1.1 begins so: enough to tell. */
const TELLING = 4;

/**
 * Which protocol a new connection speaks, by its first bytes, which stay unread. `silent`: they did not come in time. `gone`: the connection ended.
 * Nobody else may read the socket meanwhile.
 */
export function peekPreface(socket: Socket, milliseconds: number): Promise<"h2" | "http1" | "silent" | "gone"> {
  return new Promise((resolve) => {
    const read: Buffer[] = [];
    const decide = (found: "h2" | "http1" | "silent" | "gone") => {
      clearTimeout(late);
      socket.off("readable", look);
      for (const event of ["end", "error", "close"]) socket.off(event, end);
      if (read.length > 0) socket.unshift(Buffer.concat(read));
      resolve(found);
    };
    const look = () => {
      const bytes: Buffer | null = socket.read();
      if (bytes === null) return;
      read.push(bytes);
      const begun = Buffer.concat(read).subarray(0, TELLING);
      if (!PREFACE.subarray(0, begun.length).equals(begun)) decide("http1");
      else if (begun.length === TELLING) decide("h2");
    };
    const end = () => {
      read.length = 0;
      decide("gone");
    };
    const late = setTimeout(() => decide("silent"), milliseconds);
    for (const event of ["end", "error", "close"]) socket.on(event, end);
    socket.on("readable", look);
  });
}
