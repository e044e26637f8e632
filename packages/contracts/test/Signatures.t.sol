// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {DealState, Mandate, Quote, Termination, TypedData} from "../src/DealTypes.sol";
import {ISigned} from "../src/ISigned.sol";
import {IProofLedger} from "../src/IProofLedger.sol";
import {IStorageDeals} from "../src/IStorageDeals.sol";
import {Fixture} from "./Fixture.sol";
import {vm} from "./Vm.sol";

/// @notice A signature counts on one chain, for one contract, in one role, for one message.
contract SignaturesTest is Fixture {
    bytes32 private constant HASH = keccak256("package");
    address private elsewhere = address(0xE15E);

    function setUp() public {
        deploy();
    }

    function proposeWith(Mandate memory m, Quote memory q, bytes memory ownerSignature, bytes memory hotSignature)
        private
    {
        Quote[] memory quotes = new Quote[](1);
        quotes[0] = q;
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = hotSignature;
        bytes32[][] memory paths = new bytes32[][](1);
        (, paths[0]) = merkle(shardLeaves(m.n, q.rawLength), q.shard);
        vm.prank(EXECUTOR);
        deals.propose(m, ownerSignature, quotes, signatures, paths);
    }

    function quoteHash(Quote memory q) private pure returns (bytes32) {
        return keccak256(abi.encode(TypedData.QUOTE, q));
    }

    function test_quoteForAnotherContractOrChain() public {
        (Mandate memory m, Quote memory q) = (mandate(HASH), quote(HASH, 0, 0));
        bytes memory ownerSignature = signMandate(m);
        bytes memory other = sign(HOT_KEY, digestFor(elsewhere, quoteHash(q)));
        vm.expectPartialRevert(IStorageDeals.WrongSigner.selector);
        this.proposeExternally(m, q, ownerSignature, other);
        vm.chainId(99);
        other = sign(HOT_KEY, dealId(q));
        vm.chainId(31337);
        vm.expectPartialRevert(IStorageDeals.WrongSigner.selector);
        this.proposeExternally(m, q, ownerSignature, other);
    }

    function proposeExternally(Mandate memory m, Quote memory q, bytes memory a, bytes memory b) external {
        proposeWith(m, q, a, b);
    }

    /// The domain follows the chain id: after a fork the old chain's signatures are worth nothing on the new one.
    function test_signaturesDieWithAFork() public {
        (Mandate memory m, Quote memory q) = (mandate(HASH), quote(HASH, 0, 0));
        bytes memory ownerSignature = signMandate(m);
        bytes memory hotSignature = sign(HOT_KEY, dealId(q));
        vm.chainId(99);
        vm.expectPartialRevert(IStorageDeals.InsufficientFunds.selector);
        this.proposeExternally(m, q, ownerSignature, hotSignature);
    }

    /// Every key that has a role signs every other role's message; only the right one is taken.
    function testFuzz_onlyTheRightRoleQuotes(uint8 role) public {
        uint256[6] memory keys = [OWNER_KEY, COLD_KEY, HOT_KEY + 1, VERIFIER_KEY, uint256(0xBAD), COLD_KEY + 1];
        (Mandate memory m, Quote memory q) = (mandate(HASH), quote(HASH, 0, 0));
        bytes memory ownerSignature = signMandate(m);
        bytes memory wrong = sign(keys[role % 6], dealId(q));
        vm.expectPartialRevert(IStorageDeals.WrongSigner.selector);
        this.proposeExternally(m, q, ownerSignature, wrong);
    }

    function test_anotherRolesMessageIsNoReceipt() public {
        bytes32 id = propose(mandate(HASH), quote(HASH, 0, 0), 0);
        bytes[] memory signatures = new bytes[](1);
        // The quote's own signature, by the right key.
        signatures[0] = sign(HOT_KEY, id);
        vm.expectPartialRevert(IStorageDeals.WrongSigner.selector);
        deals.recordReceipts(list(id), signatures);
        // Proof and Activation share their fields' kinds with Receipt.
        bytes32 activation = keccak256(abi.encode(TypedData.ACTIVATION, id, commitmentOf(0), bytes32(uint256(RAW))));
        signatures[0] = signDeals(HOT_KEY, activation);
        vm.expectPartialRevert(IStorageDeals.WrongSigner.selector);
        deals.recordReceipts(list(id), signatures);
        // A receipt of another deal by the same key.
        bytes32 other = propose(mandate(keccak256("other")), quote(keccak256("other"), 0, 0), 0);
        signatures[0] = signReceipt(0, other);
        vm.expectPartialRevert(IStorageDeals.WrongSigner.selector);
        deals.recordReceipts(list(id), signatures);
    }

    function test_activationBindsDealSeedAndProof() public {
        bytes32 id = propose(mandate(HASH), quote(HASH, 0, 0), 0);
        bytes32 other = propose(mandate(HASH), quote(HASH, 1, 1), 1);
        receipt(0, id);
        receipt(1, other);
        vm.roll(block.number + 3);
        bytes32 seed = blockhash(block.number - 1);
        bytes32[] memory proofHashes = list(keccak256("proof"));
        bytes[][] memory signatures = new bytes[][](1);
        signatures[0] = new bytes[](2);
        for (uint256 i; i < 2; ++i) signatures[0][i] = signActivation(i, other, seed, proofHashes[0]);
        vm.expectPartialRevert(IProofLedger.NotVerifier.selector);
        deals.activate(list(id), seed, proofHashes, signatures);
        for (uint256 i; i < 2; ++i) {
            signatures[0][i] = signActivation(i, id, blockhash(block.number - 2), proofHashes[0]);
        }
        vm.expectPartialRevert(IProofLedger.NotVerifier.selector);
        deals.activate(list(id), seed, proofHashes, signatures);
        for (uint256 i; i < 2; ++i) signatures[0][i] = signActivation(i, id, seed, keccak256("another proof"));
        vm.expectPartialRevert(IProofLedger.NotVerifier.selector);
        deals.activate(list(id), seed, proofHashes, signatures);
        signatures[0][0] = signActivation(0, id, seed, proofHashes[0]);
        signatures[0][1] = signatures[0][0];
        vm.expectRevert(abi.encodeWithSelector(IProofLedger.QuorumMissing.selector, set, 1, 2));
        deals.activate(list(id), seed, proofHashes, signatures);
        signatures[0] = new bytes[](0);
        vm.expectRevert(abi.encodeWithSelector(IProofLedger.QuorumMissing.selector, set, 0, 2));
        deals.activate(list(id), seed, proofHashes, signatures);
    }

    function test_terminationOfAnotherPackageOrContract() public {
        propose(mandate(HASH), quote(HASH, 0, 0), 0);
        Termination memory t = Termination(HASH, uint64(block.timestamp + 60));
        Termination memory other = Termination(keccak256("other"), t.expiry);
        bytes memory signature = signDeals(OWNER_KEY, keccak256(abi.encode(TypedData.TERMINATION, other)));
        vm.expectPartialRevert(IStorageDeals.UnknownPackage.selector);
        deals.terminate(t, signature);
        signature = sign(OWNER_KEY, digestFor(elsewhere, keccak256(abi.encode(TypedData.TERMINATION, t))));
        vm.expectPartialRevert(IStorageDeals.UnknownPackage.selector);
        deals.terminate(t, signature);
    }

    /// The second signature that every ECDSA signature implies (n - s) is not accepted, nor is a short or empty one.
    function test_malleableAndMalformedSignatures() public {
        (Mandate memory m, Quote memory q) = (mandate(HASH), quote(HASH, 0, 0));
        bytes memory ownerSignature = signMandate(m);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(HOT_KEY, dealId(q));
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        bytes[4] memory bad =
            [abi.encodePacked(r, order - uint256(s), v ^ 7), abi.encodePacked(r, s), bytes(""), new bytes(65)];
        for (uint256 i; i < 4; ++i) {
            vm.expectPartialRevert(ISigned.InvalidSignature.selector);
            this.proposeExternally(m, q, ownerSignature, bad[i]);
        }
    }

    function test_receiptReplayAfterAnEndedDeal() public {
        bytes32 id = propose(mandate(HASH), quote(HASH, 0, 0), 0);
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = signReceipt(0, id);
        vm.prank(EXECUTOR);
        deals.cancel(list(id));
        vm.expectRevert(abi.encodeWithSelector(IStorageDeals.WrongState.selector, id, DealState.CANCELLED));
        deals.recordReceipts(list(id), signatures);
    }
}
