// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// @title What the contracts that read signatures refuse
interface ISigned {
    /// @notice Not a 65-byte signature (r, s in the lower half, v) of any key.
    error InvalidSignature(bytes32 digest);
    /// @notice The signed message, quote or mandate is past its time.
    error SignatureExpired(uint64 expiry);
}
