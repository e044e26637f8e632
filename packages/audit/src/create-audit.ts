import type { DealRow } from "@cairn/catalog";
import { type FinalizedHead, Semaphore } from "@cairn/core";
import { CairnError, type DealId, type Hex, type PackageId, type Seconds } from "@cairn/protocol";
import { acceptProofs, type ProofAnswer, type PushedProof } from "./accept-proofs.ts";
import { type AuditProjection, createAuditProjection } from "./apply-events.ts";
import { attend } from "./attendance.ts";
import { type ActivationProof, attestActivation } from "./attest-activation.ts";
import { type Certifier, certifyPackage } from "./certify-package.ts";
import {
  type CheckRequest,
  type CheckResult,
  checkSubject,
  keepChecks,
  startCheck,
  writeEndedChecks,
} from "./check-package.ts";
import { confirmEvidence, takeFaultEvidence } from "./confirm-evidence.ts";
import type { AuditContext, TicketSigner, WorkingContext } from "./context.ts";
import { type CustodyRun, custodyOf } from "./custody.ts";
import { inTurn } from "./in-turn.ts";
import { keepCustody } from "./keep-custody.ts";
import { judgeDuePeriods, openRunningPeriod } from "./keep-periods.ts";
import { openLeafFile } from "./open-leaf-file.ts";
import { type ProofSpan, proofsOf } from "./proof-history.ts";
import { openProofInbox, type ProofInbox } from "./proof-inbox.ts";
import { prune } from "./prune.ts";
import { reportDamage } from "./report-damage.ts";
import { runSchedules } from "./run-schedules.ts";
import { sampleReads } from "./sample-reads.ts";
import {
  addSchedule,
  changeSchedule,
  listSchedules,
  type NewSchedule,
  removeSchedule,
  type Schedule,
} from "./schedules.ts";
import { failFaulted, settleDue } from "./settle.ts";
import { checkResult, pageChecks } from "./stored-checks.ts";
import { tell } from "./tell.ts";
import { tellOnce } from "./tell-once.ts";

export interface Audit {
  /** @throws CairnError `busy` when too many wait already. `arrivedAt`: when the push's first byte came, in milliseconds of the clock's monotonic time; now unless set. */
  acceptProofs(pushes: readonly PushedProof[], arrivedAt?: number): Promise<ProofAnswer[]>;
  /** Where pushes are counted from their first byte on: no period is judged past one that came in time. */
  inbox: ProofInbox;
  /** Say, at least every `absentAfterSeconds`, that answers can come in and chain and database can be reached. */
  listening(): Promise<void>;
  reportDamage(reports: Parameters<typeof reportDamage>[1]): ReturnType<typeof reportDamage>;
  attest(activation: ActivationProof): Promise<Hex[]>;
  startCheck(
    request: CheckRequest,
    sign: TicketSigner,
  ): Promise<{ check: CheckResult; finished: Promise<CheckResult> }>;
  checkResult(id: string, account?: string): Promise<CheckResult>;
  listChecks(request: Parameters<typeof pageChecks>[1]): ReturnType<typeof pageChecks>;
  /** The custody record of deals: what their final periods came to. */
  custody(deals: readonly DealId[]): Promise<Map<DealId, CustodyRun[]>>;
  /** Every period of deals from the first in which something was due, as spans. */
  proofs(
    deals: readonly Pick<DealRow, "deal" | "lastPeriod" | "endsAt" | "endedAt">[],
    now: Seconds,
  ): Promise<Map<DealId, ProofSpan[]>>;
  /** One at a time of an account. @throws CairnError `nothing-to-certify`, `certificate-too-large`, `busy` */
  certify(
    request: { account: string; package: PackageId; pieces?: readonly number[] },
    certifier: Certifier,
  ): Promise<string>;
  schedules: {
    add(wanted: NewSchedule): Promise<Schedule>;
    list(account: string): Promise<Schedule[]>;
    change(account: string, id: string, to: Parameters<typeof changeSchedule>[3]): Promise<Schedule>;
    remove(account: string, id: string): Promise<void>;
  };
  leafFile(hash: Hex): ReturnType<typeof openLeafFile>;
  /** For the indexer. */
  projection: AuditProjection;
  /**
   * What is due at a finalised head: open, judge and vote periods, fail, claim and close deals. Resolves when it is done, throws the first
   * error when all else is done. It may be called again meanwhile: work that is still under way is not begun a second time, so that a slow
   * settlement does not keep the next period from being opened.
   */
  round(head: FinalizedHead): Promise<void>;
}

export interface AuditOptions {
  /** Claims are sent for a deal at most once in this many periods. */
  claimEveryPeriods: number;
  /** Periods and their leaf files are kept for so long, and for as long as a deal may need them; for ever unless set. */
  recordSeconds?: number;
  /** When two calls of `listening` lie further apart than this, the verifiers were away in between. Leave it out to disable the check. */
  absentAfterSeconds?: number;
}

export function createAudit(given: AuditContext, options: AuditOptions): Audit {
  const absentAfterSeconds = options.absentAfterSeconds ?? Number.POSITIVE_INFINITY;
  const context: WorkingContext = {
    ...given,
    absentAfterSeconds,
    inbox: openProofInbox(),
    probes: new Map(),
    sampledPeriod: undefined,
    untimely: new Map(),
    endedChecks: new Map(),
    scrubs: new Map(),
    runningChecks: new Set(),
    listenedAt: undefined,
    tellOnce: tellOnce((notice) => tell(given.pool, notice)),
  };
  /** What users ask for. */
  const asked: WorkingContext = { ...context, pool: given.requestPool ?? given.pool };
  const projection = createAuditProjection(context.pool, context.verifierSet, context.deployment.deployedAt);
  const checking = new Semaphore(PUSHES_AT_ONCE);
  /** Under way, by package, kind and the pieces that there are: who asks for the same one meanwhile is given it. */
  const checks = new Map<string, { account: string; starting: ReturnType<typeof startCheck> }>();
  const certifying = new Semaphore(CERTIFICATES_AT_ONCE);
  /** Accounts that a certificate is being made for. */
  const certified = new Set<string>();
  const begin = async (
    within: WorkingContext,
    request: CheckRequest,
    sign: TicketSigner,
  ): ReturnType<typeof startCheck> => {
    const subject = await checkSubject(within, request);
    const key = `${request.package} ${request.full} ${subject.pieces.join(" ")}`;
    const running = checks.get(key);
    if (running !== undefined) return running.starting;
    const { account } = subject;
    const own = [...checks.values()].filter((one) => one.account === account).length;
    if (checks.size >= CHECKS_AT_ONCE || own >= CHECKS_OF_ONE)
      throw busy(
        own >= CHECKS_OF_ONE ? "too many checks of this account are under way" : "too many checks are under way",
        "Start it again when others have ended, in some minutes.",
      );
    const starting = startCheck(within, request, subject, sign);
    checks.set(key, { account, starting });
    const forget = () => void checks.delete(key);
    // Whoever awaits it sees a failure; nobody has to.
    starting.then(({ finished }) => finished).then(forget, forget);
    return starting;
  };
  const tracks = [
    oneAtATime(inTurn(given.leases, "open", (head) => openRunningPeriod(context, head))),
    oneAtATime(inTurn(given.leases, "judge", (head) => judgeDuePeriods(context, projection, head))),
    oneAtATime(inTurn(given.leases, "fail", () => failFaulted(context))),
    // Of checks that run in this process.
    oneAtATime(async () => {
      await keepChecks(context);
      await writeEndedChecks(context);
    }),
    oneAtATime((head) => {
      const { signTicket } = context;
      if (signTicket === undefined) return Promise.resolve();
      return runSchedules(
        context,
        head.timestamp,
        async (request) => (await begin(context, request, signTicket)).check.id,
      );
    }),
    oneAtATime(inTurn(given.leases, "sample", (head) => sampleReads(context, head))),
    oneAtATime(
      inTurn(given.leases, "settle", async () => {
        await settleDue(context, options.claimEveryPeriods);
        await keepCustody(context);
        await prune(context, options.recordSeconds);
      }),
    ),
    oneAtATime(
      inTurn(given.leases, "evidence", async () => {
        await takeFaultEvidence(context);
        await confirmEvidence(context);
      }),
    ),
  ];
  return {
    async acceptProofs(pushes, arrivedAt = context.clock.monotonic()) {
      if (checking.waiting >= PUSHES_WAITING)
        throw busy("too many proofs are waiting to be checked", "Send them again in a moment.");
      return checking.run(() => acceptProofs(context, pushes, { arrivedAt }));
    },
    inbox: context.inbox,
    listening: () => attend(context),
    reportDamage: (reports) => reportDamage(context, reports),
    attest: (activation) => attestActivation(context, activation),
    startCheck: (request, sign) => begin(asked, request, sign),
    checkResult: (id, account) => checkResult(asked, id, account),
    listChecks: (request) => pageChecks(asked, request),
    custody: (deals) => custodyOf(asked.pool, deals),
    proofs: (deals, now) => proofsOf(asked, deals, now),
    async certify({ account, ...request }, certifier) {
      if (certified.has(account))
        throw busy(
          "a certificate of this account is being made",
          "Ask again when it is there: they are made one after the other.",
        );
      if (certifying.waiting >= CERTIFICATES_WAITING)
        throw busy("too many certificates are being made", "Ask again in a moment.");
      certified.add(account);
      try {
        return await certifying.run(() => certifyPackage(asked, certifier, request));
      } finally {
        certified.delete(account);
      }
    },
    schedules: {
      add: (wanted) => addSchedule(asked, wanted),
      list: (account) => listSchedules(asked, account),
      change: (account, id, to) => changeSchedule(asked, account, id, to),
      remove: (account, id) => removeSchedule(asked, account, id),
    },
    leafFile: (hash) => openLeafFile(context, hash),
    projection,
    async round(head) {
      const done = await Promise.allSettled(tracks.map((track) => track(head)));
      const failed = done.find((one) => one.status === "rejected");
      if (failed !== undefined) throw failed.reason;
    },
  };
}

/** Pushes that are checked and recorded at once: the database has places for others too. */
const PUSHES_AT_ONCE = 4;
/** Pushes of up to 1 MiB that wait for their turn; later ones are refused as `busy`, and providers send them again. */
const PUSHES_WAITING = 64;

/** Each may build the trees of some hundred periods. */
const CERTIFICATES_AT_ONCE = 2;
const CERTIFICATES_WAITING = 16;

/** Each has its holders read whole shards. */
const CHECKS_AT_ONCE = 32;
/** Of those, of one account: it leaves room for three others at least. */
const CHECKS_OF_ONE = 8;

const busy = (what: string, next: string) => new CairnError(what, { code: "busy", kind: "unavailable", next });

/** `work`, unless it is under way. */
function oneAtATime(work: (head: FinalizedHead) => Promise<void>): (head: FinalizedHead) => Promise<void> {
  let running = false;
  return async (head) => {
    if (running) return;
    running = true;
    try {
      await work(head);
    } finally {
      running = false;
    }
  };
}
