import type { Listen } from "./transfer.ts";

/** Characters of one event; the longest that the gateway writes has some 2,000. */
export const MOST_TEXT = 65_536;
const MOST_WAITING = 4096;

/** What a socket tells of itself, whoever implements it. */
export interface SocketEvents {
  open(): void;
  text(text: string): void;
  /** It is over; with what was wrong, where something was. */
  end(error?: Error): void;
}

/** Makes an iteration of what a socket tells. `open` begins, and gives what ends it. */
export async function* textsOf(
  open: (events: SocketEvents) => () => void,
  { signal, onOpen }: { signal: AbortSignal; onOpen: () => void },
): AsyncGenerator<string> {
  const waiting: string[] = [];
  let over: { error?: Error | undefined } | undefined;
  let wake: () => void = () => undefined;
  const end = (error?: Error) => {
    over ??= { error };
    wake();
  };
  const close = open({
    open: onOpen,
    text(text) {
      if (text.length > MOST_TEXT) end(new Error(`a message of ${text.length} characters`));
      else if (waiting.push(text) > MOST_WAITING) end(new Error(`${MOST_WAITING} messages that wait to be read`));
      else wake();
    },
    end,
  });
  const stop = () => end();
  signal.addEventListener("abort", stop);
  try {
    while (!signal.aborted) {
      const text = waiting.shift();
      if (text !== undefined) yield text;
      else if (over !== undefined) break;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    if (over?.error !== undefined && !signal.aborted) throw over.error;
  } finally {
    signal.removeEventListener("abort", stop);
    close();
  }
}

/** By the platform's WebSocket, which takes no headers: the token is the subprotocol `bearer.TOKEN`. */
export const listenSocket: Listen = (url, { token, ...options }) =>
  textsOf(({ open, text, end }) => {
    const socket = new WebSocket(url, token === undefined ? [] : [`bearer.${token}`]);
    socket.onopen = open;
    socket.onmessage = ({ data }) =>
      typeof data === "string" ? text(data) : end(new Error("a message that is no text"));
    socket.onerror = () => end(new Error("the connection failed"));
    socket.onclose = () => end();
    return () => socket.close();
  }, options);
