"""The tree is RFC 6962's: its test vectors hold, and every proof convinces for the right tree only."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandata.foundation import merkle

# The reference inputs of the Certificate Transparency project, and the roots after each of them.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def leaves(count: int) -> list[bytes]:
    return [merkle.leaf_hash(b"leaf %d" % number) for number in range(count)]


def over(hashes: list[bytes]) -> merkle.Range:
    return lambda start, end: merkle.root(hashes[start:end])


def naive_root(hashes: list[bytes]) -> bytes:
    """RFC 6962 §2.1 read literally."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return sha256(b"\x01" + naive_root(hashes[:split]) + naive_root(hashes[split:])).digest()


@pytest.mark.parametrize("size", ROOTS)
def test_the_reference_roots_hold(size: int) -> None:
    hashes = [merkle.leaf_hash(bytes.fromhex(text)) for text in INPUTS[:size]]
    assert merkle.root(hashes).hex() == ROOTS[size]


@given(st.integers(0, 130))
def test_a_growing_frontier_has_the_root_of_the_whole_tree(size: int) -> None:
    frontier = merkle.Frontier()
    for leaf in leaves(size):
        frontier.append(leaf)
    assert frontier.root() == naive_root(leaves(size))
    assert merkle.Frontier(size, frontier.hashes).root() == frontier.root()


@given(st.integers(1, 90), st.data())
def test_an_inclusion_proof_convinces_for_its_leaf_only(size: int, data: st.DataObject) -> None:
    hashes = leaves(size)
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(index, size, over(hashes))
    root = naive_root(hashes)
    assert merkle.verify_inclusion(hashes[index], index, size, proof, root)
    assert not merkle.verify_inclusion(merkle.leaf_hash(b"other"), index, size, proof, root)
    assert not merkle.verify_inclusion(hashes[index], index, size, [*proof, root], root)
    if size > 1:
        assert not merkle.verify_inclusion(hashes[index], (index + 1) % size, size, proof, root)
        assert not merkle.verify_inclusion(hashes[index], index, size, proof[:-1], root)


@given(st.integers(1, 90), st.data())
def test_a_consistency_proof_convinces_for_a_prefix_only(size: int, data: st.DataObject) -> None:
    hashes = leaves(size)
    old = data.draw(st.integers(1, size))
    proof = merkle.consistency_proof(old, size, over(hashes))
    assert merkle.verify_consistency(old, size, proof, naive_root(hashes[:old]), naive_root(hashes))
    changed = [merkle.leaf_hash(b"other"), *hashes[1:old]]
    assert not merkle.verify_consistency(old, size, proof, naive_root(changed), naive_root(hashes))


@given(st.integers(1, 130))
def test_appending_tells_each_complete_subtree_once(size: int) -> None:
    frontier, told = merkle.Frontier(), {}
    for leaf in leaves(size):
        for level, index, node in frontier.append(leaf):
            assert (level, index) not in told
            told[level, index] = node
    hashes = leaves(size)
    for (level, index), node in told.items():
        width = 1 << level
        assert node == naive_root(hashes[index * width : (index + 1) * width])
    assert len(told) == sum(size >> level for level in range(1, size.bit_length()))


def test_proofs_for_what_is_not_there_are_refused() -> None:
    with pytest.raises(ValueError):
        merkle.inclusion_proof(3, 3, over(leaves(3)))
    with pytest.raises(ValueError):
        merkle.consistency_proof(4, 3, over(leaves(3)))
    with pytest.raises(ValueError):
        merkle.Frontier(3, [b"one"])
