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
        }
        vm.assertEq(address(deals).balance, handler.deposited() - handler.withdrawn(), "only deposits came in");
        vm.assertEq(
            address(deals).balance, locked + handler.reserves() + handler.balances(), "escrow + reserves + balances"
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
            vm.assertLe(d.paidPeriods, handler.scheduled(id), "no more periods than were scheduled");
            vm.assertLe(d.paidPeriods, handler.shown(id) + d.provenCount, "none that nobody showed");
            vm.assertLe(paid + handler.refunded(id), d.escrow, "paid + refunded <= escrow");
            if (d.state != DealState.NONE && !live(d.state)) {
                vm.assertEq(paid + handler.refunded(id), d.escrow, "an ended deal keeps nothing");
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
                if (!live(b.state) || a.quote.manifestHash != b.quote.manifestHash) continue;
                vm.assertTrue(a.quote.shard != b.quote.shard, "two deals hold one slot");
                vm.assertTrue(a.quote.provider != b.quote.provider, "one provider holds two slots");
            }
        }
    }

    function invariant_ratingsStayBetweenZeroAndAll() public view {
        for (uint256 i; i < handler.count(); ++i) {
            address provider = deals.dealOf(handler.ids(i)).quote.provider;
            vm.assertLe(deals.registry().rating(provider), 100, "rating");
            vm.assertLe(deals.registry().score(provider), 10_000, "score");
        }
    }

    /// Whatever has happened, anyone can end every deal and release every reserve, and then every coin can be withdrawn.
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
        for (uint256 i; i < 2; ++i) {
            bytes32 manifest = handler.manifest(i);
            if (deals.packageOf(manifest).owner == address(0)) continue;
            vm.prank(address(0xA11));
            deals.releaseReserve(manifest);
        }
        vm.assertEq(address(deals).balance, handler.balances(), "every coin can be withdrawn");
    }
}
