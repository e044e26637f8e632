// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {DealState} from "./DealTypes.sol";
import {IPeriodClock} from "./IPeriodClock.sol";
import {IStorageDeals} from "./IStorageDeals.sol";

/// @title Seeds, verdict roots and proofs on chain
/// @notice The seed of each period is kept for ever. Verifiers of a frozen set vote one root of verdict leaves per period. A proof made here
/// counts whatever they vote.
interface IProofLedger is IPeriodClock {
    event PeriodOpened(uint48 indexed period, bytes32 seed);
    event Voted(bytes32 indexed set, uint48 indexed period, address indexed verifier, bytes32 root);
    event PeriodFinalized(bytes32 indexed set, uint48 indexed period, bytes32 root, bytes32 leafFileHash, uint32 leaves);
    event PossessionProven(bytes32 indexed deal, uint48 indexed period);

    error InvalidSet(uint256 verifiers, uint8 quorum);
    error InvalidVerifier(address verifier);
    error NotVerifier(bytes32 set, address account);
    error PeriodAlreadyOpen(uint64 period);
    /// @notice Nobody opened the period: it neither pays nor faults.
    error PeriodVoid(uint64 period);
    error VoteTooEarly(uint64 period, uint256 opens);
    error VoteTooLate(uint64 period, uint256 closed);
    error AlreadyVoted(bytes32 set, uint64 period, address verifier);
    error EmptyRoot(uint64 period);
    error AnswerTooLate(uint64 period, uint256 deadline);
    error AlreadyProven(bytes32 deal, uint64 period);
    error DealNotLive(bytes32 deal, DealState state);
    /// @notice The deal is not on duty in the period, or was not yet received, or is over.
    error NotScheduled(bytes32 deal, uint64 period);

    /// @notice Name a set of verifiers of which `quorum` must agree. The same set again changes nothing.
    /// @return set keccak256(abi.encode(verifiers, quorum))
    function registerSet(address[] calldata verifiers, uint8 quorum) external returns (bytes32 set);

    /// @notice Fix the seed of the current period. A period in which nobody does is void.
    function openPeriod() external;

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

    /// @notice The seed of a period, kept for ever; zero when nobody opened it.
    function seed(uint64 period) external view returns (bytes32);

    /// @notice What a quorum agreed on; root zero when it did not.
    function finalizedRoot(bytes32 set, uint64 period)
        external
        view
        returns (bytes32 root, bytes32 leafFileHash, uint32 leaves, uint48 finalizedAt);

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
