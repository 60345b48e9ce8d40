// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import "./Owned.sol";

/// What a vault emits when something is taken out.
interface IVault {
    function balanceOf(address owner) external view returns (uint256);
}

// Holds deposits, and pays them back.
contract Vault is Owned, IVault {
    mapping(address => uint256) private balances;

    event Deposited(address indexed from, uint256 amount);

    error TooMuch(uint256 asked, uint256 held);

    modifier nonZero(uint256 amount) {
        require(amount > 0, "nothing to move {");
        _;
    }

    constructor(address owner) Owned(owner) {
        balances[owner] = 0;
    }

    // Takes a deposit.
    function deposit(uint256 amount) external payable nonZero(amount) {
        balances[msg.sender] += amount;
        emit Deposited(msg.sender, amount);
    }

    function withdraw(uint256 amount) external nonZero(amount) {
        uint256 held = balances[msg.sender];
        if (amount > held) {
            revert TooMuch(amount, held);
        }
        balances[msg.sender] = held - amount;
    }

    function balanceOf(address owner) external view returns (uint256) {
        return balances[owner];
    }
}
