// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// @title Time counted in periods
/// @notice Period p begins at genesisTime + p * periodSeconds (docs/protocol.md, 3). Seconds only: a block count is no clock on chains
/// with null rounds.
abstract contract PeriodClock {
    uint48 public immutable genesisTime;
    uint32 public immutable periodSeconds;
    /// @notice How long after a period's end an answer still counts.
    uint32 public immutable graceSeconds;

    /// @notice The period must divide an hour, and time must have begun.
    error InvalidClock(uint48 genesisTime, uint32 periodSeconds);

    constructor(uint48 genesisTime_, uint32 periodSeconds_, uint32 graceSeconds_) {
        if (periodSeconds_ == 0 || 3600 % periodSeconds_ != 0 || genesisTime_ > block.timestamp) {
            revert InvalidClock(genesisTime_, periodSeconds_);
        }
        genesisTime = genesisTime_;
        periodSeconds = periodSeconds_;
        graceSeconds = graceSeconds_;
    }

    /// @notice The period that this block is in.
    function currentPeriod() public view returns (uint48) {
        return _periodAt(block.timestamp);
    }

    /// @notice First second of a period.
    function periodStart(uint256 period) public view returns (uint256) {
        return genesisTime + period * periodSeconds;
    }

    /// @notice Last second in which an answer for a period counts; votes count after it.
    function answerDeadline(uint256 period) public view returns (uint256) {
        return periodStart(period + 1) + graceSeconds;
    }

    function _periodAt(uint256 time) internal view returns (uint48) {
        return uint48((time - genesisTime) / periodSeconds);
    }
}
