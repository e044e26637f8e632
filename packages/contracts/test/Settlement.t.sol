// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {DealState, Leaf, Mandate, Quote, Termination, TypedData} from "../src/DealTypes.sol";
import {IProofLedger} from "../src/IProofLedger.sol";
import {IStorageDeals} from "../src/IStorageDeals.sol";
import {ISigned} from "../src/ISigned.sol";
import {Fixture} from "./Fixture.sol";
import {vm} from "./Vm.sol";

/// @notice Claims, and every way in which a deal ends.
contract SettlementTest is Fixture {
    bytes32 private constant HASH = keccak256("package");
    bytes32 private id;
    uint64 private first;

    function setUp() public {
        deploy();
        id = active(HASH, 0, 0);
        first = uint64(ledger.currentPeriod()) + 1;
    }

    function open(uint64 period) private {
        toPeriod(period);
    }

    function settled(Leaf memory leaf) private {
        open(leaf.period);
        finalize(leaf);
        passDispute();
    }

    function test_claimPaysCumulativelyAndOnce() public {
        Leaf memory a = ok(id, first + 1, 2, 2);
        settled(a);
        claim(a);
        vm.assertEq(deals.balance(payoutOf(0)), 2 * PRICE, "two periods");
        Leaf memory b = ok(id, first + 4, 4, 5);
        settled(b);
        claim(b);
        claim(a);
        claim(b);
        vm.assertEq(deals.balance(payoutOf(0)), 4 * PRICE, "four in all");
        vm.assertEq(deals.dealOf(id).paidPeriods, 4, "paid periods");
        (uint256 fulfilled, uint256 committed) = workOf(0);
        vm.assertEq(fulfilled, 4, "fulfilled");
        vm.assertEq(committed, 5, "committed");
        vm.assertEq(registry.rating(cold(0), sets()), 80, "rating");
    }

    function test_onlyUndisputedFinalRootsPay() public {
        Leaf memory leaf = ok(id, first, 1, 1);
        vm.expectPartialRevert(IProofLedger.RootNotFinal.selector);
        claim(leaf);
        open(first);
        finalize(leaf);
        vm.expectPartialRevert(IProofLedger.InDispute.selector);
        claim(leaf);
        passDispute();
        claim(leaf);
    }

    function test_aLeafOutsideTheRootIsRefused() public {
        Leaf memory leaf = ok(id, first, 1, 1);
        settled(leaf);
        leaf.fulfilled = 2;
        vm.expectPartialRevert(IProofLedger.NotInRoot.selector);
        claim(leaf);
    }

    /// A node of the tree has no meaning as a leaf: leaves are hashed twice.
    function test_pathsOfALargerTree() public {
        bytes32[] memory nodes = new bytes32[](5);
        for (uint256 i; i < 5; ++i) nodes[i] = leafHash(ok(bytes32(i), first, 1, 1));
        Leaf memory mine = ok(id, first, 1, 1);
        nodes[4] = leafHash(mine);
        (bytes32 root, bytes32[] memory path) = merkle(nodes, 4);
        open(first);
        vm.warp(ledger.answerDeadline(first) + 1);
        for (uint256 i; i < 2; ++i) {
            vm.prank(vm.addr(VERIFIER_KEY + i));
            ledger.vote(set, first, root, keccak256("file"), 5);
        }
        passDispute();
        Leaf[] memory leaves = new Leaf[](1);
        leaves[0] = mine;
        bytes32[][] memory paths = new bytes32[][](1);
        paths[0] = path;
        deals.claim(leaves, paths);
        vm.assertEq(deals.balance(payoutOf(0)), PRICE, "paid");
        paths[0] = new bytes32[](0);
        vm.expectPartialRevert(IProofLedger.NotInRoot.selector);
        deals.claim(leaves, paths);
    }

    /// A quorum pays no more than the periods that had been scheduled when it voted.
    function testFuzz_aQuorumCannotOverpay(uint32 fulfilled, uint32 committed, uint8 ahead) public {
        uint64 period = first + ahead % 20;
        Leaf memory leaf = ok(id, period, fulfilled, committed);
        settled(leaf);
        claim(leaf);
        uint256 elapsed = period - first + 1;
        uint256 most = elapsed < 10 ? elapsed : 10;
        vm.assertEq(deals.dealOf(id).paidPeriods, fulfilled < most ? fulfilled : most, "paid");
        (uint256 logged, uint256 outOf) = workOf(0);
        vm.assertLe(logged, outOf, "rating is at most 100");
        vm.assertLe(outOf, most, "committed");
    }

    function test_closePaysAndRefundsTheRest() public {
        uint256 before = deals.balance(owner);
        uint64 last = uint64(deals.dealOf(id).lastPeriod);
        open(last - 1);
        open(last);
        Leaf memory early = ok(id, last - 1, 6, 9);
        finalize(early);
        passDispute();
        vm.expectPartialRevert(IStorageDeals.NotOver.selector);
        deals.close(early, none());
        Leaf memory leaf = ok(id, last, 7, 10);
        settled(leaf);
        vm.prank(ANYONE);
        deals.close(leaf, none());
        requireState(id, DealState.COMPLETED);
        vm.assertEq(deals.balance(payoutOf(0)), 7 * PRICE, "paid");
        vm.assertEq(deals.balance(owner), before + 3 * PRICE, "refunded");
        vm.expectRevert(abi.encodeWithSelector(IStorageDeals.WrongState.selector, id, DealState.COMPLETED));
        deals.close(leaf, none());
        vm.expectPartialRevert(IStorageDeals.WrongState.selector);
        claim(leaf);
        vm.assertEq(registry.usedBytes(cold(0)), 0, "bytes are free again");
        vm.assertEq(deals.liveDealAt(owner, HASH, 0, 0), bytes32(0), "slot");
    }

    function test_aLaterRootClosesToo() public {
        Leaf memory leaf = ok(id, uint64(deals.dealOf(id).lastPeriod) + 3, 10, 10);
        settled(leaf);
        deals.close(leaf, none());
        vm.assertEq(deals.balance(payoutOf(0)), 10 * PRICE, "all");
    }

    function test_failMovesTheRestToTheReserveAtOnce() public {
        open(first);
        Leaf memory leaf = fault(id, first, 0, 1, first, first);
        finalize(leaf);
        vm.prank(ANYONE);
        deals.fail(leaf, none());
        requireState(id, DealState.FAILED);
        vm.assertEq(deals.packageReserve(owner, HASH), 1e6 + 10 * PRICE, "reserve");
        (, uint256 committed) = workOf(0);
        vm.assertEq(committed, 1, "rated");
    }

    function test_failPaysWhatWasFulfilled() public {
        for (uint64 p = first; p < first + 4; ++p) open(p);
        Leaf memory before = ok(id, first + 2, 2, 3);
        finalize(before);
        Leaf memory leaf = fault(id, first + 3, 2, 4, first + 2, first + 3);
        finalize(leaf);
        deals.fail(leaf, none());
        vm.assertEq(deals.balance(payoutOf(0)), 2 * PRICE, "paid");
        vm.assertEq(deals.packageReserve(owner, HASH), 1e6 + 8 * PRICE, "reserve");
    }

    function refutedFault(Leaf memory leaf, bytes4 why) private {
        vm.expectPartialRevert(why);
        deals.fail(leaf, none());
    }

    function test_faultsNeedPeriodsThatCount() public {
        open(first);
        open(first + 2);
        Leaf memory leaf = ok(id, first + 2, 0, 1);
        finalize(leaf);
        refutedFault(leaf, IStorageDeals.NoFault.selector);
    }

    function decided(uint64 a, uint64 b) private returns (Leaf memory leaf) {
        leaf = fault(id, first + 2, 0, 1, a, b);
        open(first + 2);
        finalize(leaf);
    }

    function test_noFaultBeforeTheReceipt() public {
        refutedFault(decided(first - 1, first + 2), IStorageDeals.FaultNotScheduled.selector);
    }

    function test_noFaultInAVoidPeriod() public {
        refutedFault(decided(first + 1, first + 2), IStorageDeals.FaultNotScheduled.selector);
    }

    function test_noFaultInAPeriodWithoutARoot() public {
        open(first);
        refutedFault(decided(first, first + 2), IProofLedger.RootNotFinal.selector);
    }

    function test_noFaultInTheFuture() public {
        Leaf memory leaf = decided(first + 2, first + 3);
        open(first + 3);
        refutedFault(leaf, IStorageDeals.FaultNotScheduled.selector);
    }

    function test_noFaultOffDuty() public {
        Quote memory q = quote(HASH, 1, 1);
        q.duty = 1 << (((block.timestamp + 7200) / 3600 + 72) % 168);
        bytes32 night = propose(mandate(HASH), q, 1);
        receipt(1, night);
        activate(night);
        open(first);
        Leaf memory leaf = fault(night, first, 0, 1, first, first);
        finalize(leaf);
        refutedFault(leaf, IStorageDeals.FaultNotScheduled.selector);
    }

    function test_noFaultAfterTheEnd() public {
        uint64 after_ = uint64(deals.dealOf(id).lastPeriod) + 1;
        open(after_);
        Leaf memory leaf = fault(id, after_, 0, 10, after_, after_);
        finalize(leaf);
        refutedFault(leaf, IStorageDeals.FaultNotScheduled.selector);
    }

    function failed() private {
        open(first);
        Leaf memory leaf = fault(id, first, 0, 1, first, first);
        finalize(leaf);
        deals.fail(leaf, none());
    }

    /// Keeps the mandate of the set-up through later times.
    function mandateOfSetUp() private view returns (Mandate memory m) {
        m = mandate(HASH);
        m.expiry = uint64(deals.packageOf(owner, HASH).expiry);
    }

    function test_repairIsPaidFromTheReserve() public {
        failed();
        uint256 before = deals.balance(owner);
        bytes32 repair = propose(mandateOfSetUp(), quote(HASH, 0, 1), 1);
        vm.assertEq(deals.balance(owner), before, "nothing from the owner");
        vm.assertEq(deals.packageReserve(owner, HASH), 1e6, "from the reserve");
        vm.assertTrue(deals.dealOf(repair).fromReserve, "recorded");
        vm.prank(EXECUTOR);
        deals.cancel(list(repair));
        vm.assertEq(deals.packageReserve(owner, HASH), 1e6 + 9 * PRICE, "and back to it, but for the reservation");
        vm.assertEq(deals.balance(owner), before, "not to the owner");
        Quote memory q = quote(HASH, 0, 1);
        q.periods = 9;
        propose(mandateOfSetUp(), q, 1);
    }

    function test_repairBeyondTheReserveIsRefused() public {
        failed();
        Mandate memory m = mandateOfSetUp();
        Quote memory q = quote(HASH, 0, 1);
        q.pricePerPeriod = 1e6;
        Quote[] memory quotes = new Quote[](1);
        quotes[0] = q;
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = sign(HOT_KEY + 1, dealId(q));
        bytes32[][] memory paths = new bytes32[][](1);
        (, paths[0]) = merkle(shardLeaves(4, RAW), 0);
        bytes memory ownerSignature = signMandate(m);
        vm.prank(EXECUTOR);
        vm.expectRevert(
            abi.encodeWithSelector(IStorageDeals.ReserveTooSmall.selector, HASH, 1e7, 1e6 + 10 * uint256(PRICE))
        );
        deals.propose(m, ownerSignature, quotes, signatures, paths);
    }

    function test_theFailedProviderMayHoldAnotherShardOfThePiece() public {
        failed();
        propose(mandateOfSetUp(), quote(HASH, 3, 0), 0);
    }

    function test_terminationEndsWithTheNextPeriod() public {
        bytes32 waiting = propose(mandate(HASH), quote(HASH, 1, 1), 1);
        terminate(HASH);
        vm.assertEq(deals.dealOf(id).lastPeriod, first, "one period of notice");
        vm.prank(ANYONE);
        deals.cancel(list(waiting));
        requireState(waiting, DealState.CANCELLED);
        Leaf memory leaf = ok(id, first, 1, 1);
        settled(leaf);
        uint256 before = deals.balance(owner);
        deals.close(leaf, none());
        vm.assertEq(deals.balance(payoutOf(0)), PRICE, "the notice is paid");
        vm.assertEq(deals.balance(owner), before + 9 * PRICE, "the rest is back");
        vm.prank(ANYONE);
        deals.releaseReserve(owner, HASH);
        vm.assertEq(deals.balance(owner), before + 9 * PRICE + 1e6, "and the reserve");
        vm.assertEq(
            address(deals).balance,
            deals.balance(owner) + deals.balance(payoutOf(0)) + deals.balance(payoutOf(1)),
            "nothing is left over"
        );
    }

    function test_aTerminatedPackageGoesNoFurther() public {
        bytes32 waiting = propose(mandate(HASH), quote(HASH, 1, 1), 1);
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = signReceipt(1, waiting);
        terminate(HASH);
        vm.expectPartialRevert(IStorageDeals.PackageEnded.selector);
        deals.recordReceipts(list(waiting), signatures);
        Mandate memory m = mandate(HASH);
        proposeWith(m, signMandate(m), quote(HASH, 2, 2), 2, abi.encodePacked(IStorageDeals.PackageEnded.selector));
        Termination memory t = Termination(HASH, uint64(block.timestamp));
        bytes memory signature = signDeals(OWNER_KEY, keccak256(abi.encode(TypedData.TERMINATION, t)));
        vm.expectPartialRevert(IStorageDeals.PackageEnded.selector);
        deals.terminate(t, signature);
    }

    function test_onlyTheOwnerTerminates() public {
        Termination memory t = Termination(HASH, uint64(block.timestamp));
        bytes memory signature = signDeals(0xBAD, keccak256(abi.encode(TypedData.TERMINATION, t)));
        vm.expectPartialRevert(IStorageDeals.UnknownPackage.selector);
        deals.terminate(t, signature);
        vm.warp(block.timestamp + 1);
        signature = signDeals(OWNER_KEY, keccak256(abi.encode(TypedData.TERMINATION, t)));
        vm.expectPartialRevert(ISigned.SignatureExpired.selector);
        deals.terminate(t, signature);
        t.documentHash = keccak256("unknown");
        vm.expectPartialRevert(IStorageDeals.UnknownPackage.selector);
        deals.terminate(t, signature);
    }

    function test_reserveStaysWhileDealsLive() public {
        vm.expectRevert(abi.encodeWithSelector(IStorageDeals.DealsLive.selector, HASH, 1));
        deals.releaseReserve(owner, HASH);
        failed();
        vm.expectPartialRevert(IStorageDeals.NotAllowed.selector);
        deals.releaseReserve(owner, HASH);
        vm.warp(block.timestamp + 366 days);
        vm.prank(ANYONE);
        deals.releaseReserve(owner, HASH);
        vm.assertEq(deals.packageReserve(owner, HASH), 0, "released");
    }

    function test_payGoesToThePayoutAddressOfTheDay() public {
        Leaf memory leaf = ok(id, first, 1, 1);
        settled(leaf);
        claim(leaf);
        vm.prank(payoutOf(0));
        deals.withdraw(PRICE);
        vm.assertEq(payoutOf(0).balance, PRICE, "pulled");
    }

    function test_aSleepingDealEndsByAnyone() public {
        uint256 before = deals.balance(owner);
        vm.warp(ledger.periodStart(deals.dealOf(id).lastPeriod + 1) + 30 days);
        vm.prank(ANYONE);
        deals.closeVoid(id);
        vm.assertEq(deals.balance(owner), before + 10 * PRICE, "all of it");
        vm.assertEq(registry.rating(cold(0), sets()), 90, "and no rating");
    }

    /// What earlier claims absorbed is not lost when no later root comes.
    function test_closeVoidKeepsWhatWasClaimed() public {
        Leaf memory leaf = ok(id, first + 3, 4, 4);
        settled(leaf);
        claim(leaf);
        vm.warp(ledger.periodStart(deals.dealOf(id).lastPeriod + 1) + 30 days);
        deals.closeVoid(id);
        vm.assertEq(deals.balance(payoutOf(0)), 4 * PRICE, "paid once");
    }

    // What nobody closed

    function afterVoidTime() private {
        vm.warp(ledger.periodStart(deals.dealOf(id).lastPeriod + 1) + 30 days);
    }

    /// Ten earned periods in a final root that nobody claimed are neither party's until the leaf is shown.
    function test_closeVoidHoldsWhatARootDecides() public {
        uint256 before = deals.balance(owner);
        Leaf memory leaf = ok(id, uint64(deals.dealOf(id).lastPeriod), 10, 10);
        settled(leaf);
        afterVoidTime();
        vm.prank(ANYONE);
        deals.closeVoid(id);
        requireState(id, DealState.COMPLETED);
        vm.assertEq(deals.balance(owner), before, "nothing lapses to the owner");
        vm.assertEq(deals.dealOf(id).heldPeriods, 10, "held");
        vm.assertEq(deals.liveDealAt(owner, HASH, 0, 0), bytes32(0), "the slot is free");
        vm.assertEq(registry.usedBytes(cold(0)), 0, "and the capacity");
        vm.warp(block.timestamp + 3650 days);
        deals.close(leaf, none());
        vm.assertEq(deals.balance(payoutOf(0)), 10 * PRICE, "paid ten years later");
        vm.expectPartialRevert(IStorageDeals.WrongState.selector);
        deals.close(leaf, none());
    }

    function test_closeVoidRefundsWhatNoRootDecides() public {
        uint256 before = deals.balance(owner);
        Leaf memory earlier = ok(id, first + 1, 2, 2);
        settled(earlier);
        Leaf memory leaf = ok(id, first + 5, 3, 6);
        settled(leaf);
        Leaf memory late = ok(id, first + 30, 10, 10);
        afterVoidTime();
        deals.closeVoid(id);
        vm.assertEq(deals.balance(owner), before + 4 * PRICE, "the periods after the newest root");
        // A quorum that wakes up later decides no more than what is held.
        open(uint64(ledger.currentPeriod()) + 1);
        late.period = uint64(ledger.currentPeriod());
        settled(late);
        claim(earlier);
        vm.assertEq(deals.balance(payoutOf(0)), 2 * PRICE, "an earlier leaf pays what it shows");
        vm.expectPartialRevert(IStorageDeals.NotOver.selector);
        deals.close(earlier, none());
        deals.close(leaf, none());
        vm.assertEq(deals.balance(payoutOf(0)), 3 * PRICE, "three of six");
        vm.assertEq(deals.balance(owner), before + 7 * PRICE, "and the other three back");
        vm.expectPartialRevert(IStorageDeals.WrongState.selector);
        deals.close(late, none());
    }

    function test_heldPayIsTheMostThatALateQuorumGives() public {
        uint256 before = deals.balance(owner);
        settled(ok(id, first + 5, 3, 6));
        afterVoidTime();
        deals.closeVoid(id);
        open(uint64(ledger.currentPeriod()) + 1);
        Leaf memory late = ok(id, uint64(ledger.currentPeriod()), 10, 10);
        settled(late);
        deals.close(late, none());
        vm.assertEq(deals.balance(payoutOf(0)), 6 * PRICE, "held");
        vm.assertEq(deals.balance(owner), before + 4 * PRICE, "refunded before");
    }

    // Faults are of the day

    function test_anOldFaultDoesNotFailADealThatProvedSince() public {
        open(first);
        Leaf memory old = fault(id, first, 0, 1, first, first);
        finalize(old);
        for (uint64 p = first + 1; p <= first + 7; ++p) {
            open(p);
            finalize(ok(id, p, uint32(p - first), uint32(p - first) + 1));
        }
        vm.expectRevert(abi.encodeWithSelector(IStorageDeals.FaultSuperseded.selector, id, first, first + 7));
        deals.fail(old, none());
        passDispute();
        claim(ok(id, first + 7, 7, 8));
        vm.assertEq(deals.balance(payoutOf(0)), 7 * PRICE, "seven proved periods");
        requireState(id, DealState.ACTIVE);
    }

    /// Whoever missed the root of the fault finds it in a later one, which pays what was proved meanwhile.
    function test_aFaultThatALaterRootRepeatsFailsTheDeal() public {
        open(first);
        Leaf memory missed = fault(id, first, 1, 2, first, first);
        finalize(missed);
        open(first + 1);
        Leaf memory repeated = fault(id, first + 1, 2, 3, first, first);
        finalize(repeated);
        vm.expectPartialRevert(IStorageDeals.FaultSuperseded.selector);
        deals.fail(missed, none());
        deals.fail(repeated, none());
        requireState(id, DealState.FAILED);
        vm.assertEq(deals.balance(payoutOf(0)), 2 * PRICE, "all that was proved");
    }

    /// Whenever a deal fails, every period that final roots show as proved is paid: the newest leaf has them all.
    function test_aFailedDealIsPaidForAllThatItProved() public {
        for (uint64 p = first; p < first + 8; ++p) {
            open(p);
            if (p < first + 7) finalize(ok(id, p, uint32(p - first) + 1, uint32(p - first) + 1));
        }
        Leaf memory leaf = fault(id, first + 7, 7, 8, first + 7, first + 7);
        finalize(leaf);
        deals.fail(leaf, none());
        vm.assertEq(deals.balance(payoutOf(0)), 7 * PRICE, "seven proved periods");
        vm.assertEq(deals.packageReserve(owner, HASH), 1e6 + 3 * PRICE, "the rest repairs");
    }

    /// An honest set's leaves over ten periods of any kind, claimed now and then, and any end: what was proved is paid, no more, no less.
    function testFuzz_earnedPayNeverLapses(uint256 kinds, uint16 claims, uint8 ending) public {
        uint32 fulfilled;
        uint32 committed;
        uint64 last = first + 9;
        Leaf memory newest;
        for (uint64 p = first; p <= last; ++p) {
            uint256 kind = (kinds >> (4 * (p - first))) & 15;
            // Now and then nobody opens the period, or no quorum votes.
            if (kind >= 14) continue;
            open(p);
            ++committed;
            if (kind < 11) ++fulfilled;
            bool fails = p == last && ending % 3 == 1 && kind >= 11;
            newest = fails ? fault(id, p, fulfilled, committed, p, p) : ok(id, p, fulfilled, committed);
            finalize(newest);
            if ((claims >> (p - first)) & 1 == 1) {
                vm.warp(block.timestamp + 1);
                if (p != last) continue;
                passDispute();
                claim(newest);
            }
        }
        if (newest.verdict == 2) {
            deals.fail(newest, none());
        } else if (ending % 3 == 2 || newest.period < last) {
            afterVoidTime();
            deals.closeVoid(id);
            if (deals.dealOf(id).heldPeriods != 0) deals.close(newest, none());
        } else {
            passDispute();
            deals.close(newest, none());
        }
        vm.assertEq(deals.balance(payoutOf(0)), uint256(fulfilled) * PRICE, "what was proved is paid");
        vm.assertEq(deals.dealOf(id).heldPeriods, 0, "nothing is left held");
        vm.assertEq(
            address(deals).balance,
            deals.balance(owner) + deals.packageReserve(owner, HASH) + deals.balance(payoutOf(0)),
            "nothing is left over"
        );
    }

    function testFuzz_weeklyWindowsArePaidAsScheduled(uint256 duty, uint16 weeks_, uint32 fulfilled) public {
        duty &= ALWAYS;
        vm.assume(duty != 0);
        Quote memory q = quote(HASH, 1, 1);
        (q.duty, q.periods) = (duty, uint32(weeks_ % 2000) + 1);
        bytes32 night = propose(mandate(HASH), q, 1);
        receipt(1, night);
        activate(night);
        uint64 last = uint64(deals.dealOf(night).lastPeriod);
        vm.assertTrue((duty >> ((ledger.periodStart(last) / 3600 + 72) % 168)) & 1 == 1, "ends on duty");
        Leaf memory leaf = ok(night, last, fulfilled, fulfilled);
        settled(leaf);
        deals.close(leaf, none());
        uint256 paid = fulfilled < q.periods ? fulfilled : q.periods;
        vm.assertEq(deals.balance(payoutOf(1)), paid * PRICE, "paid");
    }
}
