// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Registration, TypedData} from "../src/DealTypes.sol";
import {IProviderRegistry} from "../src/IProviderRegistry.sol";
import {ISigned} from "../src/ISigned.sol";
import {Fixture} from "./Fixture.sol";
import {vm} from "./Vm.sol";

contract ProviderRegistryTest is Fixture {
    function setUp() public {
        deploy();
    }

    function retirement(uint256 key, uint256 nonce, uint64 deadline) private view returns (bytes memory) {
        bytes32 structHash = keccak256(abi.encode(TypedData.RETIREMENT, nonce, deadline));
        return sign(key, digestFor(address(registry), structHash));
    }

    function again(uint256 nonce, address payout) private {
        Registration memory r = registration(0);
        (r.nonce, r.payout) = (nonce, payout);
        registry.register(r, signRegistration(COLD_KEY, r));
    }

    function test_registerStoresTermsUnderTheColdKey() public view {
        IProviderRegistry.ProviderRecord memory p = registry.providerOf(cold(0));
        vm.assertEq(p.hot, vm.addr(HOT_KEY), "hot");
        vm.assertEq(p.payout, payoutOf(0), "the first payout holds at once");
        vm.assertTrue(p.active, "active");
        vm.assertEq(p.duty, ALWAYS, "duty");
        vm.assertEq(keccak256(bytes(p.region)), keccak256("eu"), "region");
    }

    function test_unknownProviderIsEmpty() public view {
        vm.assertEq(registry.providerOf(ANYONE).hot, address(0), "hot");
    }

    function test_laterPayoutWaitsSevenDays() public {
        again(1, ANYONE);
        vm.assertEq(registry.payoutOf(cold(0)), payoutOf(0), "not yet");
        vm.assertEq(registry.providerOf(cold(0)).pendingPayout, ANYONE, "pending");
        vm.warp(block.timestamp + 7 days - 1);
        vm.assertEq(registry.payoutOf(cold(0)), payoutOf(0), "one second early");
        vm.warp(block.timestamp + 1);
        vm.assertEq(registry.payoutOf(cold(0)), ANYONE, "after seven days");
        vm.assertEq(registry.providerOf(cold(0)).pendingPayout, address(0), "nothing pending");
    }

    function test_repeatingAPendingPayoutDoesNotDelayIt() public {
        again(1, ANYONE);
        vm.warp(block.timestamp + 4 days);
        again(2, ANYONE);
        vm.warp(block.timestamp + 3 days);
        vm.assertEq(registry.payoutOf(cold(0)), ANYONE, "seven days after the first");
    }

    function test_namingTheOldPayoutTakesTheChangeBack() public {
        again(1, ANYONE);
        again(2, payoutOf(0));
        vm.warp(block.timestamp + 30 days);
        vm.assertEq(registry.payoutOf(cold(0)), payoutOf(0), "kept");
    }

    function test_aMaturedPayoutIsKeptThroughTheNextChange() public {
        again(1, ANYONE);
        vm.warp(block.timestamp + 8 days);
        again(2, EXECUTOR);
        vm.assertEq(registry.payoutOf(cold(0)), ANYONE, "the matured one");
        vm.warp(block.timestamp + 7 days);
        vm.assertEq(registry.payoutOf(cold(0)), EXECUTOR, "the next one");
    }

    /// Not even a thief of the cold key takes the owner's last nonce: the payout can be taken back within the seven days.
    function testFuzz_noncesGoUpByOne(uint256 nonce) public {
        Registration memory r = registration(0);
        r.nonce = nonce;
        bytes memory signature = signRegistration(COLD_KEY, r);
        if (nonce != 1) vm.expectPartialRevert(IProviderRegistry.WrongNonce.selector);
        registry.register(r, signature);
    }

    function test_replayIsRefused() public {
        Registration memory r = registration(0);
        bytes memory signature = signRegistration(COLD_KEY, r);
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.WrongNonce.selector, cold(0), 0, 1));
        registry.register(r, signature);
    }

    function test_replayOnAnotherChainNamesNoProviderOfThisOne() public {
        Registration memory r = registration(0);
        r.nonce = 1;
        bytes memory signature = signRegistration(COLD_KEY, r);
        vm.chainId(99);
        // It recovers to somebody else, who never registered.
        vm.expectPartialRevert(IProviderRegistry.WrongNonce.selector);
        registry.register(r, signature);
        vm.assertEq(registry.providerOf(cold(0)).nextNonce, 1, "the provider's record is as it was");
    }

    function test_expiredAndMalformedAreRefused() public {
        Registration memory r = registration(0);
        (r.nonce, r.deadline) = (1, uint64(block.timestamp - 1));
        bytes memory signature = signRegistration(COLD_KEY, r);
        vm.expectRevert(abi.encodeWithSelector(ISigned.SignatureExpired.selector, r.deadline));
        registry.register(r, signature);
        vm.expectPartialRevert(ISigned.InvalidSignature.selector);
        registry.register(r, hex"1234");
    }

    function refused(Registration memory r, string memory field) private {
        bytes memory signature = signRegistration(COLD_KEY, r);
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.InvalidRegistration.selector, field));
        registry.register(r, signature);
    }

    function test_badFieldsAreNamed() public {
        Registration memory r = registration(0);
        r.hot = address(0);
        refused(r, "hot");
        r = registration(0);
        r.payout = address(0);
        refused(r, "payout");
        r = registration(0);
        r.duty = 0;
        refused(r, "duty");
        r.duty = 1 << 168;
        refused(r, "duty");
        r = registration(0);
        r.region = string(new bytes(65));
        refused(r, "region");
        r = registration(0);
        r.endpoint = string(new bytes(257));
        refused(r, "endpoint");
    }

    function test_retireAndReturn() public {
        uint64 deadline = uint64(block.timestamp + 60);
        registry.retire(1, deadline, retirement(COLD_KEY, 1, deadline));
        vm.assertTrue(!registry.providerOf(cold(0)).active, "retired");
        bytes memory signature = retirement(COLD_KEY, 1, deadline);
        vm.expectPartialRevert(IProviderRegistry.WrongNonce.selector);
        registry.retire(1, deadline, signature);
        again(2, payoutOf(0));
        vm.assertTrue(registry.providerOf(cold(0)).active, "back");
    }

    function test_strangersCannotRetire() public {
        uint64 deadline = uint64(block.timestamp + 60);
        bytes memory signature = retirement(0xBAD, 1, deadline);
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.NotRegistered.selector, vm.addr(0xBAD)));
        registry.retire(1, deadline, signature);
    }

    function test_onlyStorageDealsTakesFreesAndLogs() public {
        bytes memory refusal = abi.encodeWithSelector(IProviderRegistry.NotStorageDeals.selector, address(this));
        vm.expectRevert(refusal);
        registry.logWork(cold(0), set, 0, 1, 1);
        vm.expectRevert(refusal);
        registry.take(cold(0), 127, 1, PERIOD);
        vm.expectRevert(refusal);
        registry.free(cold(0), 127);
    }

    function testFuzz_ratingAndScore(uint32 fulfilled, uint32 missed) public {
        vm.assertEq(registry.rating(cold(0), sets()), 90, "a newcomer");
        vm.assertEq(registry.score(cold(0), sets()), 9000, "a newcomer");
        uint64 committed = uint64(fulfilled) + missed;
        vm.prank(address(deals));
        registry.logWork(cold(0), set, 0, fulfilled, committed);
        if (committed != 0) vm.assertEq(registry.rating(cold(0), sets()), 100 * uint256(fulfilled) / committed, "rating");
        vm.assertLe(registry.score(cold(0), sets()), 10_000, "score");
        vm.assertEq(registry.score(cold(0), sets()), (10_000 * uint256(fulfilled) + 216_000) / (committed + 24), "score");
    }

    /// Whatever other sets say, a reader sees the work under those that it trusts.
    function testFuzz_otherSetsDoNotTouchTheScore(uint32 fulfilled, uint32 committed, uint32 a, uint32 b, bytes32 other)
        public
    {
        vm.assume(other != set);
        vm.prank(address(deals));
        registry.logWork(cold(0), set, 0, fulfilled, committed);
        uint256 before = registry.score(cold(0), sets());
        vm.prank(address(deals));
        registry.logWork(cold(0), other, 0, a, b);
        vm.assertEq(registry.score(cold(0), sets()), before, "score");
        bytes32[] memory both = new bytes32[](2);
        (both[0], both[1]) = (set, other);
        (uint256 done, uint256 due) = registry.workOf(cold(0), both);
        vm.assertEq(done, uint256(fulfilled) + a, "both are read by who trusts both");
        vm.assertEq(due, uint256(committed) + b, "both are read by who trusts both");
    }
}
