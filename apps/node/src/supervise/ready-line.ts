const LONGEST_LINE = 65_536;

function jsonLine(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined; // A line of another kind that begins with a brace.
  }
}

/**
 * The first line of a stream that is a JSON object with `ready` true. All bytes, before and after it, go to `also`; what lines before it say
 * under `progress`, a text, goes to `onProgress`. Lines over 64 KiB are passed on and not looked at.
 */
export function readyLine(
  listen: (onBytes: (bytes: Buffer) => void) => void,
  also: (bytes: Buffer) => void,
  onProgress: (text: string) => void = () => undefined,
): Promise<Record<string, unknown>> {
  return new Promise((resolve) => {
    let found = false;
    let line: Buffer | undefined = Buffer.alloc(0);
    listen((bytes) => {
      also(bytes);
      for (let at = 0; !found && at < bytes.length; ) {
        const end = bytes.indexOf(10, at);
        const part = bytes.subarray(at, end < 0 ? undefined : end);
        line = line && line.length + part.length <= LONGEST_LINE ? Buffer.concat([line, part]) : undefined;
        if (end < 0) break;
        const value = line && jsonLine(line.toString("utf8"));
        if (value?.ready === true) {
          found = true;
          resolve(value);
        } else if (typeof value?.progress === "string") onProgress(value.progress);
        line = Buffer.alloc(0);
        at = end + 1;
      }
    });
  });
}

/** Say, in a child that is not ready yet, what it does or waits for. */
export function sayProgress(text: string): void {
  process.stdout.write(`${JSON.stringify({ progress: text })}\n`);
}
