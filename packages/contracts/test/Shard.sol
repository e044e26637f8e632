// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// @notice A whole CommP tree in memory, and proofs from it, written without the contracts' code.
library Shard {
    /// Layers from the leaves up; a padded tree of zero leaves beyond the payload.
    function tree(uint64 rawLength, bytes32 content) internal pure returns (bytes32[][] memory layers) {
        uint256 leaves = uint256(rawLength) / 127 * 4;
        uint256 width = 1;
        uint256 height;
        while (width < leaves) (width, height) = (width * 2, height + 1);
        layers = new bytes32[][](height + 1);
        layers[0] = new bytes32[](width);
        for (uint256 i; i < leaves; ++i) layers[0][i] = fr32(keccak256(abi.encode(content, i)));
        for (uint256 level = 1; level <= height; ++level) {
            width /= 2;
            layers[level] = new bytes32[](width);
            for (uint256 i; i < width; ++i) layers[level][i] = node(layers[level - 1][2 * i], layers[level - 1][2 * i + 1]);
        }
    }

    function root(bytes32[][] memory layers) internal pure returns (bytes32) {
        return layers[layers.length - 1][0];
    }

    function fr32(bytes32 word) internal pure returns (bytes32) {
        return word & ~bytes32(uint256(0xc0));
    }

    function node(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return fr32(sha256(abi.encodePacked(left, right)));
    }

    /// docs/protocol.md, 3, as it is written.
    function challenges(bytes32 seed, bytes32 deal, address provider, uint64 period, uint256 leaves)
        internal
        view
        returns (uint256[] memory drawn)
    {
        drawn = new uint256[](leaves < 20 ? leaves : 20);
        uint256 found;
        for (uint32 j; found < drawn.length; ++j) {
            bytes32 digest =
                sha256(abi.encodePacked(uint8(0), seed, uint64(block.chainid), deal, provider, period, j));
            uint256 leaf = uint64(bytes8(digest)) % leaves;
            bool repeated = false;
            for (uint256 i; i < found; ++i) if (drawn[i] == leaf) repeated = true;
            if (!repeated) drawn[found++] = leaf;
        }
    }

    function prove(bytes32[][] memory layers, uint256[] memory drawn)
        internal
        pure
        returns (bytes32[] memory leaves, bytes32[] memory siblings)
    {
        uint256 height = layers.length - 1;
        leaves = new bytes32[](drawn.length);
        siblings = new bytes32[](drawn.length * height);
        for (uint256 i; i < drawn.length; ++i) {
            leaves[i] = layers[0][drawn[i]];
            for (uint256 level; level < height; ++level) {
                siblings[i * height + level] = layers[level][(drawn[i] >> level) ^ 1];
            }
        }
    }
}
