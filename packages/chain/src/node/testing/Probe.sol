// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.24;

contract Child {
    uint256 public kept;

    constructor(uint256 value) payable {
        kept = value;
    }

    function end(address payable to) external {
        selfdestruct(to);
    }
}

/// Touches every part of the machine that contracts of the deal protocol use.
contract Probe {
    uint256 public count;
    mapping(uint256 => address) public callers;
    uint256 private scratch;

    event Counted(address indexed who, uint256 count);
    event Random(uint256 value, address coinbase, bytes32 parent);

    error TooMuch(uint256 asked, uint256 limit);

    constructor(uint256 start) payable {
        count = start;
    }

    receive() external payable {}

    function increment() external {
        count += 1;
        callers[count] = msg.sender;
        emit Counted(msg.sender, count);
    }

    function many(uint256 times) external {
        for (uint256 i = 0; i < times; i++) emit Counted(msg.sender, i);
    }

    function exceed(uint256 asked) external pure {
        revert TooMuch(asked, 7);
    }

    function refuse() external pure {
        require(false, "not today");
    }

    function overflow(uint8 value) external pure returns (uint8) {
        return value + 255;
    }

    function burn() external pure {
        while (true) {}
    }

    function spin(uint256 times) external returns (uint256 sum) {
        for (uint256 i = 0; i < times; i++) sum += uint256(keccak256(abi.encode(i, sum)));
        scratch = sum;
    }

    function clear() external {
        scratch = 1;
        scratch = 0;
        count = 0;
    }

    function pay(address payable to, uint256 amount) external {
        (bool ok,) = to.call{value: amount}("");
        require(ok, "refused");
    }

    function makeChild(bytes32 salt) external payable returns (address) {
        return address(new Child{salt: salt, value: msg.value}(count));
    }

    function makeAndEnd(address payable heir) external payable {
        new Child{value: msg.value}(1).end(heir);
    }

    function tryInner(uint256 asked) external {
        scratch = 5;
        try this.exceed(asked) {} catch { scratch = 6; }
        try this.writeAndFail() {} catch {}
        count += 1;
    }

    function writeAndFail() external {
        callers[1] = address(0xdead);
        count = 999;
        new Child(3);
        revert("undone");
    }

    function machine(bytes calldata data) external returns (bytes32 hashes, address signer) {
        hashes = sha256(data) ^ ripemd160(data) ^ keccak256(data);
        signer = ecrecover(keccak256(data), 27, bytes32(uint256(1)), bytes32(uint256(2)));
        assembly {
            tstore(1, hashes)
            mstore(0, tload(1))
            mcopy(32, 0, 32)
            hashes := mload(32)
        }
        scratch = uint256(hashes);
    }

    function precompiled(address target, bytes calldata input) external returns (bytes memory output) {
        bool ok;
        (ok, output) = target.staticcall(input);
        scratch = uint256(keccak256(abi.encode(ok, output)));
    }

    function draw() external {
        emit Random(block.prevrandao, block.coinbase, blockhash(block.number - 1));
    }

    function here() external view returns (uint256 number, uint256 time, uint256 chain, uint256 fee) {
        return (block.number, block.timestamp, block.chainid, block.basefee);
    }
}
