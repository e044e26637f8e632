// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Leaf, Mandate, Quote, Registration} from "../src/DealTypes.sol";
import {Possession} from "../src/Possession.sol";
import {Fixture} from "./Fixture.sol";
import {Shard} from "./Shard.sol";
import {vm} from "./Vm.sol";

/// @notice What each call costs as a transaction of its own (`forge test --isolate`), intrinsic gas and calldata included. Bounds hold with
/// and without isolation.
contract GasTest is Fixture {
    bytes32 private constant HASH = keccak256("package");
    /// A full 512 MiB sector: 2^24 leaves.
    uint64 private constant SECTOR = 532_676_608;

    event log_named_uint(string key, uint256 val);

    function setUp() public {
        deploy();
    }

    function told(string memory what, uint256 most) private returns (uint256 used) {
        used = vm.lastCallGas().gasTotalUsed;
        emit log_named_uint(what, used);
        vm.assertLe(used, most, what);
    }

    function test_register() public {
        Registration memory r = registration(9);
        r.endpoint = "https://provider.example:4433";
        registry.register(r, signRegistration(COLD_KEY + 9, r));
        told("register, first time", 300_000);
    }

    function test_lifeOfADeal() public {
        deals.deposit{value: 0}(owner);
        told("deposit", 60_000);
        bytes32 id = propose(mandate(HASH), quote(HASH, 0, 0), 0);
        receipt(0, id);
        told("recordReceipts, one deal", 120_000);
        activate(id);
        told("activate, one deal, two verifiers", 130_000);
        toPeriod(ledger.currentPeriod() + 1);
        uint64 period = uint64(ledger.currentPeriod());
        Leaf memory leaf = ok(id, period, 1, 1);
        vm.warp(ledger.answerDeadline(period) + 1);
        for (uint256 i; i < 2; ++i) {
            vm.prank(vm.addr(VERIFIER_KEY + i));
            ledger.vote(set, period, leafHash(leaf), keccak256("file"), 1);
            told(i == 0 ? "vote" : "vote that finalises", 200_000);
        }
        passDispute();
        claim(leaf);
        told("claim, one deal, first time", 220_000);
        toPeriod(deals.dealOf(id).lastPeriod);
        leaf = ok(id, uint64(ledger.currentPeriod()), 10, 10);
        finalize(leaf);
        passDispute();
        deals.close(leaf, none());
        told("close", 180_000);
    }

    function test_openPeriod() public {
        vm.warp(ledger.periodStart(ledger.currentPeriod() + 1));
        ledger.openPeriod();
        told("openPeriod", 60_000);
        vm.roll(block.number + 1);
        ledger.drawSeed(uint64(ledger.currentPeriod()));
        told("drawSeed", 60_000);
    }

    function test_fail() public {
        bytes32 id = active(HASH, 0, 0);
        toPeriod(ledger.currentPeriod() + 1);
        uint64 period = uint64(ledger.currentPeriod());
        Leaf memory leaf = fault(id, period, 0, 1, period, period);
        finalize(leaf);
        deals.fail(leaf, none());
        told("fail", 200_000);
    }

    /// All n deals of a piece in one transaction.
    function proposePiece(uint16 n) private returns (bytes32[] memory ids) {
        ids = new bytes32[](n);
        Mandate memory m = mandate(HASH);
        (m.n, m.maxEscrow) = (n, type(uint128).max);
        bytes32[] memory nodes = shardLeaves(n, RAW);
        (m.shardsRoot,) = merkle(nodes, 0);
        Quote[] memory quotes = new Quote[](n);
        bytes[] memory signatures = new bytes[](n);
        bytes32[][] memory paths = new bytes32[][](n);
        for (uint16 i; i < n; ++i) {
            if (i >= 6) registerProvider(i);
            quotes[i] = quote(HASH, i, i);
            ids[i] = dealId(quotes[i]);
            signatures[i] = sign(HOT_KEY + i, ids[i]);
            (, paths[i]) = merkle(nodes, i);
        }
        bytes memory ownerSignature = signMandate(m);
        vm.prank(EXECUTOR);
        deals.propose(m, ownerSignature, quotes, signatures, paths);
    }

    function test_proposeFour() public {
        proposePiece(4);
        told("propose, 4 deals and the package", 1_700_000);
    }

    function test_proposeFourteen() public {
        proposePiece(14);
        told("propose, 14 deals and the package", 5_000_000);
    }

    /// The dearest: each provider is credited for the first time.
    function test_cancelFour() public {
        bytes32[] memory ids = proposePiece(4);
        vm.prank(EXECUTOR);
        deals.cancel(ids);
        told("cancel, 4 deals", 520_000);
    }

    function test_cancelFourteen() public {
        bytes32[] memory ids = proposePiece(14);
        vm.prank(EXECUTOR);
        deals.cancel(ids);
        told("cancel, 14 deals", 1_800_000);
    }

    function test_expireFour() public {
        bytes32[] memory ids = proposePiece(4);
        vm.warp(deals.dealOf(ids[0]).deadline + 1);
        deals.expire(ids);
        told("expire, 4 deals", 520_000);
    }

    function test_expireFourteen() public {
        bytes32[] memory ids = proposePiece(14);
        vm.warp(deals.dealOf(ids[0]).deadline + 1);
        deals.expire(ids);
        told("expire, 14 deals", 1_800_000);
    }

    /// A sector whose leaves are all equal: its layers are one node each, and paths are as long as any.
    function sectorProof() private pure returns (bytes32 root, bytes32[] memory leaves, bytes32[] memory siblings) {
        leaves = new bytes32[](20);
        siblings = new bytes32[](20 * 24);
        root = Shard.fr32(keccak256("every leaf"));
        for (uint256 i; i < 20; ++i) leaves[i] = root;
        for (uint256 level; level < 24; ++level) {
            for (uint256 i; i < 20; ++i) siblings[24 * i + level] = root;
            root = Shard.node(root, root);
        }
    }

    function test_proveAFullSector() public {
        (bytes32 root, bytes32[] memory leaves, bytes32[] memory siblings) = sectorProof();
        (uint256 leafCount, uint256 height) = Possession.shapeOf(SECTOR);
        vm.assertEq(leafCount, 1 << 24, "leaves");
        vm.assertEq(height, 24, "height");
        Mandate memory m = mandate(HASH);
        (m.n, m.k, m.shardsRoot) = (1, 1, shardLeaf(0, 0, root, SECTOR));
        Quote[] memory quotes = new Quote[](1);
        quotes[0] = quote(HASH, 0, 0);
        (quotes[0].commitment, quotes[0].rawLength) = (root, SECTOR);
        bytes[] memory signatures = new bytes[](1);
        bytes32 id = dealId(quotes[0]);
        signatures[0] = sign(HOT_KEY, id);
        bytes memory ownerSignature = signMandate(m);
        vm.prank(EXECUTOR);
        deals.propose(m, ownerSignature, quotes, signatures, new bytes32[][](1));
        receipt(0, id);
        activate(id);
        toPeriod(ledger.currentPeriod() + 1);
        ledger.provePossession(id, uint64(ledger.currentPeriod()), leaves, siblings);
        // The smallest block, of 6 Mgas, holds several.
        told("provePossession, 20 leaves of 2^24", 1_000_000);
    }
}
