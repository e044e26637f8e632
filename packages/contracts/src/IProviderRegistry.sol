// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Registration} from "./DealTypes.sol";
import {ISigned} from "./ISigned.sol";

/// @title Who stores, on what terms, and how well they kept their word
/// @notice A provider is the address of its cold key. Anyone may relay what the cold key signed: a provider needs no coins to begin.
interface IProviderRegistry is ISigned {
    struct ProviderRecord {
        address hot;
        bool active;
        uint64 capacity;
        /// Where pay is credited now.
        address payout;
        uint48 payoutAt;
        /// Takes the place of `payout` from `payoutAt` on; zero when no change is under way.
        address pendingPayout;
        uint128 priceFloor;
        uint128 egressPrice;
        uint256 duty;
        /// The nonce of the next signed message: each takes exactly one, so that nobody who had the cold key once can use them up.
        uint256 nextNonce;
        string region;
        string endpoint;
    }

    event ProviderRegistered(address indexed provider);
    event ProviderRetired(address indexed provider);
    /// @notice Shard-periods fulfilled and committed since the deal's last log, not totals, under the verdict of the deal's verifier set.
    event WorkLogged(
        address indexed provider, bytes32 indexed set, bytes32 indexed deal, uint64 fulfilled, uint64 committed
    );

    error NotStorageDeals(address caller);
    error WrongNonce(address provider, uint256 nonce, uint256 next);
    error NotRegistered(address provider);
    error InvalidRegistration(string field);
    error ProviderNotActive(address provider);
    error BelowFloor(address provider, uint256 pricePerPeriod, uint256 priceFloor);
    error CapacityExceeded(address provider, uint256 need, uint256 capacity);

    /// @notice Enter or change a provider's terms. A later payout address takes effect after seven days.
    function register(Registration calldata r, bytes calldata coldSignature) external;

    /// @notice Take no new deals; what is owed is still paid, what runs still runs.
    function retire(uint256 nonce, uint64 deadline, bytes calldata coldSignature) external;

    /// @notice Take `rawLength` bytes of an active provider's capacity for a deal at a price that its cold key allows. Only StorageDeals.
    /// @return hot the key that must have signed the quote
    function take(address provider, uint64 rawLength, uint128 pricePerPeriod, uint32 periodSeconds)
        external
        returns (address hot);

    /// @notice A deal is over: its bytes are free again. Only StorageDeals.
    function free(address provider, uint64 rawLength) external;

    /// @notice Add shard-periods to a provider's record under one verifier set. Only StorageDeals.
    function logWork(address provider, bytes32 set, bytes32 deal, uint64 fulfilled, uint64 committed) external;

    /// @notice The record with the payout address that holds now; all zero for an unknown provider.
    function providerOf(address provider) external view returns (ProviderRecord memory record);

    function hotOf(address provider) external view returns (address);
    function payoutOf(address provider) external view returns (address);

    /// @notice Bytes under live deals, bounded by the capacity that the provider registered.
    function usedBytes(address provider) external view returns (uint256);

    /// @notice Shard-periods under the verdicts of some verifier sets: those that the reader trusts, each named once. What any other set says
    /// of the provider does not enter.
    function workOf(address provider, bytes32[] calldata sets) external view returns (uint256 fulfilled, uint256 committed);

    /// @notice Percent of committed shard-periods that were fulfilled under these sets; 90 for a newcomer to them.
    function rating(address provider, bytes32[] calldata sets) external view returns (uint256);

    /// @notice Basis points under these sets, smoothed by a prior of 24 shard-periods at 90 %.
    function score(address provider, bytes32[] calldata sets) external view returns (uint256);

    /// @notice StorageDeals: the only address that may take, free and log.
    function deals() external view returns (address);

    /// @notice Block where an index of the three contracts' events begins; the registry is deployed first.
    function deployedAt() external view returns (uint48);
}
