// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Leaf, Mandate, Quote} from "../src/DealTypes.sol";
import {IStorageDeals} from "../src/IStorageDeals.sol";
import {Fixture} from "./Fixture.sol";
import {vm} from "./Vm.sol";

/// @notice What parties tried who work together against the others.
contract AttacksTest is Fixture {
    bytes32 private constant HASH = keccak256("package");
    uint256 private constant GIB_DAY = (1 << 30) * 86_400;

    function setUp() public {
        deploy();
    }

    /// The ceiling that makes PRICE the dearest price of a shard's period.
    function ceiling() private pure returns (uint128) {
        return uint128(PRICE * GIB_DAY / (uint256(RAW) * PERIOD));
    }

    /// An executor that lets a deal fail cannot hand the reserve to a friend: not by the price, not by the term, not in many repairs.
    function test_theReserveIsNotForTheTaking() public {
        Mandate memory m = mandate(HASH);
        (m.maxPrice, m.end) = (ceiling(), uint64(block.timestamp + 20 * PERIOD));
        bytes32 id = propose(m, quote(HASH, 0, 0), 0);
        receipt(0, id);
        activate(id);
        uint64 first = uint64(ledger.currentPeriod()) + 1;
        toPeriod(first);
        Leaf memory leaf = fault(id, first, 0, 1, first, first);
        finalize(leaf);
        deals.fail(leaf, none());
        uint256 reserve = deals.packageReserve(owner, HASH);
        vm.assertEq(reserve, 1e6 + 10 * PRICE, "reserve");
        Quote memory q = quote(HASH, 0, 1);
        (q.pricePerPeriod, q.periods) = (uint128(reserve), 1);
        this.refused(m, q, 1, IStorageDeals.AboveCeiling.selector);
        (q.pricePerPeriod, q.periods) = (PRICE, uint32(reserve / PRICE));
        this.refused(m, q, 1, IStorageDeals.TooLong.selector);
        q.periods = 18;
        bytes32 repair = propose(m, q, 1);
        vm.assertEq(deals.dealOf(repair).escrow, 18 * PRICE, "what is left of the term, at the owner's price");
    }

    function refused(Mandate memory m, Quote memory q, uint256 provider, bytes4 why) external {
        vm.expectPartialRevert(why);
        this.proposeExternally(m, q, provider);
    }

    function proposeExternally(Mandate memory m, Quote memory q, uint256 provider) external returns (bytes32) {
        return propose(m, q, provider);
    }

    /// A stranger with a set of one key, a package of its own and one quote of the victim's hot key: the victim's score under the set that the
    /// reader trusts stays what it was.
    function test_anotherSetCannotRuinAScore() public {
        bytes32 honest = active(HASH, 0, 0);
        uint64 first = uint64(ledger.currentPeriod()) + 1;
        toPeriod(first);
        Leaf memory good = ok(honest, first, 1, 1);
        finalize(good);
        passDispute();
        claim(good);
        uint256 score = registry.score(cold(0), sets());
        bytes32[] memory trusted = sets();
        (set,) = strangersSet();
        bytes32 trap = keccak256("a trap");
        Quote memory q = quote(trap, 0, 0);
        (q.pricePerPeriod, q.periods) = (0, 500);
        bytes32 id = propose(mandate(trap), q, 0);
        receipt(0, id);
        activateBy(9, id);
        uint64 last = uint64(deals.dealOf(id).lastPeriod);
        toPeriod(last);
        Leaf memory ruin = ok(id, last, 0, 500);
        voteBy(9, ruin);
        passDispute();
        claim(ruin);
        (, uint256 committed) = registry.workOf(cold(0), sets());
        vm.assertEq(committed, 500, "under the stranger's set it stands");
        vm.assertEq(registry.score(cold(0), trusted), score, "under the trusted one nothing changed");
    }

    /// A provider that is its own owner and its own verifier earns no score under anybody else's set.
    function test_selfDealingEarnsNoScore() public {
        bytes32[] memory trusted = sets();
        (set,) = strangersSet();
        Quote memory q = quote(HASH, 0, 0);
        q.pricePerPeriod = 0;
        bytes32 id = propose(mandate(HASH), q, 0);
        receipt(0, id);
        activateBy(9, id);
        uint64 last = uint64(deals.dealOf(id).lastPeriod);
        toPeriod(last);
        voteBy(9, ok(id, last, 10, 10));
        passDispute();
        claim(ok(id, last, 10, 10));
        vm.assertEq(registry.score(cold(0), trusted), 9000, "a newcomer to who trusts other verifiers");
    }

    function strangersSet() private returns (bytes32 own, address stranger) {
        address[] memory one = new address[](1);
        stranger = vm.addr(VERIFIER_KEY + 9);
        one[0] = stranger;
        own = ledger.registerSet(one, 1);
    }

    function activateBy(uint256 verifier, bytes32 id) private {
        vm.roll(block.number + 2);
        bytes32 seed = blockhash(block.number - 1);
        bytes[][] memory signatures = new bytes[][](1);
        signatures[0] = new bytes[](1);
        signatures[0][0] = signActivation(verifier, id, seed, keccak256("proof"));
        deals.activate(list(id), seed, list(keccak256("proof")), signatures);
    }

    function voteBy(uint256 verifier, Leaf memory leaf) private {
        vm.warp(ledger.answerDeadline(leaf.period) + 1);
        vm.prank(vm.addr(VERIFIER_KEY + verifier));
        ledger.vote(set, leaf.period, leafHash(leaf), keccak256("file"), 1);
    }
}
