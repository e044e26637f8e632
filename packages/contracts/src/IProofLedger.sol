// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {DealState, Leaf} from "./DealTypes.sol";
import {IPeriodClock} from "./IPeriodClock.sol";
import {ISigned} from "./ISigned.sol";
import {IStorageDeals} from "./IStorageDeals.sol";

/// @title Seeds, verdict roots and proofs on chain
/// @notice The seed of each period is kept for ever. Verifiers of a frozen set vote one root of verdict leaves per period. A proof made here
/// counts whatever they vote.
interface IProofLedger is ISigned, IPeriodClock {
    event PeriodOpened(uint48 indexed period);
    event SeedDrawn(uint48 indexed period, bytes32 seed);
    event Voted(bytes32 indexed set, uint48 indexed period, address indexed verifier, bytes32 root);
    event PeriodFinalized(bytes32 indexed set, uint48 indexed period, bytes32 root, bytes32 leafFileHash, uint32 leaves);
    event PossessionProven(bytes32 indexed deal, uint48 indexed period);

    error InvalidSet(uint256 verifiers, uint8 quorum);
    error InvalidVerifier(address verifier);
    error NotVerifier(bytes32 set, address account);
    error PeriodAlreadyOpen(uint64 period);
    error PeriodNotOpen(uint64 period);
    /// @notice The hash of the block that opened the period can be read in the 256 blocks after it only.
    error SeedOutOfReach(uint64 period, uint256 openedIn);
    error SeedTooLate(uint64 period, uint256 deadline);
    error SeedDrawnBefore(uint64 period, bytes32 seed);
    /// @notice The period has no seed: it neither pays nor faults.
    error PeriodVoid(uint64 period);
    error VoteTooEarly(uint64 period, uint256 opens);
    error VoteTooLate(uint64 period, uint256 closed);
    error AlreadyVoted(bytes32 set, uint64 period, address verifier);
    error EmptyRoot(uint64 period);
    error AnswerTooLate(uint64 period, uint256 deadline);
    error AlreadyProven(bytes32 deal, uint64 period);
    error DealNotLive(bytes32 deal, DealState state);
    error UnknownSeed(bytes32 seed);
    error QuorumMissing(bytes32 set, uint256 agreeing, uint8 quorum);
    error RootNotFinal(bytes32 set, uint64 period);
    error InDispute(bytes32 set, uint64 period, uint256 until);
    error NotInRoot(bytes32 deal, uint64 period);
    /// @notice The deal is not on duty in the period, or was not yet received, or is over.
    error NotScheduled(bytes32 deal, uint64 period);

    /// @notice Name a set of verifiers of which `quorum` must agree. The same set again changes nothing.
    /// @return set keccak256(abi.encode(verifiers, quorum))
    function registerSet(address[] calldata verifiers, uint8 quorum) external returns (bytes32 set);

    /// @notice Open the current period: this block's hash will be its seed. Nobody knows it before the block is made, and a period is opened
    /// once, so that whoever calls has nothing to choose.
    function openPeriod() external;

    /// @notice Draw the seed of an opened period, in any of the 256 blocks after the one that opened it and before the seed's deadline.
    /// Whoever draws, whenever: the seed is the same. A period whose seed nobody drew is void for ever.
    function drawSeed(uint64 period) external;

    /// @notice Vote for the root of a period's verdict leaves, after its answer deadline and before the vote window ends.
    /// @param leafFileHash sha256 of the file from which anyone rebuilds the root
    function vote(bytes32 setId, uint64 period, bytes32 root, bytes32 leafFileHash, uint32 leaves) external;

    /// @notice Prove on chain that a deal's bytes are held in a period. Whatever the verifiers vote, the period is paid and is no fault.
    /// It also activates a received deal that the verifiers did not.
    /// @param leaves the challenged leaves in drawn order (`challengesOf`)
    /// @param siblings for each leaf its path from the leaf upward
    function provePossession(bytes32 deal, uint64 period, bytes32[] calldata leaves, bytes32[] calldata siblings) external;

    /// @notice The leaves that a proof of this deal must open in this period, in drawn order.
    function challengesOf(bytes32 deal, uint64 period) external view returns (uint256[] memory);

    /// @notice The block in which a period was opened; zero when it was not.
    function openedIn(uint64 period) external view returns (uint64);

    /// @notice keccak256(abi.encode(hash of the opening block, period)), kept for ever; zero when nobody drew it.
    function seed(uint64 period) external view returns (bytes32);

    /// @notice What a quorum agreed on; root zero when it did not.
    function finalizedRoot(bytes32 set, uint64 period)
        external
        view
        returns (bytes32 root, bytes32 leafFileHash, uint32 leaves, uint48 finalizedAt);

    /// @notice The latest period of which a set has a final root; zero when it has none. As leaves are cumulative, its root speaks for all.
    function newestFinal(bytes32 set) external view returns (uint64 period);

    /// @notice Reverts unless the leaf stands in the final root of its period, and that root's dispute window is over if `undisputed`.
    function requireLeaf(bytes32 set, Leaf calldata leaf, bytes32[] calldata path, bool undisputed) external view;

    /// @notice Reverts unless a quorum of distinct verifiers of the set signed the digest, and nobody else did.
    function requireQuorum(bytes32 set, bytes32 digest, bytes[] calldata signatures) external view;

    /// @notice The number of the block with this hash, among the last 256.
    function blockOf(bytes32 hash) external view returns (uint256);

    function isProven(bytes32 deal, uint64 period) external view returns (bool);

    /// @notice Periods of a deal that were proved on chain.
    function provenCount(bytes32 deal) external view returns (uint32);

    function hasVoted(bytes32 set, uint64 period, address verifier) external view returns (bool);

    /// @notice One-based place of a verifier in its set; zero for others.
    function verifierIndex(bytes32 set, address verifier) external view returns (uint8);

    /// @notice Verifiers of a set that must agree; zero when nobody registered it.
    function quorumOf(bytes32 setId) external view returns (uint8);

    function verifiersOf(bytes32 setId) external view returns (address[] memory verifiers, uint8 quorum);

    /// @notice Votes for period p end with period p + voteWindowPeriods.
    function voteWindowPeriods() external view returns (uint32);

    function deals() external view returns (IStorageDeals);
}
