// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IProofLedger} from "../src/IProofLedger.sol";
import {Possession} from "../src/Possession.sol";
import {Fixture} from "./Fixture.sol";
import {vm} from "./Vm.sol";

/// @notice The figures of docs/threat-model.md: in how many of 500 periods a provider that lost data is caught, when the executor opens them,
/// and when a contract of the provider's opens them and takes back what it does not like. `npm run forge -- --match-contract GrindingTest -vv`
/// prints them. `InOneStep` is the rule that is not ours, for comparison: without it the test could not show that grinding is gone.
contract GrindingTest is Fixture {
    uint256 private constant PERIODS = 500;
    uint256 private constant LEAVES = 6400;
    bytes32 private constant DEAL = keccak256("deal");

    event log_named_uint(string key, uint256 val);

    function setUp() public {
        deploy();
    }

    /// @param blocks how many blocks the attacker tries before somebody honest opens the period; none: the executor opens
    function caughtInTwoSteps(uint256 lost, uint256 blocks) private returns (uint256 caught) {
        Grinder grinder = new Grinder(ledger, DEAL, LEAVES - lost);
        for (uint256 i; i < PERIODS; ++i) {
            uint64 period = uint64(ledger.currentPeriod()) + 1;
            vm.warp(ledger.periodStart(period));
            for (uint256 tried; tried < blocks; ++tried) {
                vm.roll(block.number + 1);
                // It takes back every opening whose seed it does not like, and in its own block it cannot see any.
                try grinder.openAndDraw() {} catch {}
                try grinder.open() {} catch {}
                vm.roll(block.number + 1);
                // From the next block on the seed is known, and it is the only one.
                try grinder.draw(period) {} catch {}
            }
            vm.roll(block.number + 1);
            if (ledger.openedIn(period) == 0) ledger.openPeriod();
            vm.roll(block.number + 1);
            if (ledger.seed(period) == 0) ledger.drawSeed(period);
            if (grinder.catches(ledger.seed(period), period)) ++caught;
        }
    }

    function caughtInOneStep(uint256 lost, uint256 blocks) private returns (uint256 caught) {
        Grinder grinder = new Grinder(ledger, DEAL, LEAVES - lost);
        InOneStep old = new InOneStep();
        for (uint64 period = 1; period <= PERIODS; ++period) {
            bool opened = false;
            for (uint256 tried; tried < blocks && !opened; ++tried) {
                vm.roll(block.number + 1);
                opened = !grinder.catches(old.seedNow(period), period);
            }
            if (!opened) vm.roll(block.number + 1);
            if (grinder.catches(old.seedNow(period), period)) ++caught;
        }
    }

    function compare(string memory what, uint256 lost, uint256 blocks)
        private
        returns (uint256 honest, uint256 attacked, uint256 ground)
    {
        honest = caughtInTwoSteps(lost, 0);
        attacked = caughtInTwoSteps(lost, blocks);
        emit log_named_uint(string.concat(what, ", the executor opens: caught in periods of 500"), honest);
        emit log_named_uint(string.concat(what, ", a grinder opens: caught in periods of 500"), attacked);
        ground = caughtInOneStep(lost, blocks);
        emit log_named_uint(string.concat(what, ", a grinder opens, were it one step: caught in periods of 500"), ground);
    }

    /// Expected: 500 * (1 - 0.99^20) = 91, with a standard deviation of 9.
    function test_lostOnePercent() public {
        (uint256 honest, uint256 attacked, uint256 ground) = compare("1 % lost", LEAVES / 100, 2);
        vm.assertGe(honest, 55, "honest");
        vm.assertGe(attacked, 55, "attacked");
        vm.assertLe(ground, 40, "one step is ground");
    }

    /// Expected: 500 * (1 - 0.95^20) = 321, with a standard deviation of 11.
    function test_lostFivePercent() public {
        (uint256 honest, uint256 attacked, uint256 ground) = compare("5 % lost", LEAVES / 20, 10);
        vm.assertGe(honest, 275, "honest");
        vm.assertGe(attacked, 275, "attacked");
        vm.assertLe(ground, 25, "one step is ground");
    }
}

/// @notice A seed that is there as soon as it is asked for, as it was once: whoever asks may look and come back in the next block.
contract InOneStep {
    function seedNow(uint64 period) external view returns (bytes32) {
        return keccak256(abi.encode(block.prevrandao, blockhash(block.number - 1), period));
    }
}

/// @notice Opens and draws, and reverts whatever opens a leaf that is gone: those from `kept` on.
contract Grinder {
    IProofLedger private immutable ledger;
    bytes32 private immutable deal;
    uint256 private immutable kept;
    uint256 private immutable leaves;

    error Unfavourable();

    constructor(IProofLedger ledger_, bytes32 deal_, uint256 kept_) {
        (ledger, deal, kept, leaves) = (ledger_, deal_, kept_, 6400);
    }

    function catches(bytes32 seed, uint64 period) public view returns (bool) {
        uint256[] memory drawn = Possession.challengesOf(seed, deal, address(this), period, leaves);
        for (uint256 i; i < drawn.length; ++i) if (drawn[i] >= kept) return true;
        return false;
    }

    function open() external {
        ledger.openPeriod();
    }

    function openAndDraw() external {
        ledger.openPeriod();
        _drawIfSpared(uint64(ledger.currentPeriod()));
    }

    function draw(uint64 period) external {
        _drawIfSpared(period);
    }

    function _drawIfSpared(uint64 period) private {
        ledger.drawSeed(period);
        if (catches(ledger.seed(period), period)) revert Unfavourable();
    }
}
