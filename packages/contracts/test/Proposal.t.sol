// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {DealState, Mandate, Quote, Registration, Termination, TypedData} from "../src/DealTypes.sol";
import {IPeriodClock} from "../src/IPeriodClock.sol";
import {IProofLedger} from "../src/IProofLedger.sol";
import {IProviderRegistry} from "../src/IProviderRegistry.sol";
import {ISigned} from "../src/ISigned.sol";
import {IStorageDeals} from "../src/IStorageDeals.sol";
import {Fixture} from "./Fixture.sol";
import {vm} from "./Vm.sol";

/// @notice From the deposit to ACTIVE, and the ways back.
contract ProposalTest is Fixture {
    bytes32 private constant HASH = keccak256("package");
    uint256 private constant STRANGER_KEY = 0x57A;

    function setUp() public {
        deploy();
    }

    function attempt(Mandate memory m, Quote memory q, uint256 provider, bytes4 wanted) private {
        Quote[] memory quotes = new Quote[](1);
        quotes[0] = q;
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = sign(HOT_KEY + provider, dealId(q));
        bytes32[][] memory paths = new bytes32[][](1);
        (, paths[0]) = merkle(shardLeaves(m.n, q.rawLength), q.shard);
        bytes memory ownerSignature = signMandate(m);
        vm.prank(EXECUTOR);
        vm.expectPartialRevert(wanted);
        deals.propose(m, ownerSignature, quotes, signatures, paths);
    }

    function test_proposalLocksMoneyAndRecordsTheQuote() public {
        uint256 before = deals.balance(owner);
        Quote memory q = quote(HASH, 1, 2);
        bytes32 id = propose(mandate(HASH), q, 2);
        vm.assertEq(deals.balance(owner), before - 10_000 - 1e6, "escrow and reserve are taken");
        vm.assertEq(deals.packageReserve(owner, HASH), 1e6, "reserve");
        IStorageDeals.DealRecord memory d = deals.dealOf(id);
        vm.assertEq(keccak256(abi.encode(d.quote)), keccak256(abi.encode(q)), "the quote reads back whole");
        vm.assertEq(d.escrow, 10_000, "escrow");
        vm.assertEq(d.deadline, block.timestamp + PROPOSAL, "deadline");
        requireState(id, DealState.PROPOSED);
        vm.assertEq(deals.dealIdOf(q), id, "the id is the digest");
        vm.assertEq(deals.liveDealAt(owner, HASH, 0, 1), id, "slot");
        IStorageDeals.PackageRecord memory p = deals.packageOf(owner, HASH);
        vm.assertEq(p.owner, owner, "owner");
        vm.assertEq(p.escrowed, 10_000, "escrowed");
        vm.assertEq(p.liveDeals, 1, "live");
    }

    function test_aProposalWithoutQuotesIsRefused() public {
        Mandate memory m = mandate(HASH);
        bytes memory signature = signMandate(m);
        vm.prank(EXECUTOR);
        vm.expectPartialRevert(IStorageDeals.NoQuotes.selector);
        deals.propose(m, signature, new Quote[](0), new bytes[](0), new bytes32[][](0));
        vm.assertEq(deals.packageOf(owner, HASH).owner, address(0), "nothing was made");
    }

    function test_onlyExecutorOrOwnerProposes() public {
        Mandate memory m = mandate(HASH);
        bytes memory signature = signMandate(m);
        proposer = address(0xBAD);
        proposeWith(m, signature, quote(HASH, 0, 0), 0, abi.encodePacked(IStorageDeals.NotAllowed.selector));
        proposer = owner;
        propose(m, quote(HASH, 0, 0), 0);
    }

    function test_aMandateSignedByAnotherIsAnothersPackage() public {
        Mandate memory m = mandate(HASH);
        bytes memory signature = sign(0xBAD, digestFor(address(deals), keccak256("not a mandate")));
        proposeWith(m, signature, quote(HASH, 0, 0), 0, abi.encodePacked(IStorageDeals.InsufficientFunds.selector));
        m.repairReserve = 0;
        signature = sign(STRANGER_KEY, digestFor(address(deals), keccak256(abi.encode(TypedData.MANDATE, m))));
        // The quote names the owner: a stranger's package takes none of its deals.
        proposeWith(m, signature, quote(HASH, 0, 0), 0, abi.encodePacked(IStorageDeals.InvalidQuote.selector));
    }

    /// A hash seen in a read permission, or before it is used: the stranger has its own package, slots, reserve and end.
    function test_aStrangerWhoUsesTheHashFirstChangesNothingForTheOwner() public {
        address stranger = vm.addr(STRANGER_KEY);
        vm.deal(address(this), 1e9);
        deals.deposit{value: 1e9}(stranger);
        Mandate memory theirs = mandate(HASH);
        (theirs.executor, theirs.repairReserve) = (stranger, 7);
        bytes memory signature = signDeals(STRANGER_KEY, keccak256(abi.encode(TypedData.MANDATE, theirs)));
        Quote memory q = quote(HASH, 1, 2);
        q.owner = stranger;
        bytes32 squatter = dealId(q);
        proposer = stranger;
        proposeWith(theirs, signature, q, 2, "");
        Termination memory t = Termination(HASH, uint64(block.timestamp));
        bytes memory ending = signDeals(STRANGER_KEY, keccak256(abi.encode(TypedData.TERMINATION, t)));
        vm.expectPartialRevert(IStorageDeals.UnknownPackage.selector);
        deals.releaseReserve(owner, HASH);

        proposer = EXECUTOR;
        bytes32 id = propose(mandate(HASH), quote(HASH, 1, 2), 2);
        vm.assertEq(deals.liveDealAt(owner, HASH, 0, 1), id, "the owner's slot");
        vm.assertEq(deals.liveDealAt(stranger, HASH, 0, 1), squatter, "the stranger's");
        vm.assertEq(deals.packageReserve(owner, HASH), 1e6, "the owner's reserve");
        vm.assertEq(deals.packageReserve(stranger, HASH), 7, "the stranger's");
        vm.assertEq(deals.packageOf(owner, HASH).executor, EXECUTOR, "the owner's executor");
        vm.assertEq(deals.packageOf(owner, HASH).documentHash, HASH, "hash");
        vm.assertEq(keccak256(abi.encode(deals.dealOf(squatter).quote)), keccak256(abi.encode(q)), "reads back whole");

        deals.terminate(t, ending);
        vm.assertEq(deals.packageOf(owner, HASH).lastPeriod, 0, "the owner's goes on");
        receipt(2, id);
        requireState(id, DealState.PROPOSED);
        vm.assertEq(deals.dealOf(id).receiptTime, block.timestamp, "and is handed over");
        deals.cancel(list(squatter));
        vm.assertEq(deals.liveDealAt(owner, HASH, 0, 1), id, "whatever becomes of the stranger's");
    }

    function test_countsStayBelowTwoToThe31() public {
        Mandate memory m = mandate(HASH);
        (m.pieces, m.end) = (type(uint32).max, type(uint64).max);
        Quote memory q = quote(HASH, 0, 0);
        q.pricePerPeriod = 0;
        q.periods = 1 << 31;
        attempt(m, q, 0, IStorageDeals.InvalidQuote.selector);
        (q.periods, q.piece) = (10, 1 << 31);
        attempt(m, q, 0, IStorageDeals.InvalidQuote.selector);
        (q.periods, q.piece) = ((1 << 31) - 1, 0);
        propose(m, q, 0);
    }

    function test_aSecondMandateForTheHashIsRefused() public {
        propose(mandate(HASH), quote(HASH, 0, 0), 0);
        Mandate memory m = mandate(HASH);
        m.maxEscrow = type(uint128).max;
        attempt(m, quote(HASH, 1, 1), 1, IStorageDeals.OtherMandate.selector);
    }

    function test_badMandatesAreRefused() public {
        Mandate memory m = mandate(HASH);
        m.k = 5;
        attempt(m, quote(HASH, 0, 0), 0, IStorageDeals.InvalidMandate.selector);
        m = mandate(HASH);
        m.k = 0;
        attempt(m, quote(HASH, 0, 0), 0, IStorageDeals.InvalidMandate.selector);
        m = mandate(HASH);
        m.verifierSet = keccak256("unregistered");
        attempt(m, quote(HASH, 0, 0), 0, IStorageDeals.InvalidMandate.selector);
        m = mandate(HASH);
        m.expiry = uint64(block.timestamp - 1);
        attempt(m, quote(HASH, 0, 0), 0, ISigned.SignatureExpired.selector);
        m = mandate(HASH);
        m.repairReserve = 100 ether;
        attempt(m, quote(HASH, 0, 0), 0, IStorageDeals.InsufficientFunds.selector);
    }

    function test_badQuotesAreRefused() public {
        Mandate memory m = mandate(HASH);
        Quote memory q = quote(HASH, 0, 0);
        q.owner = ANYONE;
        attempt(m, q, 0, IStorageDeals.InvalidQuote.selector);
        q = quote(keccak256("other package"), 0, 0);
        attempt(m, q, 0, IStorageDeals.InvalidQuote.selector);
        q = quote(HASH, 0, 0);
        q.verifierSet = keccak256("other set");
        attempt(m, q, 0, IStorageDeals.InvalidQuote.selector);
        q = quote(HASH, 0, 0);
        q.piece = 1;
        attempt(m, q, 0, IStorageDeals.InvalidQuote.selector);
        q = quote(HASH, 0, 0);
        q.periods = 0;
        attempt(m, q, 0, IStorageDeals.InvalidQuote.selector);
        q = quote(HASH, 0, 0);
        q.duty = 0;
        attempt(m, q, 0, IStorageDeals.InvalidQuote.selector);
        q = quote(HASH, 0, 0);
        q.duty = 1 << 168;
        attempt(m, q, 0, IStorageDeals.InvalidQuote.selector);
        q = quote(HASH, 0, 0);
        q.rawLength = 1017;
        attempt(m, q, 0, IStorageDeals.InvalidQuote.selector);
        q = quote(HASH, 0, 0);
        (q.pricePerPeriod, q.periods) = (type(uint128).max, 2);
        attempt(m, q, 0, IStorageDeals.AboveCeiling.selector);
        q = quote(HASH, 0, 0);
        q.expiry = uint64(block.timestamp - 1);
        attempt(m, q, 0, ISigned.SignatureExpired.selector);
        q = quote(HASH, 0, 0);
        q.commitment = keccak256("other bytes");
        attempt(m, q, 0, IStorageDeals.NotInShardsRoot.selector);
    }

    function test_onlyTheHotKeyQuotes() public {
        attempt(mandate(HASH), quote(HASH, 0, 0), 1, IStorageDeals.WrongSigner.selector);
    }

    function test_aQuoteIsUsedOnce() public {
        Quote memory q = quote(HASH, 0, 0);
        bytes32 id = propose(mandate(HASH), q, 0);
        attempt(mandate(HASH), q, 0, IStorageDeals.WrongState.selector);
        vm.prank(EXECUTOR);
        deals.cancel(list(id));
        attempt(mandate(HASH), q, 0, IStorageDeals.WrongState.selector);
    }

    function test_oneLiveDealPerSlotAndOneSlotPerProvider() public {
        propose(mandate(HASH), quote(HASH, 0, 0), 0);
        attempt(mandate(HASH), quote(HASH, 0, 1), 1, IStorageDeals.SlotTaken.selector);
        attempt(mandate(HASH), quote(HASH, 1, 0), 0, IStorageDeals.AlreadyHolds.selector);
        propose(mandate(keccak256("another package")), quote(keccak256("another package"), 1, 0), 0);
    }

    function test_retiredProvidersGetNoDeals() public {
        Quote memory q = quote(HASH, 0, 0);
        q.provider = ANYONE;
        attempt(mandate(HASH), q, 0, IProviderRegistry.ProviderNotActive.selector);
    }

    function test_maxEscrowCapsTheExecutor() public {
        Mandate memory m = mandate(HASH);
        m.maxEscrow = 15_000;
        propose(m, quote(HASH, 0, 0), 0);
        attempt(m, quote(HASH, 1, 1), 1, IStorageDeals.EscrowLimit.selector);
    }

    function test_fundsAreNamed() public {
        vm.prank(owner);
        deals.withdraw(1 ether - 1e6 - 9999);
        Quote memory q = quote(HASH, 0, 0);
        Quote[] memory quotes = new Quote[](1);
        quotes[0] = q;
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = sign(HOT_KEY, dealId(q));
        bytes32[][] memory paths = new bytes32[][](1);
        (, paths[0]) = merkle(shardLeaves(4, RAW), 0);
        Mandate memory m = mandate(HASH);
        bytes memory ownerSignature = signMandate(m);
        vm.prank(EXECUTOR);
        vm.expectRevert(abi.encodeWithSelector(IStorageDeals.InsufficientFunds.selector, owner, 10_000, 9999));
        deals.propose(m, ownerSignature, quotes, signatures, paths);
    }

    function reregister(uint128 floor, uint64 capacity) private {
        Registration memory r = registration(0);
        (r.nonce, r.priceFloor, r.capacity) = (1, floor, capacity);
        registry.register(r, signRegistration(COLD_KEY, r));
    }

    /// pricePerPeriod ≥ ceil(priceFloor · rawLength · periodSeconds / (2³⁰ · 86400))
    function testFuzz_floorRoundsUp(uint64 floor, uint32 price) public {
        reregister(floor, 1 << 40);
        Quote memory q = quote(HASH, 0, 0);
        q.pricePerPeriod = price;
        uint256 unit = (1 << 30) * 86_400;
        uint256 least = (uint256(floor) * RAW * PERIOD + unit - 1) / unit;
        if (price < least) attempt(mandate(HASH), q, 0, IProviderRegistry.BelowFloor.selector);
        else propose(mandate(HASH), q, 0);
    }

    function test_capacityBoundsTheHotKey() public {
        reregister(0, 2 * RAW - 1);
        bytes32 id = propose(mandate(HASH), quote(HASH, 0, 0), 0);
        bytes32 other = keccak256("another package");
        attempt(mandate(other), quote(other, 0, 0), 0, IProviderRegistry.CapacityExceeded.selector);
        vm.prank(EXECUTOR);
        deals.cancel(list(id));
        vm.assertEq(registry.usedBytes(cold(0)), 0, "free again");
        propose(mandate(other), quote(other, 0, 0), 0);
    }

    /// A reservation is paid like storage, from the period of the proposal to the one that ends it; what is left goes back.
    function test_cancelAndExpirePayForTheReservation() public {
        uint256 before = deals.balance(owner);
        Mandate memory m = mandate(HASH);
        bytes32 a = propose(m, quote(HASH, 0, 0), 0);
        bytes32 b = propose(m, quote(HASH, 1, 1), 1);
        vm.expectRevert(abi.encodeWithSelector(IStorageDeals.NotAllowed.selector, address(this)));
        deals.cancel(list(a));
        vm.prank(EXECUTOR);
        deals.cancel(list(a));
        requireState(a, DealState.CANCELLED);
        vm.assertEq(deals.balance(payoutOf(0)), PRICE, "the running period");
        vm.expectPartialRevert(IStorageDeals.DeadlineNotPassed.selector);
        deals.expire(list(b));
        vm.warp(block.timestamp + 30 days);
        deals.expire(list(b));
        requireState(b, DealState.EXPIRED);
        vm.assertEq(deals.balance(payoutOf(1)), 10 * PRICE, "at most the escrow");
        vm.assertEq(deals.balance(owner), before - 1e6 - 11 * PRICE, "the rest is back");
        vm.assertEq(deals.packageOf(owner, HASH).escrowed, 11 * PRICE, "what was spent stays spent");
        (, uint256 committed) = workOf(1);
        vm.assertEq(committed, 0, "no work, no rating");
        vm.expectRevert(abi.encodeWithSelector(IStorageDeals.WrongState.selector, b, DealState.EXPIRED));
        deals.expire(list(b));
        Quote memory q = quote(HASH, 0, 2);
        bytes32 c = propose(m, q, 2);
        vm.assertTrue(!deals.dealOf(c).fromReserve, "a slot that was refunded is funded by the owner again");
    }

    function test_anExpiredReservationIsPaidUntilItsDeadlineOnly() public {
        Quote memory q = quote(HASH, 0, 0);
        q.periods = 1000;
        bytes32 id = propose(mandate(HASH), q, 0);
        vm.warp(block.timestamp + 2 days);
        deals.expire(list(id));
        vm.assertEq(deals.balance(payoutOf(0)), (PROPOSAL / PERIOD + 1) * PRICE, "the proposal's time");
    }

    /// A fresh deployment's first period costs what every other does.
    function test_aReservationInPeriodZeroIsPaid() public {
        vm.warp(ledger.genesisTime() + 1);
        reserve(mandate(HASH), 0, PRICE);
        vm.assertEq(deals.balance(payoutOf(0)), PRICE, "period 0");
    }

    /// Whatever went before on the slot, whoever's space was kept free is paid for it.
    function test_noDecoyTakesTheChargeOfAnother() public {
        Mandate memory m = mandate(HASH);
        for (uint256 i; i < 20; ++i) {
            vm.warp(ledger.periodStart(ledger.currentPeriod() + 1));
            reserve(m, 1, 0);
            reserve(m, 0, PRICE);
            reserve(m, 2, PRICE);
        }
        vm.assertEq(deals.balance(payoutOf(0)), 20 * PRICE, "the first");
        vm.assertEq(deals.balance(payoutOf(2)), 20 * PRICE, "the second of the same period");
    }

    /// An executor and providers that propose and cancel all day take no more than five times the slot's price of the day.
    function testFuzz_unusedProposalsOfASlotAreBounded(uint8 rounds, uint8 seconds_) public {
        uint256 started = ledger.currentPeriod();
        (uint256 period, uint256 ended) = (started, 0);
        Mandate memory m = mandate(HASH);
        for (uint256 i; i < rounds % 64; ++i) {
            if (ledger.currentPeriod() != period) (period, ended) = (ledger.currentPeriod(), 0);
            Quote memory q = quote(HASH, 0, i % 6);
            bytes memory refusal;
            if (ended >= 4) refusal = abi.encodePacked(IStorageDeals.SlotPaused.selector);
            bytes32 id = proposeWith(m, q, i % 6, refusal);
            vm.warp(block.timestamp + seconds_ % 100);
            if (ended >= 4) continue;
            vm.prank(EXECUTOR);
            deals.cancel(list(id));
            if (ledger.currentPeriod() != period) (period, ended) = (ledger.currentPeriod(), 0);
            ++ended;
        }
        uint256 periods = ledger.currentPeriod() - started + 1;
        vm.assertLe(deals.packageOf(owner, HASH).escrowed, periods * 5 * PRICE, "charged");
    }

    function proposeWith(Mandate memory m, Quote memory q, uint256 provider, bytes memory refusal)
        private
        returns (bytes32)
    {
        proposeWith(m, signMandate(m), q, provider, refusal);
        return dealId(q);
    }

    function reserve(Mandate memory m, uint256 provider, uint128 price) private {
        Quote memory q = quote(HASH, 0, provider);
        q.pricePerPeriod = price;
        bytes32 id = propose(m, q, provider);
        vm.prank(EXECUTOR);
        deals.cancel(list(id));
    }

    // The owner's ceiling

    /// pricePerPeriod ≤ ceil(maxPrice · rawLength · periodSeconds / (2³⁰ · 86400)): what a provider rounds up to fits.
    function testFuzz_noQuoteAboveTheCeiling(uint64 ceiling, uint32 price) public {
        Mandate memory m = mandate(HASH);
        m.maxPrice = ceiling;
        Quote memory q = quote(HASH, 0, 0);
        q.pricePerPeriod = price;
        uint256 unit = (1 << 30) * 86_400;
        uint256 most = (uint256(ceiling) * RAW * PERIOD + unit - 1) / unit;
        if (price > most) attempt(m, q, 0, IStorageDeals.AboveCeiling.selector);
        else propose(m, q, 0);
    }

    /// The last scheduled period that the term pays for fits, one more does not.
    function testFuzz_noDealOutlastsTheTerm(uint256 duty, uint32 left) public {
        duty &= ALWAYS;
        vm.assume(duty != 0);
        left %= 400 days;
        Mandate memory m = mandate(HASH);
        (m.end, m.maxEscrow) = (uint64(block.timestamp + left), type(uint128).max);
        uint256 hoursOn;
        for (uint256 h; h < 168; ++h) hoursOn += (duty >> h) & 1;
        uint256 unit = 168 * uint256(PERIOD);
        uint256 most = (left * hoursOn + unit - 1) / unit;
        Quote memory q = quote(HASH, 0, 0);
        (q.duty, q.periods) = (duty, uint32(most + 1));
        attempt(m, q, 0, IStorageDeals.TooLong.selector);
        if (most == 0) return;
        q.periods = uint32(most);
        propose(m, q, 0);
    }

    function test_receiptSetsTheClock() public {
        bytes32 id = propose(mandate(HASH), quote(HASH, 0, 0), 0);
        receipt(0, id);
        IStorageDeals.DealRecord memory d = deals.dealOf(id);
        vm.assertEq(d.receiptTime, block.timestamp, "time");
        vm.assertEq(d.receiptBlock, block.number, "block");
        vm.assertEq(d.lastPeriod, ledger.currentPeriod() + 10, "ten periods after this one");
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = signReceipt(0, id);
        vm.expectRevert(abi.encodeWithSelector(IStorageDeals.AlreadyReceived.selector, id));
        deals.recordReceipts(list(id), signatures);
    }

    function test_receiptNeedsTheHotKeyAndTheTime() public {
        bytes32 id = propose(mandate(HASH), quote(HASH, 0, 0), 0);
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = signReceipt(1, id);
        vm.expectPartialRevert(IStorageDeals.WrongSigner.selector);
        deals.recordReceipts(list(id), signatures);
        signatures[0] = signReceipt(0, id);
        vm.warp(block.timestamp + PROPOSAL + 1);
        vm.expectPartialRevert(IStorageDeals.DeadlinePassed.selector);
        deals.recordReceipts(list(id), signatures);
    }

    function activation(bytes32 id, bytes32 seed, uint256 a, uint256 b, bytes4 wanted) private {
        bytes32[] memory proofHashes = list(keccak256("proof"));
        bytes[][] memory signatures = new bytes[][](1);
        signatures[0] = new bytes[](2);
        signatures[0][0] = signActivation(a, id, seed, proofHashes[0]);
        signatures[0][1] = signActivation(b, id, seed, proofHashes[0]);
        if (wanted != 0) vm.expectPartialRevert(wanted);
        deals.activate(list(id), seed, proofHashes, signatures);
    }

    function test_activationNeedsAQuorumUnderALaterBlock() public {
        bytes32 id = propose(mandate(HASH), quote(HASH, 0, 0), 0);
        vm.roll(block.number + 5);
        bytes32 early = blockhash(block.number - 1);
        activation(id, early, 0, 1, IStorageDeals.NotReceived.selector);
        receipt(0, id);
        uint256 receiptBlock = block.number;
        vm.roll(block.number + 3);
        activation(id, early, 0, 1, IStorageDeals.SeedTooOld.selector);
        activation(id, blockhash(receiptBlock), 0, 1, IStorageDeals.SeedTooOld.selector);
        activation(id, keccak256("made up"), 0, 1, IProofLedger.UnknownSeed.selector);
        activation(id, bytes32(0), 0, 1, IProofLedger.UnknownSeed.selector);
        bytes32 seed = blockhash(receiptBlock + 1);
        activation(id, seed, 0, 0, IProofLedger.QuorumMissing.selector);
        activation(id, seed, 0, 9, IProofLedger.NotVerifier.selector);
        activation(id, seed, 2, 0, 0);
        requireState(id, DealState.ACTIVE);
        activation(id, seed, 2, 0, IStorageDeals.WrongState.selector);
    }

    function test_seedsOlderThan256BlocksAreGone() public {
        bytes32 id = propose(mandate(HASH), quote(HASH, 0, 0), 0);
        receipt(0, id);
        vm.roll(block.number + 2);
        bytes32 seed = blockhash(block.number - 1);
        vm.roll(block.number + 255);
        activation(id, seed, 0, 1, 0);
    }

    function test_seedsOlderStillAreRefused() public {
        bytes32 id = propose(mandate(HASH), quote(HASH, 0, 0), 0);
        receipt(0, id);
        vm.roll(block.number + 2);
        bytes32 seed = blockhash(block.number - 1);
        vm.roll(block.number + 256);
        activation(id, seed, 0, 1, IProofLedger.UnknownSeed.selector);
    }

    function test_withdrawIsLimitedAndSafe() public {
        vm.expectRevert(abi.encodeWithSelector(IStorageDeals.InsufficientFunds.selector, ANYONE, 1, 0));
        vm.prank(ANYONE);
        deals.withdraw(1);
        uint256 before = owner.balance;
        vm.prank(owner);
        deals.withdraw(0.4 ether);
        vm.assertEq(owner.balance - before, 0.4 ether, "paid out");
        vm.assertEq(deals.balance(owner), 0.6 ether, "rest");
    }

    function test_reentrantWithdrawGetsNothingMore() public {
        Thief thief = new Thief(deals);
        vm.deal(address(this), 2 ether);
        deals.deposit{value: 1 ether}(address(thief));
        vm.expectPartialRevert(IStorageDeals.TransferFailed.selector);
        thief.steal();
        vm.assertEq(deals.balance(address(thief)), 1 ether, "kept");
    }

    function test_contractsThatDoNotNameEachOtherDoNotDeploy() public {
        address other = create("ProviderRegistry", abi.encode(ANYONE));
        bytes memory arguments = abi.encode(other, ledger, PROPOSAL);
        vm.expectPartialRevert(IStorageDeals.WrongDeployment.selector);
        this.createExternally("StorageDeals", arguments);
    }

    function test_aPeriodThatDoesNotDivideAnHourDoesNotDeploy() public {
        bytes memory arguments = ledgerArguments(ANYONE, 0, 7);
        vm.expectRevert(abi.encodeWithSelector(IPeriodClock.InvalidClock.selector, 0, 7));
        this.createExternally("ProofLedger", arguments);
        arguments = ledgerArguments(ANYONE, uint48(block.timestamp + 1), PERIOD);
        vm.expectPartialRevert(IPeriodClock.InvalidClock.selector);
        this.createExternally("ProofLedger", arguments);
    }

    /// Reverts with the constructor's reason.
    function createExternally(string calldata name, bytes calldata arguments) external {
        if (create(name, arguments) != address(0)) return;
        assembly ("memory-safe") {
            returndatacopy(0, 0, returndatasize())
            revert(0, returndatasize())
        }
    }

    function test_deploymentReadsWhole() public view {
        IStorageDeals.Deployment memory d = deals.deployment();
        vm.assertEq(d.chainId, block.chainid, "chain");
        vm.assertEq(d.registry, address(registry), "registry");
        vm.assertEq(d.ledger, address(ledger), "ledger");
        vm.assertEq(d.periodSeconds, PERIOD, "period");
        vm.assertEq(d.graceSeconds, GRACE, "grace");
        vm.assertEq(d.disputePeriods, DISPUTE, "dispute");
        vm.assertEq(d.voteWindowPeriods, VOTE_WINDOW, "votes");
        vm.assertEq(d.proposalSeconds, PROPOSAL, "proposal");
        vm.assertEq(d.deployedAt, registry.deployedAt(), "deployed at");
        vm.assertEq(d.genesisTime, ledger.genesisTime(), "genesis");
    }
}

contract Thief {
    IStorageDeals private immutable deals;

    constructor(IStorageDeals deals_) {
        deals = deals_;
    }

    function steal() external {
        deals.withdraw(0.5 ether);
    }

    receive() external payable {
        deals.withdraw(0.5 ether);
    }
}
