import { isIP } from "node:net";
import { CairnError } from "@cairn/protocol/errors";
import { keySegments } from "../blob-key.ts";

/** Where objects are kept in an S3 store, and with whose keys. Never written anywhere: it holds a secret. */
export interface S3Settings {
  bucket: string;
  /** Before every key: empty, or segments of keys with a slash after each. */
  prefix: string;
  /** Origin of the service, without the bucket: `https://s3.eu-west-1.amazonaws.com`. */
  endpoint: string;
  region: string;
  /** Where requests name the bucket: in the path, or in the name of the host. */
  addressing: "path" | "host";
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken: string | undefined };
}

/** What `readS3Settings` reads of the environment, our own names first. */
const NAMES = {
  accessKeyId: ["CAIRN_S3_ACCESS_KEY_ID", "AWS_ACCESS_KEY_ID"],
  secretAccessKey: ["CAIRN_S3_SECRET_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY"],
  sessionToken: ["CAIRN_S3_SESSION_TOKEN", "AWS_SESSION_TOKEN"],
  region: ["CAIRN_S3_REGION", "AWS_REGION", "AWS_DEFAULT_REGION"],
  endpoint: ["CAIRN_S3_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"],
  addressing: ["CAIRN_S3_ADDRESSING"],
} as const;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const REGION = /^[a-z0-9-]{1,40}$/;
/** What can stand in a header, and in the credential of a signature, which slashes divide. */
const KEY_ID = /^[\x21-\x2b\x2d\x2e\x30-\x7e]{1,200}$/;
const SECRET = /^[\x21-\x7e]{1,4096}$/;
const LONGEST_PREFIX = 512;

const badSetting = (message: string, next: string): CairnError =>
  new CairnError(message, { code: "bad-settings", kind: "input", next });

/** The variables that `readS3Settings` reads, as they are set: for the one process that needs them. */
export function s3Environment(environment: NodeJS.ProcessEnv): Record<string, string> {
  const names: string[] = Object.values(NAMES).flat();
  return Object.fromEntries(
    names.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]] as const])),
  );
}

/**
 * @param location `s3://BUCKET` or `s3://BUCKET/PREFIX`, the value of CAIRN_BLOBS
 * @throws CairnError `bad-settings`, which names the variable and no secret
 */
export function readS3Settings(location: string, environment: NodeJS.ProcessEnv): S3Settings {
  const { bucket, prefix } = readLocation(location);
  const first = (names: readonly string[]): { name: string; value: string } | undefined => {
    for (const name of names) {
      const value = environment[name]?.trim();
      if (value) return { name, value };
    }
    return undefined;
  };
  /** A value of which nothing is repeated in an error. */
  const secret = (names: readonly string[], form: RegExp): string | undefined => {
    const found = first(names);
    if (found === undefined || form.test(found.value)) return found?.value;
    throw badSetting(`${found.name} cannot be what it should be`, `Set ${found.name} as the S3 store gave it.`);
  };
  const region = first(NAMES.region);
  if (region !== undefined && !REGION.test(region.value)) {
    throw badSetting(`${region.name} is "${region.value}", which is no region`, "Set it to one like eu-west-1.");
  }
  const told = first(NAMES.endpoint);
  const endpoint =
    told === undefined
      ? `https://s3.${region?.value ?? "us-east-1"}.amazonaws.com`
      : readEndpoint(told.name, told.value);
  const accessKeyId = secret(NAMES.accessKeyId, KEY_ID);
  const secretAccessKey = secret(NAMES.secretAccessKey, SECRET);
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    const missing = accessKeyId === undefined ? NAMES.accessKeyId : NAMES.secretAccessKey;
    throw badSetting(
      `CAIRN_BLOBS is ${location}, and ${missing.join(" or ")} is not set`,
      `Set ${NAMES.accessKeyId[0]} and ${NAMES.secretAccessKey[0]} to keys that may use the bucket.`,
    );
  }
  return {
    bucket,
    prefix,
    endpoint,
    region: region?.value ?? "us-east-1",
    addressing: readAddressing(first(NAMES.addressing)?.value, bucket, endpoint, told !== undefined),
    credentials: { accessKeyId, secretAccessKey, sessionToken: secret(NAMES.sessionToken, SECRET) },
  };
}

/** For a person, without anything secret. */
export function describeS3({ bucket, prefix, endpoint }: S3Settings): string {
  return `s3://${bucket}${prefix === "" ? "" : `/${prefix.slice(0, -1)}`} at ${endpoint}`;
}

function readLocation(location: string): { bucket: string; prefix: string } {
  const wrong = () =>
    badSetting(
      "CAIRN_BLOBS is not the location of a bucket",
      "Set it to s3://BUCKET or s3://BUCKET/PREFIX, with the keys in variables of their own, or unset it.",
    );
  // Not named in the error: what is no location may be a URL with keys in it.
  if (!location.startsWith("s3://")) throw wrong();
  const [bucket = "", ...segments] = location.slice("s3://".length).replace(/\/$/, "").split("/");
  if (!BUCKET.test(bucket) || bucket.includes("..") || isIP(bucket) !== 0) throw wrong();
  if (segments.length === 0) return { bucket, prefix: "" };
  const prefix = segments.join("/");
  try {
    keySegments(prefix);
  } catch {
    throw wrong();
  }
  if (prefix.length > LONGEST_PREFIX) throw wrong();
  return { bucket, prefix: `${prefix}/` };
}

function readEndpoint(name: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = url?.username === "" && url.password === "" && url.search === "" && url.hash === "";
  if (url !== undefined && plain && url.pathname === "/" && ["http:", "https:"].includes(url.protocol))
    return url.origin;
  throw badSetting(
    `${name} is not the address of an S3 store`,
    "Set it to an http or https URL without user, password and path, such as https://s3.example:9000.",
  );
}

/** AWS gets the bucket in the host's name as it asks for; others, and names with dots, which no wildcard certificate holds for, in the path. */
function readAddressing(
  text: string | undefined,
  bucket: string,
  endpoint: string,
  isCustom: boolean,
): S3Settings["addressing"] {
  const { hostname } = new URL(endpoint);
  const isAddress = isIP(hostname.replace(/^\[|\]$/g, "")) !== 0;
  if (text === undefined) return isCustom || bucket.includes(".") ? "path" : "host";
  if (text === "path" || (text === "host" && !isAddress)) return text;
  throw badSetting(
    `CAIRN_S3_ADDRESSING is "${text}"`,
    "Set it to `path`, or to `host` where the endpoint has a name, or unset it.",
  );
}
