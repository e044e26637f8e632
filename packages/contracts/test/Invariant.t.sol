// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {DealState} from "../src/DealTypes.sol";
import {IStorageDeals} from "../src/IStorageDeals.sol";
import {Handler} from "./Handler.sol";
import {vm} from "./Vm.sol";

/// @notice What holds after any sequence of calls, with a quorum that votes anything.
contract InvariantTest {
    Handler private handler;
    IStorageDeals private deals;

    function setUp() public {
        handler = new Handler();
        (deals,) = handler.contracts();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function live(DealState state) private pure returns (bool) {
        return state == DealState.PROPOSED || state == DealState.ACTIVE;
    }

    function invariant_everyCoinIsAccountedFor() public view {
        uint256 locked;
        for (uint256 i; i < handler.count(); ++i) {
            IStorageDeals.DealRecord memory d = deals.dealOf(handler.ids(i));
            if (live(d.state)) locked += d.escrow - handler.paid(handler.ids(i));
            else locked += uint256(d.quote.pricePerPeriod) * d.heldPeriods;
        }
        vm.assertEq(address(deals).balance, handler.deposited() - handler.withdrawn(), "only deposits came in");
        vm.assertEq(
            address(deals).balance, locked + handler.reserves() + handler.balances(), "escrow + held + reserves + balances"
        );
    }

    function invariant_statesAndPayOnlyMoveForward() public view {
        vm.assertEq(bytes(handler.violation()).length, 0, handler.violation());
    }

    function invariant_noDealPaysMoreThanItAccrued() public view {
        for (uint256 i; i < handler.count(); ++i) {
            bytes32 id = handler.ids(i);
            IStorageDeals.DealRecord memory d = deals.dealOf(id);
            uint256 paid = handler.paid(id);
            vm.assertEq(paid, uint256(d.quote.pricePerPeriod) * d.paidPeriods, "every payment is for a period");
            vm.assertLe(d.paidPeriods, d.quote.periods, "no more periods than agreed");
            if (d.state != DealState.CANCELLED && d.state != DealState.EXPIRED) {
                vm.assertLe(d.paidPeriods, handler.scheduled(id), "no more periods than were scheduled");
                vm.assertLe(d.paidPeriods, handler.shown(id) + d.provenCount, "none that nobody showed");
            }
            vm.assertLe(paid + handler.refunded(id), d.escrow, "paid + refunded <= escrow");
            if (d.state != DealState.NONE && !live(d.state)) {
                uint256 held = uint256(d.quote.pricePerPeriod) * d.heldPeriods;
                vm.assertEq(paid + handler.refunded(id) + held, d.escrow, "an ended deal keeps what a root decides");
            }
        }
    }

    function invariant_whatWasProvedOnChainIsPaidAtTheEnd() public view {
        for (uint256 i; i < handler.count(); ++i) {
            IStorageDeals.DealRecord memory d = deals.dealOf(handler.ids(i));
            if (d.state == DealState.COMPLETED || d.state == DealState.FAILED) {
                vm.assertGe(d.paidPeriods, d.provenCount, "proved and not paid");
            }
        }
    }

    function invariant_oneLiveDealPerSlotAndProvider() public view {
        for (uint256 i; i < handler.count(); ++i) {
            IStorageDeals.DealRecord memory a = deals.dealOf(handler.ids(i));
            if (!live(a.state)) continue;
            for (uint256 j; j < i; ++j) {
                IStorageDeals.DealRecord memory b = deals.dealOf(handler.ids(j));
                if (!live(b.state) || a.quote.documentHash != b.quote.documentHash) continue;
                vm.assertTrue(a.quote.shard != b.quote.shard, "two deals hold one slot");
                vm.assertTrue(a.quote.provider != b.quote.provider, "one provider holds two slots");
            }
        }
    }

    function invariant_ratingsStayBetweenZeroAndAll() public view {
        for (uint256 i; i < handler.count(); ++i) {
            address provider = deals.dealOf(handler.ids(i)).quote.provider;
            vm.assertLe(deals.registry().rating(provider, handler.trusted()), 100, "rating");
            vm.assertLe(deals.registry().score(provider, handler.trusted()), 10_000, "score");
        }
    }

    /// The same calls as in the runs, drawn here by a seed: they come to every state, or the invariants would hold of nothing.
    function test_theCallsReachEveryState() public {
        for (uint256 walk; walk < WALKS; ++walk) {
            setUp();
            for (uint256 i; i < STEPS; ++i) {
                (bool ok,) = address(handler).call(_draw(uint256(keccak256(abi.encode(walk, i)))));
                if (!ok) ++_refused;
            }
            for (uint256 i; i < 7; ++i) _reached[DealState(i)] += handler.reached(DealState(i));
            _settled += handler.settled();
            _voided += handler.voided();
            _held += handler.heldDeals();
            invariant_everyCoinIsAccountedFor();
            invariant_statesAndPayOnlyMoveForward();
            invariant_noDealPaysMoreThanItAccrued();
            invariant_whatWasProvedOnChainIsPaidAtTheEnd();
            invariant_oneLiveDealPerSlotAndProvider();
            invariant_ratingsStayBetweenZeroAndAll();
        }
        vm.assertLe(_refused, WALKS * STEPS * 3 / 4, "most calls are refused");
        vm.assertGe(_reached[DealState.ACTIVE], 1, "no deal became ACTIVE");
        vm.assertGe(_reached[DealState.COMPLETED], 1, "none closed");
        vm.assertGe(_reached[DealState.FAILED], 1, "none failed");
        vm.assertGe(_reached[DealState.CANCELLED], 1, "none was withdrawn");
        vm.assertGe(_reached[DealState.EXPIRED], 1, "none expired");
        vm.assertGe(_settled, 1, "no leaf paid anything");
        vm.assertGe(_voided, 1, "none ended without a root");
        vm.assertGe(_held, 1, "no pay was held for a leaf");
    }

    uint256 private constant WALKS = 6;
    uint256 private constant STEPS = 200;
    mapping(DealState state => uint256) private _reached;
    uint256 private _refused;
    uint256 private _settled;
    uint256 private _voided;
    uint256 private _held;

    function _draw(uint256 r) private pure returns (bytes memory) {
        (uint8 a, uint8 b, uint8 c, bool flag) = (uint8(r), uint8(r >> 8), uint8(r >> 16), r >> 255 == 1);
        uint256 seed = r >> 32;
        uint256 action = (r >> 24) % 18;
        if (action == 0) return abi.encodeCall(Handler.proposeDeal, (a, b, c, uint16(seed % 1400), uint8(seed), flag));
        if (action == 1) return abi.encodeCall(Handler.receiveDeal, (seed));
        if (action == 2) return abi.encodeCall(Handler.activateDeal, (seed, flag));
        if (action == 3) return abi.encodeCall(Handler.startDeal, (a, b, c, uint16(seed % 1400)));
        if (action == 4) return abi.encodeCall(Handler.cancelDeal, (seed, flag));
        if (action == 5) return abi.encodeCall(Handler.expireDeal, (seed, flag));
        if (action == 6) return abi.encodeCall(Handler.terminatePackage, (a));
        if (action == 7) return abi.encodeCall(Handler.releaseReserve, (a, flag));
        if (action == 8) return abi.encodeCall(Handler.depositMore, (uint64(seed)));
        if (action == 9) return abi.encodeCall(Handler.withdrawSome, (a, uint64(seed % 1000)));
        if (action == 10) return abi.encodeCall(Handler.passPeriods, (a, b));
        if (action == 11) return abi.encodeCall(Handler.sleep, (a));
        if (action == 12) return abi.encodeCall(Handler.voteLeaf, (seed, a, b, c, uint8(seed), uint8(seed >> 8)));
        if (action == 13) return abi.encodeCall(Handler.claimLeaf, (seed, flag));
        if (action == 14) return abi.encodeCall(Handler.closeDeal, (seed, flag));
        if (action == 15) return abi.encodeCall(Handler.failDeal, (seed));
        if (action == 16) return abi.encodeCall(Handler.closeVoidDeal, (seed, flag));
        return abi.encodeCall(Handler.proveDeal, (seed, flag));
    }

    /// Whatever has happened, anyone can end every deal and release every reserve, and then every coin can be withdrawn but those that wait for
    /// a leaf.
    function invariant_everyStateHasAnExitForAnyone() public {
        uint256 end = block.timestamp;
        for (uint256 i; i < handler.count(); ++i) {
            IStorageDeals.DealRecord memory d = deals.dealOf(handler.ids(i));
            if (d.deadline > end) end = d.deadline;
            uint256 over = deals.periodStart(d.lastPeriod + 1) + 30 days;
            if (over > end) end = over;
        }
        if (handler.mandateExpiry() > end) end = handler.mandateExpiry();
        vm.warp(end + 1);
        bytes32[] memory one = new bytes32[](1);
        for (uint256 i; i < handler.count(); ++i) {
            one[0] = handler.ids(i);
            DealState state = deals.dealOf(one[0]).state;
            vm.prank(address(0xA11));
            if (state == DealState.PROPOSED) deals.expire(one);
            else if (state == DealState.ACTIVE) deals.closeVoid(one[0]);
            else vm.stopPrank();
        }
        uint256 held;
        for (uint256 i; i < handler.count(); ++i) {
            IStorageDeals.DealRecord memory d = deals.dealOf(handler.ids(i));
            held += uint256(d.quote.pricePerPeriod) * d.heldPeriods;
        }
        for (uint256 i; i < 2; ++i) {
            bytes32 manifest = handler.manifest(i);
            if (deals.packageOf(handler.account(), manifest).owner == address(0)) continue;
            vm.prank(address(0xA11));
            deals.releaseReserve(handler.account(), manifest);
        }
        vm.assertEq(address(deals).balance, handler.balances() + held, "every coin can be withdrawn");
    }
}
