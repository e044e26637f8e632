import type { ErrorEntry } from "./entry.ts";

/** What the foundations raise (packages/core, proofs, process, database and client). */
export const PLATFORM_ERRORS = {
  "bad-address": {
    kind: "input",
    means: "the text is no address that coins can be sent to here",
    next: "Give 0x and 40 hex digits, or a Filecoin address that begins with f410f (t410f on a test network) or f0.",
  },
  "address-unusable": {
    kind: "input",
    means: "a server cannot listen on its address",
    next: "Choose an address of this machine.",
  },
  "bad-certificate": {
    kind: "corrupt",
    means: "a custody certificate does not hold: something in it does not fit the rest, or it is not as it was signed",
    next: "Believe nothing of it. Ask whoever gave it to you for the file as it was issued, or have a new one issued.",
  },
  "bad-challenge": {
    kind: "input",
    means: "the leaves of a challenge are too many, too few or outside the payload",
    next: "Ask for between one and the most leaves that one proof opens, all within the payload.",
  },
  "bad-database-name": {
    kind: "input",
    means: "the text cannot be the name of a database, role or schema",
    next: "Use lower-case letters, digits and underscores, at most 63, not beginning with a digit.",
  },
  "bad-database-url": {
    kind: "input",
    means: "DATABASE_URL is not the URL of a PostgreSQL database",
    next: "Give one like postgres://USER:PASSWORD@HOST:5432/DATABASE?sslmode=verify-full.",
  },
  "bad-document": {
    kind: "corrupt",
    means: "the bytes are not a commitment document",
    next: "Fetch it from another provider.",
  },
  "bad-error": {
    kind: "internal",
    means: "another side sent an error without a usable code",
    next: "Update the side that sent it, or report it.",
  },
  "bad-hex": {
    kind: "input",
    means: "the text is not 0x hex of the right length",
    next: "Give 0x and two hex digits for each byte, no more and no fewer.",
  },
  "bad-host-name": {
    kind: "input",
    means: "the text is not a host name",
    next: "Give names such as cairn.example, addresses, or URLs.",
  },
  "bad-leaf": {
    kind: "input",
    means: "a field of a verdict leaf is out of range",
    next: "Take the leaf as it stands in the period's leaf file.",
  },
  "bad-length": {
    kind: ["input", "internal"],
    means: "a length is outside what the commitment takes",
    next: "Split the data into smaller pieces.",
  },
  "bad-piece-cid": {
    kind: "input",
    means: "the text is not a PieceCID",
    next: "Give a PieceCID: baga6ea4seaq… (v1) or bafkzci… (v2).",
  },
  "bad-placement": {
    kind: "input",
    means: "what is demanded of the providers of a package cannot be",
    next: "Correct the field that is named.",
  },
  "bad-time-zone": {
    kind: "input",
    means: "the time zone is not known",
    next: 'Name a zone of the IANA database, such as "Europe/Berlin" or "UTC".',
  },
  "bad-tree": {
    kind: "corrupt",
    means: "a shard's cached tree is not one",
    next: "Hash the shard again to rebuild its tree.",
  },
  "bad-unit": { kind: "internal", means: "the bytes of a unit of a commitment have the wrong length" },
  "bad-windows": {
    kind: "input",
    means: "the text does not describe weekly windows",
    next: 'Write windows such as "mon-fri 18-24, sat-sun 0-24", "fri 22-6" or "always".',
  },
  "body-broken": { kind: "input", means: "the request's body broke off", next: "Send it again." },
  "body-too-slow": {
    kind: "input",
    means: "the request's body did not arrive in time",
    next: "Send the body at once, over a faster connection.",
  },
  "connection-lost": {
    kind: "unavailable",
    means: "the connection to the gateway broke during a transfer",
    next: "Run the command again; `cairn events` says what happened.",
  },
  "damage-found": {
    kind: "corrupt",
    means: "stored bytes do not match their commitment",
    next: "Report the damage, and take the shard again from its source or a repair.",
  },
  "database-in-use": {
    kind: "conflict",
    means: "the home's database is run by another process",
    next: "Stop that process, or use another home.",
  },
  "database-init-failed": {
    kind: "unavailable",
    means: "the home's database could not be created",
    next: "Mend what is named, or set DATABASE_URL to a PostgreSQL server of version 15 or later.",
  },
  "database-login-refused": {
    kind: "auth",
    means: "the database server refused the login",
    next: "Correct the user and password in DATABASE_URL.",
  },
  "database-missing": {
    kind: "missing",
    means: "the database in DATABASE_URL does not exist",
    next: "Create it, or correct DATABASE_URL.",
  },
  "database-not-created": {
    kind: ["unavailable", "auth"],
    means: "a database that the network needs cannot be made",
    next: "Give a DATABASE_URL whose user may create databases and roles (CREATEDB, CREATEROLE).",
  },
  "database-not-writable": {
    kind: "auth",
    means: "the database's user may not make tables in it",
    next: "As an administrator, give the user the database, or CREATE on its schema public.",
  },
  "database-password-lost": {
    kind: "corrupt",
    means: "the password of the home's database is lost",
    next: "Put the file back from a backup of the home.",
  },
  "database-schema-differs": {
    kind: "conflict",
    means: "the database was last used with another version",
    next: "Run the version of Cairn that this database was last used with, or a later one.",
  },
  "database-start-failed": {
    kind: "unavailable",
    means: "the home's database server did not start",
    next: "Mend what it names, or put the home back from a backup (`cairn restore`).",
  },
  "database-too-old": {
    kind: "unavailable",
    means: "the database server is older than PostgreSQL 15",
    next: "Use PostgreSQL 15 or later.",
  },
  "database-unreachable": {
    kind: "unavailable",
    means: "the database does not answer",
    next: "Start the PostgreSQL server, or correct DATABASE_URL; without it Cairn runs its own.",
  },
  "database-untrusted": {
    kind: "auth",
    means: "the certificate of the database server is not trusted",
    next: "Add ?sslrootcert=FILE of the authority that signed it to DATABASE_URL; sslmode=no-verify encrypts without checking.",
  },
  "foreign-page": {
    kind: "auth",
    means: "a page of another origin called the server",
    next: "Call this server from a program, or from its own pages.",
  },
  "gateway-unreachable": {
    kind: "unavailable",
    means: "the gateway does not answer",
    next: "Start the network with `cairn up`, or name its home with --home.",
  },
  "hasher-finished": { kind: "internal", means: "a hasher was used after it gave its digest" },
  "heartbeat-bad-chunk-count": {
    kind: "input",
    means: "the file and its tag have different or too many chunks",
    next: "Split the file, or use larger chunks.",
  },
  "heartbeat-bad-range": {
    kind: "input",
    means: "a caller asks for a number or piece out of an empty range",
    next: "Ask for a range of at least 1, and for a piece that begins within the file.",
  },
  "heartbeat-bad-round": {
    kind: "input",
    means: "the tag has no such challenge",
    next: "Ask for a challenge that the tag was made for.",
  },
  "heartbeat-bad-rounds": {
    kind: "input",
    means: "a tag cannot serve this number of challenges",
    next: "Ask for a number of challenges within the bounds.",
  },
  "heartbeat-beat-public": {
    kind: "input",
    means: "a caller uses a public beat where the secrets are needed",
    next: "Use the beat that was made with the secrets.",
  },
  "heartbeat-exhausted": {
    kind: "conflict",
    means: "the tag has no challenges left",
    next: "Encode the file again for more challenges.",
  },
  "heartbeat-no-draw": { kind: "internal", means: "no pseudo-random number within the range was drawn" },
  "heartbeat-short-file": {
    kind: "corrupt",
    means: "the file is shorter than its tag says",
    next: "Drop the contract, or restore the file.",
  },
  "heartbeat-state-forged": {
    kind: "corrupt",
    means: "the state of a heartbeat carries no valid signature",
    next: "Use the state as the node gave it out.",
  },
  "lock-failed": {
    kind: "unavailable",
    means: "a lock file cannot be locked",
    next: "Check that the directory is writable, has space, and is on a local file system.",
  },
  "lock-held": {
    kind: "conflict",
    means: "another process holds a lock file",
    next: "Stop the process that holds it.",
  },
  "migration-failed": {
    kind: "internal",
    means: "a migration of the database failed; the database was left as it was before",
    next: "Report it with this message.",
  },
  "no-leaf": {
    kind: "input",
    means: "the tree or the package has no such leaf",
    next: "Name a piece and a shard that the package's document has.",
  },
  "no-socket-directory": {
    kind: "input",
    means: "the path is too long for the database's socket, and no temporary directory can be used",
    next: "Set TMPDIR to a short directory that exists and can be written, or choose a home with a shorter path.",
  },
  "no-tree": {
    kind: "internal",
    means: "a hasher was asked for a tree that it does not collect",
    next: "Construct it with collectTree.",
  },
  "port-taken": {
    kind: "conflict",
    means: "another process listens on the port",
    next: "Choose another port, or stop what listens there.",
  },
  "port-unusable": { kind: "input", means: "a server cannot listen on its port", next: "Choose another port." },
  "postgres-not-installed": {
    kind: "unavailable",
    means: "no embedded PostgreSQL is installed for this platform",
    next: "Set DATABASE_URL to a PostgreSQL server of version 15 or later, or run npm install again.",
  },
  "postgres-not-runnable": {
    kind: "unavailable",
    means: "the embedded PostgreSQL cannot be run here",
    next: "Set DATABASE_URL to a PostgreSQL server of version 15 or later.",
  },
  "too-many-requests": {
    kind: "unavailable",
    means: "too many requests come from this network",
    next: "Try again after the seconds in `retryAfter`, and more slowly.",
  },
  "tree-damaged": {
    kind: "corrupt",
    means: "a shard's cached tree contradicts itself or the commitment",
    next: "Hash the shard again to rebuild its tree.",
  },
  "wrong-host": {
    kind: "auth",
    means: "the server does not go by the name under which it was called",
    next: "Use its address, or have its operator name it in CAIRN_ALLOWED_HOSTS.",
  },
} as const satisfies Record<string, ErrorEntry>;
