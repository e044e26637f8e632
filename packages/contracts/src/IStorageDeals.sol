// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {DealState, Leaf, Mandate, ProofTerms, Quote, Termination} from "./DealTypes.sol";
import {IPeriodClock} from "./IPeriodClock.sol";
import {IProofLedger} from "./IProofLedger.sol";
import {IProviderRegistry} from "./IProviderRegistry.sol";
import {ISigned} from "./ISigned.sol";

/// @title Escrow and states of deals
/// @notice Each shard is one deal. Its escrow is locked before a provider is asked to hold anything; pay follows verdict leaves and proofs
/// on chain, period by period; what is not paid goes back. All payments are pulled with `withdraw`.
interface IStorageDeals is ISigned, IPeriodClock {
    struct DealRecord {
        DealState state;
        Quote quote;
        uint256 escrow;
        uint32 paidPeriods;
        /// Periods of a COMPLETED deal whose pay still waits for the leaf that decides it.
        uint32 heldPeriods;
        uint32 provenCount;
        uint48 receiptTime;
        uint48 receiptBlock;
        uint48 deadline;
        uint48 lastPeriod;
        bool fromReserve;
    }

    struct PackageRecord {
        bytes32 documentHash;
        address owner;
        address executor;
        bytes32 verifierSet;
        uint16 k;
        uint16 n;
        bytes32 shardsRoot;
        uint128 reserve;
        uint128 escrowed;
        uint48 expiry;
        uint32 liveDeals;
        uint48 lastPeriod;
        bytes32 mandate;
    }

    struct Deployment {
        uint256 chainId;
        address deals;
        address registry;
        address ledger;
        uint48 genesisTime;
        uint32 periodSeconds;
        uint32 graceSeconds;
        uint32 disputePeriods;
        uint32 voteWindowPeriods;
        uint32 proposalSeconds;
        uint48 deployedAt;
    }

    event Deposited(address indexed account, uint256 amount);
    event Withdrawn(address indexed account, uint256 amount);
    event PackageCreated(bytes32 indexed documentHash, address indexed owner, address indexed executor, uint256 reserve);
    event PackageTerminated(bytes32 indexed documentHash, address indexed owner, uint48 lastPeriod);
    event DealProposed(
        bytes32 indexed deal,
        bytes32 indexed documentHash,
        address indexed provider,
        uint32 piece,
        uint16 shard,
        uint256 escrow,
        uint48 deadline,
        bytes32 commitment,
        uint64 rawLength,
        uint128 pricePerPeriod,
        uint32 periods,
        uint256 duty,
        bytes32 verifierSet,
        address owner
    );
    event DealReceived(bytes32 indexed deal, uint48 time);
    event DealStateChanged(bytes32 indexed deal, DealState state);
    /// @notice `payee`: whose balance grew, the provider's payout at that time.
    event DealPaid(bytes32 indexed deal, address indexed provider, address payee, uint256 amount, uint32 periods);
    event DealRefunded(bytes32 indexed deal, uint256 amount, bool toReserve);
    event ReserveReleased(bytes32 indexed documentHash, address indexed owner, uint256 amount);

    error WrongDeployment(address registry, address ledger);
    error InsufficientFunds(address account, uint256 need, uint256 have);
    error TransferFailed(address account, uint256 amount);
    error LengthMismatch(uint256 wanted, uint256 got);
    error NotAllowed(address caller);
    error WrongSigner(bytes32 digest, address wanted, address signer);
    error NoQuotes();
    error InvalidMandate(string field);
    error InvalidQuote(bytes32 deal, string field);
    /// @notice The package was created under another mandate.
    error OtherMandate(bytes32 stored, bytes32 given);
    error UnknownPackage(bytes32 documentHash);
    error PackageEnded(bytes32 documentHash, uint48 lastPeriod);
    error AboveCeiling(bytes32 deal, uint256 pricePerPeriod, uint256 maxPrice);
    /// @notice More periods than the mandate's term has left.
    error TooLong(bytes32 deal, uint256 periods, uint256 most);
    error NotInShardsRoot(bytes32 deal, bytes32 shardsRoot);
    error SlotTaken(bytes32 deal, bytes32 by);
    /// @notice Too many proposals of the shard ended unused in this period; it takes new ones from the next.
    error SlotPaused(bytes32 deal, uint256 period);
    /// @notice The provider holds another live shard of the same piece.
    error AlreadyHolds(address provider, bytes32 deal);
    error EscrowLimit(uint256 need, uint256 maxEscrow);
    error ReserveTooSmall(bytes32 documentHash, uint256 need, uint256 have);
    error WrongState(bytes32 deal, DealState state);
    error AlreadyReceived(bytes32 deal);
    error NotReceived(bytes32 deal);
    error DeadlinePassed(bytes32 deal, uint48 deadline);
    error DeadlineNotPassed(bytes32 deal, uint48 deadline);
    error SeedTooOld(bytes32 deal, uint256 seedBlock, uint48 receiptBlock);
    error NotLedger(address caller);
    error NotOver(bytes32 deal, uint256 lastPeriod);
    error NoFault(bytes32 deal, uint8 verdict);
    /// @notice The deal owed no proof in that period, or the period is void.
    error FaultNotScheduled(bytes32 deal, uint64 period);
    /// @notice A later final root of the set speaks for the deal.
    error FaultSuperseded(bytes32 deal, uint64 period, uint64 newest);
    error ProvenOnChain(bytes32 deal, uint64 period);
    error DealsLive(bytes32 documentHash, uint32 live);

    function deposit(address owner) external payable;

    function withdraw(uint256 amount) external;

    /// @notice Propose a deal for each quote, at least one. A package is its owner's, who signed the mandate: the owner's first use of a manifest
    /// hash creates it, whoever else uses the same hash.
    function propose(
        Mandate calldata m,
        bytes calldata ownerSignature,
        Quote[] calldata quotes,
        bytes[] calldata hotSignatures,
        bytes32[][] calldata paths
    ) external;

    /// @notice Record that providers hold the bytes, each by its hot key's Receipt. Pay runs from the next period.
    function recordReceipts(bytes32[] calldata deals, bytes[] calldata hotSignatures) external;

    /// @notice Activate received deals: a quorum of each deal's verifiers has seen its first proof under `seed`, the hash of a block later
    /// than the receipt.
    function activate(
        bytes32[] calldata deals,
        bytes32 seed,
        bytes32[] calldata proofHashes,
        bytes[][] calldata verifierSignatures
    ) external;

    /// @notice The ledger saw a valid proof of a received deal, under a period seed later than the receipt.
    function activateByProof(bytes32 deal) external;

    /// @notice Take back proposals: the owner or executor at any time, anyone once the package is terminated. The provider is paid for the
    /// periods in which it kept the capacity free, the current one included; the rest of the escrow goes back.
    function cancel(bytes32[] calldata deals) external;

    /// @notice End proposals whose deadline has passed, with pay and refund as for `cancel`.
    function expire(bytes32[] calldata deals) external;

    /// @notice End every ACTIVE deal of a package with the next period, and let anyone cancel its PROPOSED ones.
    function terminate(Termination calldata t, bytes calldata ownerSignature) external;

    /// @notice Credit providers with what undisputed leaves and proofs on chain show. Nothing is owed twice: a leaf claimed again pays nothing.
    function claim(Leaf[] calldata leaves, bytes32[][] calldata paths) external;

    /// @notice Complete a deal by an undisputed root of its last period or a later one; or settle what `closeVoid` held back.
    function close(Leaf calldata leaf, bytes32[] calldata path) external;

    /// @notice Complete a deal that nobody closed within 30 days of its end: pays what earlier claims and proofs on chain show and refunds what
    /// no final root can decide. What a final root decides is neither party's yet: it is held, without limit, for whoever shows the leaf to
    /// `close` or `claim`.
    function closeVoid(bytes32 deal) external;

    /// @notice Fail a deal by a FAULT leaf of the set's newest final root, without a dispute window: what is left pays for the repair. The
    /// provider's proof on chain in either period of the fault refutes it, and so does a period in which it owed none.
    function fail(Leaf calldata leaf, bytes32[] calldata path) external;

    /// @notice Give a package's reserve back to its owner when no deal of it is live: by the owner or executor at any time, by anyone once
    /// the mandate has expired or the package is terminated.
    function releaseReserve(address owner, bytes32 documentHash) external;

    /// @notice Everything about a deal; state NONE for an unknown one.
    function dealOf(bytes32 deal) external view returns (DealRecord memory record);

    /// @notice Everything about a package; owner zero for an unknown one.
    function packageOf(address owner, bytes32 documentHash) external view returns (PackageRecord memory);

    function packageReserve(address owner, bytes32 documentHash) external view returns (uint256);

    /// @notice The live deal that holds a shard, or zero.
    function liveDealAt(address owner, bytes32 documentHash, uint32 piece, uint16 shard) external view returns (bytes32);

    /// @notice What the ledger checks a proof against; a deal without a receipt is in no period's schedule.
    function proofTerms(bytes32 deal) external view returns (ProofTerms memory);

    /// @notice The EIP-712 digest that a provider's hot key signs, which is the deal's id.
    function dealIdOf(Quote calldata quote) external view returns (bytes32);

    /// @notice Every address and constant that a process needs, in one read.
    function deployment() external view returns (Deployment memory);

    /// @notice Free deposit or payout credit, in wei.
    function balance(address account) external view returns (uint256);

    /// @notice How long a proposal waits for receipt and activation.
    function proposalSeconds() external view returns (uint32);

    function registry() external view returns (IProviderRegistry);
    function ledger() external view returns (IProofLedger);
}
