// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

// More than 400 lines: one contract holds the money, so that every rule that moves it is read in one place.

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {DealState, Leaf, Mandate, ProofTerms, Quote, Termination, TypedData} from "./DealTypes.sol";
import {IProofLedger} from "./IProofLedger.sol";
import {IProviderRegistry} from "./IProviderRegistry.sol";
import {IStorageDeals} from "./IStorageDeals.sol";
import {PeriodClock} from "./PeriodClock.sol";
import {Schedule} from "./Schedule.sol";
import {Signed} from "./Signed.sol";

contract StorageDeals is Signed, PeriodClock, ReentrancyGuard, IStorageDeals {
    /// @dev Owner, verifier set: the package's. Escrow: pricePerPeriod * periods. Paid: pricePerPeriod * paidPeriods.
    struct Deal {
        address provider;
        uint64 rawLength;
        uint32 periods;
        bytes32 commitment;
        bytes32 manifestHash;
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
        bytes32 verifierSet;
        bytes32 shardsRoot;
        bytes32 mandate;
        uint128 reserve;
        uint128 escrowed;
    }

    /// @notice Shards of 64 GiB sectors and less; bounds the height of a proof.
    uint64 public constant MAX_RAW_LENGTH = (64 << 30) / 128 * 127;
    uint16 public constant MAX_SHARDS = 255;
    /// @notice How long after a deal's end a root may still decide it.
    uint256 public constant VOID_SECONDS = 30 days;
    uint8 private constant FAULT = 2;
    uint256 private constant GIB_DAY = (1 << 30) * 86_400;

    IProviderRegistry public immutable registry;
    IProofLedger public immutable ledger;
    uint32 public immutable proposalSeconds;

    mapping(address account => uint256) public balance;
    mapping(address provider => uint256) public usedBytes;
    mapping(bytes32 id => Deal) private _deals;
    mapping(bytes32 manifestHash => Package) private _packages;
    /// @dev Latest deal of (manifestHash, piece, shard) that was not refunded in full to the owner.
    mapping(bytes32 slot => bytes32 deal) private _slots;
    /// @dev Live deal of (manifestHash, piece, provider).
    mapping(bytes32 holding => bytes32 deal) private _holdings;

    /// @param registry_ deployed before, with this contract's address to be
    /// @param ledger_ likewise; the clock is read from it
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

    // Money in and out

    function deposit(address owner) external payable {
        balance[owner] += msg.value;
        emit Deposited(owner, msg.value);
    }

    function withdraw(uint256 amount) external nonReentrant {
        _debit(msg.sender, amount);
        emit Withdrawn(msg.sender, amount);
        (bool sent,) = msg.sender.call{value: amount}("");
        if (!sent) revert TransferFailed(msg.sender, amount);
    }

    // From proposal to ACTIVE

    function propose(
        Mandate calldata m,
        bytes calldata ownerSignature,
        Quote[] calldata quotes,
        bytes[] calldata hotSignatures,
        bytes32[][] calldata paths
    ) external {
        _sameLength(quotes.length, hotSignatures.length);
        _sameLength(quotes.length, paths.length);
        Package storage p = _openPackage(m, ownerSignature);
        for (uint256 i; i < quotes.length; ++i) _propose(p, m, quotes[i], hotSignatures[i], paths[i]);
    }

    function recordReceipts(bytes32[] calldata deals, bytes[] calldata hotSignatures) external {
        _sameLength(deals.length, hotSignatures.length);
        for (uint256 i; i < deals.length; ++i) {
            bytes32 id = deals[i];
            Deal storage d = _proposed(id);
            if (d.receiptTime != 0) revert AlreadyReceived(id);
            bytes32 digest =
                _hashTypedDataV4(keccak256(abi.encode(TypedData.RECEIPT, id, d.commitment, d.rawLength)));
            _requireSigner(digest, hotSignatures[i], registry.hotOf(d.provider));
            uint256 period = currentPeriod();
            d.receiptTime = uint48(block.timestamp);
            d.receiptBlock = uint48(block.number);
            d.lastPeriod =
                uint48(period + Schedule.spanOf(d.duty, periodStart(period + 1), d.periods, periodSeconds));
            emit DealReceived(id, uint48(block.timestamp));
        }
    }

    function activate(
        bytes32[] calldata deals,
        bytes32 seed,
        bytes32[] calldata proofHashes,
        bytes[][] calldata verifierSignatures
    ) external {
        _sameLength(deals.length, proofHashes.length);
        _sameLength(deals.length, verifierSignatures.length);
        uint256 seedBlock = _blockOf(seed);
        for (uint256 i; i < deals.length; ++i) {
            bytes32 id = deals[i];
            Deal storage d = _proposed(id);
            if (d.receiptTime == 0) revert NotReceived(id);
            if (seedBlock <= d.receiptBlock) revert SeedTooOld(id, seedBlock, d.receiptBlock);
            bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(TypedData.ACTIVATION, id, seed, proofHashes[i])));
            _requireQuorum(id, digest, _packages[d.manifestHash].verifierSet, verifierSignatures[i]);
            _setState(id, d, DealState.ACTIVE);
        }
    }

    function activateByProof(bytes32 deal) external {
        if (msg.sender != address(ledger)) revert NotLedger(msg.sender);
        _setState(deal, _proposed(deal), DealState.ACTIVE);
    }

    function cancel(bytes32[] calldata deals) external {
        for (uint256 i; i < deals.length; ++i) {
            Deal storage d = _inState(deals[i], DealState.PROPOSED);
            Package storage p = _packages[d.manifestHash];
            if (msg.sender != p.owner && msg.sender != p.executor && p.lastPeriod == 0) revert NotAllowed(msg.sender);
            _refundProposal(deals[i], d, p, DealState.CANCELLED);
        }
    }

    function expire(bytes32[] calldata deals) external {
        for (uint256 i; i < deals.length; ++i) {
            Deal storage d = _inState(deals[i], DealState.PROPOSED);
            if (block.timestamp <= d.deadline) revert DeadlineNotPassed(deals[i], d.deadline);
            _refundProposal(deals[i], d, _packages[d.manifestHash], DealState.EXPIRED);
        }
    }

    // The end of deals

    function terminate(Termination calldata t, bytes calldata ownerSignature) external {
        Package storage p = _knownPackage(t.manifestHash);
        if (t.expiry < block.timestamp) revert SignatureExpired(t.expiry);
        if (p.lastPeriod != 0) revert PackageEnded(t.manifestHash, p.lastPeriod);
        _requireSigner(_hashTypedDataV4(TypedData.hash(t)), ownerSignature, p.owner);
        uint48 lastPeriod = currentPeriod() + 1;
        p.lastPeriod = lastPeriod;
        emit PackageTerminated(t.manifestHash, lastPeriod);
    }

    function claim(Leaf[] calldata leaves, bytes32[][] calldata paths) external {
        _sameLength(leaves.length, paths.length);
        for (uint256 i; i < leaves.length; ++i) {
            Deal storage d = _inState(leaves[i].deal, DealState.ACTIVE);
            _requireLeaf(leaves[i], paths[i], _packages[d.manifestHash].verifierSet, true);
            _settle(leaves[i].deal, d, _absorb(d, leaves[i]));
        }
    }

    function close(Leaf calldata leaf, bytes32[] calldata path) external {
        Deal storage d = _inState(leaf.deal, DealState.ACTIVE);
        Package storage p = _packages[d.manifestHash];
        uint256 lastPeriod = _lastPeriodOf(d);
        if (leaf.period < lastPeriod) revert NotOver(leaf.deal, lastPeriod);
        _requireLeaf(leaf, path, p.verifierSet, true);
        _settle(leaf.deal, d, _absorb(d, leaf));
        _refundRest(leaf.deal, d, p, DealState.COMPLETED);
    }

    function closeVoid(bytes32 deal) external {
        Deal storage d = _inState(deal, DealState.ACTIVE);
        uint256 lastPeriod = _lastPeriodOf(d);
        if (block.timestamp < periodStart(lastPeriod + 1) + VOID_SECONDS) revert NotOver(deal, lastPeriod);
        _settle(deal, d, 0);
        _refundRest(deal, d, _packages[d.manifestHash], DealState.COMPLETED);
    }

    function fail(Leaf calldata leaf, bytes32[] calldata path) external {
        Deal storage d = _inState(leaf.deal, DealState.ACTIVE);
        Package storage p = _packages[d.manifestHash];
        if (leaf.verdict != FAULT) revert NoFault(leaf.deal, leaf.verdict);
        _requireLeaf(leaf, path, p.verifierSet, false);
        _requireFault(leaf, d, p.verifierSet, leaf.faultA);
        if (leaf.faultB != leaf.faultA) _requireFault(leaf, d, p.verifierSet, leaf.faultB);
        _settle(leaf.deal, d, _absorb(d, leaf));
        _refundRest(leaf.deal, d, p, DealState.FAILED);
    }

    function releaseReserve(bytes32 manifestHash) external {
        Package storage p = _knownPackage(manifestHash);
        if (p.live != 0) revert DealsLive(manifestHash, p.live);
        bool over = p.lastPeriod != 0 || p.expiry < block.timestamp;
        if (!over && msg.sender != p.owner && msg.sender != p.executor) revert NotAllowed(msg.sender);
        uint128 amount = p.reserve;
        p.reserve = 0;
        balance[p.owner] += amount;
        emit ReserveReleased(manifestHash, amount);
    }

    // Views

    function dealOf(bytes32 deal) external view returns (DealRecord memory record) {
        Deal storage d = _deals[deal];
        if (d.state == DealState.NONE) return record;
        Package storage p = _packages[d.manifestHash];
        record.state = d.state;
        Quote memory q = record.quote;
        q.provider = d.provider;
        q.owner = p.owner;
        q.manifestHash = d.manifestHash;
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
        record.provenCount = ledger.provenCount(deal);
        record.receiptTime = d.receiptTime;
        record.receiptBlock = d.receiptBlock;
        record.deadline = d.deadline;
        if (d.receiptTime != 0) record.lastPeriod = uint48(_lastPeriodOf(d));
        record.fromReserve = d.fromReserve;
    }

    function packageOf(bytes32 manifestHash) external view returns (PackageRecord memory) {
        Package storage p = _packages[manifestHash];
        return PackageRecord({
            manifestHash: manifestHash,
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

    function packageReserve(bytes32 manifestHash) external view returns (uint256) {
        return _packages[manifestHash].reserve;
    }

    function liveDealAt(bytes32 manifestHash, uint32 piece, uint16 shard) external view returns (bytes32) {
        bytes32 deal = _slots[_slotKey(manifestHash, piece, shard)];
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
        return _hashTypedDataV4(TypedData.hash(quote));
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

    // Proposal, step by step

    function _openPackage(Mandate calldata m, bytes calldata ownerSignature) private returns (Package storage p) {
        p = _packages[m.manifestHash];
        bytes32 digest = _hashTypedDataV4(TypedData.hash(m));
        if (p.owner == address(0)) _createPackage(p, m, digest, _signerOf(digest, ownerSignature));
        if (p.mandate != digest) revert OtherMandate(p.mandate, digest);
        if (m.expiry < block.timestamp) revert SignatureExpired(m.expiry);
        if (p.lastPeriod != 0) revert PackageEnded(m.manifestHash, p.lastPeriod);
        if (msg.sender != p.executor && msg.sender != p.owner) revert NotAllowed(msg.sender);
    }

    function _createPackage(Package storage p, Mandate calldata m, bytes32 digest, address owner) private {
        if (m.k == 0 || m.k > m.n || m.n > MAX_SHARDS) revert InvalidMandate("k, n");
        if (m.expiry > type(uint48).max) revert InvalidMandate("expiry");
        if (ledger.quorumOf(m.verifierSet) == 0) revert InvalidMandate("verifierSet");
        p.owner = owner;
        p.expiry = uint48(m.expiry);
        p.executor = m.executor;
        p.k = m.k;
        p.n = m.n;
        p.verifierSet = m.verifierSet;
        p.shardsRoot = m.shardsRoot;
        p.mandate = digest;
        p.reserve = m.repairReserve;
        _debit(owner, m.repairReserve);
        emit PackageCreated(m.manifestHash, owner, m.executor, m.repairReserve);
    }

    function _propose(
        Package storage p,
        Mandate calldata m,
        Quote calldata q,
        bytes calldata hotSignature,
        bytes32[] calldata path
    ) private {
        bytes32 id = _hashTypedDataV4(TypedData.hash(q));
        Deal storage d = _deals[id];
        if (d.state != DealState.NONE) revert WrongState(id, d.state);
        _checkQuote(id, p.owner, m, q);
        bytes32 leaf = keccak256(abi.encode(q.piece, q.shard, q.commitment, q.rawLength));
        if (!MerkleProof.verifyCalldata(path, m.shardsRoot, leaf)) revert NotInShardsRoot(id, m.shardsRoot);
        _checkProvider(id, q, hotSignature);
        _take(d, id, p, m, q);
        _store(d, q);
        ++p.live;
        emit DealProposed(
            id,
            q.manifestHash,
            q.provider,
            q.piece,
            q.shard,
            _escrowOf(d),
            d.deadline,
            q.commitment,
            q.rawLength,
            q.pricePerPeriod,
            q.periods,
            q.duty,
            q.verifierSet,
            q.owner
        );
    }

    function _checkQuote(bytes32 id, address owner, Mandate calldata m, Quote calldata q) private view {
        if (q.owner != owner) revert InvalidQuote(id, "owner");
        if (q.manifestHash != m.manifestHash) revert InvalidQuote(id, "manifestHash");
        if (q.verifierSet != m.verifierSet) revert InvalidQuote(id, "verifierSet");
        if (q.piece >= m.pieces) revert InvalidQuote(id, "piece");
        if (q.shard >= m.n) revert InvalidQuote(id, "shard");
        if (q.rawLength == 0 || q.rawLength % 127 != 0 || q.rawLength > MAX_RAW_LENGTH) {
            revert InvalidQuote(id, "rawLength");
        }
        if (q.periods == 0) revert InvalidQuote(id, "periods");
        if (q.duty == 0 || q.duty > Schedule.ALWAYS) revert InvalidQuote(id, "duty");
        if (q.expiry < block.timestamp) revert SignatureExpired(q.expiry);
        if (uint256(q.pricePerPeriod) * q.periods > type(uint128).max) revert InvalidQuote(id, "pricePerPeriod");
    }

    /// The hot key is bound by what the cold key registered: price floor and capacity.
    function _checkProvider(bytes32 id, Quote calldata q, bytes calldata hotSignature) private {
        (address hot, bool active, uint64 capacity, uint128 priceFloor) = registry.termsOf(q.provider);
        if (!active) revert ProviderNotActive(q.provider);
        _requireSigner(id, hotSignature, hot);
        if (uint256(q.pricePerPeriod) * GIB_DAY < uint256(priceFloor) * q.rawLength * periodSeconds) {
            revert BelowFloor(id, q.pricePerPeriod, priceFloor);
        }
        uint256 used = usedBytes[q.provider] + q.rawLength;
        if (used > capacity) revert CapacityExceeded(q.provider, used, capacity);
        usedBytes[q.provider] = used;
    }

    /// Take the slot and its escrow: from the owner's balance at first, from the reserve when the slot had a deal before.
    function _take(Deal storage d, bytes32 id, Package storage p, Mandate calldata m, Quote calldata q) private {
        bytes32 slot = _slotKey(q.manifestHash, q.piece, q.shard);
        bytes32 before = _slots[slot];
        if (_isLive(before)) revert SlotTaken(id, before);
        _slots[slot] = id;
        bytes32 holding = _holdingKey(q.manifestHash, q.piece, q.provider);
        if (_holdings[holding] != 0) revert AlreadyHolds(q.provider, _holdings[holding]);
        _holdings[holding] = id;
        // Fits: checked with the quote.
        uint128 escrow = uint128(uint256(q.pricePerPeriod) * q.periods);
        if (before == 0) {
            uint256 escrowed = uint256(p.escrowed) + escrow;
            if (escrowed > m.maxEscrow) revert EscrowLimit(escrowed, m.maxEscrow);
            p.escrowed = uint128(escrowed);
            _debit(q.owner, escrow);
        } else {
            if (escrow > p.reserve) revert ReserveTooSmall(q.manifestHash, escrow, p.reserve);
            p.reserve -= escrow;
            d.fromReserve = true;
        }
    }

    function _store(Deal storage d, Quote calldata q) private {
        d.provider = q.provider;
        d.rawLength = q.rawLength;
        d.periods = q.periods;
        d.commitment = q.commitment;
        d.manifestHash = q.manifestHash;
        d.pricePerPeriod = q.pricePerPeriod;
        d.egressPrice = q.egressPrice;
        // Fits: checked with the quote.
        d.duty = uint168(q.duty);
        d.piece = q.piece;
        d.shard = q.shard;
        d.state = DealState.PROPOSED;
        d.nonce = q.nonce;
        d.expiry = q.expiry;
        d.deadline = uint48(block.timestamp + proposalSeconds);
    }

    /// Money goes back to where it came from, and the same source funds the next deal of the slot.
    function _refundProposal(bytes32 id, Deal storage d, Package storage p, DealState state) private {
        uint128 escrow = uint128(_escrowOf(d));
        if (d.fromReserve) {
            p.reserve += escrow;
        } else {
            p.escrowed -= escrow;
            balance[p.owner] += escrow;
            delete _slots[_slotKey(d.manifestHash, d.piece, d.shard)];
        }
        emit DealRefunded(id, escrow, d.fromReserve);
        _leave(id, d, p, state);
    }

    // Settlement, step by step

    function _requireLeaf(Leaf calldata leaf, bytes32[] calldata path, bytes32 set, bool undisputed) private view {
        (bytes32 root,,, uint48 finalizedAt) = ledger.finalizedRoot(set, leaf.period);
        if (root == 0) revert RootNotFinal(set, leaf.period);
        uint256 until = uint256(finalizedAt) + uint256(disputePeriods) * periodSeconds;
        if (undisputed && block.timestamp < until) revert InDispute(set, leaf.period, until);
        if (!MerkleProof.verifyCalldata(path, root, TypedData.hashOf(leaf))) revert NotInRoot(leaf.deal, leaf.period);
    }

    function _requireFault(Leaf calldata leaf, Deal storage d, bytes32 set, uint64 period) private view {
        bool owed = period <= leaf.period && period > _periodAt(d.receiptTime) && period <= _lastPeriodOf(d)
            && Schedule.isOnDuty(d.duty, periodStart(period)) && ledger.seed(period) != 0;
        if (!owed) revert FaultNotScheduled(leaf.deal, period);
        (bytes32 root,,,) = ledger.finalizedRoot(set, period);
        if (root == 0) revert RootNotFinal(set, period);
        if (ledger.isProven(leaf.deal, period)) revert ProvenOnChain(leaf.deal, period);
    }

    /// Leaves are cumulative: the highest count that a leaf has shown stands, and none shows more than had been scheduled by then.
    /// @return committed the leaf's count, bounded likewise
    function _absorb(Deal storage d, Leaf calldata leaf) private returns (uint256 committed) {
        uint256 scheduled = _scheduledThrough(d, leaf.period);
        uint256 fulfilled = leaf.fulfilled < scheduled ? leaf.fulfilled : scheduled;
        if (fulfilled > d.leafFulfilled) d.leafFulfilled = uint32(fulfilled);
        committed = leaf.committed < scheduled ? leaf.committed : scheduled;
    }

    /// Pay and rate up to what leaves and proofs on chain show together, never more than the periods that have been scheduled.
    function _settle(bytes32 id, Deal storage d, uint256 committed) private {
        uint256 proven = ledger.provenCount(id);
        uint256 scheduled = _scheduledThrough(d, currentPeriod());
        uint256 paid = d.paidPeriods;
        uint256 fulfilled = _min(d.leafFulfilled + proven, scheduled);
        if (fulfilled < paid) fulfilled = paid;
        committed = _max(fulfilled, _min(committed + proven, scheduled));
        uint256 newCommitted = committed > d.loggedCommitted ? committed - d.loggedCommitted : 0;
        if (fulfilled == paid && newCommitted == 0) return;
        d.paidPeriods = uint32(fulfilled);
        d.loggedCommitted += uint32(newCommitted);
        if (fulfilled > paid) {
            uint256 amount = uint256(d.pricePerPeriod) * (fulfilled - paid);
            balance[registry.payoutOf(d.provider)] += amount;
            emit DealPaid(id, d.provider, amount, uint32(fulfilled - paid));
        }
        registry.logWork(d.provider, uint64(fulfilled - paid), uint64(newCommitted));
    }

    function _refundRest(bytes32 id, Deal storage d, Package storage p, DealState state) private {
        uint256 rest = uint256(d.pricePerPeriod) * (d.periods - d.paidPeriods);
        bool toReserve = state == DealState.FAILED;
        if (toReserve) p.reserve += uint128(rest);
        else balance[p.owner] += rest;
        emit DealRefunded(id, rest, toReserve);
        _leave(id, d, p, state);
    }

    /// The deal is no longer live: its provider may hold another shard of the piece, and its bytes count no more.
    function _leave(bytes32 id, Deal storage d, Package storage p, DealState state) private {
        --p.live;
        usedBytes[d.provider] -= d.rawLength;
        delete _holdings[_holdingKey(d.manifestHash, d.piece, d.provider)];
        _setState(id, d, state);
    }

    function _setState(bytes32 id, Deal storage d, DealState state) private {
        d.state = state;
        emit DealStateChanged(id, state);
    }

    function _debit(address account, uint256 amount) private {
        uint256 have = balance[account];
        if (amount > have) revert InsufficientFunds(account, amount, have);
        balance[account] = have - amount;
    }

    // Reading

    function _inState(bytes32 id, DealState state) private view returns (Deal storage d) {
        d = _deals[id];
        if (d.state != state) revert WrongState(id, d.state);
    }

    /// A proposal that can still go forward.
    function _proposed(bytes32 id) private view returns (Deal storage d) {
        d = _inState(id, DealState.PROPOSED);
        if (block.timestamp > d.deadline) revert DeadlinePassed(id, d.deadline);
        uint48 lastPeriod = _packages[d.manifestHash].lastPeriod;
        if (lastPeriod != 0) revert PackageEnded(d.manifestHash, lastPeriod);
    }

    function _knownPackage(bytes32 manifestHash) private view returns (Package storage p) {
        p = _packages[manifestHash];
        if (p.owner == address(0)) revert UnknownPackage(manifestHash);
    }

    function _isLive(bytes32 deal) private view returns (bool) {
        DealState state = _deals[deal].state;
        return state == DealState.PROPOSED || state == DealState.ACTIVE;
    }

    function _escrowOf(Deal storage d) private view returns (uint256) {
        return uint256(d.pricePerPeriod) * d.periods;
    }

    /// The period in which the last paid one falls, or the end of the owner's notice. Only for a received deal.
    function _lastPeriodOf(Deal storage d) private view returns (uint256) {
        uint256 ended = _packages[d.manifestHash].lastPeriod;
        return ended != 0 && ended < d.lastPeriod ? ended : d.lastPeriod;
    }

    /// Scheduled periods after the receipt's through `period`, at most those that the deal pays.
    function _scheduledThrough(Deal storage d, uint256 period) private view returns (uint256) {
        uint256 first = uint256(_periodAt(d.receiptTime)) + 1;
        uint256 last = _min(period, _lastPeriodOf(d));
        if (last < first) return 0;
        return _min(d.periods, Schedule.count(d.duty, periodStart(first), last + 1 - first, periodSeconds));
    }

    function _blockOf(bytes32 seed) private view returns (uint256) {
        uint256 oldest = block.number > 256 ? block.number - 256 : 0;
        for (uint256 number = block.number; number > oldest;) {
            if (blockhash(--number) == seed && seed != 0) return number;
        }
        revert UnknownSeed(seed);
    }

    function _requireQuorum(bytes32 id, bytes32 digest, bytes32 set, bytes[] calldata signatures) private view {
        uint256 seen;
        uint256 agreeing;
        for (uint256 i; i < signatures.length; ++i) {
            address signer = _signerOf(digest, signatures[i]);
            uint8 index = ledger.verifierIndex(set, signer);
            if (index == 0) revert NotVerifier(set, signer);
            if ((seen >> index) & 1 == 0) ++agreeing;
            seen |= uint256(1) << index;
        }
        uint8 quorum = ledger.quorumOf(set);
        if (agreeing < quorum) revert QuorumMissing(id, agreeing, quorum);
    }

    function _requireSigner(bytes32 digest, bytes calldata signature, address wanted) private pure {
        address signer = _signerOf(digest, signature);
        if (signer != wanted) revert WrongSigner(digest, wanted, signer);
    }

    function _slotKey(bytes32 manifestHash, uint32 piece, uint16 shard) private pure returns (bytes32) {
        return keccak256(abi.encode(manifestHash, piece, shard));
    }

    function _holdingKey(bytes32 manifestHash, uint32 piece, address provider) private pure returns (bytes32) {
        return keccak256(abi.encode(manifestHash, piece, provider));
    }

    function _sameLength(uint256 wanted, uint256 got) private pure {
        if (wanted != got) revert LengthMismatch(wanted, got);
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }

    function _max(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a : b;
    }
}
