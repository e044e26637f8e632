// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// @title Counting the on-duty periods of a 168-hour mask
/// @notice Bit h is hour h of the week, hour 0 = Monday 00:00 UTC; a period is on duty when its start lies in an hour whose bit is set.
/// `periodSeconds` divides 3600, so every whole hour begins 3600 / periodSeconds periods, wherever the clock's origin lies.
library Schedule {
    uint256 internal constant HOURS = 168;
    uint256 internal constant ALWAYS = (1 << HOURS) - 1;

    function isOnDuty(uint256 duty, uint256 time) internal pure returns (bool) {
        return (duty >> _hourOfWeek(time)) & 1 == 1;
    }

    /// @return total how many of the `periods` periods from the one that begins at `start` are on duty. Constant cost.
    function count(uint256 duty, uint256 start, uint256 periods, uint256 periodSeconds) internal pure returns (uint256 total) {
        uint256 perHour = 3600 / periodSeconds;
        total = (periods / (perHour * HOURS)) * _popcount(duty) * perHour;
        uint256 rest = periods % (perHour * HOURS);
        uint256 hour = _hourOfWeek(start);
        // Bit i is now the i-th hour after the one in which `start` lies.
        uint256 ahead = ((duty >> hour) | (duty << (HOURS - hour))) & ALWAYS;
        uint256 first = _startsLeftInHour(start, periodSeconds);
        if (rest <= first) return total + rest * (ahead & 1);
        total += first * (ahead & 1);
        rest -= first;
        uint256 whole = rest / perHour;
        total += _popcount((ahead >> 1) & ((1 << whole) - 1)) * perHour;
        total += (rest % perHour) * ((ahead >> ((whole + 1) % HOURS)) & 1);
    }

    /// @return span how many periods it takes, from the one that begins at `start`, until the `wanted`-th on-duty one has been counted.
    /// Whole weeks at once, then at most 169 hours. `wanted` is at least 1 and `duty` has a bit set.
    function spanOf(uint256 duty, uint256 start, uint256 wanted, uint256 periodSeconds) internal pure returns (uint256 span) {
        uint256 perHour = 3600 / periodSeconds;
        uint256 onDutyPerWeek = _popcount(duty) * perHour;
        uint256 weeksBefore = (wanted - 1) / onDutyPerWeek;
        uint256 left = wanted - weeksBefore * onDutyPerWeek;
        span = weeksBefore * perHour * HOURS;
        uint256 hour = _hourOfWeek(start);
        uint256 inHour = _startsLeftInHour(start, periodSeconds);
        while (true) {
            if ((duty >> hour) & 1 == 1) {
                if (left <= inHour) return span + left;
                left -= inHour;
            }
            span += inHour;
            inHour = perHour;
            hour = (hour + 1) % HOURS;
        }
    }

    /// @return total the on-duty periods that `duration` seconds have on average, rounded up: what a term of that length pays for. As
    /// `periodsFor` in packages/core/src/coverage.ts.
    function within(uint256 duty, uint256 duration, uint256 periodSeconds) internal pure returns (uint256 total) {
        uint256 unit = HOURS * periodSeconds;
        return (duration * _popcount(duty) + unit - 1) / unit;
    }

    /// 1970-01-01 was a Thursday: 72 hours after a Monday.
    function _hourOfWeek(uint256 time) private pure returns (uint256) {
        return (time / 3600 + 72) % HOURS;
    }

    function _startsLeftInHour(uint256 start, uint256 periodSeconds) private pure returns (uint256) {
        return (3600 - (start % 3600) + periodSeconds - 1) / periodSeconds;
    }

    function _popcount(uint256 x) private pure returns (uint256) {
        unchecked {
            x -= (x >> 1) & 0x5555555555555555555555555555555555555555555555555555555555555555;
            x = (x & 0x3333333333333333333333333333333333333333333333333333333333333333)
                + ((x >> 2) & 0x3333333333333333333333333333333333333333333333333333333333333333);
            x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f;
            // Sums of 168 one-bits fit in the top byte of the product.
            return (x * 0x0101010101010101010101010101010101010101010101010101010101010101) >> 248;
        }
    }
}
