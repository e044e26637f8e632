// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {DealState, Leaf, Mandate, Quote, Registration, Termination, TypedData} from "../src/DealTypes.sol";
import {IProofLedger} from "../src/IProofLedger.sol";
import {IProviderRegistry} from "../src/IProviderRegistry.sol";
import {IStorageDeals} from "../src/IStorageDeals.sol";
import {vm} from "./Vm.sol";

/// @notice The deployed contracts, keys, and everything that is signed off chain. Digests are made here by hand, not by the contracts' code.
abstract contract Fixture {
    uint256 internal constant OWNER_KEY = 0xA11CE;
    uint256 internal constant COLD_KEY = 0xC01D000;
    uint256 internal constant HOT_KEY = 0x407000;
    uint256 internal constant VERIFIER_KEY = 0xE41F000;
    uint256 internal constant ALWAYS = (1 << 168) - 1;
    uint32 internal constant PERIOD = 60;
    uint32 internal constant GRACE = 10;
    uint32 internal constant DISPUTE = 2;
    uint32 internal constant VOTE_WINDOW = 4;
    uint32 internal constant PROPOSAL = 600;
    uint128 internal constant PRICE = 1000;
    uint64 internal constant RAW = 1016;
    address internal constant EXECUTOR = address(0xE8EC);
    address internal constant ANYONE = address(0xA99);

    IProviderRegistry internal registry;
    IProofLedger internal ledger;
    IStorageDeals internal deals;
    address internal owner = vm.addr(OWNER_KEY);
    address internal proposer = EXECUTOR;
    bytes32 internal set;
    bytes32 internal nextNonce;

    function deploy() internal {
        uint64 nonce = vm.getNonce(address(this));
        address predicted = vm.computeCreateAddress(address(this), nonce + 2);
        registry = IProviderRegistry(create("ProviderRegistry", abi.encode(predicted)));
        ledger = IProofLedger(create("ProofLedger", ledgerArguments(predicted, uint48(block.timestamp - 7 * PERIOD), PERIOD)));
        deals = IStorageDeals(create("StorageDeals", abi.encode(registry, ledger, PROPOSAL)));
        set = ledger.registerSet(verifierAddresses(), 2);
        for (uint256 i; i < 6; ++i) registerProvider(i);
        fund(1 ether);
    }

    /// Deploys the committed bytecode, which run-forge.ts writes where forge can read it.
    function create(string memory name, bytes memory arguments) internal returns (address made) {
        bytes memory code = bytes.concat(vm.getCode(string.concat("cache/shipped/", name, ".json")), arguments);
        assembly ("memory-safe") {
            made := create(0, add(code, 32), mload(code))
        }
    }

    function ledgerArguments(address predicted, uint48 genesisTime, uint32 periodSeconds)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encode(predicted, genesisTime, periodSeconds, GRACE, DISPUTE, VOTE_WINDOW);
    }

    function verifierAddresses() internal pure returns (address[] memory all) {
        all = new address[](3);
        for (uint256 i; i < 3; ++i) all[i] = vm.addr(VERIFIER_KEY + i);
    }

    function cold(uint256 i) internal pure returns (address) {
        return vm.addr(COLD_KEY + i);
    }

    function payoutOf(uint256 i) internal pure returns (address) {
        return address(uint160(0xBA000 + i));
    }

    function fund(uint256 amount) internal {
        vm.deal(address(this), amount);
        deals.deposit{value: amount}(owner);
    }

    // Signatures

    function digestFor(address contractOf, bytes32 structHash) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Cairn"),
                keccak256("1"),
                block.chainid,
                contractOf
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function signDeals(uint256 key, bytes32 structHash) internal view returns (bytes memory) {
        return sign(key, digestFor(address(deals), structHash));
    }

    function registration(uint256 i) internal view returns (Registration memory r) {
        r = Registration({
            hot: vm.addr(HOT_KEY + i),
            payout: payoutOf(i),
            capacity: 1 << 40,
            priceFloor: 0,
            egressPrice: 0,
            duty: ALWAYS,
            region: "eu",
            endpoint: "",
            nonce: 0,
            deadline: uint64(block.timestamp + 3600)
        });
    }

    function signRegistration(uint256 key, Registration memory r) internal view returns (bytes memory) {
        bytes32 structHash = keccak256(
            bytes.concat(
                abi.encode(TypedData.REGISTRATION, r.hot, r.payout, r.capacity, r.priceFloor, r.egressPrice, r.duty),
                abi.encode(keccak256(bytes(r.region)), keccak256(bytes(r.endpoint)), r.nonce, r.deadline)
            )
        );
        return sign(key, digestFor(address(registry), structHash));
    }

    function registerProvider(uint256 i) internal {
        Registration memory r = registration(i);
        registry.register(r, signRegistration(COLD_KEY + i, r));
    }

    function signMandate(Mandate memory m) internal view returns (bytes memory) {
        return signDeals(OWNER_KEY, keccak256(abi.encode(TypedData.MANDATE, m)));
    }

    function dealId(Quote memory q) internal view returns (bytes32) {
        return digestFor(address(deals), keccak256(abi.encode(TypedData.QUOTE, q)));
    }

    // Packages of one piece whose shards all are `commitmentOf(shard)`

    function shardLeaf(uint32 piece, uint16 shard, bytes32 commitment, uint64 rawLength) internal pure returns (bytes32) {
        return keccak256(abi.encode(piece, shard, commitment, rawLength));
    }

    function commitmentOf(uint256 shard) internal pure virtual returns (bytes32) {
        return keccak256(abi.encode("commitment", shard));
    }

    function pairHash(bytes32 a, bytes32 b) internal pure returns (bytes32) {
        return a < b ? keccak256(abi.encodePacked(a, b)) : keccak256(abi.encodePacked(b, a));
    }

    /// Merkle root and every path over `nodes`; an odd last node moves up.
    function merkle(bytes32[] memory nodes, uint256 position) internal pure returns (bytes32 root, bytes32[] memory path) {
        bytes32[] memory found = new bytes32[](32);
        uint256 length;
        uint256 index = position;
        while (nodes.length > 1) {
            if (index ^ 1 < nodes.length) found[length++] = nodes[index ^ 1];
            bytes32[] memory next = new bytes32[]((nodes.length + 1) / 2);
            for (uint256 i; i < next.length; ++i) {
                next[i] = 2 * i + 1 < nodes.length ? pairHash(nodes[2 * i], nodes[2 * i + 1]) : nodes[2 * i];
            }
            nodes = next;
            index /= 2;
        }
        path = new bytes32[](length);
        for (uint256 i; i < length; ++i) path[i] = found[i];
        return (nodes[0], path);
    }

    function shardLeaves(uint16 n, uint64 rawLength) internal pure returns (bytes32[] memory nodes) {
        nodes = new bytes32[](n);
        for (uint16 i; i < n; ++i) nodes[i] = shardLeaf(0, i, commitmentOf(i), rawLength);
    }

    function mandate(bytes32 documentHash) internal view returns (Mandate memory) {
        return mandate(documentHash, RAW);
    }

    function mandate(bytes32 documentHash, uint64 rawLength) internal view returns (Mandate memory) {
        (bytes32 root,) = merkle(shardLeaves(4, rawLength), 0);
        return Mandate({
            documentHash: documentHash,
            shardsRoot: root,
            pieces: 1,
            k: 2,
            n: 4,
            verifierSet: set,
            executor: EXECUTOR,
            maxEscrow: 1e12,
            repairReserve: 1e6,
            maxPrice: type(uint128).max,
            end: 5_000_000_000,
            expiry: uint64(block.timestamp + 365 days)
        });
    }

    function quote(bytes32 documentHash, uint16 shard, uint256 provider) internal returns (Quote memory) {
        nextNonce = bytes32(uint256(nextNonce) + 1);
        return Quote({
            provider: cold(provider),
            owner: owner,
            documentHash: documentHash,
            piece: 0,
            shard: shard,
            commitment: commitmentOf(shard),
            rawLength: RAW,
            pricePerPeriod: PRICE,
            egressPrice: 5,
            periods: 10,
            duty: ALWAYS,
            verifierSet: set,
            expiry: uint64(block.timestamp + 300),
            nonce: nextNonce
        });
    }

    function propose(Mandate memory m, Quote memory q, uint256 provider) internal returns (bytes32 id) {
        proposeWith(m, signMandate(m), q, provider, "");
        return dealId(q);
    }

    /// @param refusal the error that is expected, if any
    function proposeWith(Mandate memory m, bytes memory ownerSignature, Quote memory q, uint256 provider, bytes memory refusal)
        internal
    {
        Quote[] memory quotes = new Quote[](1);
        quotes[0] = q;
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = sign(HOT_KEY + provider, dealId(q));
        bytes32[][] memory paths = new bytes32[][](1);
        (, paths[0]) = merkle(shardLeaves(m.n, q.rawLength), q.shard);
        vm.prank(proposer);
        if (refusal.length > 0) vm.expectPartialRevert(bytes4(refusal));
        deals.propose(m, ownerSignature, quotes, signatures, paths);
    }

    function signReceipt(uint256 provider, bytes32 id) internal view returns (bytes memory) {
        IStorageDeals.DealRecord memory d = deals.dealOf(id);
        return signDeals(
            HOT_KEY + provider, keccak256(abi.encode(TypedData.RECEIPT, id, d.quote.commitment, d.quote.rawLength))
        );
    }

    function receipt(uint256 provider, bytes32 id) internal {
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = signReceipt(provider, id);
        deals.recordReceipts(list(id), signatures);
    }

    function signActivation(uint256 verifier, bytes32 id, bytes32 seed, bytes32 proofHash)
        internal
        view
        returns (bytes memory)
    {
        return signDeals(VERIFIER_KEY + verifier, keccak256(abi.encode(TypedData.ACTIVATION, id, seed, proofHash)));
    }

    function activate(bytes32 id) internal {
        vm.roll(block.number + 2);
        bytes32 seed = blockhash(block.number - 1);
        bytes32[] memory proofHashes = list(keccak256("proof"));
        bytes[][] memory signatures = new bytes[][](1);
        signatures[0] = new bytes[](2);
        for (uint256 i; i < 2; ++i) signatures[0][i] = signActivation(i, id, seed, proofHashes[0]);
        deals.activate(list(id), seed, proofHashes, signatures);
    }

    /// An ACTIVE deal of provider `provider` on shard `shard`, received in the current period.
    function active(bytes32 documentHash, uint16 shard, uint256 provider) internal returns (bytes32 id) {
        id = propose(mandate(documentHash), quote(documentHash, shard, provider), provider);
        receipt(provider, id);
        activate(id);
    }

    function terminate(bytes32 documentHash) internal {
        Termination memory t = Termination(documentHash, uint64(block.timestamp + 60));
        deals.terminate(t, signDeals(OWNER_KEY, keccak256(abi.encode(TypedData.TERMINATION, t))));
    }

    // Time and verdicts

    function toPeriod(uint256 period) internal {
        if (block.timestamp < ledger.periodStart(period)) vm.warp(ledger.periodStart(period));
        vm.roll(block.number + 1);
        if (ledger.seed(uint64(period)) == 0) drawSeed();
    }

    /// Open the running period and draw its seed in the next block.
    function drawSeed() internal {
        ledger.openPeriod();
        vm.roll(block.number + 1);
        ledger.drawSeed(uint64(ledger.currentPeriod()));
    }

    function sets() internal view returns (bytes32[] memory) {
        return list(set);
    }

    /// Shard-periods of a provider under the fixture's verifiers.
    function workOf(uint256 provider) internal view returns (uint256 fulfilled, uint256 committed) {
        return registry.workOf(cold(provider), sets());
    }

    function leafHash(Leaf memory leaf) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(leaf))));
    }

    function ok(bytes32 id, uint64 period, uint32 fulfilled, uint32 committed) internal pure returns (Leaf memory) {
        return Leaf(id, period, fulfilled, committed, 0, 0, 0);
    }

    function fault(bytes32 id, uint64 period, uint32 fulfilled, uint32 committed, uint64 a, uint64 b)
        internal
        pure
        returns (Leaf memory)
    {
        return Leaf(id, period, fulfilled, committed, 2, a, b);
    }

    /// A quorum votes the root of this one leaf, as soon as votes count.
    function finalize(Leaf memory leaf) internal {
        if (block.timestamp <= ledger.answerDeadline(leaf.period)) vm.warp(ledger.answerDeadline(leaf.period) + 1);
        for (uint256 i; i < 2; ++i) {
            vm.prank(vm.addr(VERIFIER_KEY + i));
            ledger.vote(set, leaf.period, leafHash(leaf), keccak256("file"), 1);
        }
    }

    function passDispute() internal {
        vm.warp(block.timestamp + DISPUTE * PERIOD);
    }

    function claim(Leaf memory leaf) internal {
        Leaf[] memory leaves = new Leaf[](1);
        leaves[0] = leaf;
        deals.claim(leaves, new bytes32[][](1));
    }

    function list(bytes32 id) internal pure returns (bytes32[] memory one) {
        one = new bytes32[](1);
        one[0] = id;
    }

    function none() internal pure returns (bytes32[] memory) {
        return new bytes32[](0);
    }

    function requireState(bytes32 id, DealState wanted) internal view {
        vm.assertEq(uint256(deals.dealOf(id).state), uint256(wanted), "state");
    }
}
