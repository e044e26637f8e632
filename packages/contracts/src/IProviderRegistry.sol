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
        uint64 fulfilled;
        uint64 committed;
        /// Lowest nonce that the next signed message may have.
        uint256 nextNonce;
        string region;
        string endpoint;
    }

    event ProviderRegistered(address indexed provider);
    event ProviderRetired(address indexed provider);
    /// @notice Shard-periods fulfilled and committed since the last log, not totals.
    event WorkLogged(address indexed provider, uint64 fulfilled, uint64 committed);

    error NotStorageDeals(address caller);
    error NonceUsed(address provider, uint256 nonce, uint256 next);
    error NotRegistered(address provider);
    error InvalidRegistration(string field);

    /// @notice Enter or change a provider's terms. A later payout address takes effect after seven days.
    function register(Registration calldata r, bytes calldata coldSignature) external;

    /// @notice Take no new deals; what is owed is still paid, what runs still runs.
    function retire(uint256 nonce, uint64 deadline, bytes calldata coldSignature) external;

    /// @notice Add shard-periods to a provider's record.
    function logWork(address provider, uint64 fulfilled, uint64 committed) external;

    /// @notice The record with the payout address that holds now; all zero for an unknown provider.
    function providerOf(address provider) external view returns (ProviderRecord memory record);

    /// @notice What a quote is checked against.
    function termsOf(address provider)
        external
        view
        returns (address hot, bool active, uint64 capacity, uint128 priceFloor);

    function hotOf(address provider) external view returns (address);
    function payoutOf(address provider) external view returns (address);

    /// @notice Percent of committed shard-periods that were fulfilled; 90 for a newcomer.
    function rating(address provider) external view returns (uint256);

    /// @notice Basis points, smoothed by a prior of 24 shard-periods at 90 %: what ranks providers.
    function score(address provider) external view returns (uint256);

    /// @notice The only address that may log work.
    function deals() external view returns (address);

    /// @notice Block where an index of the three contracts' events begins; the registry is deployed first.
    function deployedAt() external view returns (uint48);
}
