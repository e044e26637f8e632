// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Registration, TypedData} from "./DealTypes.sol";
import {IProviderRegistry} from "./IProviderRegistry.sol";
import {Schedule} from "./Schedule.sol";
import {Signatures, Signed} from "./Signed.sol";

contract ProviderRegistry is Signed, IProviderRegistry {
    /// @notice How long a stolen cold key must wait before it is paid.
    uint48 public constant PAYOUT_DELAY = 7 days;
    uint256 public constant MAX_REGION_BYTES = 64;
    uint256 public constant MAX_ENDPOINT_BYTES = 256;
    /// @dev Prior of the score: 24 shard-periods at 90 %.
    uint256 private constant PRIOR_COMMITTED = 24;
    uint256 private constant PRIOR_FULFILLED_BPS = 216_000;

    uint256 private constant GIB_DAY = (1 << 30) * 86_400;

    struct Work {
        uint64 fulfilled;
        uint64 committed;
    }

    address public immutable deals;
    uint48 public immutable deployedAt;

    mapping(address provider => uint256) public usedBytes;
    mapping(address provider => ProviderRecord) private _providers;
    mapping(address provider => mapping(bytes32 set => Work)) private _work;

    constructor(address deals_) {
        deals = deals_;
        deployedAt = uint48(block.number);
    }

    modifier onlyDeals() {
        if (msg.sender != deals) revert NotStorageDeals(msg.sender);
        _;
    }

    function register(Registration calldata r, bytes calldata coldSignature) external {
        if (r.hot == address(0)) revert InvalidRegistration("hot");
        if (r.payout == address(0)) revert InvalidRegistration("payout");
        if (r.duty == 0 || r.duty > Schedule.ALWAYS) revert InvalidRegistration("duty");
        if (bytes(r.region).length > MAX_REGION_BYTES) revert InvalidRegistration("region");
        if (bytes(r.endpoint).length > MAX_ENDPOINT_BYTES) revert InvalidRegistration("endpoint");
        address provider = Signatures.signerOf(_digestOf(TypedData.hash(r)), coldSignature);
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
            Signatures.signerOf(_digestOf(keccak256(abi.encode(TypedData.RETIREMENT, nonce, deadline))), coldSignature);
        ProviderRecord storage p = _providers[provider];
        if (p.hot == address(0)) revert NotRegistered(provider);
        _useNonce(provider, p, nonce, deadline);
        p.active = false;
        emit ProviderRetired(provider);
    }

    function take(address provider, uint64 rawLength, uint128 pricePerPeriod, uint32 periodSeconds)
        external
        onlyDeals
        returns (address hot)
    {
        ProviderRecord storage p = _providers[provider];
        if (!p.active) revert ProviderNotActive(provider);
        if (uint256(pricePerPeriod) * GIB_DAY < uint256(p.priceFloor) * rawLength * periodSeconds) {
            revert BelowFloor(provider, pricePerPeriod, p.priceFloor);
        }
        uint256 used = usedBytes[provider] + rawLength;
        if (used > p.capacity) revert CapacityExceeded(provider, used, p.capacity);
        usedBytes[provider] = used;
        return p.hot;
    }

    function free(address provider, uint64 rawLength) external onlyDeals {
        usedBytes[provider] -= rawLength;
    }

    function logWork(address provider, bytes32 set, bytes32 deal, uint64 fulfilled, uint64 committed) external onlyDeals {
        Work storage work = _work[provider][set];
        work.fulfilled += fulfilled;
        work.committed += committed;
        emit WorkLogged(provider, set, deal, fulfilled, committed);
    }

    function providerOf(address provider) external view returns (ProviderRecord memory record) {
        record = _providers[provider];
        record.payout = payoutOf(provider);
        if (record.payout == record.pendingPayout) (record.pendingPayout, record.payoutAt) = (address(0), 0);
    }

    function hotOf(address provider) external view returns (address) {
        return _providers[provider].hot;
    }

    function payoutOf(address provider) public view returns (address) {
        ProviderRecord storage p = _providers[provider];
        bool matured = p.pendingPayout != address(0) && p.payoutAt <= block.timestamp;
        return matured ? p.pendingPayout : p.payout;
    }

    function workOf(address provider, bytes32[] calldata sets) public view returns (uint256 fulfilled, uint256 committed) {
        for (uint256 i; i < sets.length; ++i) {
            Work storage work = _work[provider][sets[i]];
            fulfilled += work.fulfilled;
            committed += work.committed;
        }
    }

    function rating(address provider, bytes32[] calldata sets) external view returns (uint256) {
        (uint256 fulfilled, uint256 committed) = workOf(provider, sets);
        return committed == 0 ? 90 : (100 * fulfilled) / committed;
    }

    function score(address provider, bytes32[] calldata sets) external view returns (uint256) {
        (uint256 fulfilled, uint256 committed) = workOf(provider, sets);
        return (10_000 * fulfilled + PRIOR_FULFILLED_BPS) / (committed + PRIOR_COMMITTED);
    }

    function _useNonce(address provider, ProviderRecord storage p, uint256 nonce, uint64 deadline) private {
        if (deadline < block.timestamp) revert SignatureExpired(deadline);
        if (nonce != p.nextNonce) revert WrongNonce(provider, nonce, p.nextNonce);
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
