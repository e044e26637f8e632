// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Registration, TypedData} from "./DealTypes.sol";
import {IProviderRegistry} from "./IProviderRegistry.sol";
import {Schedule} from "./Schedule.sol";
import {Signed} from "./Signed.sol";

contract ProviderRegistry is Signed, IProviderRegistry {
    /// @notice How long a stolen cold key must wait before it is paid.
    uint48 public constant PAYOUT_DELAY = 7 days;
    uint256 public constant MAX_REGION_BYTES = 64;
    uint256 public constant MAX_ENDPOINT_BYTES = 256;
    /// @dev Prior of the score: 24 shard-periods at 90 %.
    uint256 private constant PRIOR_COMMITTED = 24;
    uint256 private constant PRIOR_FULFILLED_BPS = 216_000;

    address public immutable deals;
    uint48 public immutable deployedAt;

    mapping(address provider => ProviderRecord) private _providers;

    constructor(address deals_) {
        deals = deals_;
        deployedAt = uint48(block.number);
    }

    function register(Registration calldata r, bytes calldata coldSignature) external {
        if (r.hot == address(0)) revert InvalidRegistration("hot");
        if (r.payout == address(0)) revert InvalidRegistration("payout");
        if (r.duty == 0 || r.duty > Schedule.ALWAYS) revert InvalidRegistration("duty");
        if (bytes(r.region).length > MAX_REGION_BYTES) revert InvalidRegistration("region");
        if (bytes(r.endpoint).length > MAX_ENDPOINT_BYTES) revert InvalidRegistration("endpoint");
        address provider = _signerOf(_hashTypedDataV4(TypedData.hash(r)), coldSignature);
        ProviderRecord storage p = _providers[provider];
        _useNonce(provider, p, r.nonce, r.deadline);
        _setPayout(p, r.payout);
        p.hot = r.hot;
        p.active = true;
        p.capacity = r.capacity;
        p.priceFloor = r.priceFloor;
        p.egressPrice = r.egressPrice;
        p.duty = r.duty;
        p.region = r.region;
        p.endpoint = r.endpoint;
        emit ProviderRegistered(provider);
    }

    function retire(uint256 nonce, uint64 deadline, bytes calldata coldSignature) external {
        address provider =
            _signerOf(_hashTypedDataV4(keccak256(abi.encode(TypedData.RETIREMENT, nonce, deadline))), coldSignature);
        ProviderRecord storage p = _providers[provider];
        if (p.hot == address(0)) revert NotRegistered(provider);
        _useNonce(provider, p, nonce, deadline);
        p.active = false;
        emit ProviderRetired(provider);
    }

    function logWork(address provider, uint64 fulfilled, uint64 committed) external {
        if (msg.sender != deals) revert NotStorageDeals(msg.sender);
        ProviderRecord storage p = _providers[provider];
        p.fulfilled += fulfilled;
        p.committed += committed;
        emit WorkLogged(provider, fulfilled, committed);
    }

    function providerOf(address provider) external view returns (ProviderRecord memory record) {
        record = _providers[provider];
        record.payout = payoutOf(provider);
        if (record.payout == record.pendingPayout) (record.pendingPayout, record.payoutAt) = (address(0), 0);
    }

    function termsOf(address provider) external view returns (address hot, bool active, uint64 capacity, uint128 priceFloor) {
        ProviderRecord storage p = _providers[provider];
        return (p.hot, p.active, p.capacity, p.priceFloor);
    }

    function hotOf(address provider) external view returns (address) {
        return _providers[provider].hot;
    }

    function payoutOf(address provider) public view returns (address) {
        ProviderRecord storage p = _providers[provider];
        bool matured = p.pendingPayout != address(0) && p.payoutAt <= block.timestamp;
        return matured ? p.pendingPayout : p.payout;
    }

    function rating(address provider) external view returns (uint256) {
        ProviderRecord storage p = _providers[provider];
        return p.committed == 0 ? 90 : (100 * uint256(p.fulfilled)) / p.committed;
    }

    function score(address provider) external view returns (uint256) {
        ProviderRecord storage p = _providers[provider];
        return (10_000 * uint256(p.fulfilled) + PRIOR_FULFILLED_BPS) / (p.committed + PRIOR_COMMITTED);
    }

    function _useNonce(address provider, ProviderRecord storage p, uint256 nonce, uint64 deadline) private {
        if (deadline < block.timestamp) revert SignatureExpired(deadline);
        if (nonce < p.nextNonce) revert NonceUsed(provider, nonce, p.nextNonce);
        p.nextNonce = nonce + 1;
    }

    function _setPayout(ProviderRecord storage p, address payout) private {
        address current = p.pendingPayout != address(0) && p.payoutAt <= block.timestamp ? p.pendingPayout : p.payout;
        if (current == address(0)) current = payout;
        if (p.payout != current) p.payout = current;
        if (payout == current) {
            if (p.pendingPayout != address(0)) (p.pendingPayout, p.payoutAt) = (address(0), 0);
        } else if (payout != p.pendingPayout) {
            (p.pendingPayout, p.payoutAt) = (payout, uint48(block.timestamp) + PAYOUT_DELAY);
        }
    }
}
