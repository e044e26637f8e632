// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// @title Time counted in periods
/// @notice Period p begins at genesisTime + p * periodSeconds (docs/protocol.md, 3). Seconds only: a block count is no clock on chains
/// with null rounds.
interface IPeriodClock {
    /// @notice The period must divide an hour, and time must have begun.
    error InvalidClock(uint48 genesisTime, uint32 periodSeconds);

    function genesisTime() external view returns (uint48);
    function periodSeconds() external view returns (uint32);

    /// @notice How long after a period's end an answer still counts.
    function graceSeconds() external view returns (uint32);

    /// @notice How many periods a root waits after it was finalised before money moves by it.
    function disputePeriods() external view returns (uint32);

    /// @notice The period that this block is in.
    function currentPeriod() external view returns (uint48);

    /// @notice First second of a period.
    function periodStart(uint256 period) external view returns (uint256);

    /// @notice Period `period` is opened and its seed drawn before this second, or it is void: a quarter of the period and the grace are
    /// always left to answer in.
    function seedDeadline(uint256 period) external view returns (uint256);

    /// @notice Last second in which an answer for a period counts; votes count after it.
    function answerDeadline(uint256 period) external view returns (uint256);
}
