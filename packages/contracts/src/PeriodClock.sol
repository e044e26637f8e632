// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IPeriodClock} from "./IPeriodClock.sol";

/// @title The clock that the ledger fixes and StorageDeals copies
abstract contract PeriodClock is IPeriodClock {
    uint48 public immutable genesisTime;
    uint32 public immutable periodSeconds;
    uint32 public immutable graceSeconds;
    uint32 public immutable disputePeriods;

    constructor(uint48 genesisTime_, uint32 periodSeconds_, uint32 graceSeconds_, uint32 disputePeriods_) {
        if (periodSeconds_ == 0 || 3600 % periodSeconds_ != 0 || genesisTime_ > block.timestamp) {
            revert InvalidClock(genesisTime_, periodSeconds_);
        }
        genesisTime = genesisTime_;
        periodSeconds = periodSeconds_;
        graceSeconds = graceSeconds_;
        disputePeriods = disputePeriods_;
    }

    function currentPeriod() public view returns (uint48) {
        return _periodAt(block.timestamp);
    }

    function periodStart(uint256 period) public view returns (uint256) {
        return genesisTime + period * periodSeconds;
    }

    function seedDeadline(uint256 period) public view returns (uint256) {
        return periodStart(period) + uint256(periodSeconds) * 3 / 4;
    }

    function answerDeadline(uint256 period) public view returns (uint256) {
        return periodStart(period + 1) + graceSeconds;
    }

    function _periodAt(uint256 time) internal view returns (uint48) {
        return uint48((time - genesisTime) / periodSeconds);
    }
}
