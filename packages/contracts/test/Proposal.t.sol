// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {DealState, Mandate, Quote, Registration} from "../src/DealTypes.sol";
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
        vm.assertEq(deals.packageReserve(HASH), 1e6, "reserve");
        IStorageDeals.DealRecord memory d = deals.dealOf(id);
        vm.assertEq(keccak256(abi.encode(d.quote)), keccak256(abi.encode(q)), "the quote reads back whole");
        vm.assertEq(d.escrow, 10_000, "escrow");
        vm.assertEq(d.deadline, block.timestamp + PROPOSAL, "deadline");
        requireState(id, DealState.PROPOSED);
        vm.assertEq(deals.dealIdOf(q), id, "the id is the digest");
        vm.assertEq(deals.liveDealAt(HASH, 0, 1), id, "slot");
        IStorageDeals.PackageRecord memory p = deals.packageOf(HASH);
        vm.assertEq(p.owner, owner, "owner");
        vm.assertEq(p.escrowed, 10_000, "escrowed");
        vm.assertEq(p.liveDeals, 1, "live");
    }

    function test_mandateWithoutQuotesTakesTheHash() public {
        Mandate memory m = mandate(HASH);
        bytes memory signature = signMandate(m);
        vm.prank(EXECUTOR);
        deals.propose(m, signature, new Quote[](0), new bytes[](0), new bytes32[][](0));
        vm.assertEq(deals.packageReserve(HASH), 1e6, "reserve");
        propose(m, quote(HASH, 0, 0), 0);
    }

    function test_onlyExecutorOrOwnerProposes() public {
        Mandate memory m = mandate(HASH);
        bytes memory signature = signMandate(m);
        vm.expectRevert(abi.encodeWithSelector(IStorageDeals.NotAllowed.selector, address(this)));
        deals.propose(m, signature, new Quote[](0), new bytes[](0), new bytes32[][](0));
        vm.prank(owner);
        deals.propose(m, signature, new Quote[](0), new bytes[](0), new bytes32[][](0));
    }

    function test_aMandateSignedByAnotherIsAnothersPackage() public {
        Mandate memory m = mandate(HASH);
        bytes memory signature = sign(0xBAD, digestFor(address(deals), keccak256("not a mandate")));
        vm.prank(EXECUTOR);
        vm.expectPartialRevert(IStorageDeals.InsufficientFunds.selector);
        deals.propose(m, signature, new Quote[](0), new bytes[](0), new bytes32[][](0));
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
        attempt(m, q, 0, IStorageDeals.InvalidQuote.selector);
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
        attempt(mandate(HASH), q, 0, IStorageDeals.ProviderNotActive.selector);
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
        if (price < least) attempt(mandate(HASH), q, 0, IStorageDeals.BelowFloor.selector);
        else propose(mandate(HASH), q, 0);
    }

    function test_capacityBoundsTheHotKey() public {
        reregister(0, 2 * RAW - 1);
        bytes32 id = propose(mandate(HASH), quote(HASH, 0, 0), 0);
        bytes32 other = keccak256("another package");
        attempt(mandate(other), quote(other, 0, 0), 0, IStorageDeals.CapacityExceeded.selector);
        vm.prank(EXECUTOR);
        deals.cancel(list(id));
        propose(mandate(other), quote(other, 0, 0), 0);
    }

    function test_cancelAndExpireRefundInFull() public {
        uint256 before = deals.balance(owner);
        Mandate memory m = mandate(HASH);
        bytes32 a = propose(m, quote(HASH, 0, 0), 0);
        bytes32 b = propose(m, quote(HASH, 1, 1), 1);
        vm.expectRevert(abi.encodeWithSelector(IStorageDeals.NotAllowed.selector, address(this)));
        deals.cancel(list(a));
        vm.prank(EXECUTOR);
        deals.cancel(list(a));
        requireState(a, DealState.CANCELLED);
        vm.expectPartialRevert(IStorageDeals.DeadlineNotPassed.selector);
        deals.expire(list(b));
        vm.warp(block.timestamp + PROPOSAL + 1);
        deals.expire(list(b));
        requireState(b, DealState.EXPIRED);
        vm.assertEq(deals.balance(owner), before - 1e6, "all but the reserve is back");
        vm.assertEq(deals.packageOf(HASH).escrowed, 0, "the mandate is as if nothing had been proposed");
        vm.expectRevert(abi.encodeWithSelector(IStorageDeals.WrongState.selector, b, DealState.EXPIRED));
        deals.expire(list(b));
        Quote memory q = quote(HASH, 0, 2);
        bytes32 c = propose(m, q, 2);
        vm.assertTrue(!deals.dealOf(c).fromReserve, "a slot that was refunded is funded by the owner again");
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
        activation(id, keccak256("made up"), 0, 1, IStorageDeals.UnknownSeed.selector);
        activation(id, bytes32(0), 0, 1, IStorageDeals.UnknownSeed.selector);
        bytes32 seed = blockhash(receiptBlock + 1);
        activation(id, seed, 0, 0, IStorageDeals.QuorumMissing.selector);
        activation(id, seed, 0, 9, IStorageDeals.NotVerifier.selector);
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
        activation(id, seed, 0, 1, IStorageDeals.UnknownSeed.selector);
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
