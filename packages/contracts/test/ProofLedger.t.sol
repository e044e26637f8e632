// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {DealState, Leaf, Quote} from "../src/DealTypes.sol";
import {IProofLedger} from "../src/IProofLedger.sol";
import {IStorageDeals} from "../src/IStorageDeals.sol";
import {Possession} from "../src/Possession.sol";
import {Fixture} from "./Fixture.sol";
import {Shard} from "./Shard.sol";
import {vm} from "./Vm.sol";

contract ProofLedgerTest is Fixture {
    bytes32 private constant HASH = keccak256("package");
    uint256 private constant LEAVES = RAW / 127 * 4;

    function setUp() public {
        deploy();
    }

    /// Shards that can really be proved.
    function commitmentOf(uint256 shard) internal pure override returns (bytes32) {
        return Shard.root(Shard.tree(RAW, bytes32(shard)));
    }

    function proof(bytes32 id, uint256 provider, uint256 shard, uint64 period)
        private
        view
        returns (bytes32[] memory leaves, bytes32[] memory siblings)
    {
        uint256[] memory drawn = Shard.challenges(ledger.seed(period), id, cold(provider), period, LEAVES);
        return Shard.prove(Shard.tree(RAW, bytes32(shard)), drawn);
    }

    function prove(bytes32 id, uint256 provider, uint256 shard, uint64 period) private {
        (bytes32[] memory leaves, bytes32[] memory siblings) = proof(id, provider, shard, period);
        ledger.provePossession(id, period, leaves, siblings);
    }

    function refused(bytes32 id, uint64 period, bytes32[] memory leaves, bytes32[] memory siblings, bytes4 why) private {
        vm.expectPartialRevert(why);
        ledger.provePossession(id, period, leaves, siblings);
    }

    function next(uint256 periods) private returns (uint64 period) {
        period = uint64(ledger.currentPeriod() + periods);
        toPeriod(period);
    }

    // Sets

    function test_setIdIsItsHash() public {
        address[] memory two = new address[](2);
        (two[0], two[1]) = (ANYONE, EXECUTOR);
        bytes32 id = ledger.registerSet(two, 2);
        vm.assertEq(id, keccak256(abi.encode(two, uint8(2))), "id");
        (address[] memory read, uint8 quorum) = ledger.verifiersOf(id);
        vm.assertEq(read.length, 2, "verifiers");
        vm.assertEq(quorum, 2, "quorum");
        vm.assertEq(ledger.verifierIndex(id, EXECUTOR), 2, "index");
        vm.assertEq(ledger.registerSet(two, 2), id, "again");
    }

    function test_badSetsAreRefused() public {
        address[] memory two = new address[](2);
        (two[0], two[1]) = (ANYONE, ANYONE);
        vm.expectPartialRevert(IProofLedger.InvalidVerifier.selector);
        ledger.registerSet(two, 1);
        two[1] = address(0);
        vm.expectPartialRevert(IProofLedger.InvalidVerifier.selector);
        ledger.registerSet(two, 1);
        two[1] = EXECUTOR;
        vm.expectPartialRevert(IProofLedger.InvalidSet.selector);
        ledger.registerSet(two, 0);
        vm.expectPartialRevert(IProofLedger.InvalidSet.selector);
        ledger.registerSet(two, 3);
        vm.expectPartialRevert(IProofLedger.InvalidSet.selector);
        ledger.registerSet(new address[](65), 1);
    }

    // Seeds

    function test_seedsAreKept() public {
        uint64 first = next(1);
        bytes32 seed = ledger.seed(first);
        vm.assertTrue(seed != 0, "drawn");
        vm.expectRevert(abi.encodeWithSelector(IProofLedger.PeriodAlreadyOpen.selector, first));
        ledger.openPeriod();
        vm.expectRevert(abi.encodeWithSelector(IProofLedger.SeedDrawnBefore.selector, first, seed));
        ledger.drawSeed(first);
        vm.warp(block.timestamp + 400 days);
        vm.roll(block.number + 1_000_000);
        drawSeed();
        vm.assertEq(ledger.seed(first), seed, "kept beyond any look-back");
    }

    function test_seedIsOfTheOpeningBlockAndThePeriod() public {
        uint64 period = uint64(ledger.currentPeriod() + 1);
        vm.warp(ledger.periodStart(period));
        vm.expectRevert(abi.encodeWithSelector(IProofLedger.PeriodNotOpen.selector, period));
        ledger.drawSeed(period);
        ledger.openPeriod();
        uint256 opened = block.number;
        vm.assertEq(ledger.openedIn(period), opened, "opened in");
        // Not in the opening block: nothing that runs in it can know the seed.
        vm.expectRevert(abi.encodeWithSelector(IProofLedger.SeedOutOfReach.selector, period, opened));
        ledger.drawSeed(period);
        vm.roll(opened + 256);
        bytes32 wanted = keccak256(abi.encode(blockhash(opened), period));
        ledger.drawSeed(period);
        vm.assertEq(ledger.seed(period), wanted, "seed");
    }

    function test_aPeriodWhoseBlockIsOutOfReachIsVoidForEver() public {
        uint64 period = uint64(ledger.currentPeriod() + 1);
        vm.warp(ledger.periodStart(period));
        ledger.openPeriod();
        vm.roll(block.number + 257);
        vm.expectPartialRevert(IProofLedger.SeedOutOfReach.selector);
        ledger.drawSeed(period);
        vm.expectPartialRevert(IProofLedger.PeriodAlreadyOpen.selector);
        ledger.openPeriod();
        vm.warp(ledger.answerDeadline(period) + 1);
        voteRefused(period, IProofLedger.PeriodVoid.selector);
    }

    /// A quarter of the period and the grace are always left to answer in.
    function test_lateOpeningsAndDrawsAreRefused() public {
        uint64 period = uint64(ledger.currentPeriod() + 1);
        uint256 deadline = ledger.periodStart(period) + PERIOD * 3 / 4;
        vm.assertEq(ledger.seedDeadline(period), deadline, "deadline");
        vm.warp(deadline);
        vm.expectRevert(abi.encodeWithSelector(IProofLedger.SeedTooLate.selector, period, deadline));
        ledger.openPeriod();
        vm.warp(deadline - 1);
        ledger.openPeriod();
        vm.roll(block.number + 1);
        vm.warp(deadline);
        vm.expectRevert(abi.encodeWithSelector(IProofLedger.SeedTooLate.selector, period, deadline));
        ledger.drawSeed(period);
        vm.warp(deadline - 1);
        ledger.drawSeed(period);
    }

    // Votes

    function test_quorumOfEqualVotesFinalises() public {
        uint64 period = next(1);
        vm.warp(ledger.answerDeadline(period) + 1);
        vote(0, period, "a");
        vote(1, period, "b");
        (bytes32 root,,,) = ledger.finalizedRoot(set, period);
        vm.assertEq(root, bytes32(0), "two that differ decide nothing");
        vote(2, period, "b");
        (root,,,) = ledger.finalizedRoot(set, period);
        vm.assertEq(root, keccak256("b"), "two that agree do");
        vm.assertTrue(ledger.hasVoted(set, period, vm.addr(VERIFIER_KEY)), "votes are kept");
    }

    function test_oneVerifierIsNoQuorum() public {
        uint64 period = next(1);
        vm.warp(ledger.answerDeadline(period) + 1);
        vote(0, period, "a");
        vm.prank(vm.addr(VERIFIER_KEY));
        vm.expectPartialRevert(IProofLedger.AlreadyVoted.selector);
        ledger.vote(set, period, keccak256("a"), keccak256("file"), 1);
    }

    function test_aThirdVoteChangesNothing() public {
        uint64 period = next(1);
        vm.warp(ledger.answerDeadline(period) + 1);
        vote(0, period, "a");
        vote(1, period, "a");
        vote(2, period, "b");
        (bytes32 root,,,) = ledger.finalizedRoot(set, period);
        vm.assertEq(root, keccak256("a"), "first quorum");
    }

    function vote(uint256 verifier, uint64 period, string memory root) private {
        vm.prank(vm.addr(VERIFIER_KEY + verifier));
        ledger.vote(set, period, keccak256(bytes(root)), keccak256("file"), 1);
    }

    function voteRefused(uint64 period, bytes4 why) private {
        vm.prank(vm.addr(VERIFIER_KEY));
        vm.expectPartialRevert(why);
        ledger.vote(set, period, keccak256("a"), keccak256("file"), 1);
    }

    function test_votesCountOnlyInTheirWindow() public {
        uint64 period = next(1);
        voteRefused(period, IProofLedger.VoteTooEarly.selector);
        vm.warp(ledger.answerDeadline(period));
        voteRefused(period, IProofLedger.VoteTooEarly.selector);
        vm.warp(ledger.periodStart(period + VOTE_WINDOW + 1));
        voteRefused(period, IProofLedger.VoteTooLate.selector);
        vm.warp(block.timestamp - 1);
        vote(0, period, "a");
    }

    function test_voidPeriodsAndStrangersHaveNoVote() public {
        uint64 period = uint64(ledger.currentPeriod());
        vm.warp(ledger.answerDeadline(period) + 1);
        voteRefused(period, IProofLedger.PeriodVoid.selector);
        vm.expectRevert(abi.encodeWithSelector(IProofLedger.NotVerifier.selector, set, address(this)));
        ledger.vote(set, period, keccak256("a"), keccak256("file"), 1);
    }

    function test_anEmptyRootIsRefused() public {
        uint64 period = next(1);
        vm.warp(ledger.answerDeadline(period) + 1);
        vm.prank(vm.addr(VERIFIER_KEY));
        vm.expectPartialRevert(IProofLedger.EmptyRoot.selector);
        ledger.vote(set, period, 0, 0, 0);
    }

    // Proofs

    function test_challengesAreThoseOfTheProtocol() public {
        bytes32 id = active(HASH, 0, 0);
        uint64 period = next(1);
        uint256[] memory drawn = ledger.challengesOf(id, period);
        uint256[] memory wanted = Shard.challenges(ledger.seed(period), id, cold(0), period, LEAVES);
        vm.assertEq(keccak256(abi.encode(drawn)), keccak256(abi.encode(wanted)), "challenges");
        vm.assertEq(drawn.length, 20, "twenty");
    }

    function testFuzz_anyoneProves(uint8 shard, address sender) public {
        vm.assume(sender != address(0));
        bytes32 id = active(HASH, shard % 4, 1);
        uint64 period = next(1);
        (bytes32[] memory leaves, bytes32[] memory siblings) = proof(id, 1, shard % 4, period);
        vm.prank(sender);
        ledger.provePossession(id, period, leaves, siblings);
        vm.assertTrue(ledger.isProven(id, period), "proven");
        vm.assertEq(ledger.provenCount(id), 1, "count");
        refused(id, period, leaves, siblings, IProofLedger.AlreadyProven.selector);
    }

    function testFuzz_oneChangedWordIsRefused(uint256 word, uint256 change) public {
        vm.assume(change != 0);
        bytes32 id = active(HASH, 0, 0);
        uint64 period = next(1);
        (bytes32[] memory leaves, bytes32[] memory siblings) = proof(id, 0, 0, period);
        word %= leaves.length + siblings.length;
        if (word < leaves.length) leaves[word] ^= bytes32(change);
        else siblings[word - leaves.length] ^= bytes32(change);
        refused(id, period, leaves, siblings, Possession.WrongProof.selector);
    }

    function test_oldForeignAndMisplacedProofsAreRefused() public {
        bytes32 a = active(HASH, 0, 0);
        bytes32 b = active(HASH, 1, 1);
        uint64 first = next(1);
        (bytes32[] memory leaves, bytes32[] memory siblings) = proof(a, 0, 0, first);
        refused(b, first, leaves, siblings, Possession.WrongProof.selector);
        uint64 second = next(1);
        refused(a, second, leaves, siblings, Possession.WrongProof.selector);
        (leaves, siblings) = proof(a, 1, 0, second);
        refused(a, second, leaves, siblings, Possession.WrongProof.selector);
        vm.chainId(99);
        (leaves, siblings) = proof(a, 0, 0, second);
        vm.chainId(31337);
        refused(a, second, leaves, siblings, Possession.WrongProof.selector);
    }

    /// The lowest layer is dropped, so that its nodes stand as leaves under paths one shorter.
    function test_innerNodesAreNoLeaves() public {
        bytes32 id = active(HASH, 0, 0);
        uint64 period = next(1);
        uint256[] memory drawn = Shard.challenges(ledger.seed(period), id, cold(0), period, LEAVES);
        bytes32[][] memory layers = Shard.tree(RAW, 0);
        bytes32[][] memory cut = new bytes32[][](layers.length - 1);
        for (uint256 i; i < cut.length; ++i) cut[i] = layers[i + 1];
        for (uint256 i; i < drawn.length; ++i) drawn[i] /= 2;
        (bytes32[] memory leaves, bytes32[] memory siblings) = Shard.prove(cut, drawn);
        refused(id, period, leaves, siblings, Possession.WrongProofShape.selector);
        bytes32[] memory padded = new bytes32[](100);
        for (uint256 i; i < siblings.length; ++i) padded[i] = siblings[i];
        refused(id, period, leaves, padded, Possession.WrongProof.selector);
    }

    function test_emptyAndOverlongProofsAreRefused() public {
        bytes32 id = active(HASH, 0, 0);
        uint64 period = next(1);
        refused(id, period, none(), none(), Possession.WrongProofShape.selector);
        (bytes32[] memory leaves, bytes32[] memory siblings) = proof(id, 0, 0, period);
        refused(id, period, leaves, new bytes32[](siblings.length + 1), Possession.WrongProofShape.selector);
    }

    function test_proofsComeInTheirTime() public {
        bytes32 id = active(HASH, 0, 0);
        uint64 received = uint64(ledger.currentPeriod());
        drawSeed();
        refused(id, received, none(), none(), IProofLedger.NotScheduled.selector);
        refused(id, received + 1, none(), none(), IProofLedger.PeriodVoid.selector);
        uint64 period = next(1);
        (bytes32[] memory leaves, bytes32[] memory siblings) = proof(id, 0, 0, period);
        vm.warp(ledger.answerDeadline(period) + 1);
        refused(id, period, leaves, siblings, IProofLedger.AnswerTooLate.selector);
        vm.warp(ledger.answerDeadline(period));
        ledger.provePossession(id, period, leaves, siblings);
        period = next(10);
        refused(id, period, none(), none(), IProofLedger.NotScheduled.selector);
    }

    function test_offDutyPeriodsNeedNoProof() public {
        Quote memory q = quote(HASH, 0, 0);
        uint256 hour = ((block.timestamp + 7200) / 3600 + 72) % 168;
        q.duty = 1 << hour;
        bytes32 id = propose(mandate(HASH), q, 0);
        receipt(0, id);
        activate(id);
        refused(id, next(1), none(), none(), IProofLedger.NotScheduled.selector);
        uint64 period = next(119);
        prove(id, 0, 0, period);
    }

    function test_unknownAndEndedDealsCannotBeProved() public {
        uint64 period = next(1);
        refused(keccak256("no deal"), period, none(), none(), IProofLedger.DealNotLive.selector);
        bytes32 id = propose(mandate(HASH), quote(HASH, 0, 0), 0);
        refused(id, period, none(), none(), IProofLedger.NotScheduled.selector);
        vm.prank(EXECUTOR);
        deals.cancel(list(id));
        refused(id, period, none(), none(), IProofLedger.DealNotLive.selector);
        vm.expectPartialRevert(IProofLedger.DealNotLive.selector);
        ledger.challengesOf(keccak256("no deal"), period);
        vm.expectPartialRevert(IProofLedger.PeriodVoid.selector);
        ledger.challengesOf(id, period + 1);
    }

    /// Verifiers that refuse to activate a received deal cannot keep it from its pay.
    function test_aProofOnChainActivates() public {
        bytes32 id = propose(mandate(HASH), quote(HASH, 2, 3), 3);
        receipt(3, id);
        prove(id, 3, 2, next(1));
        requireState(id, DealState.ACTIVE);
        vm.expectRevert(abi.encodeWithSelector(IStorageDeals.NotLedger.selector, address(this)));
        deals.activateByProof(id);
    }

    function test_aProofAfterTheDeadlineActivatesNothing() public {
        bytes32 id = propose(mandate(HASH), quote(HASH, 2, 3), 3);
        vm.warp(block.timestamp + PROPOSAL - 60);
        receipt(3, id);
        uint64 period = next(1);
        (bytes32[] memory leaves, bytes32[] memory siblings) = proof(id, 3, 2, period);
        vm.warp(deals.dealOf(id).deadline + 1);
        refused(id, period, leaves, siblings, IStorageDeals.DeadlinePassed.selector);
    }

    /// Four leaves, all of them challenged: the smallest shard there is.
    function test_theSmallestShard() public view {
        bytes32[][] memory layers = Shard.tree(127, 0);
        uint256[] memory drawn = Shard.challenges(0, 0, address(0), 0, 4);
        (uint256 leafCount, uint256 height) = Possession.shapeOf(127);
        vm.assertEq(leafCount, 4, "leaves");
        vm.assertEq(height, 2, "height");
        (bytes32[] memory leaves, bytes32[] memory siblings) = Shard.prove(layers, drawn);
        this.verify(Shard.root(layers), 127, leaves, siblings);
    }

    function testFuzz_everySizeVerifies(uint8 units) public view {
        uint64 rawLength = (uint64(units % 70) + 1) * 127;
        bytes32[][] memory layers = Shard.tree(rawLength, "fuzz");
        uint256[] memory drawn = Shard.challenges(0, 0, address(0), 0, uint256(rawLength) / 127 * 4);
        (bytes32[] memory leaves, bytes32[] memory siblings) = Shard.prove(layers, drawn);
        this.verify(Shard.root(layers), rawLength, leaves, siblings);
    }

    function verify(bytes32 root, uint64 rawLength, bytes32[] calldata leaves, bytes32[] calldata siblings) external view {
        Possession.verify(root, rawLength, 0, 0, address(0), 0, leaves, siblings);
    }

    // Attack: a quorum that does not see a proof

    function test_aQuorumCannotFailADealProvedOnChain() public {
        bytes32 id = active(HASH, 0, 0);
        uint64 first = next(1);
        prove(id, 0, 0, first);
        Leaf memory lie = fault(id, first, 0, 1, first, first);
        finalize(lie);
        vm.expectRevert(abi.encodeWithSelector(IStorageDeals.ProvenOnChain.selector, id, first));
        deals.fail(lie, none());
        // Nor with one honest miss beside it.
        uint64 second = next(1);
        lie = fault(id, second, 0, 2, first, second);
        finalize(lie);
        vm.expectPartialRevert(IStorageDeals.ProvenOnChain.selector);
        deals.fail(lie, none());
    }

    function test_aQuorumCannotKeepThePayOfAPeriodProvedOnChain() public {
        bytes32 id = active(HASH, 0, 0);
        uint64 first = next(1);
        prove(id, 0, 0, first);
        Leaf memory silent = ok(id, first, 0, 0);
        finalize(silent);
        passDispute();
        claim(silent);
        vm.assertEq(deals.balance(payoutOf(0)), PRICE, "paid once");
        claim(silent);
        vm.assertEq(deals.balance(payoutOf(0)), PRICE, "and not twice");
        (uint256 fulfilled, uint256 committed) = workOf(0);
        vm.assertEq(fulfilled, 1, "rated");
        vm.assertEq(committed, 1, "rated");
    }

    function test_withoutAnyRootProofsAreStillPaid() public {
        bytes32 id = active(HASH, 0, 0);
        for (uint256 i; i < 3; ++i) prove(id, 0, 0, next(1));
        vm.warp(ledger.periodStart(deals.dealOf(id).lastPeriod + 1) + 30 days - 1);
        vm.expectPartialRevert(IStorageDeals.NotOver.selector);
        deals.closeVoid(id);
        vm.warp(block.timestamp + 1);
        vm.prank(ANYONE);
        deals.closeVoid(id);
        vm.assertEq(deals.balance(payoutOf(0)), 3 * PRICE, "what was proved");
        requireState(id, DealState.COMPLETED);
    }
}
