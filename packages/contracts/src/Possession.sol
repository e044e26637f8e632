// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// @title Proof that a provider holds the bytes behind a CommP root
/// @notice Challenges and Merkle paths of docs/protocol.md, 3, in the EVM's own sha256.
library Possession {
    /// @notice Leaves that one period's proof opens, or all, if the shard has fewer.
    uint256 internal constant CHALLENGES = 20;
    uint8 internal constant PURPOSE_PERIOD = 0;

    /// @notice The numbers of leaves and siblings come from the commitment; the proof has others.
    error WrongProofShape(uint256 leaves, uint256 siblings, uint256 wantedLeaves, uint256 wantedSiblings);
    /// @notice The path of this challenge does not end in the commitment.
    error WrongProof(uint256 challenge, uint256 leafIndex);

    /// @return leafCount payload leaves of a shard of `rawLength` bytes (a multiple of 127)
    /// @return height of its tree
    function shapeOf(uint64 rawLength) internal pure returns (uint256 leafCount, uint256 height) {
        leafCount = (uint256(rawLength) / 127) * 4;
        while ((uint256(1) << height) < leafCount) ++height;
    }

    /// @return drawn leaf indices in drawn order, all distinct
    function challengesOf(bytes32 seed, bytes32 deal, address provider, uint64 period, uint256 leafCount)
        internal
        view
        returns (uint256[] memory drawn)
    {
        drawn = new uint256[](leafCount < CHALLENGES ? leafCount : CHALLENGES);
        bytes memory preimage =
            abi.encodePacked(PURPOSE_PERIOD, seed, uint64(block.chainid), deal, provider, period, uint32(0));
        uint256 found;
        for (uint256 j; found < drawn.length; ++j) {
            uint256 hash;
            assembly ("memory-safe") {
                // The counter is the last 4 of the 105 bytes, so the last 4 of the word that begins 32 bytes before their end.
                let tail := add(preimage, 105)
                mstore(tail, or(and(mload(tail), not(0xffffffff)), j))
                if iszero(staticcall(gas(), 2, add(preimage, 32), 105, 0, 32)) { revert(0, 0) }
                hash := mload(0)
            }
            uint256 leaf = (hash >> 192) % leafCount;
            bool repeated;
            for (uint256 i; i < found && !repeated; ++i) repeated = drawn[i] == leaf;
            if (!repeated) drawn[found++] = leaf;
        }
    }

    /// @notice Reverts unless every challenged leaf has a path to the commitment.
    /// @param siblings `height` of them for each leaf, from the leaf upward, in drawn order
    function verify(
        bytes32 commitment,
        uint64 rawLength,
        bytes32 seed,
        bytes32 deal,
        address provider,
        uint64 period,
        bytes32[] calldata leaves,
        bytes32[] calldata siblings
    ) internal view {
        (uint256 leafCount, uint256 height) = shapeOf(rawLength);
        uint256[] memory drawn = challengesOf(seed, deal, provider, period, leafCount);
        if (leaves.length != drawn.length || siblings.length != drawn.length * height) {
            revert WrongProofShape(leaves.length, siblings.length, drawn.length, drawn.length * height);
        }
        for (uint256 i; i < drawn.length; ++i) {
            if (_rootOf(leaves[i], drawn[i], siblings[i * height:(i + 1) * height]) != commitment) {
                revert WrongProof(i, drawn[i]);
            }
        }
    }

    /// Node = sha256(left ‖ right) with the two top bits of its last byte cleared. Hashes in the 64 bytes of scratch memory.
    function _rootOf(bytes32 leaf, uint256 index, bytes32[] calldata path) private view returns (bytes32 node) {
        node = leaf;
        assembly ("memory-safe") {
            let end := add(path.offset, shl(5, path.length))
            for { let next := path.offset } lt(next, end) { next := add(next, 32) } {
                let right := and(index, 1)
                mstore(shl(5, right), node)
                mstore(shl(5, xor(right, 1)), calldataload(next))
                if iszero(staticcall(gas(), 2, 0, 64, 0, 32)) { revert(0, 0) }
                node := and(mload(0), not(0xc0))
                index := shr(1, index)
            }
        }
    }
}
