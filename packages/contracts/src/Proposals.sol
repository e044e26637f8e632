// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {DealBook} from "./DealBook.sol";
import {DealState, Mandate, Quote, TypedData} from "./DealTypes.sol";
import {Schedule} from "./Schedule.sol";
import {Signatures} from "./Signed.sol";

/// @title From the proposal to ACTIVE, and the ways back
abstract contract Proposals is DealBook {
    /// @notice Shards of 64 GiB sectors and less; bounds the height of a proof.
    uint64 public constant MAX_RAW_LENGTH = (64 << 30) / 128 * 127;
    uint16 public constant MAX_SHARDS = 255;
    /// @notice Numbers of pieces and periods stay below: readers may keep them in 32 bits with a sign.
    uint32 public constant MAX_COUNT = 1 << 31;
    /// @notice Proposals of a slot that may end unused in a period: each is paid for, so this bounds what an executor can spend on nothing.
    uint8 public constant MAX_ENDS = 4;
    uint256 private constant GIB_DAY = (1 << 30) * 86_400;

    function propose(
        Mandate calldata m,
        bytes calldata ownerSignature,
        Quote[] calldata quotes,
        bytes[] calldata hotSignatures,
        bytes32[][] calldata paths
    ) external {
        if (quotes.length == 0) revert NoQuotes();
        _sameLength(quotes.length, hotSignatures.length);
        _sameLength(quotes.length, paths.length);
        bytes32 packageKey = _openPackage(m, ownerSignature);
        for (uint256 i; i < quotes.length; ++i) _propose(packageKey, m, quotes[i], hotSignatures[i], paths[i]);
    }

    function recordReceipts(bytes32[] calldata deals, bytes[] calldata hotSignatures) external {
        _sameLength(deals.length, hotSignatures.length);
        for (uint256 i; i < deals.length; ++i) {
            bytes32 id = deals[i];
            Deal storage d = _proposed(id);
            if (d.receiptTime != 0) revert AlreadyReceived(id);
            bytes32 digest =
                _digestOf(keccak256(abi.encode(TypedData.RECEIPT, id, d.commitment, d.rawLength)));
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
        uint256 seedBlock = ledger.blockOf(seed);
        for (uint256 i; i < deals.length; ++i) {
            bytes32 id = deals[i];
            Deal storage d = _proposed(id);
            if (d.receiptTime == 0) revert NotReceived(id);
            if (seedBlock <= d.receiptBlock) revert SeedTooOld(id, seedBlock, d.receiptBlock);
            bytes32 digest = _digestOf(keccak256(abi.encode(TypedData.ACTIVATION, id, seed, proofHashes[i])));
            ledger.requireQuorum(_packages[d.packageKey].verifierSet, digest, verifierSignatures[i]);
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
            Package storage p = _packages[d.packageKey];
            if (msg.sender != p.owner && msg.sender != p.executor && p.lastPeriod == 0) revert NotAllowed(msg.sender);
            _endProposal(deals[i], d, p, DealState.CANCELLED);
        }
    }

    function expire(bytes32[] calldata deals) external {
        for (uint256 i; i < deals.length; ++i) {
            Deal storage d = _inState(deals[i], DealState.PROPOSED);
            if (block.timestamp <= d.deadline) revert DeadlineNotPassed(deals[i], d.deadline);
            _endProposal(deals[i], d, _packages[d.packageKey], DealState.EXPIRED);
        }
    }

    // Proposal, step by step

    /// Whose package it is says the signature: a mandate that another signed opens another package.
    function _openPackage(Mandate calldata m, bytes calldata ownerSignature) private returns (bytes32 packageKey) {
        bytes32 digest = _digestOf(TypedData.hash(m));
        address owner = Signatures.signerOf(digest, ownerSignature);
        packageKey = _packageKey(owner, m.documentHash);
        Package storage p = _packages[packageKey];
        if (p.owner == address(0)) _createPackage(p, m, digest, owner);
        if (p.mandate != digest) revert OtherMandate(p.mandate, digest);
        if (m.expiry < block.timestamp) revert SignatureExpired(m.expiry);
        if (p.lastPeriod != 0) revert PackageEnded(m.documentHash, p.lastPeriod);
        if (msg.sender != p.executor && msg.sender != owner) revert NotAllowed(msg.sender);
    }

    function _createPackage(Package storage p, Mandate calldata m, bytes32 digest, address owner) private {
        if (m.k == 0 || m.k > m.n || m.n > MAX_SHARDS) revert InvalidMandate("k, n");
        if (m.expiry > type(uint48).max) revert InvalidMandate("expiry");
        if (ledger.quorumOf(m.verifierSet) == 0) revert InvalidMandate("verifierSet");
        p.owner = owner;
        p.documentHash = m.documentHash;
        p.expiry = uint48(m.expiry);
        p.executor = m.executor;
        p.k = m.k;
        p.n = m.n;
        p.verifierSet = m.verifierSet;
        p.shardsRoot = m.shardsRoot;
        p.mandate = digest;
        p.reserve = m.repairReserve;
        _debit(owner, m.repairReserve);
        emit PackageCreated(m.documentHash, owner, m.executor, m.repairReserve);
    }

    function _propose(
        bytes32 packageKey,
        Mandate calldata m,
        Quote calldata q,
        bytes calldata hotSignature,
        bytes32[] calldata path
    ) private {
        bytes32 id = _digestOf(TypedData.hash(q));
        Deal storage d = _deals[id];
        if (d.state != DealState.NONE) revert WrongState(id, d.state);
        Package storage p = _packages[packageKey];
        _checkQuote(id, p.owner, m, q);
        bytes32 leaf = keccak256(abi.encode(q.piece, q.shard, q.commitment, q.rawLength));
        if (!MerkleProof.verifyCalldata(path, m.shardsRoot, leaf)) revert NotInShardsRoot(id, m.shardsRoot);
        // The hot key is bound by what the cold key registered: price floor and capacity.
        address hot = registry.take(q.provider, q.rawLength, q.pricePerPeriod, periodSeconds);
        _requireSigner(id, hotSignature, hot);
        _take(d, id, packageKey, m, q);
        _store(d, packageKey, q);
        ++p.live;
        emit DealProposed(
            id,
            q.documentHash,
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
        if (q.documentHash != m.documentHash) revert InvalidQuote(id, "documentHash");
        if (q.verifierSet != m.verifierSet) revert InvalidQuote(id, "verifierSet");
        if (q.piece >= m.pieces || q.piece >= MAX_COUNT) revert InvalidQuote(id, "piece");
        if (q.shard >= m.n) revert InvalidQuote(id, "shard");
        if (q.rawLength == 0 || q.rawLength % 127 != 0 || q.rawLength > MAX_RAW_LENGTH) {
            revert InvalidQuote(id, "rawLength");
        }
        if (q.periods == 0 || q.periods >= MAX_COUNT) revert InvalidQuote(id, "periods");
        if (q.duty == 0 || q.duty > Schedule.ALWAYS) revert InvalidQuote(id, "duty");
        uint256 left = m.end > block.timestamp ? m.end - block.timestamp : 0;
        uint256 most = Schedule.within(q.duty, left, periodSeconds);
        if (q.periods > most) revert TooLong(id, q.periods, most);
        // A provider rounds its price of a period up, so that the dearest that fits is rounded up too.
        if (uint256(q.pricePerPeriod) * GIB_DAY >= uint256(m.maxPrice) * q.rawLength * periodSeconds + GIB_DAY) {
            revert AboveCeiling(id, q.pricePerPeriod, m.maxPrice);
        }
        if (q.expiry < block.timestamp) revert SignatureExpired(q.expiry);
        if (uint256(q.pricePerPeriod) * q.periods > type(uint128).max) revert InvalidQuote(id, "pricePerPeriod");
    }

    /// Take the slot and its escrow: from the owner's balance at first, from the reserve when the slot had a deal before.
    function _take(Deal storage d, bytes32 id, bytes32 packageKey, Mandate calldata m, Quote calldata q) private {
        Package storage p = _packages[packageKey];
        bytes32 slot = _slotKey(packageKey, q.piece, q.shard);
        bytes32 before = _slots[slot];
        if (_isLive(before)) revert SlotTaken(id, before);
        Ends storage ends = _ends[slot];
        if (ends.count >= MAX_ENDS && ends.period == currentPeriod()) revert SlotPaused(id, ends.period);
        _slots[slot] = id;
        bytes32 holding = _holdingKey(packageKey, q.piece, q.provider);
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
            if (escrow > p.reserve) revert ReserveTooSmall(q.documentHash, escrow, p.reserve);
            p.reserve -= escrow;
            d.fromReserve = true;
        }
    }

    function _store(Deal storage d, bytes32 packageKey, Quote calldata q) private {
        d.provider = q.provider;
        d.rawLength = q.rawLength;
        d.periods = q.periods;
        d.commitment = q.commitment;
        d.packageKey = packageKey;
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

    /// What the provider kept free is paid like what it stores; the rest goes back to where it came from, and the same source funds the next
    /// deal of the slot.
    function _endProposal(bytes32 id, Deal storage d, Package storage p, DealState state) private {
        bytes32 slot = _slotKey(d.packageKey, d.piece, d.shard);
        uint256 charged = _charge(d);
        _pay(id, d, charged);
        _countEnd(slot);
        // Fits: the whole escrow does.
        uint128 rest = uint128(d.pricePerPeriod * (d.periods - charged));
        if (d.fromReserve) {
            p.reserve += rest;
        } else {
            p.escrowed -= rest;
            balance[p.owner] += rest;
            delete _slots[slot];
        }
        emit DealRefunded(id, rest, d.fromReserve);
        _leave(id, d, p, state);
    }

    /// Each period from the proposal's to this one, or the deadline's.
    function _charge(Deal storage d) private view returns (uint256) {
        uint256 first = _periodAt(d.deadline - proposalSeconds);
        uint256 last = _periodAt(_min(block.timestamp, d.deadline));
        return _min(d.periods, last + 1 - first);
    }

    function _countEnd(bytes32 slot) private {
        Ends storage ends = _ends[slot];
        uint48 period = uint48(currentPeriod());
        if (ends.period != period) (ends.period, ends.count) = (period, 0);
        ++ends.count;
    }
}
