// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {DealState, Leaf, ProofTerms, TypedData} from "./DealTypes.sol";
import {IProofLedger} from "./IProofLedger.sol";
import {IStorageDeals} from "./IStorageDeals.sol";
import {PeriodClock} from "./PeriodClock.sol";
import {Possession} from "./Possession.sol";
import {Schedule} from "./Schedule.sol";
import {Signatures} from "./Signed.sol";

contract ProofLedger is PeriodClock, IProofLedger {
    struct VerifierSet {
        uint8 quorum;
        address[] verifiers;
    }

    struct FinalRoot {
        bytes32 root;
        bytes32 leafFileHash;
        uint32 leaves;
        uint48 finalizedAt;
    }

    /// @notice Bounds what a quorum costs to check.
    uint256 public constant MAX_VERIFIERS = 64;

    uint32 public immutable voteWindowPeriods;
    IStorageDeals public immutable deals;

    mapping(uint64 period => uint64 blockNumber) public openedIn;
    mapping(uint64 period => bytes32) public seed;
    mapping(bytes32 set => uint64 period) public newestFinal;
    mapping(bytes32 set => mapping(uint64 period => FinalRoot)) public finalizedRoot;
    mapping(bytes32 deal => mapping(uint64 period => bool)) public isProven;
    mapping(bytes32 deal => uint32) public provenCount;
    mapping(bytes32 set => mapping(uint64 period => mapping(address verifier => bool))) public hasVoted;
    mapping(bytes32 set => mapping(address verifier => uint8)) public verifierIndex;
    mapping(bytes32 set => VerifierSet) private _sets;
    mapping(bytes32 ballot => uint256) private _votes;

    constructor(
        address deals_,
        uint48 genesisTime_,
        uint32 periodSeconds_,
        uint32 graceSeconds_,
        uint32 disputePeriods_,
        uint32 voteWindowPeriods_
    ) PeriodClock(genesisTime_, periodSeconds_, graceSeconds_, disputePeriods_) {
        deals = IStorageDeals(deals_);
        voteWindowPeriods = voteWindowPeriods_;
    }

    function registerSet(address[] calldata verifiers, uint8 quorum) external returns (bytes32 set) {
        set = keccak256(abi.encode(verifiers, quorum));
        if (_sets[set].quorum != 0) return set;
        if (quorum == 0 || quorum > verifiers.length || verifiers.length > MAX_VERIFIERS) {
            revert InvalidSet(verifiers.length, quorum);
        }
        for (uint256 i; i < verifiers.length; ++i) {
            address verifier = verifiers[i];
            if (verifier == address(0) || verifierIndex[set][verifier] != 0) revert InvalidVerifier(verifier);
            verifierIndex[set][verifier] = uint8(i + 1);
        }
        _sets[set] = VerifierSet(quorum, verifiers);
    }

    function openPeriod() external {
        uint48 period = currentPeriod();
        if (openedIn[period] != 0) revert PeriodAlreadyOpen(period);
        _requireSeedTime(period);
        openedIn[period] = uint64(block.number);
        emit PeriodOpened(period);
    }

    function drawSeed(uint64 period) external {
        uint256 opened = openedIn[period];
        if (opened == 0) revert PeriodNotOpen(period);
        if (seed[period] != 0) revert SeedDrawnBefore(period, seed[period]);
        _requireSeedTime(period);
        bytes32 hash = blockhash(opened);
        if (hash == 0) revert SeedOutOfReach(period, opened);
        bytes32 drawn = keccak256(abi.encode(hash, uint256(period)));
        seed[period] = drawn;
        emit SeedDrawn(uint48(period), drawn);
    }

    function _requireSeedTime(uint64 period) private view {
        uint256 deadline = seedDeadline(period);
        if (block.timestamp >= deadline) revert SeedTooLate(period, deadline);
    }

    function vote(bytes32 setId, uint64 period, bytes32 root, bytes32 leafFileHash, uint32 leaves) external {
        if (verifierIndex[setId][msg.sender] == 0) revert NotVerifier(setId, msg.sender);
        if (seed[period] == 0) revert PeriodVoid(period);
        if (root == 0) revert EmptyRoot(period);
        uint256 opens = answerDeadline(period);
        if (block.timestamp <= opens) revert VoteTooEarly(period, opens);
        uint256 closed = periodStart(uint256(period) + voteWindowPeriods + 1);
        if (block.timestamp >= closed) revert VoteTooLate(period, closed);
        if (hasVoted[setId][period][msg.sender]) revert AlreadyVoted(setId, period, msg.sender);
        hasVoted[setId][period][msg.sender] = true;
        uint48 inEvent = uint48(period);
        emit Voted(setId, inEvent, msg.sender, root);
        uint256 votes = ++_votes[keccak256(abi.encode(setId, period, root, leafFileHash, leaves))];
        if (votes == _sets[setId].quorum && finalizedRoot[setId][period].root == 0) {
            finalizedRoot[setId][period] = FinalRoot(root, leafFileHash, leaves, uint48(block.timestamp));
            if (period > newestFinal[setId]) newestFinal[setId] = period;
            emit PeriodFinalized(setId, inEvent, root, leafFileHash, leaves);
        }
    }

    function requireLeaf(bytes32 set, Leaf calldata leaf, bytes32[] calldata path, bool undisputed) external view {
        FinalRoot storage found = finalizedRoot[set][leaf.period];
        bytes32 root = found.root;
        if (root == 0) revert RootNotFinal(set, leaf.period);
        uint256 until = uint256(found.finalizedAt) + uint256(disputePeriods) * periodSeconds;
        if (undisputed && block.timestamp < until) revert InDispute(set, leaf.period, until);
        if (!MerkleProof.verifyCalldata(path, root, TypedData.hashOf(leaf))) revert NotInRoot(leaf.deal, leaf.period);
    }

    function requireQuorum(bytes32 set, bytes32 digest, bytes[] calldata signatures) external view {
        uint256 seen;
        uint256 agreeing;
        for (uint256 i; i < signatures.length; ++i) {
            address signer = Signatures.signerOf(digest, signatures[i]);
            uint8 index = verifierIndex[set][signer];
            if (index == 0) revert NotVerifier(set, signer);
            if ((seen >> index) & 1 == 0) ++agreeing;
            seen |= uint256(1) << index;
        }
        uint8 quorum = _sets[set].quorum;
        if (agreeing < quorum) revert QuorumMissing(set, agreeing, quorum);
    }

    function blockOf(bytes32 hash) external view returns (uint256) {
        uint256 oldest = block.number > 256 ? block.number - 256 : 0;
        for (uint256 number = block.number; number > oldest;) {
            if (blockhash(--number) == hash && hash != 0) return number;
        }
        revert UnknownSeed(hash);
    }

    function provePossession(bytes32 deal, uint64 period, bytes32[] calldata leaves, bytes32[] calldata siblings)
        external
    {
        bytes32 drawn = seed[period];
        if (drawn == 0) revert PeriodVoid(period);
        uint256 deadline = answerDeadline(period);
        if (block.timestamp > deadline) revert AnswerTooLate(period, deadline);
        if (isProven[deal][period]) revert AlreadyProven(deal, period);
        ProofTerms memory t = deals.proofTerms(deal);
        if (t.state != DealState.ACTIVE && t.state != DealState.PROPOSED) revert DealNotLive(deal, t.state);
        if (period <= t.receiptPeriod || period > t.lastPeriod || !Schedule.isOnDuty(t.duty, periodStart(period))) {
            revert NotScheduled(deal, period);
        }
        Possession.verify(t.commitment, t.rawLength, drawn, deal, t.provider, period, leaves, siblings);
        isProven[deal][period] = true;
        ++provenCount[deal];
        emit PossessionProven(deal, uint48(period));
        if (t.state == DealState.PROPOSED) deals.activateByProof(deal);
    }

    function challengesOf(bytes32 deal, uint64 period) external view returns (uint256[] memory) {
        if (seed[period] == 0) revert PeriodVoid(period);
        ProofTerms memory t = deals.proofTerms(deal);
        if (t.state == DealState.NONE) revert DealNotLive(deal, t.state);
        (uint256 leafCount,) = Possession.shapeOf(t.rawLength);
        return Possession.challengesOf(seed[period], deal, t.provider, period, leafCount);
    }

    function verifiersOf(bytes32 setId) external view returns (address[] memory verifiers, uint8 quorum) {
        return (_sets[setId].verifiers, _sets[setId].quorum);
    }

    function quorumOf(bytes32 setId) external view returns (uint8) {
        return _sets[setId].quorum;
    }
}
