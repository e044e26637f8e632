// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {ISigned} from "./ISigned.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

/// @title Who signed a digest
library Signatures {
    function signerOf(bytes32 digest, bytes calldata signature) internal pure returns (address) {
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (failure != ECDSA.RecoverError.NoError) revert ISigned.InvalidSignature(digest);
        return signer;
    }
}

/// @title Typed messages of the domain "Cairn", version "1" (EIP-712)
/// @dev The separator is hashed anew each time, so that after a fork the old chain's signatures are worth nothing on the new one.
abstract contract Signed is ISigned {
    bytes32 private constant DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant NAME = keccak256("Cairn");
    bytes32 private constant VERSION = keccak256("1");

    function _digestOf(bytes32 structHash) internal view returns (bytes32) {
        bytes32 separator = keccak256(abi.encode(DOMAIN, NAME, VERSION, block.chainid, address(this)));
        return MessageHashUtils.toTypedDataHash(separator, structHash);
    }
}
