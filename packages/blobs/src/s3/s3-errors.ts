import { CairnError } from "@cairn/protocol/errors";

/** How an S3 store refused a request: an HTTP status and, where it gave one, a code of its list. */
export interface S3Refusal {
  status: number;
  code: string | undefined;
}

const words = ({ status, code }: S3Refusal): string => `${code ?? "no code"}, HTTP ${status}`;

const NEXT_OF_DENIED = new Map([
  ["RequestTimeTooSkewed", "Set this machine's clock."],
  ["InvalidAccessKeyId", "Set CAIRN_S3_ACCESS_KEY_ID (or AWS_ACCESS_KEY_ID) to a key that the S3 store knows."],
  [
    "SignatureDoesNotMatch",
    "Set CAIRN_S3_SECRET_ACCESS_KEY (or AWS_SECRET_ACCESS_KEY) to the secret of that key, and CAIRN_S3_REGION as the S3 store has it.",
  ],
  ["ExpiredToken", "Set keys that have not expired; long-lived ones suit a gateway."],
]);
const NEXT_OF_BUCKET =
  "Check the bucket's name in CAIRN_BLOBS, CAIRN_S3_REGION and CAIRN_S3_ENDPOINT; Cairn makes no buckets.";
const OF_REGION = [
  "AuthorizationHeaderMalformed",
  "PermanentRedirect",
  "TemporaryRedirect",
  "IllegalLocationConstraintException",
];

/** What a refusal that repeating does not mend means. Nothing of what the store wrote besides its code is repeated. */
export function s3Error(refusal: S3Refusal): CairnError {
  const { status, code = "" } = refusal;
  const details = { status, ...(code === "" ? {} : { s3: code }) };
  if (
    code === "NoSuchBucket" ||
    code === "InvalidBucketName" ||
    OF_REGION.includes(code) ||
    (status >= 300 && status < 400)
  ) {
    return new CairnError(`the S3 store does not have the bucket there (${words(refusal)})`, {
      code: "blobs-no-bucket",
      kind: "unavailable",
      details,
      next: NEXT_OF_BUCKET,
    });
  }
  if (status === 507 || code === "QuotaExceeded" || code === "XMinioStorageFull") {
    return new CairnError(`the S3 store has no space left (${words(refusal)})`, {
      code: "no-space",
      kind: "exhausted",
      details,
      next: "Raise the bucket's quota, or give its store more disk.",
    });
  }
  if (status === 401 || status === 403) {
    return new CairnError(`the S3 store does not let the gateway do what it must (${words(refusal)})`, {
      code: "blobs-denied",
      kind: "unavailable",
      details,
      next:
        NEXT_OF_DENIED.get(code) ??
        "Check the keys, and let them get, put, list and delete objects of the bucket, and list and abort its multipart uploads.",
    });
  }
  return unexpectedAnswer(`it refused a request (${words(refusal)})`, details);
}

/** The store is not reached, or fails at its end, however often it is asked. */
export function unreachable(why: string, details: Record<string, unknown> = {}): CairnError {
  return new CairnError(`the S3 store does not answer as it should: ${why}`, {
    code: "blobs-unreachable",
    kind: "unavailable",
    details,
    next: "Check that the S3 store runs and that CAIRN_S3_ENDPOINT is its address, then try again.",
  });
}

/** The store says what no S3 store says. */
export function unexpectedAnswer(why: string, details: Record<string, unknown> = {}): CairnError {
  return new CairnError(`the S3 store's answer is not understood: ${why}`, {
    code: "blobs-answer",
    kind: "corrupt",
    details,
    next: "Check that CAIRN_S3_ENDPOINT is an S3 store and nothing between changes what it says; `cairn doctor` tries it.",
  });
}

/** The store gives other bytes than it was given. */
export function damaged(key: string, why: string): CairnError {
  return new CairnError(`the object ${key} in the S3 store is not what was put there: ${why}`, {
    code: "blob-damaged",
    kind: "corrupt",
    details: { key },
    next: "Bring the object back from an earlier version or a copy of the bucket, or get the package through another gateway.",
  });
}
