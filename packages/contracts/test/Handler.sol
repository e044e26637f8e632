// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {DealState, Leaf, Mandate, Quote} from "../src/DealTypes.sol";
import {IStorageDeals} from "../src/IStorageDeals.sol";
import {Fixture} from "./Fixture.sol";
import {Shard} from "./Shard.sol";
import {Vm, vm} from "./Vm.sol";

/// @notice Does anything that anyone may do, in any order, with verifiers that vote whatever comes; notes what must never happen.
contract Handler is Fixture {
    uint64 private constant SMALL = 127;
    uint256 private constant PACKAGES = 2;

    bytes32[] public ids;
    mapping(bytes32 id => uint256) public providerOf;
    mapping(bytes32 id => DealState) private _stateBefore;
    mapping(bytes32 id => uint32) private _paidBefore;
    mapping(bytes32 id => uint256) public paid;
    mapping(bytes32 id => uint256) public refunded;
    /// Highest count that any submitted leaf has shown of a deal.
    mapping(bytes32 id => uint256) public shown;
    Leaf[] private _leaves;
    Mandate[] private _mandates;
    uint256 public deposited;
    uint256 public withdrawn;
    string public violation;
    /// How many deals have come to each state, and to pay that waits for a leaf.
    mapping(DealState state => uint256) public reached;
    uint256 public heldDeals;
    mapping(bytes32 id => bool) private _wasHeld;
    /// How many payments followed a leaf, and how many deals ended without one.
    uint256 public settled;
    uint256 public voided;

    constructor() {
        deploy();
        deposited = 1 ether;
        for (uint256 i; i < PACKAGES; ++i) {
            Mandate memory m = mandate(keccak256(abi.encode("package", i)), SMALL);
            m.maxEscrow = 60_000;
            m.repairReserve = 20_000;
            m.maxPrice = ceiling();
            _mandates.push(m);
        }
        toPeriod(ledger.currentPeriod() + 1);
    }

    function commitmentOf(uint256 shard) internal pure override returns (bytes32) {
        return Shard.root(Shard.tree(SMALL, bytes32(shard)));
    }

    /// The ceiling whose dearest period of a shard is CEILING wei: a third of the prices tried are above it.
    uint256 public constant CEILING = 1400;

    function ceiling() private pure returns (uint128) {
        return uint128(CEILING * ((1 << 30) * 86_400) / (uint256(SMALL) * PERIOD));
    }

    function count() external view returns (uint256) {
        return ids.length;
    }

    function contracts() external view returns (IStorageDeals, address) {
        return (deals, owner);
    }

    function trusted() external view returns (bytes32[] memory) {
        return sets();
    }

    function account() external view returns (address) {
        return owner;
    }

    function manifest(uint256 i) external view returns (bytes32) {
        return _mandates[i].documentHash;
    }

    function mandateExpiry() external view returns (uint64) {
        return _mandates[0].expiry;
    }

    modifier noting() {
        vm.recordLogs();
        _;
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            bytes32 kind = logs[i].topics[0];
            if (kind == IStorageDeals.DealPaid.selector) {
                (, uint256 amount, uint32 periods) = abi.decode(logs[i].data, (address, uint256, uint32));
                paid[logs[i].topics[1]] += amount;
                if (amount > periods * CEILING) violation = "a period was paid above the owner's ceiling";
            } else if (kind == IStorageDeals.DealRefunded.selector) {
                (uint256 amount,) = abi.decode(logs[i].data, (uint256, bool));
                refunded[logs[i].topics[1]] += amount;
            }
        }
        for (uint256 i; i < ids.length; ++i) _note(ids[i]);
    }

    function _note(bytes32 id) private {
        IStorageDeals.DealRecord memory d = deals.dealOf(id);
        DealState before = _stateBefore[id];
        if (d.state != before) {
            bool forward = before == DealState.NONE
                ? d.state == DealState.PROPOSED
                : before == DealState.PROPOSED
                    ? d.state == DealState.ACTIVE || d.state == DealState.CANCELLED || d.state == DealState.EXPIRED
                    : before == DealState.ACTIVE && (d.state == DealState.COMPLETED || d.state == DealState.FAILED);
            if (!forward) violation = "a state moved backward";
            _stateBefore[id] = d.state;
            ++reached[d.state];
        }
        if (d.paidPeriods < _paidBefore[id]) violation = "pay was taken back";
        _paidBefore[id] = d.paidPeriods;
        if (d.heldPeriods != 0 && !_wasHeld[id]) {
            _wasHeld[id] = true;
            ++heldDeals;
        }
    }

    function _pick(uint256 seed) private view returns (bytes32) {
        vm.assume(ids.length != 0);
        return ids[seed % ids.length];
    }

    /// Prefers deals that are in `state`, so that most calls do something.
    function _pickIn(uint256 seed, DealState state) private view returns (bytes32 id) {
        id = _pick(seed);
        for (uint256 i; i < ids.length && deals.dealOf(id).state != state; ++i) id = ids[(seed % ids.length + i) % ids.length];
    }

    // Owner, executor, providers

    function proposeDeal(uint8 package, uint8 shard, uint8 provider, uint16 price, uint8 periods, bool always)
        external
        noting
    {
        Mandate memory m = _mandates[package % PACKAGES];
        uint256 who = provider % 6;
        Quote memory q = quote(m.documentHash, shard % 4, who);
        q.rawLength = SMALL;
        q.pricePerPeriod = price;
        q.periods = uint32(periods % 12) + 1;
        // Every other hour.
        if (!always) q.duty = ALWAYS / 3;
        bytes32 id = propose(m, q, who);
        ids.push(id);
        providerOf[id] = who;
    }

    function receiveDeal(uint256 seed) external noting {
        bytes32 id = _pickIn(seed, DealState.PROPOSED);
        receipt(providerOf[id], id);
    }

    function activateDeal(uint256 seed, bool receiveFirst) external noting {
        bytes32 id = _pickIn(seed, DealState.PROPOSED);
        if (receiveFirst) receipt(providerOf[id], id);
        activate(id);
    }

    /// The whole way at once, so that many runs have deals to settle.
    function startDeal(uint8 package, uint8 shard, uint8 provider, uint16 price) external noting {
        Mandate memory m = _mandates[package % PACKAGES];
        uint256 who = provider % 6;
        Quote memory q = quote(m.documentHash, shard % 4, who);
        (q.rawLength, q.pricePerPeriod) = (SMALL, price % 2000);
        bytes32 id = propose(m, q, who);
        ids.push(id);
        providerOf[id] = who;
        _note(id);
        receipt(who, id);
        activate(id);
    }

    function cancelDeal(uint256 seed, bool asExecutor) external noting {
        bytes32 id = _pickIn(seed, DealState.PROPOSED);
        vm.prank(asExecutor ? EXECUTOR : ANYONE);
        deals.cancel(list(id));
    }

    function expireDeal(uint256 seed, bool wait) external noting {
        bytes32 id = _pickIn(seed, DealState.PROPOSED);
        uint64 deadline = deals.dealOf(id).deadline;
        if (wait && block.timestamp <= deadline) {
            vm.warp(deadline);
            _pass(1, true);
        }
        deals.expire(list(id));
    }

    function terminatePackage(uint8 package) external noting {
        // Seldom: it ends a package for good.
        vm.assume(package < 6);
        terminate(_mandates[package % PACKAGES].documentHash);
    }

    function releaseReserve(uint8 package, bool asExecutor) external noting {
        vm.prank(asExecutor ? EXECUTOR : ANYONE);
        deals.releaseReserve(owner, _mandates[package % PACKAGES].documentHash);
    }

    function depositMore(uint64 amount) external noting {
        vm.deal(address(this), amount);
        deals.deposit{value: amount}(owner);
        deposited += amount;
    }

    function withdrawSome(uint8 who, uint64 amount) external noting {
        vm.prank(who % 7 == 6 ? owner : payoutOf(who % 7));
        deals.withdraw(amount);
        withdrawn += amount;
    }

    // Time

    /// Goes on by 1 to 4 periods; one in eight times nobody opens the one it comes to.
    function passPeriods(uint8 periods, uint8 open) external noting {
        _pass(periods % 4 + 1, open % 8 != 0);
    }

    function _pass(uint256 periods, bool open) private {
        vm.warp(ledger.periodStart(ledger.currentPeriod() + periods) + 11);
        vm.roll(block.number + 1);
        if (open) drawSeed();
    }

    function sleep(uint8 days_) external noting {
        vm.assume(days_ < 10);
        vm.warp(block.timestamp + uint256(days_) * 4 days);
        _pass(1, true);
    }

    // Verifiers: any leaf at all for any deal

    function voteLeaf(uint256 seed, uint8 fulfilled, uint8 committed, uint8 verdict, uint8 a, uint8 b) external noting {
        bytes32 id = _pickIn(seed, DealState.ACTIVE);
        uint64 period = _votable();
        Leaf memory leaf = Leaf(id, period, fulfilled % 16, committed % 16, verdict % 3, period - _near(a), period - _near(b));
        for (uint256 i; i < 2; ++i) {
            vm.prank(vm.addr(VERIFIER_KEY + i));
            ledger.vote(set, period, leafHash(leaf), keccak256("file"), 1);
        }
        _leaves.push(leaf);
    }

    /// Mostly this period, as most faults are of one.
    function _near(uint8 choice) private pure returns (uint64) {
        return choice < 192 ? 0 : choice % 3;
    }

    /// The newest period that has a seed, no votes yet, and may be voted on, coming to it if need be.
    function _votable() private returns (uint64 period) {
        _pass(1, true);
        _pass(1, true);
        uint64 newest = uint64(ledger.currentPeriod()) - 1;
        for (uint64 back; back < 4; ++back) {
            period = newest - back;
            if (ledger.seed(period) != 0 && !ledger.hasVoted(set, period, vm.addr(VERIFIER_KEY))) return period;
        }
    }

    /// A leaf of a final root, of this verdict or a worse one, whose deal is ACTIVE, if there is one.
    function _leaf(uint256 which, uint8 verdict) private view returns (Leaf memory leaf) {
        vm.assume(_leaves.length != 0);
        for (uint256 i; i < _leaves.length; ++i) {
            leaf = _leaves[(which % _leaves.length + i) % _leaves.length];
            IStorageDeals.DealRecord memory d = deals.dealOf(leaf.deal);
            if (leaf.verdict >= verdict && (d.state == DealState.ACTIVE || d.heldPeriods != 0)) return leaf;
        }
    }

    function _showed(Leaf memory leaf) private {
        if (leaf.fulfilled > shown[leaf.deal]) shown[leaf.deal] = leaf.fulfilled;
    }

    function claimLeaf(uint256 which, bool wait) external noting {
        Leaf memory leaf = _leaf(which, 0);
        if (wait) passDispute();
        uint32 before = deals.dealOf(leaf.deal).paidPeriods;
        claim(leaf);
        if (deals.dealOf(leaf.deal).paidPeriods > before) ++settled;
        _showed(leaf);
    }

    function closeDeal(uint256 which, bool wait) external noting {
        Leaf memory leaf = _leaf(which, 0);
        if (wait) passDispute();
        deals.close(leaf, none());
        _showed(leaf);
    }

    function failDeal(uint256 which) external noting {
        Leaf memory leaf = _leaf(which, 2);
        bool refuted = ledger.isProven(leaf.deal, leaf.faultA) || ledger.isProven(leaf.deal, leaf.faultB)
            || leaf.period < ledger.newestFinal(set);
        deals.fail(leaf, none());
        _showed(leaf);
        if (refuted) violation = "a deal failed by a refuted fault";
    }

    function closeVoidDeal(uint256 seed, bool wait) external noting {
        bytes32 id = _pickIn(seed, DealState.ACTIVE);
        uint256 over = deals.periodStart(deals.dealOf(id).lastPeriod + 1) + 30 days;
        // Seldom: it takes every deal's time with it.
        if (wait && seed % 4 == 0 && block.timestamp < over) {
            vm.warp(over);
            _pass(1, true);
        }
        deals.closeVoid(id);
        ++voided;
    }

    function proveDeal(uint256 seed, bool wait) external noting {
        bytes32 id = _pickIn(seed, DealState.ACTIVE);
        if (wait) _pass(1, true);
        uint64 period = uint64(ledger.currentPeriod());
        bytes32[][] memory layers = Shard.tree(SMALL, bytes32(uint256(deals.dealOf(id).quote.shard)));
        uint256[] memory drawn = Shard.challenges(ledger.seed(period), id, cold(providerOf[id]), period, 4);
        (bytes32[] memory leaves, bytes32[] memory siblings) = Shard.prove(layers, drawn);
        ledger.provePossession(id, period, leaves, siblings);
    }

    // What the invariants compare with

    /// Scheduled periods of a received deal until now, walked one by one.
    function scheduled(bytes32 id) external view returns (uint256 total) {
        IStorageDeals.DealRecord memory d = deals.dealOf(id);
        if (d.receiptTime == 0) return 0;
        uint256 last = ledger.currentPeriod() < d.lastPeriod ? ledger.currentPeriod() : d.lastPeriod;
        uint256 received = (d.receiptTime - ledger.genesisTime()) / PERIOD;
        for (uint256 p = received + 1; p <= last; ++p) {
            total += (d.quote.duty >> ((ledger.periodStart(p) / 3600 + 72) % 168)) & 1;
        }
    }

    function balances() external view returns (uint256 total) {
        total = deals.balance(owner);
        for (uint256 i; i < 6; ++i) total += deals.balance(payoutOf(i));
    }

    function reserves() external view returns (uint256 total) {
        for (uint256 i; i < PACKAGES; ++i) total += deals.packageReserve(owner, _mandates[i].documentHash);
    }
}
