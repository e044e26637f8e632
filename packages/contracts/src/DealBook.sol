// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {DealState, ProofTerms, Quote, TypedData} from "./DealTypes.sol";
import {IProofLedger} from "./IProofLedger.sol";
import {IProviderRegistry} from "./IProviderRegistry.sol";
import {IStorageDeals} from "./IStorageDeals.sol";
import {PeriodClock} from "./PeriodClock.sol";
import {Schedule} from "./Schedule.sol";
import {Signatures, Signed} from "./Signed.sol";

/// @title Deals, packages and balances as they are kept, and what can be read of them
abstract contract DealBook is Signed, PeriodClock, IStorageDeals {
    /// @dev Owner, verifier set: the package's. Escrow: pricePerPeriod * periods. Paid: pricePerPeriod * paidPeriods.
    struct Deal {
        address provider;
        uint64 rawLength;
        uint32 periods;
        bytes32 commitment;
        bytes32 packageKey;
        uint128 pricePerPeriod;
        uint128 egressPrice;
        uint168 duty;
        uint32 piece;
        uint16 shard;
        DealState state;
        bool fromReserve;
        bytes32 nonce;
        uint64 expiry;
        uint48 deadline;
        uint48 receiptTime;
        uint48 receiptBlock;
        uint48 lastPeriod;
        uint32 paidPeriods;
        uint32 leafFulfilled;
        uint32 loggedCommitted;
        /// What `closeVoid` left undecided, and the period whose leaf or a later one decides it.
        uint32 heldPeriods;
        uint48 heldThrough;
        /// Latest period of which a leaf was shown.
        uint48 shownThrough;
    }

    struct Package {
        address owner;
        uint48 expiry;
        /// Zero until the owner terminates the package.
        uint48 lastPeriod;
        address executor;
        uint32 live;
        uint16 k;
        uint16 n;
        bytes32 documentHash;
        bytes32 verifierSet;
        bytes32 shardsRoot;
        bytes32 mandate;
        uint128 reserve;
        uint128 escrowed;
    }

    struct Ends {
        uint48 period;
        uint8 count;
    }

    IProviderRegistry public immutable registry;
    IProofLedger public immutable ledger;
    uint32 public immutable proposalSeconds;

    mapping(address account => uint256) public balance;
    mapping(bytes32 id => Deal) internal _deals;
    /// @dev By (owner, documentHash): whoever else uses a document's hash has another package.
    mapping(bytes32 packageKey => Package) internal _packages;
    /// @dev Latest deal of (package, piece, shard); none once a proposal that the balance paid was withdrawn or ran out.
    mapping(bytes32 slot => bytes32 deal) internal _slots;
    /// @dev Proposals of the slot that were withdrawn or ran out in the period in which the last one did.
    mapping(bytes32 slot => Ends) internal _ends;
    /// @dev Live deal of (package, piece, provider).
    mapping(bytes32 holding => bytes32 deal) internal _holdings;

    constructor(IProviderRegistry registry_, IProofLedger ledger_, uint32 proposalSeconds_)
        PeriodClock(ledger_.genesisTime(), ledger_.periodSeconds(), ledger_.graceSeconds(), ledger_.disputePeriods())
    {
        if (registry_.deals() != address(this) || address(ledger_.deals()) != address(this)) {
            revert WrongDeployment(address(registry_), address(ledger_));
        }
        registry = registry_;
        ledger = ledger_;
        proposalSeconds = proposalSeconds_;
    }

    // Views

    function dealOf(bytes32 deal) external view returns (DealRecord memory record) {
        Deal storage d = _deals[deal];
        if (d.state == DealState.NONE) return record;
        Package storage p = _packages[d.packageKey];
        record.state = d.state;
        Quote memory q = record.quote;
        q.provider = d.provider;
        q.owner = p.owner;
        q.documentHash = p.documentHash;
        q.piece = d.piece;
        q.shard = d.shard;
        q.commitment = d.commitment;
        q.rawLength = d.rawLength;
        q.pricePerPeriod = d.pricePerPeriod;
        q.egressPrice = d.egressPrice;
        q.periods = d.periods;
        q.duty = d.duty;
        q.verifierSet = p.verifierSet;
        q.expiry = d.expiry;
        q.nonce = d.nonce;
        record.escrow = _escrowOf(d);
        record.paidPeriods = d.paidPeriods;
        record.heldPeriods = d.heldPeriods;
        record.provenCount = ledger.provenCount(deal);
        record.receiptTime = d.receiptTime;
        record.receiptBlock = d.receiptBlock;
        record.deadline = d.deadline;
        if (d.receiptTime != 0) record.lastPeriod = uint48(_lastPeriodOf(d));
        record.fromReserve = d.fromReserve;
    }

    function packageOf(address owner, bytes32 documentHash) external view returns (PackageRecord memory) {
        Package storage p = _packages[_packageKey(owner, documentHash)];
        return PackageRecord({
            documentHash: documentHash,
            owner: p.owner,
            executor: p.executor,
            verifierSet: p.verifierSet,
            k: p.k,
            n: p.n,
            shardsRoot: p.shardsRoot,
            reserve: p.reserve,
            escrowed: p.escrowed,
            expiry: p.expiry,
            liveDeals: p.live,
            lastPeriod: p.lastPeriod,
            mandate: p.mandate
        });
    }

    function packageReserve(address owner, bytes32 documentHash) external view returns (uint256) {
        return _packages[_packageKey(owner, documentHash)].reserve;
    }

    function liveDealAt(address owner, bytes32 documentHash, uint32 piece, uint16 shard) external view returns (bytes32) {
        bytes32 deal = _slots[_slotKey(_packageKey(owner, documentHash), piece, shard)];
        return _isLive(deal) ? deal : bytes32(0);
    }

    function proofTerms(bytes32 deal) external view returns (ProofTerms memory) {
        Deal storage d = _deals[deal];
        bool received = d.receiptTime != 0;
        return ProofTerms({
            provider: d.provider,
            state: d.state,
            rawLength: d.rawLength,
            receiptPeriod: received ? _periodAt(d.receiptTime) : type(uint48).max,
            lastPeriod: received ? uint48(_lastPeriodOf(d)) : 0,
            duty: d.duty,
            commitment: d.commitment
        });
    }

    function dealIdOf(Quote calldata quote) external view returns (bytes32) {
        return _digestOf(TypedData.hash(quote));
    }

    function deployment() external view returns (Deployment memory) {
        return Deployment({
            chainId: block.chainid,
            deals: address(this),
            registry: address(registry),
            ledger: address(ledger),
            genesisTime: genesisTime,
            periodSeconds: periodSeconds,
            graceSeconds: graceSeconds,
            disputePeriods: disputePeriods,
            voteWindowPeriods: ledger.voteWindowPeriods(),
            proposalSeconds: proposalSeconds,
            deployedAt: registry.deployedAt()
        });
    }

    // What every step of a deal uses

    function _setState(bytes32 id, Deal storage d, DealState state) internal {
        d.state = state;
        emit DealStateChanged(id, state);
    }

    /// The deal is no longer live: its provider may hold another shard of the piece, and its bytes count no more.
    function _leave(bytes32 id, Deal storage d, Package storage p, DealState state) internal {
        --p.live;
        registry.free(d.provider, d.rawLength);
        delete _holdings[_holdingKey(d.packageKey, d.piece, d.provider)];
        _setState(id, d, state);
    }

    function _debit(address account, uint256 amount) internal {
        uint256 have = balance[account];
        if (amount > have) revert InsufficientFunds(account, amount, have);
        balance[account] = have - amount;
    }

    function _pay(bytes32 id, Deal storage d, uint256 periods) internal {
        uint256 amount = d.pricePerPeriod * periods;
        d.paidPeriods += uint32(periods);
        address payee = registry.payoutOf(d.provider);
        balance[payee] += amount;
        emit DealPaid(id, d.provider, payee, amount, uint32(periods));
    }

    function _inState(bytes32 id, DealState state) internal view returns (Deal storage d) {
        d = _deals[id];
        if (d.state != state) revert WrongState(id, d.state);
    }

    /// A proposal that can still go forward.
    function _proposed(bytes32 id) internal view returns (Deal storage d) {
        d = _inState(id, DealState.PROPOSED);
        if (block.timestamp > d.deadline) revert DeadlinePassed(id, d.deadline);
        Package storage p = _packages[d.packageKey];
        if (p.lastPeriod != 0) revert PackageEnded(p.documentHash, p.lastPeriod);
    }

    function _knownPackage(address owner, bytes32 documentHash) internal view returns (Package storage p) {
        p = _packages[_packageKey(owner, documentHash)];
        if (p.owner == address(0)) revert UnknownPackage(documentHash);
    }

    function _isLive(bytes32 deal) internal view returns (bool) {
        DealState state = _deals[deal].state;
        return state == DealState.PROPOSED || state == DealState.ACTIVE;
    }

    function _escrowOf(Deal storage d) internal view returns (uint256) {
        return uint256(d.pricePerPeriod) * d.periods;
    }

    /// The period in which the last paid one falls, or the end of the owner's notice. Only for a received deal.
    function _lastPeriodOf(Deal storage d) internal view returns (uint256) {
        uint256 ended = _packages[d.packageKey].lastPeriod;
        return ended != 0 && ended < d.lastPeriod ? ended : d.lastPeriod;
    }

    /// Scheduled periods after the receipt's through `period`, at most those that the deal pays.
    function _scheduledThrough(Deal storage d, uint256 period) internal view returns (uint256) {
        uint256 first = uint256(_periodAt(d.receiptTime)) + 1;
        uint256 last = _min(period, _lastPeriodOf(d));
        if (last < first) return 0;
        return _min(d.periods, Schedule.count(d.duty, periodStart(first), last + 1 - first, periodSeconds));
    }

    function _requireSigner(bytes32 digest, bytes calldata signature, address wanted) internal pure {
        address signer = Signatures.signerOf(digest, signature);
        if (signer != wanted) revert WrongSigner(digest, wanted, signer);
    }

    function _packageKey(address owner, bytes32 documentHash) internal pure returns (bytes32) {
        return keccak256(abi.encode(owner, documentHash));
    }

    function _slotKey(bytes32 packageKey, uint32 piece, uint16 shard) internal pure returns (bytes32) {
        return keccak256(abi.encode(packageKey, piece, shard));
    }

    function _holdingKey(bytes32 packageKey, uint32 piece, address provider) internal pure returns (bytes32) {
        return keccak256(abi.encode(packageKey, piece, provider));
    }

    function _sameLength(uint256 wanted, uint256 got) internal pure {
        if (wanted != got) revert LengthMismatch(wanted, got);
    }

    function _min(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }

    function _max(uint256 a, uint256 b) internal pure returns (uint256) {
        return a > b ? a : b;
    }
}
