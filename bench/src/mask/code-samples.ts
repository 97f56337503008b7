/** Code that keeps to the rules, and meets most places that code has: comments, strings, templates, expressions, functions. */
export const SOLIDITY = `pragma solidity 0.8.19;

/// A vault for ether.
contract Vault {
    mapping(address => uint256) public balances;
    address owner;

    constructor() { owner = msg.sender; }

    function deposit() external payable {
        balances[msg.sender] += msg.value; // kept "as is"
    }

    function withdraw(uint256 amount) external {
        require(balances[msg.sender] >= amount, "too little");
        balances[msg.sender] -= amount;
        (bool ok, ) = msg.sender.call{value: amount}("");
        require(ok);
    }

    function hash(bytes32 a) public pure returns (bytes32) {
        return keccak256(abi.encode(a, uint256(1)));
    }
}
`

export const JAVASCRIPT = `import { createHash } from 'node:crypto'

/** Adds. */
export function add(a, b) {
  const total = a + b // a sum
  return \`\${total} of \${items.map((x) => x * 2).join(', ')}\`
}

const pattern = /[a-z]+\\/(\\d+)/g
element.textContent = name
setTimeout(() => run({ a: 1, 'b': [2, 3] }), 100)
if (x / y > 2) { console.log("done: " + JSON.stringify(data)) }
const hash = createHash('sha256').update(text).digest('hex')
`
