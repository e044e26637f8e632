// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {DealBook} from "./DealBook.sol";
import {DealState, Leaf, Termination, TypedData} from "./DealTypes.sol";
import {IProofLedger} from "./IProofLedger.sol";
import {IProviderRegistry} from "./IProviderRegistry.sol";
import {Proposals} from "./Proposals.sol";
import {Schedule} from "./Schedule.sol";
import {Signatures} from "./Signed.sol";

/// @title Money in and out, and the end of deals
contract StorageDeals is Proposals, ReentrancyGuard {
    /// @notice How long after a deal's end a root may still decide it.
    uint256 public constant VOID_SECONDS = 30 days;
    uint8 private constant FAULT = 2;

    /// @param registry_ deployed before, with this contract's address to be
    /// @param ledger_ likewise; the clock is read from it
    constructor(IProviderRegistry registry_, IProofLedger ledger_, uint32 proposalSeconds_)
        DealBook(registry_, ledger_, proposalSeconds_)
    {}

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

    // The end of deals

    function terminate(Termination calldata t, bytes calldata ownerSignature) external {
        address owner = Signatures.signerOf(_digestOf(TypedData.hash(t)), ownerSignature);
        Package storage p = _knownPackage(owner, t.documentHash);
        if (t.expiry < block.timestamp) revert SignatureExpired(t.expiry);
        if (p.lastPeriod != 0) revert PackageEnded(t.documentHash, p.lastPeriod);
        uint48 lastPeriod = currentPeriod() + 1;
        p.lastPeriod = lastPeriod;
        emit PackageTerminated(t.documentHash, owner, lastPeriod);
    }

    function claim(Leaf[] calldata leaves, bytes32[][] calldata paths) external {
        _sameLength(leaves.length, paths.length);
        for (uint256 i; i < leaves.length; ++i) {
            Deal storage d = _deals[leaves[i].deal];
            if (d.heldPeriods == 0) _inState(leaves[i].deal, DealState.ACTIVE);
            ledger.requireLeaf(_packages[d.packageKey].verifierSet, leaves[i], paths[i], true);
            _settle(leaves[i].deal, d, _absorb(d, leaves[i]));
        }
    }

    function close(Leaf calldata leaf, bytes32[] calldata path) external {
        Deal storage d = _deals[leaf.deal];
        bool held = d.heldPeriods != 0;
        if (!held) _inState(leaf.deal, DealState.ACTIVE);
        Package storage p = _packages[d.packageKey];
        uint256 decides = held ? d.heldThrough : _lastPeriodOf(d);
        if (leaf.period < decides) revert NotOver(leaf.deal, decides);
        ledger.requireLeaf(p.verifierSet, leaf, path, true);
        _settle(leaf.deal, d, _absorb(d, leaf));
        if (held) _refundHeld(leaf.deal, d, p);
        else _refundRest(leaf.deal, d, p, DealState.COMPLETED);
    }

    function closeVoid(bytes32 deal) external {
        Deal storage d = _inState(deal, DealState.ACTIVE);
        Package storage p = _packages[d.packageKey];
        uint256 lastPeriod = _lastPeriodOf(d);
        if (block.timestamp < periodStart(lastPeriod + 1) + VOID_SECONDS) revert NotOver(deal, lastPeriod);
        _settle(deal, d, 0);
        uint256 decided = _min(ledger.newestFinal(p.verifierSet), lastPeriod);
        if (d.shownThrough < decided) {
            uint256 most = _min(d.periods, _scheduledThrough(d, decided) + ledger.provenCount(deal));
            if (most > d.paidPeriods) (d.heldPeriods, d.heldThrough) = (uint32(most - d.paidPeriods), uint48(decided));
        }
        _refundRest(deal, d, p, DealState.COMPLETED);
    }

    function fail(Leaf calldata leaf, bytes32[] calldata path) external {
        Deal storage d = _inState(leaf.deal, DealState.ACTIVE);
        Package storage p = _packages[d.packageKey];
        if (leaf.verdict != FAULT) revert NoFault(leaf.deal, leaf.verdict);
        uint64 newest = ledger.newestFinal(p.verifierSet);
        if (leaf.period < newest) revert FaultSuperseded(leaf.deal, leaf.period, newest);
        ledger.requireLeaf(p.verifierSet, leaf, path, false);
        _requireFault(leaf, d, p.verifierSet, leaf.faultA);
        if (leaf.faultB != leaf.faultA) _requireFault(leaf, d, p.verifierSet, leaf.faultB);
        _settle(leaf.deal, d, _absorb(d, leaf));
        _refundRest(leaf.deal, d, p, DealState.FAILED);
    }

    function releaseReserve(address owner, bytes32 documentHash) external {
        Package storage p = _knownPackage(owner, documentHash);
        if (p.live != 0) revert DealsLive(documentHash, p.live);
        bool over = p.lastPeriod != 0 || p.expiry < block.timestamp;
        if (!over && msg.sender != owner && msg.sender != p.executor) revert NotAllowed(msg.sender);
        uint128 amount = p.reserve;
        p.reserve = 0;
        balance[owner] += amount;
        emit ReserveReleased(documentHash, owner, amount);
    }

    // Settlement, step by step

    function _requireFault(Leaf calldata leaf, Deal storage d, bytes32 set, uint64 period) private view {
        bool owed = period <= leaf.period && period > _periodAt(d.receiptTime) && period <= _lastPeriodOf(d)
            && Schedule.isOnDuty(d.duty, periodStart(period)) && ledger.seed(period) != 0;
        if (!owed) revert FaultNotScheduled(leaf.deal, period);
        (bytes32 root,,,) = ledger.finalizedRoot(set, period);
        if (root == 0) revert IProofLedger.RootNotFinal(set, period);
        if (ledger.isProven(leaf.deal, period)) revert ProvenOnChain(leaf.deal, period);
    }

    /// Leaves are cumulative: the highest count that a leaf has shown stands, and none shows more than had been scheduled by then.
    /// @return committed the leaf's count, bounded likewise
    function _absorb(Deal storage d, Leaf calldata leaf) private returns (uint256 committed) {
        uint256 scheduled = _scheduledThrough(d, leaf.period);
        uint256 fulfilled = _min(leaf.fulfilled, scheduled);
        if (fulfilled > d.leafFulfilled) d.leafFulfilled = uint32(fulfilled);
        if (leaf.period > d.shownThrough) d.shownThrough = uint48(leaf.period);
        committed = _min(leaf.committed, scheduled);
    }

    /// Pay and rate up to what leaves and proofs on chain show together, never more than the periods that have been scheduled, nor of an ended
    /// deal more than is held.
    function _settle(bytes32 id, Deal storage d, uint256 committed) private {
        uint256 paid = d.paidPeriods;
        uint256 held = d.heldPeriods;
        uint256 proven = ledger.provenCount(id);
        uint256 most = held != 0 ? paid + held : _scheduledThrough(d, currentPeriod());
        uint256 fulfilled = _max(paid, _min(d.leafFulfilled + proven, most));
        committed = _max(fulfilled, _min(committed + proven, most));
        uint256 newCommitted = committed > d.loggedCommitted ? committed - d.loggedCommitted : 0;
        if (fulfilled == paid && newCommitted == 0) return;
        d.loggedCommitted += uint32(newCommitted);
        if (fulfilled > paid) {
            if (held != 0) d.heldPeriods = uint32(held - (fulfilled - paid));
            _pay(id, d, fulfilled - paid);
        }
        registry.logWork(
            d.provider, _packages[d.packageKey].verifierSet, id, uint64(fulfilled - paid), uint64(newCommitted)
        );
    }

    function _refundRest(bytes32 id, Deal storage d, Package storage p, DealState state) private {
        uint256 rest = uint256(d.pricePerPeriod) * (d.periods - d.paidPeriods - d.heldPeriods);
        bool toReserve = state == DealState.FAILED;
        if (toReserve) p.reserve += uint128(rest);
        else balance[p.owner] += rest;
        emit DealRefunded(id, rest, toReserve);
        _leave(id, d, p, state);
    }

    function _refundHeld(bytes32 id, Deal storage d, Package storage p) private {
        uint256 rest = uint256(d.pricePerPeriod) * d.heldPeriods;
        d.heldPeriods = 0;
        balance[p.owner] += rest;
        emit DealRefunded(id, rest, false);
    }
}
