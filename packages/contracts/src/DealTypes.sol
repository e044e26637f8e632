// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// @dev Order as DEAL_STATES in packages/protocol/src/words.ts.
enum DealState {
    NONE,
    PROPOSED,
    ACTIVE,
    COMPLETED,
    CANCELLED,
    EXPIRED,
    FAILED
}

/// @notice A provider's one-use offer for one shard; its EIP-712 digest is the deal's id.
struct Quote {
    address provider;
    address owner;
    bytes32 documentHash;
    uint32 piece;
    uint16 shard;
    bytes32 commitment;
    uint64 rawLength;
    uint128 pricePerPeriod;
    uint128 egressPrice;
    uint32 periods;
    uint256 duty;
    bytes32 verifierSet;
    uint64 expiry;
    bytes32 nonce;
}

/// @notice What an owner lets an executor do for one package.
struct Mandate {
    bytes32 documentHash;
    bytes32 shardsRoot;
    uint32 pieces;
    uint16 k;
    uint16 n;
    bytes32 verifierSet;
    address executor;
    uint128 maxEscrow;
    uint128 repairReserve;
    /// Dearest quote that may be taken, first deals and repairs alike: wei per GiB-day.
    uint128 maxPrice;
    /// UNIX seconds: no deal is agreed on for longer than until then.
    uint64 end;
    uint64 expiry;
}

struct Termination {
    bytes32 documentHash;
    uint64 expiry;
}

/// @notice One deal's line in a period's verdict tree.
struct Leaf {
    bytes32 deal;
    uint64 period;
    uint32 fulfilled;
    uint32 committed;
    uint8 verdict;
    uint64 faultA;
    uint64 faultB;
}

struct Registration {
    address hot;
    address payout;
    uint64 capacity;
    uint128 priceFloor;
    uint128 egressPrice;
    uint256 duty;
    string region;
    string endpoint;
    uint256 nonce;
    uint64 deadline;
}

/// @notice What a proof of one deal is checked against.
struct ProofTerms {
    address provider;
    DealState state;
    uint64 rawLength;
    uint48 receiptPeriod;
    uint48 lastPeriod;
    uint256 duty;
    bytes32 commitment;
}

/// @title EIP-712 struct hashes of packages/protocol/src/typed-data.ts
/// @dev A struct of static fields encodes as its fields in order, which is what EIP-712 hashes.
library TypedData {
    bytes32 internal constant QUOTE = keccak256(
        "Quote(address provider,address owner,bytes32 documentHash,uint32 piece,uint16 shard,bytes32 commitment,uint64 rawLength,uint128 pricePerPeriod,uint128 egressPrice,uint32 periods,uint256 duty,bytes32 verifierSet,uint64 expiry,bytes32 nonce)"
    );
    bytes32 internal constant MANDATE = keccak256(
        "Mandate(bytes32 documentHash,bytes32 shardsRoot,uint32 pieces,uint16 k,uint16 n,bytes32 verifierSet,address executor,uint128 maxEscrow,uint128 repairReserve,uint128 maxPrice,uint64 end,uint64 expiry)"
    );
    bytes32 internal constant TERMINATION = keccak256("Termination(bytes32 documentHash,uint64 expiry)");
    bytes32 internal constant RECEIPT = keccak256("Receipt(bytes32 deal,bytes32 commitment,uint64 rawLength)");
    bytes32 internal constant ACTIVATION = keccak256("Activation(bytes32 deal,bytes32 seed,bytes32 proofHash)");
    bytes32 internal constant REGISTRATION = keccak256(
        "Registration(address hot,address payout,uint64 capacity,uint128 priceFloor,uint128 egressPrice,uint256 duty,string region,string endpoint,uint256 nonce,uint64 deadline)"
    );
    bytes32 internal constant RETIREMENT = keccak256("Retirement(uint256 nonce,uint64 deadline)");

    function hash(Quote calldata q) internal pure returns (bytes32) {
        return keccak256(abi.encode(QUOTE, q));
    }

    function hash(Mandate calldata m) internal pure returns (bytes32) {
        return keccak256(abi.encode(MANDATE, m));
    }

    function hash(Termination calldata t) internal pure returns (bytes32) {
        return keccak256(abi.encode(TERMINATION, t));
    }

    function hash(Registration calldata r) internal pure returns (bytes32) {
        return keccak256(
            bytes.concat(
                abi.encode(REGISTRATION, r.hot, r.payout, r.capacity, r.priceFloor, r.egressPrice, r.duty),
                abi.encode(keccak256(bytes(r.region)), keccak256(bytes(r.endpoint)), r.nonce, r.deadline)
            )
        );
    }

    function hashOf(Leaf calldata leaf) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(leaf))));
    }
}
