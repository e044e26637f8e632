// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Schedule} from "../src/Schedule.sol";
import {vm} from "./Vm.sol";

contract ScheduleTest {
    uint256 private constant MASK = (1 << 168) - 1;

    /// Period by period, as docs/protocol.md 3 says it.
    function naive(uint256 duty, uint256 start, uint256 periods, uint256 ps) private pure returns (uint256 total) {
        for (uint256 i; i < periods; ++i) {
            uint256 hour = ((start + i * ps) / 3600 + 72) % 168;
            total += (duty >> hour) & 1;
        }
    }

    function divisor(uint8 choice) private pure returns (uint256) {
        uint16[6] memory all = [3600, 1800, 900, 720, 600, 300];
        return all[choice % 6];
    }

    function testFuzz_countEqualsWalk(uint256 duty, uint32 start, uint16 periods, uint8 choice) public pure {
        uint256 ps = divisor(choice);
        uint256 some = periods % 2600;
        vm.assertEq(Schedule.count(duty & MASK, start, some, ps), naive(duty & MASK, start, some, ps), "count");
    }

    /// A whole number of weeks pays for its hours on duty exactly; what is left of a week, for its share rounded up.
    function testFuzz_withinIsTheShareOfTheTerm(uint256 duty, uint32 duration, uint8 choice) public pure {
        (uint256 mask, uint256 ps) = (duty & MASK, divisor(choice));
        uint256 weekly = naive(mask, 0, 168 * 3600 / ps, ps);
        uint256 total = Schedule.within(mask, duration, ps);
        vm.assertEq(total, (uint256(duration) * weekly + 604_799) / 604_800, "share");
    }

    function testFuzz_spanEndsAtTheWantedPeriod(uint256 duty, uint32 start, uint32 wanted, uint8 choice) public pure {
        uint256 mask = duty & MASK;
        vm.assume(mask != 0 && wanted != 0);
        uint256 ps = divisor(choice);
        uint256 span = Schedule.spanOf(mask, start, wanted, ps);
        vm.assertEq(Schedule.count(mask, start, span, ps), wanted, "the span holds the wanted periods");
        vm.assertEq(Schedule.count(mask, start, span - 1, ps), uint256(wanted) - 1, "the last of them ends it");
    }

    function testFuzz_oneHourAWeek(uint8 hour, uint32 start, uint16 wanted) public pure {
        vm.assume(wanted != 0);
        uint256 mask = 1 << (hour % 168);
        uint256 span = Schedule.spanOf(mask, start, wanted, 3600);
        vm.assertLe(span, uint256(wanted) * 168, "a week each");
        vm.assertEq(Schedule.count(mask, start, span, 3600), wanted, "count");
    }

    function test_fullMaskCountsAll() public pure {
        vm.assertEq(Schedule.count(MASK, 12345, 987_654, 60), 987_654, "all");
        vm.assertEq(Schedule.spanOf(MASK, 12345, 987_654, 60), 987_654, "all");
    }

    function test_hourZeroIsMondayMidnight() public pure {
        // 2024-01-01 was a Monday.
        vm.assertTrue(Schedule.isOnDuty(1, 1_704_067_200), "Monday 00:00");
        vm.assertTrue(Schedule.isOnDuty(1, 1_704_067_200 + 3599), "Monday 00:59:59");
        vm.assertTrue(!Schedule.isOnDuty(1, 1_704_067_200 + 3600), "Monday 01:00");
        vm.assertTrue(Schedule.isOnDuty(1 << 167, 1_704_067_200 - 1), "Sunday 23:59:59");
    }
}
